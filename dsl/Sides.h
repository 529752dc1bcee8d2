// XTransformer, taken apart into the encoder and the decoder that it makes.
#pragma once

#include "dsl/Sema.h"

namespace xf::dsl {

/// The encoder and the decoder of an XTransformer: TransformerWrappers with the
/// knobs that its `enc_*` and `dec_*` set, each with its place in the text.
std::vector<CheckedModel> sidesOf(const CheckedModel &model);

} // namespace xf::dsl
