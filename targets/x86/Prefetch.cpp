// A lowering pass. LLVM's prefetch is an intrinsic that Halide's own runtime
// declares in every module, so that an extern call finds it by its name.
#include "targets/x86/Prefetch.h"

namespace xf::targets::x86 {

using Halide::Expr;
using Halide::Internal::Call;

namespace {
struct IntoAllLevels : Halide::Internal::IRMutator {
  using IRMutator::visit;

  /// Arguments: the buffer, the element's index, then the extents, which are
  /// one line.
  Expr visit(const Call *op) override {
    if (!op->is_intrinsic(Call::prefetch))
      return IRMutator::visit(op);
    Expr offset = Halide::cast<int64_t>(op->args[1]) * op->type.bytes();
    Expr address = Halide::reinterpret<uint64_t>(op->args[0]) +
                   Halide::cast<uint64_t>(offset);
    int read = 0, keep = 3, data = 1;
    return Call::make(
        Halide::Int(32), "llvm.prefetch.p0",
        {Halide::reinterpret(Halide::Handle(), address), read, keep, data},
        Call::Extern);
  }
};
} // namespace

void prefetchIntoAllLevels(Halide::Func &output) {
  output.add_custom_lowering_pass(new IntoAllLevels);
}

} // namespace xf::targets::x86
