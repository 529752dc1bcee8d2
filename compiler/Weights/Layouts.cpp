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
// x-transformers, state_dict of any of its wrappers or of a bare stack
//===----------------------------------------------------------------------===//

static constexpr auto kGain = Transform::StackGain;

/// The tensors of one norm of the stream, whatever its kind.
#define XF_NORM_ROWS(logical, file)                                            \
  {logical ".gain", file ".gamma", file ".g", kSame, kGain},                   \
      {logical ".bias", file ".beta", "", kSame, kAsIs},                       \
      {logical ".tanh_scale", file ".pre_tanh_scale", "", kSame, kAsIs},       \
      {logical ".alpha", file ".alpha", "", kSame, kGain},                     \
      {logical ".shift", file ".s", "", kSame, kAsIs}, {                       \
    logical ".to_gamma.weight", file ".to_gamma.weight", "", kSame, kAsIs      \
  }

/// A tensor, or all whose names begin alike, under the same name in the stack.
#define XF_STACK_ROW(name) {name, "attn_layers." name, "", kSame, kAsIs}
#define XF_SAME_ROW(name) {name, name, "", kSame, kAsIs}

// Biases of attention and norms are xfc's own knobs; x-transformers has none,
// so their tensors have the names that torch would give them there.
static constexpr LayoutEntry kXTransformers[] = {
    // Embeddings.
    {"token_emb.weight", "token_emb.emb.weight", "", kSame, kAsIs},
    {"pos_emb.weight", "pos_emb.emb.weight", "", kSame, Transform::Positions},
    XF_SAME_ROW("pos_emb.scale"),
    {"type_emb.weight", "embeds.type_embed.weight", "", kSame, kAsIs},
    {"embeds.*.weight", "embeds.*_embed.weight", "", kSame, kAsIs},
    {"post_emb_norm.gain", "post_emb_norm.gamma", "", kSame, kAsIs},
    {"post_emb_norm.bias", "post_emb_norm.beta", "", kSame, kAsIs},
    XF_SAME_ROW("project_emb.*"),
    XF_SAME_ROW("project_in.weight"),
    XF_SAME_ROW("memory_tokens"),
    XF_SAME_ROW("cls_token"),
    XF_SAME_ROW("register_tokens"),
    {"patch_norm.gain", "patch_to_embedding.0.gamma", "", kSame, kAsIs},
    {"patch_emb.*", "patch_to_embedding.1.*", "", kSame, kAsIs},
    {"patch_emb_norm.gain", "patch_to_embedding.2.gamma", "", kSame, kAsIs},
    {"patch_pos.weight", "pos_embedding", "", kSame, kAsIs},
    // Heads.
    XF_SAME_ROW("to_logits.*"),
    XF_SAME_ROW("to_mixture.0.weight"),
    XF_SAME_ROW("combine_mixture.weight"),
    XF_SAME_ROW("to_next_embed_pred.*"),
    XF_SAME_ROW("recycled_proj.weight"),
    XF_SAME_ROW("ff_deep_embed"),
    XF_SAME_ROW("attn_pool.*"),
    XF_SAME_ROW("mlp_head.*"),
    XF_SAME_ROW("project_out.weight"),
    // Norms of the stack.
    XF_NORM_ROWS("layers.#.norm_pre", "attn_layers.layers.#.0.0"),
    XF_NORM_ROWS("layers.#.norm_branch", "attn_layers.layers.#.0.1"),
    XF_NORM_ROWS("layers.#.norm_post", "attn_layers.layers.#.0.2"),
    XF_NORM_ROWS("final_norm", "attn_layers.final_norm"),
    {"adaptive_mlp.weight", "attn_layers.adaptive_mlp.0.weight", "", kSame,
     kAsIs},
    // Feedforwards; a norm after the activation moves what follows.
    {"layers.#.ff_in.weight", "attn_layers.layers.#.1.ff.0.0.weight",
     "attn_layers.layers.#.1.ff.0.proj.weight", kSame, kAsIs},
    {"layers.#.ff_in.bias", "attn_layers.layers.#.1.ff.0.0.bias",
     "attn_layers.layers.#.1.ff.0.proj.bias", kSame, kAsIs},
    {"layers.#.ff_gain", "attn_layers.layers.#.1.ff.0.mult_bias", "", kSame,
     kAsIs},
    {"layers.#.solu.norm.gain", "attn_layers.layers.#.1.ff.0.1.norm.gamma",
     "attn_layers.layers.#.1.ff.0.act.norm.gamma", kSame, kAsIs},
    {"layers.#.ff_norm.gain", "attn_layers.layers.#.1.ff.1.gamma", "", kSame,
     kAsIs},
    {"layers.#.ff_out.weight", "attn_layers.layers.#.1.ff.2.weight",
     "attn_layers.layers.#.1.ff.3.weight", kSame, kAsIs},
    {"layers.#.ff_out.bias", "attn_layers.layers.#.1.ff.2.bias",
     "attn_layers.layers.#.1.ff.3.bias", kSame, kAsIs},
    // Residuals and what mixes layers.
    {"layers.#.branch_scale.gain", "attn_layers.layers.#.1.gamma", "", kSame,
     kGain},
    {"layers.#.branch_scale.to_gamma.*", "attn_layers.layers.#.1.to_gamma.*",
     "", kSame, kAsIs},
    {"layers.#.residual_scale", "attn_layers.layers.#.2.residual_scale", "",
     kSame, kAsIs},
    {"layers.#.gru.input.weight", "attn_layers.layers.#.2.gru.weight_ih", "",
     kSame, kAsIs},
    {"layers.#.gru.input.bias", "attn_layers.layers.#.2.gru.bias_ih", "", kSame,
     kAsIs},
    {"layers.#.gru.state.weight", "attn_layers.layers.#.2.gru.weight_hh", "",
     kSame, kAsIs},
    {"layers.#.gru.state.bias", "attn_layers.layers.#.2.gru.bias_hh", "", kSame,
     kAsIs},
    {"layers.#.hyper.*", "attn_layers.layers.#.2.*", "", kSame, kAsIs},
    {"layers.#.gated_streams.*", "attn_layers.layers.#.2.*", "", kSame, kAsIs},
    {"layers.#.mean_split.*", "attn_layers.layers.#.2.*", "", kSame, kAsIs},
    XF_STACK_ROW("stream_emb"),
    XF_STACK_ROW("skip_combines.*"),
    XF_STACK_ROW("layer_integrators.*"),
    XF_STACK_ROW("reinject_input_proj.weight"),
    XF_STACK_ROW("learned_reinject_input_gate.weight"),
    // Attention: the branch's own names.
    XF_STACK_ROW("rel_pos.*"),
    XF_STACK_ROW("polar_pos_emb.*"),
    {"layers.#.to_out.weight", "attn_layers.layers.#.1.to_out.weight",
     "attn_layers.layers.#.1.to_out.0.weight", kSame, kAsIs},
    {"layers.#.*", "attn_layers.layers.#.1.*", "", kSame, kAsIs},
};

#undef XF_NORM_ROWS
#undef XF_STACK_ROW
#undef XF_SAME_ROW

static constexpr IgnoredTensor kXTransformersIgnored[] = {
    {"to_logits.*", "the vocabulary head, which states and pooled vectors do "
                    "not go through"},
    {"attn_layers.rotary_pos_emb.*", "a buffer that follows from the knobs"},
    {"attn_layers.polar_pos_emb.inv_freq",
     "a buffer that follows from the knobs"},
    {"decoder.net.token_emb.emb.weight",
     "the encoder's table once more, where towers share it"},
    {"exit_gate.weight", "ends the loop of a looped model while it generates"},
    {"token_critic.*",
     "another model: it judges tokens while masks are filled"},
    {"to_self_cond.weight", "feeds embeddings back while masks are filled"},
    {"null_embed", "feeds embeddings back while masks are filled"},
};

static constexpr Tower kXTransformersTowers[] = {
    {"encoder.", "encoder."},
    {"decoder.", "decoder.net."},
};

static const Layout kLayouts[] = {
    {"huggingface", "bert.", kHuggingFace, kHuggingFaceIgnored},
    {"x_transformers", "net.", kXTransformers, kXTransformersIgnored,
     kXTransformersTowers, "fn", "attn_layers."},
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

namespace {
/// What stood for the `#` and the `*` of a pattern; 0 and empty without them.
struct Match {
  uint64_t number = 0;
  std::string text;
};
} // namespace

/// Reads a number that a checkpoint would write: not `07`, not `+7`.
static bool consumeNumber(StringRef &name, uint64_t &number) {
  StringRef digits = name.take_while(isDigit);
  if (digits.getAsInteger(10, number) || std::to_string(number) != digits)
    return false;
  name = name.drop_front(digits.size());
  return true;
}

/// How `name` fits `pattern`, if it does.
static std::optional<Match> match(StringRef pattern, StringRef name) {
  if (pattern.empty())
    return std::nullopt;
  Match found;
  if (pattern.contains('#')) {
    auto [head, tail] = pattern.split('#');
    if (!name.consume_front(head) || !consumeNumber(name, found.number))
      return std::nullopt;
    pattern = tail;
  }
  auto [head, tail] = pattern.split('*');
  if (head.size() == pattern.size())
    return pattern == name ? std::optional(found) : std::nullopt;
  if (!name.consume_front(head) || !name.consume_back(tail) || name.empty())
    return std::nullopt;
  found.text = name.str();
  return found;
}

static std::string fill(StringRef pattern, const Match &match) {
  std::string name;
  for (char c : pattern) {
    if (c == '#')
      name += std::to_string(match.number);
    else if (c == '*')
      name += match.text;
    else
      name += c;
  }
  return name;
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

/// The side of the model that `name` belongs to by its prefix, which is taken
/// off; null where the model has one side only.
static const Tower *takeTower(const Layout &layout, StringRef &name,
                              llvm::StringLiteral Tower::*prefix) {
  for (const Tower &tower : layout.towers)
    if (name.consume_front(tower.*prefix))
      return &tower;
  return nullptr;
}

std::optional<FileTensor> xf::weights::fileTensorOf(const Layout &layout,
                                                    StringRef logical) {
  const Tower *tower = takeTower(layout, logical, &Tower::logical);
  std::string prefix = tower ? tower->file.str() : "";
  for (const LayoutEntry &entry : layout.entries) {
    std::optional<Match> found = match(entry.logical, logical);
    std::optional<uint64_t> number;
    if (found)
      number = fileNumber(entry.numbering, found->number);
    if (!number)
      continue;
    found->number = *number;
    std::string legacy;
    if (!entry.legacy.empty())
      legacy = prefix + fill(entry.legacy, *found);
    return FileTensor{prefix + fill(entry.file, *found), legacy,
                      entry.transform};
  }
  return std::nullopt;
}

std::optional<std::string> xf::weights::logicalNameOf(const Layout &layout,
                                                      StringRef file) {
  const Tower *tower = takeTower(layout, file, &Tower::file);
  std::string prefix = tower ? tower->logical.str() : "";
  for (const LayoutEntry &entry : layout.entries) {
    std::optional<Match> found = match(entry.file, file);
    if (!found)
      found = match(entry.legacy, file);
    if (!found)
      continue;
    found->number = logicalNumber(entry.numbering, found->number);
    return prefix + fill(entry.logical, *found);
  }
  return std::nullopt;
}

const IgnoredTensor *xf::weights::findIgnored(const Layout &layout,
                                              StringRef file) {
  auto find = [&](StringRef name) -> const IgnoredTensor * {
    for (const IgnoredTensor &tensor : layout.ignored) {
      StringRef pattern = tensor.name;
      if (pattern.consume_back("*") ? name.starts_with(pattern)
                                    : name == pattern)
        return &tensor;
    }
    return nullptr;
  };
  if (const IgnoredTensor *tensor = find(file))
    return tensor;
  return takeTower(layout, file, &Tower::file) ? find(file) : nullptr;
}

std::string xf::weights::plainName(const Layout &layout, StringRef file,
                                   bool isBareStack) {
  SmallVector<StringRef> components;
  file.split(components, '.');
  erase_if(components, [&](StringRef component) {
    return !component.empty() && component == layout.silentComponent;
  });
  std::string name = join(components, ".");
  return isBareStack ? layout.stackPrefix.str() + name : name;
}
