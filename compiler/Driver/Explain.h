// `xfc explain`: what a model costs, for people (text) and programs (JSON).
#pragma once

#include "compiler/Driver/Summary.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

namespace xf {

/// Parameters, FLOPs per token at `length` tokens, weight and arena bytes, and
/// a table with a line per op.
void explainText(const ModelSummary &model, int64_t length,
                 llvm::raw_ostream &os);

/// The same facts as an object; also the core of what a library's `describe`
/// returns.
llvm::json::Object explainJson(const ModelSummary &model);

} // namespace xf
