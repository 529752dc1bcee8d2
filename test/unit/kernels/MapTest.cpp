// Holds: a map with computed reads equals the plain one, the same bits for
// every crop and target, whatever its width; and no read leaves its operand.
#include "Reference.h"

#include "compiler/Kernels/ScalarMath.h"

namespace xf::test {
namespace {

using Halide::Expr;
using kernels::add;
using kernels::mul;
using kernels::Reads;

/// Three sequences, of 1, 16 and 20 rows.
constexpr int rows = 37;
constexpr int sequenceBegins[] = {0, 1, 17, rows};

struct MapData {
  const targets::MapDesc &desc;
  std::vector<Matrix<float>> operands, tables;
  std::vector<int32_t> index, length, sequence;

  explicit MapData(const targets::MapDesc &desc) : desc(desc) {
    std::mt19937 random(7);
    for (const targets::MapOperand &operand : desc.operands)
      operands.push_back(randomMatrix(operand.perSequence ? 3 : rows,
                                      int(operand.width), random, 2));
    for (const std::vector<int64_t> &extents : desc.tables)
      tables.push_back(randomMatrix(extents.size() > 1 ? int(extents[0]) : 1,
                                    int(extents.back()), random));
    for (int s = 0; s < 3; ++s)
      for (int r = sequenceBegins[s]; r < sequenceBegins[s + 1]; ++r) {
        index.push_back(r - sequenceBegins[s]);
        length.push_back(sequenceBegins[s + 1] - sequenceBegins[s]);
        sequence.push_back(s);
      }
  }

  std::vector<Halide::Runtime::Buffer<>> inputs() {
    std::vector<Halide::Runtime::Buffer<>> all;
    for (Matrix<float> &operand : operands)
      all.push_back(view(operand));
    for (size_t t = 0; t < tables.size(); ++t)
      if (desc.tables[t].size() > 1)
        all.push_back(view(tables[t]));
      else
        all.push_back(Halide::Runtime::Buffer<float>(tables[t].values.data(),
                                                     tables[t].width));
    if (desc.usesBatch)
      for (auto *rowsOf : {&index, &length, &sequence})
        all.push_back(Halide::Runtime::Buffer<int32_t>(rowsOf->data(), rows));
    return all;
  }

  /// As hk.read and hk.table of row r.
  double read(int r, int operand, int column, int row = -1) const {
    int s = sequence[r];
    return operands[operand](desc.operands[operand].perSequence ? s
                             : row < 0                          ? r
                                       : sequenceBegins[s] + row,
                             column);
  }
};

struct MapCase {
  KernelCase kernel;
  std::function<double(const MapData &, int r, int c)> plain;
};

MapCase mapCase(std::string name, targets::MapDesc desc,
                decltype(kernels::Scalars::map) map,
                decltype(MapCase::plain) plain) {
  MapCase c;
  c.kernel.name = std::move(name);
  c.kernel.desc.kind = targets::KernelKind::Map;
  c.kernel.desc.map = std::move(desc);
  c.kernel.scalars.map = std::move(map);
  c.plain = std::move(plain);
  return c;
}

/// The left half comes from the row before.
MapCase shifted(int width) {
  return mapCase(
      "shift of " + std::to_string(width),
      {width, {{width, false, true}}, {}, true},
      [=](const Reads &reads, Expr c, Expr i, Expr n) {
        Expr before = reads.row(0, c, Halide::max(i - 1, 0));
        Expr left = Halide::select(i == 0, 0.0f, before);
        return Halide::select(c < width / 2, left, reads.row(0, c, Expr()));
      },
      [=](const MapData &data, int r, int c) {
        int i = data.index[r];
        if (c >= width / 2)
          return data.read(r, 0, c);
        return i == 0 ? 0 : data.read(r, 0, c, i - 1);
      });
}

/// Each half times the other, the second operand's column 2.
MapCase gated(int width) {
  return mapCase(
      "gate of " + std::to_string(width),
      {width, {{2 * width}, {3}}, {}, false},
      [=](const Reads &reads, Expr c, Expr, Expr) {
        return mul(
            mul(reads.row(0, c, Expr()), reads.row(0, c + width, Expr())),
            reads.row(1, 2, Expr()));
      },
      [=](const MapData &data, int r, int c) {
        return data.read(r, 0, c) * data.read(r, 0, c + width) *
               data.read(r, 1, 2);
      });
}

/// Neighbouring columns of each head turn by the row's angles, cosines first.
MapCase rotated(int heads, int dim, int turning) {
  return mapCase(
      "rotation of " + std::to_string(heads) + "x" + std::to_string(dim),
      {heads * dim, {{heads * dim}, {turning}}, {}, false},
      [=](const Reads &reads, Expr c, Expr, Expr) {
        Expr inHead = c % dim, pair = Halide::min(inHead, turning - 1) / 2;
        Expr odd = inHead % 2 == 1;
        Expr other =
            Halide::select(odd, c - 1, Halide::min(c + 1, heads * dim - 1));
        Expr x = reads.row(0, c, Expr()), y = reads.row(0, other, Expr());
        Expr cosine = reads.row(1, pair, Expr()),
             sine = reads.row(1, turning / 2 + pair, Expr());
        Expr turned = add(mul(x, cosine), Halide::select(odd, mul(y, sine),
                                                         0.0f - mul(y, sine)));
        return Halide::select(inHead < turning, turned, x);
      },
      [=](const MapData &data, int r, int c) {
        int inHead = c % dim;
        if (inHead >= turning)
          return data.read(r, 0, c);
        double cosine = data.read(r, 1, inHead / 2),
               sine = data.read(r, 1, turning / 2 + inHead / 2);
        double other = data.read(r, 0, inHead % 2 ? c - 1 : c + 1);
        return data.read(r, 0, c) * cosine +
               (inHead % 2 ? other : -other) * sine;
      });
}

/// Angles from positions: what depends on i, n, a vector and a matrix, and on
/// an operand of a row a sequence.
MapCase angles(int width) {
  return mapCase(
      "angles of " + std::to_string(width),
      {width, {{4, true}}, {{width}, {5, 3}}, true},
      [=](const Reads &reads, Expr c, Expr i, Expr n) {
        Expr position = Halide::cast<float>(i * 100 + n);
        Expr angle = mul(position, reads.table(0, {c}));
        Expr value = Halide::select(c < width / 2, kernels::cos(angle),
                                    kernels::sin(angle));
        return add(value, mul(reads.table(1, {c % 5, i % 3}),
                              reads.row(0, 3, Expr())));
      },
      [=](const MapData &data, int r, int c) {
        int i = data.index[r];
        float position = float(i * 100 + data.length[r]);
        float angle = position * data.tables[0](0, c);
        double value =
            c < width / 2 ? std::cos(double(angle)) : std::sin(double(angle));
        return value + data.tables[1](c % 5, i % 3) * data.read(r, 0, 3);
      });
}

/// Indices out of range read the nearest that exist.
MapCase clamped(int width) {
  return mapCase(
      "far reads of " + std::to_string(width),
      {width, {{width, false, true}}, {{3}}, true},
      [=](const Reads &reads, Expr c, Expr i, Expr n) {
        return add(reads.row(0, c + 7, i - 5), reads.table(0, {c - 1000}));
      },
      [=](const MapData &data, int r, int c) {
        int row = std::max(data.index[r] - 5, 0);
        return data.read(r, 0, std::min(c + 7, width - 1), row) +
               data.tables[0](0, 0);
      });
}

TEST(MapTest, EqualsTheReferenceForEveryCropAndTarget) {
  std::vector<MapCase> cases;
  for (int width : {1, 3, 16, 37, 64}) {
    cases.push_back(shifted(width));
    cases.push_back(gated(width));
    cases.push_back(angles(width));
    cases.push_back(clamped(width));
  }
  cases.push_back(rotated(4, 8, 8));
  cases.push_back(rotated(3, 10, 6));
  cases.push_back(rotated(2, 64, 32));
  for (const MapCase &c : cases) {
    MapData data(c.kernel.desc.map);
    int width = int(c.kernel.desc.map.width);
    Matrix<float> first;
    for (const Setting &setting : settings(c.kernel)) {
      SCOPED_TRACE(setting.text(c.kernel));
      CompiledKernel kernel(c.kernel, setting.config, *setting.machine);
      kernel.inputs = data.inputs();
      Matrix<float> whole(rows, width, untouched);
      kernel.run(whole, {0, rows, 0, width});
      for (int r = 0; r < rows; ++r)
        for (int col = 0; col < width; ++col)
          ASSERT_NEAR(whole(r, col), c.plain(data, r, col), 2e-6)
              << "row " << r << " column " << col;
      for (auto [row, count] : {std::pair(0, 1), {3, 9}, {36, 1}}) {
        Matrix<float> part(rows, width, untouched);
        kernel.run(part, {row, count, 0, width});
        EXPECT_TRUE(sameRows(part, whole, row, row + count));
        EXPECT_TRUE(onlyRowsWritten(part, row, row + count));
      }
      if (first.rows == 0)
        first = whole;
      EXPECT_TRUE(sameRows(first, whole, 0, rows)) << "differs by target";
    }
  }
}

} // namespace
} // namespace xf::test
