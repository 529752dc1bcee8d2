// The tables of the layouts, and how their patterns are matched.
#include "compiler/Weights/Layouts.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;
using namespace xf::weights;

//===----------------------------------------------------------------------===//
// Hugging Face, BERT family
//===----------------------------------------------------------------------===//

static constexpr auto kAttn = Numbering::AttentionOfBlock;
static constexpr auto kFf = Numbering::FeedforwardOfBlock;
static constexpr auto kSame = Numbering::Same;
static constexpr auto kAsIs = Transform::None;

// Norms were called gamma and beta until 2019, and old files still are.
static constexpr LayoutEntry kHuggingFace[] = {
    {"token_emb.weight", "embeddings.word_embeddings.weight", "", kSame, kAsIs},
    {"pos_emb.weight", "embeddings.position_embeddings.weight", "", kSame,
     kAsIs},
    {"type_emb.weight", "embeddings.token_type_embeddings.weight", "", kSame,
     kAsIs},
    {"post_emb_norm.gain", "embeddings.LayerNorm.weight",
     "embeddings.LayerNorm.gamma", kSame, kAsIs},
    {"post_emb_norm.bias", "embeddings.LayerNorm.bias",
     "embeddings.LayerNorm.beta", kSame, kAsIs},
    {"layers.#.to_q.weight", "encoder.layer.#.attention.self.query.weight", "",
     kAttn, kAsIs},
    {"layers.#.to_q.bias", "encoder.layer.#.attention.self.query.bias", "",
     kAttn, kAsIs},
    {"layers.#.to_k.weight", "encoder.layer.#.attention.self.key.weight", "",
     kAttn, kAsIs},
    {"layers.#.to_k.bias", "encoder.layer.#.attention.self.key.bias", "", kAttn,
     kAsIs},
    {"layers.#.to_v.weight", "encoder.layer.#.attention.self.value.weight", "",
     kAttn, kAsIs},
    {"layers.#.to_v.bias", "encoder.layer.#.attention.self.value.bias", "",
     kAttn, kAsIs},
    {"layers.#.to_out.weight", "encoder.layer.#.attention.output.dense.weight",
     "", kAttn, kAsIs},
    {"layers.#.to_out.bias", "encoder.layer.#.attention.output.dense.bias", "",
     kAttn, kAsIs},
    {"layers.#.norm_post.gain",
     "encoder.layer.#.attention.output.LayerNorm.weight",
     "encoder.layer.#.attention.output.LayerNorm.gamma", kAttn, kAsIs},
    {"layers.#.norm_post.bias",
     "encoder.layer.#.attention.output.LayerNorm.bias",
     "encoder.layer.#.attention.output.LayerNorm.beta", kAttn, kAsIs},
    {"layers.#.ff_in.weight", "encoder.layer.#.intermediate.dense.weight", "",
     kFf, kAsIs},
    {"layers.#.ff_in.bias", "encoder.layer.#.intermediate.dense.bias", "", kFf,
     kAsIs},
    {"layers.#.ff_out.weight", "encoder.layer.#.output.dense.weight", "", kFf,
     kAsIs},
    {"layers.#.ff_out.bias", "encoder.layer.#.output.dense.bias", "", kFf,
     kAsIs},
    {"layers.#.norm_post.gain", "encoder.layer.#.output.LayerNorm.weight",
     "encoder.layer.#.output.LayerNorm.gamma", kFf, kAsIs},
    {"layers.#.norm_post.bias", "encoder.layer.#.output.LayerNorm.bias",
     "encoder.layer.#.output.LayerNorm.beta", kFf, kAsIs},
};

static constexpr IgnoredTensor kHuggingFaceIgnored[] = {
    {"embeddings.position_ids", "the numbers 0, 1, 2, ..., saved by accident"},
    {"pooler.dense.*", "a head for next-sentence prediction on top of the "
                       "encoder, no part of its states"},
    {"cls.*", "the heads of pretraining on top of the encoder"},
};

//===----------------------------------------------------------------------===//
// x-transformers, state_dict of a TransformerWrapper
//===----------------------------------------------------------------------===//

// Biases of attention and norms are xfc's own knobs; x-transformers has none,
// so their tensors have the names that torch would give them there.
static constexpr LayoutEntry kXTransformers[] = {
    {"token_emb.weight", "token_emb.emb.weight", "", kSame, kAsIs},
    {"pos_emb.weight", "pos_emb.emb.weight", "", kSame, Transform::Positions},
    {"type_emb.weight", "embeds.type_embed.weight", "", kSame, kAsIs},
    {"post_emb_norm.gain", "post_emb_norm.gamma", "", kSame, kAsIs},
    {"post_emb_norm.bias", "post_emb_norm.beta", "", kSame, kAsIs},
    {"layers.#.norm_pre.gain", "attn_layers.layers.#.0.0.gamma", "", kSame,
     Transform::StackGain},
    {"layers.#.norm_pre.bias", "attn_layers.layers.#.0.0.beta", "", kSame,
     kAsIs},
    {"layers.#.norm_post.gain", "attn_layers.layers.#.0.2.gamma", "", kSame,
     Transform::StackGain},
    {"layers.#.norm_post.bias", "attn_layers.layers.#.0.2.beta", "", kSame,
     kAsIs},
    {"layers.#.to_q.weight", "attn_layers.layers.#.1.to_q.weight", "", kSame,
     kAsIs},
    {"layers.#.to_q.bias", "attn_layers.layers.#.1.to_q.bias", "", kSame,
     kAsIs},
    {"layers.#.to_k.weight", "attn_layers.layers.#.1.to_k.weight", "", kSame,
     kAsIs},
    {"layers.#.to_k.bias", "attn_layers.layers.#.1.to_k.bias", "", kSame,
     kAsIs},
    {"layers.#.to_v.weight", "attn_layers.layers.#.1.to_v.weight", "", kSame,
     kAsIs},
    {"layers.#.to_v.bias", "attn_layers.layers.#.1.to_v.bias", "", kSame,
     kAsIs},
    {"layers.#.to_out.weight", "attn_layers.layers.#.1.to_out.weight", "",
     kSame, kAsIs},
    {"layers.#.to_out.bias", "attn_layers.layers.#.1.to_out.bias", "", kSame,
     kAsIs},
    {"layers.#.ff_in.weight", "attn_layers.layers.#.1.ff.0.0.weight", "", kSame,
     kAsIs},
    {"layers.#.ff_in.bias", "attn_layers.layers.#.1.ff.0.0.bias", "", kSame,
     kAsIs},
    {"layers.#.ff_out.weight", "attn_layers.layers.#.1.ff.2.weight", "", kSame,
     kAsIs},
    {"layers.#.ff_out.bias", "attn_layers.layers.#.1.ff.2.bias", "", kSame,
     kAsIs},
    {"final_norm.gain", "attn_layers.final_norm.gamma", "", kSame,
     Transform::StackGain},
    {"final_norm.bias", "attn_layers.final_norm.beta", "", kSame, kAsIs},
};

static constexpr IgnoredTensor kXTransformersIgnored[] = {
    {"to_logits.weight", "the vocabulary head, which states and pooled vectors "
                         "do not go through"},
};

static const Layout kLayouts[] = {
    {"huggingface", "bert.", kHuggingFace, kHuggingFaceIgnored},
    {"x_transformers", "", kXTransformers, kXTransformersIgnored},
};

ArrayRef<Layout> xf::weights::allLayouts() { return kLayouts; }

const Layout *xf::weights::findLayout(StringRef name) {
  const Layout *layout =
      find_if(kLayouts, [&](const Layout &l) { return l.name == name; });
  return layout == std::end(kLayouts) ? nullptr : layout;
}

//===----------------------------------------------------------------------===//
// Matching
//===----------------------------------------------------------------------===//

/// The number that stands in `name` where `pattern` has `#`; 0 if it has none
/// and they are equal; nothing if they do not match.
static std::optional<uint64_t> match(StringRef pattern, StringRef name) {
  if (pattern.empty())
    return std::nullopt;
  auto [head, tail] = pattern.split('#');
  if (head.size() == pattern.size())
    return pattern == name ? std::optional<uint64_t>(0) : std::nullopt;
  if (!name.consume_front(head) || !name.consume_back(tail))
    return std::nullopt;
  uint64_t number;
  // `07` and `+7` are no numbers that a checkpoint would write.
  if (name.getAsInteger(10, number) || std::to_string(number) != name)
    return std::nullopt;
  return number;
}

static std::string fill(StringRef pattern, uint64_t number) {
  auto [head, tail] = pattern.split('#');
  if (head.size() == pattern.size())
    return pattern.str();
  return (head + Twine(number) + tail).str();
}

/// The file's number for logical number `number`, if the entry holds it.
static std::optional<uint64_t> fileNumber(Numbering numbering,
                                          uint64_t number) {
  if (numbering == Numbering::Same)
    return number;
  uint64_t half = numbering == Numbering::FeedforwardOfBlock;
  if (number % 2 != half)
    return std::nullopt;
  return number / 2;
}

static uint64_t logicalNumber(Numbering numbering, uint64_t number) {
  if (numbering == Numbering::Same)
    return number;
  return 2 * number + (numbering == Numbering::FeedforwardOfBlock);
}

std::optional<FileTensor> xf::weights::fileTensorOf(const Layout &layout,
                                                    StringRef logical) {
  for (const LayoutEntry &entry : layout.entries) {
    std::optional<uint64_t> number = match(entry.logical, logical);
    if (number)
      number = fileNumber(entry.numbering, *number);
    if (number)
      return FileTensor{fill(entry.file, *number), fill(entry.legacy, *number),
                        entry.transform};
  }
  return std::nullopt;
}

std::optional<std::string> xf::weights::logicalNameOf(const Layout &layout,
                                                      StringRef file) {
  for (const LayoutEntry &entry : layout.entries) {
    std::optional<uint64_t> number = match(entry.file, file);
    if (!number)
      number = match(entry.legacy, file);
    if (number)
      return fill(entry.logical, logicalNumber(entry.numbering, *number));
  }
  return std::nullopt;
}

const IgnoredTensor *xf::weights::findIgnored(const Layout &layout,
                                              StringRef file) {
  for (const IgnoredTensor &tensor : layout.ignored) {
    StringRef pattern = tensor.name;
    if (pattern.consume_back("*") ? file.starts_with(pattern) : file == pattern)
      return &tensor;
  }
  return nullptr;
}
