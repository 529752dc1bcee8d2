// The algorithm of each structured op in Halide, once, for every target: a
// description and scalar callbacks in, named Funcs out. No MLIR, no tile sizes
// of its own: what a variant needs, it reads from the Config.
#pragma once

#include "Halide.h"
#include "targets/Config.h"
#include "targets/Kernel.h"
#include "targets/Schedule.h"

#include <functional>
#include <vector>

namespace xf::kernels {

using Halide::Expr;

/// The scalar regions of an op as functions on Exprs; an empty function is the
/// identity (or "keep every key").
struct Scalars {
  /// gemm, gather: (acc, vectors..., rows...) -> value
  std::function<Expr(std::vector<Expr>)> epilogue;
  /// attention: (s, h, i, j) -> s and (h, i, j) -> bool; i and j count within
  /// the sequence
  std::function<Expr(Expr, Expr, Expr, Expr)> scoreMod;
  std::function<Expr(Expr, Expr, Expr)> maskMod;
  /// rowwise: stage t: (x, i, n, acc_0 .. acc_{t-1}) -> value
  std::vector<std::function<Expr(std::vector<Expr>)>> maps;
  /// rowwise over row: (x, i, n, acc..., vectors..., rows...) -> value; over
  /// sequence: (n, acc..., vectors..., rows...)
  std::function<Expr(std::vector<Expr>)> finish;
};

/// Builds the algorithm of `desc` in the variant that `config` names. Argument
/// order of the compiled function (after the user context): inputs as below,
/// then the output [width, rows].
///   gemm       x [k, rows], w packed [16, k, ceil(n/16)], vectors [n]..., rows
///   [n, rows]... attention  qkv or q, k, v [width, rows], seq_begin i32,
///   seq_length i32 rowwise    x [width, rows], (over sequence: seq_begin,
///   seq_length), vectors [width]..., rows [width, rows]... gather     index_0
///   [rows] i32, ..., table_0 [width, entries], ...
/// The output may be any crop: rows [min, min+extent), columns likewise (for
/// gemm multiples of the config's tile_n where it divides n, else of 16, from
/// such a multiple; whole rows where rows are reduced; multiples of tile_cols
/// over a sequence; whole heads, and rows of one sequence, for attention). Only
/// the crop is written, and of the inputs only what it depends on is read.
/// Values that a gather index names must have been checked by the caller.
targets::KernelFuncs buildKernel(const targets::KernelDesc &desc,
                                 const targets::Config &config,
                                 const Scalars &scalars);

} // namespace xf::kernels
