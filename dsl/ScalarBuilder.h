// The bodies of mask_mod and score_mod as regions of arith and math ops on i32,
// f32 and i1.
#pragma once

#include "dsl/Diagnostics.h"
#include "dsl/Sema.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/Region.h"

namespace xf::dsl {

/// What a scalar function is called with, beside its parameters.
struct ScalarContext {
  int64_t heads; ///< heads of the stack: `slope(h)` depends on it
  llvm::function_ref<mlir::Location(SourceRange)> locate;
};

/// Fills `region` (empty so far) with one block that computes `function` and
/// ends in xf.yield. Its arguments are the function's parameters: f32 for the
/// score, i32 for head and positions.
///
/// Integers are 32 bits wide; `/` and `%` of integers round toward minus
/// infinity; an integer beside a float becomes a float. Parts without a
/// parameter are computed here, in 64 bits and doubles, as Sema checked them.
void buildScalarFunction(const ScalarFunction &function,
                         const ScalarContext &context, mlir::Region &region,
                         DiagnosticEngine &diags);

} // namespace xf::dsl
