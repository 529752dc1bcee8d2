// TransformerWrapper: embeddings, positions, heads, pooling. Included by Knobs.td.

defset list<Knob> TransformerWrapperKnobs = {
let owner = TransformerWrapper in {
def : Int<"num_tokens", "required", "size of the vocabulary">, Range<"1", "16777216">, Supported,
      Formula<"x = table[id] + position + ..., ids below V">, Weights<"`token_emb.emb.weight` (V, E)">,
      Example<"num_tokens = 60">;
def : Int<"max_seq_len", "required", "longest sequence, and rows of the position table; 0: no absolute positions">,
      Range<"0", "16777216">, Supported,
      Formula<"L; longer inputs are refused">, Weights<"`pos_emb.emb.weight` (L, E)">, Example<"max_seq_len = 20">;
def : Stack<"attn_layers", "required", "the stack of layers">, Supported,
      Weights<"`attn_layers.*`">;
def : Int<"token_types", "0", "rows of a token-type table whose entry is summed into the embedding; 0: none">,
      Range<"0", "65536">, Own, Supported,
      Formula<"x + types[type id]">, Weights<"`token_type_emb.weight` (types, E)">, Example<"token_types = 2">;
def : Int<"emb_dim", "none", "width of the embeddings; `dim` of the stack by default">, Range<"1", "131072">, Supported,
      Formula<"x = W [embeddings] + b where E is not d">, Weights<"`project_emb.{weight (d, E), bias}`">,
      Example<"emb_dim = 16">;
def : Bool<"post_emb_norm", "false", "LayerNorm on the summed embeddings">, Supported,
      Formula<"x <- LN(x), gain as stored">, Weights<"`post_emb_norm.gamma` (E)">;
def : Bool<"use_abs_pos_emb", "true", "learned absolute positions">, Supported,
      Formula<"x = table[id] + pos_emb[i] E^-1/2">, Weights<"`pos_emb.emb.weight` (L, E)">,
      Example<"use_abs_pos_emb = false">;
def : Bool<"scaled_sinu_pos_emb", "false", "sinusoids times one learned scale in place of learned positions">,
      Formula<"x + scale [sin, cos](i 10000^(-f / (E/2)))">, Weights<"`pos_emb.scale` (1) in place of the table">, Supported;
def : Bool<"l2norm_embed", "false", "token and position embeddings are scaled to unit length">,
      Formula<"x = unit(table[id]) + unit(pos_emb[i])">, Supported;
def : Dict<"embed_num_tokens", "none", ["*: int"], "further embeddings by name, with the size of each">,
      Formula<"x + embeds_NAME[embed_ids.NAME]">, Weights<"`embeds.NAME_embed.weight` (count, E)">,
      Example<"embed_num_tokens = { type = 2 }">, Supported;
def : Int<"num_memory_tokens", "none", "so many learned tokens in front of the sequence, cut off at the end">, AtLeast<"0">,
      Formula<"M rows in front of the sequence, seen by and seeing all that masks allow">,
      Weights<"`memory_tokens` (M, d)">, Example<"num_memory_tokens = 2">, Supported;
def : Int<"memory_tokens_interspersed_every", "none", "memory tokens before every so many tokens; `Decoder` only">,
      AtLeast<"1">,
      Formula<"the M tokens before every c tokens, zeros fill the last chunk">,
      Example<"num_memory_tokens = 2  memory_tokens_interspersed_every = 5">, Supported;
def : Bool<"tie_embedding", "false", "the vocabulary head is the embedding table">,
      Formula<"logits = y table^T scale">, Weights<"no `to_logits.weight`">, Supported;
def : Float<"tie_embedding_scale", "none", "scale of the logits with `tie_embedding`; dim^-0.5 by default">,
      Formula<"scale in the formula of `tie_embedding`">, Example<"tie_embedding = true  tie_embedding_scale = 1.0">, Supported;
def : Int<"logits_dim", "none", "rows of the vocabulary head; `num_tokens` by default">, AtLeast<"1">,
      Formula<"so many logits">, Weights<"`to_logits.weight` (logits_dim, d)">, Example<"logits_dim = 7">, Supported;
def : Bool<"return_only_embed", "false", "no vocabulary head">, Supported,
      Formula<"the entry `states` in place of `logits`">, Weights<"no `to_logits.weight`">;
def : Int<"num_output_heads", "1", "so many vocabulary heads">, AtLeast<"1">,
      Formula<"one set of logits per head">, Weights<"`to_logits.T.weight` (V, d)">, Example<"num_output_heads = 2">, Supported;
def : Bool<"average_pool_embed", "false", "mean over the sequence before the head">,
      Formula<"y = mean of the states over the kept positions">, Supported;
def : Bool<"use_cls_token", "false", "a learned token in front; its position is the output">,
      Formula<"y = the states of the C first rows, which are learned tokens">, Weights<"`cls_token` (C, d)">, Supported;
def : Int<"num_cls_tokens", "1", "so many of them">, AtLeast<"1">,
      Formula<"C in the formula of `use_cls_token`">, Example<"use_cls_token = true  num_cls_tokens = 3">, Supported;
def : Bool<"attn_pool", "false", "learned queries attend over the output">,
      Formula<"P learned queries attend to the states">,
      Weights<"`attn_pool.queries` (P, d), `attn_pool.pooler.{to_q, to_k, to_v, to_out}.weight`">, Supported;
def : Int<"num_pooled_tokens", "1", "so many of those queries">, AtLeast<"1">,
      Formula<"P in the formula of `attn_pool`">, Example<"attn_pool = true  num_pooled_tokens = 3">, Supported;
def : Int<"attn_pool_depth", "1", "layers of that attention">, AtLeast<"1">,
      Formula<"over 1: a CrossAttender of that depth">, Weights<"`attn_pool.pooler.layers.*`">,
      Example<"attn_pool = true  attn_pool_depth = 2">;
def : Int<"dim_pooled_tokens", "none", "width of those queries; `dim` by default">, AtLeast<"1">,
      Formula<"width of those queries">, Example<"attn_pool = true  dim_pooled_tokens = 16">;
def : Bool<"mixture_of_softmax", "false", "log probabilities of a mixture of several softmaxes">,
      Formula<"log sum_c pi_c softmax(head(M_c y)), pi = softmax(C y)">,
      Weights<"`to_mixture.0.weight` (c d, d), `combine_mixture.weight` (c, d)">, Supported;
def : Int<"mixture_of_softmax_k", "4", "how many">, AtLeast<"1">,
      Formula<"c in the formula of `mixture_of_softmax`">, Example<"mixture_of_softmax = true  mixture_of_softmax_k = 3">, Supported;
def : Bool<"sigsoftmax_logits", "false", "log sigmoid(z) is added to each logit z">,
      Formula<"z + log sigmoid(z)">, Supported;
def : Bool<"ff_deep_embed", "false", "feed-forward outputs times a table's entry for the token and layer">,
      Formula<"o <- o table[id, t] of the t-th feed-forward">, Weights<"`ff_deep_embed` (V, depth, d)">, Supported;
def : Bool<"recycling", "false", "the output is fed back through the stack a number of times">,
      Formula<"y_1 = stack(x), y_(t+1) = stack(x + W y_t)">, Weights<"`recycled_proj.weight` (d, d)">,
      Example<"recycling = true  recycle_steps = 2">, Supported;
def : Int<"recycle_steps", "none", "how often: an argument of the call in x-transformers">, Range<"1", "64">, Own,
      Formula<"t runs to it">, Example<"recycling = true  recycle_steps = 3">, Supported;
def : Int<"train_max_recycle_steps", "4", "most of those times in training">, Training<"training loop">;
def : Bool<"looped", "false", "the whole stack runs several times; needs `pre_and_post_norm`">,
      Formula<"x <- stack(x), `max_looped_steps` times">, Weights<"`exit_gate.weight` (1, d), read by generation only">,
      Example<"looped = true  attn_layers.pre_and_post_norm = true">, Supported;
def : Int<"max_looped_steps", "4", "how often">, AtLeast<"1">,
      Formula<"how often">, Example<"looped = true  max_looped_steps = 3  attn_layers.pre_and_post_norm = true">, Supported;
def : Bool<"squeeze_out_last_dim", "false", "drops a last axis of size 1">,
      Formula<"shape only">, Example<"logits_dim = 1  squeeze_out_last_dim = true">, Supported;
def : Bool<"add_continuous_pred_head", "false", "a head that predicts the next embedding">,
      Formula<"W_2 silu(W_1 y)">, Weights<"`to_next_embed_pred.{0, 2}.weight` (d, d)">, Supported;
def : Any<"token_emb", "none", "a module in place of the token table">, Refused<"arbitrary Python cannot be compiled">;
def : Any<"to_logits", "none", "a module in place of the vocabulary head">, Refused<"arbitrary Python cannot be compiled">;
def : Int<"max_mem_len", "0", "so many hidden states of the last segment are kept as keys">, AtLeast<"0">,
      Formula<"keys of the last so many states before this segment">, Example<"max_mem_len = 8">;
def : Int<"shift_mem_down", "0", "layers read the memory of so many layers in the formula of `max_mem_len`">, AtLeast<"0">,
      Formula<"layer t reads the memory of layer t + s">, Example<"max_mem_len = 8  shift_mem_down = 1">;
def : Bool<"input_not_include_cache", "false", "with a cache, calls pass new tokens only">;
def : Float<"emb_frac_gradient", "1.0", "part of the gradient the embedding gets">, Training<"gradient only">;
def : Float<"emb_dropout", "0.0", "drops embeddings">, Range<"0", "1">, Training<"dropout">;
def : Float<"attn_z_loss_weight", "0.0001", "weight of a loss on the logits' size">, Training<"loss">;
def : StringList<"inputs", "none", "what calls may pass in beside the ids">,
      OneOf<["mask", "pos", "attn_mask", "attn_bias", "prepend_embeds", "prepend_mask", "sum_embeds", "self_attn_kv_mask", "seq_start_pos",
             "prefix_attn_len", "context_mask", "context_pos", "in_attn_cond", "decoded"]>, Own, Supported,
      Example<"inputs = [\"mask\"]">;
def : Enum<"pool", "none", ["none", "mean", "cls", "last", "max"],
           "what `encode` returns of a sequence: its mean, first, last or largest states; none: no `encode`">, Own, Supported,
      Formula<"mean: sum over tokens / count; cls: row 0; last: the last row; max: per feature">, Example<"pool = mean">;
def : Bool<"normalize", "false", "`encode` returns vectors of unit length">, Own, Supported,
      Formula<"unit(pooled)">, Example<"pool = mean  normalize = true">;
def : Enum<"numerics", "strict", ["strict", "fast_math"], "strict: f32 with exact functions; fast_math: approximations allowed">,
      Own, Supported,
      Example<"numerics = strict">;
} // owner
} // TransformerWrapperKnobs
