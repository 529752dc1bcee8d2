// The classes and the border between each two.
#include "targets/ShapeClass.h"

namespace xf::targets {

// sqrt(1 * 16) = 4, sqrt(16 * 128) = 45, sqrt(128 * 1024) = 362, the last two
// rounded up to vectors of 16.
const std::vector<ShapeClass> &shapeClasses() {
  static const std::vector<ShapeClass> classes = {
      {1, 4}, {16, 48}, {128, 384}, {1024, 0}};
  return classes;
}

const ShapeClass &shapeClassOf(int64_t rows) {
  for (const ShapeClass &shapeClass : shapeClasses())
    if (rows <= shapeClass.maxRows)
      return shapeClass;
  return shapeClasses().back();
}

} // namespace xf::targets
