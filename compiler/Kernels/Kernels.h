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

/// What a region reads besides its arguments. Operands, tables and pairs are
/// numbered as the op lists them; every index must be one that exists.
struct Reads {
  /// `column` of row `row` (i32) of the operand's sequence; without a row the
  /// region's own one, or that of its sequence.
  std::function<Expr(int operand, Expr column, Expr row)> row;
  /// One element of a weight by its logical indices.
  std::function<Expr(int table, std::vector<Expr> indices)> table;
  /// Attention only: the value of this query row for `head` and `key`.
  std::function<Expr(int pair, Expr head, Expr key)> pair;
};

/// The scalar regions of an op as functions on Exprs; an empty function is the
/// identity (or "keep every key").
struct Scalars {
  /// gemm, gather: (acc, vectors..., rows...) -> value
  std::function<Expr(std::vector<Expr>)> epilogue;
  /// attention: (s, h, i, j) -> s and (h, i, j) -> bool; i and j count within
  /// the sequence, and keys before it from -extraKeys() to -1
  std::function<Expr(const Reads &, Expr, Expr, Expr, Expr)> scoreMod;
  std::function<Expr(const Reads &, Expr, Expr, Expr)> maskMod;
  std::function<Expr(const Reads &, Expr, Expr, Expr)> aliveMod;
  /// rowwise: stage t: (x, i, n, acc_0 .. acc_{t-1}) -> value
  std::vector<std::function<Expr(std::vector<Expr>)>> maps;
  /// rowwise over row: (x, i, n, acc..., vectors..., rows...) -> value; over
  /// sequence: (n, acc..., vectors..., rows...)
  std::function<Expr(std::vector<Expr>)> finish;
  /// map: (c, i, n) -> value; i and n are 0 where the map takes no batch
  std::function<Expr(const Reads &, Expr, Expr, Expr)> map;
};

/// Builds the algorithm of `desc` in the variant that `config` names. Argument
/// order of the compiled function (after the user context): inputs as below,
/// then the output [width, rows], then (scoresOut) scores_out.
///   gemm       x [k, rows], w packed [16, k, ceil(n/16)], vectors [n]...,
///              rows [n, rows]...
///   attention  qkv or q, k, v [width, rows], rows_0..., pairs_0...
///              [keys, heads, rows], scores_in [keys, heads, rows], tables
///              (logical extents, the last innermost), sink [heads],
///              memory_keys and memory_values [dim, kvHeads * memoryKeys],
///              pre_mix, post_mix, gate_mix [heads, heads], cope
///              [headDim, copeLength], cope_mix [heads, heads] (those that the
///              description has), seq_begin, seq_length i32, then
///              (hasKeyScalars) key_begin, key_length, sequence i32
///   rowwise    x [width, rows], (over sequence: seq_begin, seq_length),
///              vectors [width]..., rows [width, rows]...
///   gather     index_0 [rows] i32, ..., table_0 [width, entries], ...
///   map        rows_0..., tables..., (usesBatch) row_index, row_length,
///              row_sequence [rows] i32
/// Of a score buffer, key 0 is the first extra one; of a pair operand, the
/// sequence's first. A sequence has one key or more.
/// The output may be any crop: rows [min, min+extent), columns likewise (for
/// gemm multiples of the config's tile_n where it divides n, else of 16, from
/// such a multiple; whole rows where rows are reduced, for maps and for
/// attention that keeps scores; multiples of tile_cols over a sequence; whole
/// heads, and rows of one sequence, for attention). Only the crop is written,
/// and of the inputs only what it depends on is read. Values that a gather
/// index names must have been checked by the caller.
targets::KernelFuncs buildKernel(const targets::KernelDesc &desc,
                                 const targets::Config &config,
                                 const Scalars &scalars);

} // namespace xf::kernels
