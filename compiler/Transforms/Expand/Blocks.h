// The parts of a model, each in the file of its name: values in, values out.
// Every function makes ops at the builder's place in the entry that is open.
#pragma once

#include "compiler/Transforms/Expand/Expander.h"

namespace xf::expand {

//===--- Norms.cpp --------------------------------------------------------===//

/// A norm of the stack's own kind with weights `name.*`, of each of `streams`
/// equal parts of a row.
Value streamNorm(Expander &e, const Twine &name, Value x, int64_t streams = 1);
/// LayerNorm of the embeddings, with the stack's epsilon and bias.
Value layerNorm(Expander &e, const Twine &name, Value x);
/// The condition as consumers see it (after its layer), or null.
Value conditionOf(Expander &e);

//===--- Embedding.cpp ----------------------------------------------------===//

/// Embeddings of token ids, as wide as `emb_dim`, with what the call adds and
/// puts in front.
Value embedTokens(Expander &e);
/// The same of the several streams of a MultiInputTransformerWrapper.
Value embedStreams(Expander &e);
/// `x` plus the absolute positions of the tokens, where the model has them.
Value addPositions(Expander &e, Value x);
/// What the call adds, the norm of the embeddings, what the call puts in front.
Value finishEmbedding(Expander &e, Value x);
/// Embeddings as rows of the stack: projected, with the learned rows in place.
Value intoStack(Expander &e, Value x);
/// Memory and cls tokens in front, registers behind.
Value placeLearnedRows(Expander &e, Value x);
/// `memory_tokens_interspersed_every`.
Value placeMemoryBetweenChunks(Expander &e, Value x, int64_t chunk);

//===--- Feedforward.cpp --------------------------------------------------===//

Value expandFeedforward(Expander &e, const Sublayer &sub, Value y);
/// int(dim * ff_mult), as Python rounds.
int64_t feedforwardWidth(AttentionLayersOp stack, unsigned layer);

//===--- TokenShift.cpp ---------------------------------------------------===//

/// `shift_tokens`: parts of the branch's input from neighbouring rows.
Value shiftTokens(Expander &e, const Sublayer &sub, Value y);

//===--- Stack.cpp --------------------------------------------------------===//

/// The whole stack on the rows `x`, one run of it.
Value expandStack(Expander &e, Value x);

//===--- Pooling.cpp ------------------------------------------------------===//

/// Mean over the rows of each sequence that are tokens or cls tokens and that
/// the mask keeps.
Value meanOfRows(Expander &e, Value x);
/// The same over all rows but the first `skip` and the last `tail`.
Value maskedMean(Expander &e, Value x, int64_t skip, int64_t tail);
/// The sum of x * y over all rows and columns of each sequence.
Value innerProduct(Expander &e, const Twine &name, Value x, Value y);
/// The cls rows of each sequence, one after the other in one row.
Value clsRows(Expander &e, Value x);
/// Rows of one space side by side.
Value sideBySide(Expander &e, const Twine &name, ArrayRef<Value> parts);
/// `attn_pool`: learned queries attend over the rows; they stand side by side.
Value attentionPool(Expander &e, Value x);

//===--- Heads.cpp --------------------------------------------------------===//

/// The vocabulary head `head` on `y`, whose rows hold `parts` vectors.
Value expandLogits(Expander &e, Value y, int64_t head = 0, int64_t parts = 1);

//===--- Entries.cpp ------------------------------------------------------===//

/// Every entry point of `model`, and its weights.
LogicalResult expandModel(ModelOp model, ModuleOp module);

} // namespace xf::expand
