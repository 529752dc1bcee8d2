// The row counts that kernels are tuned for. A launch of R rows (attention and
// pooling: a sequence of R rows) runs the config of the class that R falls
// into; results do not depend on the class.
#pragma once

#include <cstdint>
#include <vector>

namespace xf::targets {

struct ShapeClass {
  int64_t rows;    ///< what candidates are measured at
  int64_t maxRows; ///< the most rows that fall into the class; 0: any number

  bool operator==(const ShapeClass &) const = default;
};

/// 1, 16, 128 and 1024 rows, fewest first; the borders lie halfway on a
/// logarithmic scale, rounded to whole vectors.
const std::vector<ShapeClass> &shapeClasses();

/// The class that `rows` rows fall into.
const ShapeClass &shapeClassOf(int64_t rows);

} // namespace xf::targets
