// Holds the layout of text tables and the rounding of numbers with units.
#include "compiler/Report/Table.h"

#include <gtest/gtest.h>

using namespace xf::report;

TEST(Table, AlignsByTheWidestCell) {
  EXPECT_EQ(
      table({{"op", "us", "GB/s"}, {"gather", "1.5", "-"}, {"x", "22"}}, 1),
      "  op      us GB/s\n"
      "  gather 1.5    -\n"
      "  x       22\n");
}

TEST(Table, NoLineEndsInSpaces) {
  EXPECT_EQ(table({{"a", "b"}, {"long", ""}}, 2), "  a    b\n  long\n");
  EXPECT_EQ(table({}, 1), "");
}

TEST(WithUnit, KeepsThreeDigits) {
  EXPECT_EQ(withUnit(0), "0");
  EXPECT_EQ(withUnit(999), "999");
  EXPECT_EQ(withUnit(999.6), "1.00k");
  EXPECT_EQ(withUnit(21.34e6), "21.3M");
  EXPECT_EQ(withUnit(4.2e20), "420000P");
}
