// The knob table: every word a spec may set, one record each. Everything that knows a knob follows from it: the
// checker's table (xf-tblgen -gen-knob-table), the reference (-gen-knob-docs) and the attributes of the model ops
// (compiler/Dialect/XF/IR/XFModelOps.td includes this file). Pure TableGen; the classes are in KnobClasses.td.
// Names, defaults and meaning are x-transformers' own unless a record is marked Own.
#ifndef XF_KNOBS
#define XF_KNOBS

include "dsl/KnobClasses.td"

//===--- Classes a spec may name ------------------------------------------===//

def : SpecClass<"AttentionLayers", AttentionLayers, -1>, Supported;
def : SpecClass<"Encoder", AttentionLayers, 0>, Supported;
def : SpecClass<"Decoder", AttentionLayers, 1>, Supported;
def : SpecClass<"PrefixDecoder", AttentionLayers, 0>;
def : SpecClass<"CrossAttender", AttentionLayers, 0>;
def : SpecClass<"TransformerWrapper", TransformerWrapper, -1>, Supported;
def : SpecClass<"ViTransformerWrapper", ViTransformerWrapper, -1>;
def : SpecClass<"XTransformer", XTransformer, -1>;
def : SpecClass<"ContinuousTransformerWrapper", ContinuousTransformerWrapper, -1>;

//===--- AttentionLayers --------------------------------------------------===//

defset list<Knob> AttentionLayersKnobs = {

let owner = AttentionLayers in {

// The stack itself.
def : Int<"dim", "required", "width of the residual stream">, Range<"1", "131072">, Supported;
def : Int<"depth", "none", "how often the block is repeated; needed unless `custom_layers` is given">,
      Range<"1", "4096">, Supported;
def : Int<"heads", "8", "attention heads, of self and cross attention">, Range<"1", "4096">, Supported;
def : Bool<"causal", "false", "a query sees no later key; the class sets the default (`Decoder` true, the others false)">,
      Supported;
def : Bool<"cross_attend", "false", "adds a cross attention to every block; a context becomes mandatory">;
def : Bool<"only_cross", "false", "with `cross_attend`: the block has cross attention and feed-forward only">;
def : Bool<"only_attn", "false", "leaves the feed-forward out of every block">, Supported;
def : Bool<"weight_tie_layers", "false", "one block of weights, run `depth` times">;
def : StringList<"custom_layers", "none", "the sublayers in order: `a` attention, `c` cross attention, `f` feed-forward">;
def : IntList<"layers_execute_order", "none", "indices of the sublayers in the order they run; repeats are allowed">;
def : Int<"sandwich_coef", "none", "c: so many attentions first and feed-forwards last, depth - c blocks between">,
      AtLeast<"1">;
def : Int<"par_ratio", "none", "spreads attentions over the first two thirds of the sublayers, one in so many">,
      AtLeast<"2">;
def : Bool<"macaron", "false", "block of feed-forward, attention, feed-forward; each feed-forward's output is halved">;

// Norms.
def : Bool<"use_rmsnorm", "false", "RMSNorm in place of LayerNorm everywhere in the stack">;
def : Bool<"use_simple_rmsnorm", "false", "RMSNorm without a gain in place of LayerNorm">;
def : Bool<"use_scalenorm", "false", "RMSNorm with one gain for all features in place of LayerNorm">;
def : Bool<"use_dynamic_tanh", "false", "tanh(a x) g + b in place of LayerNorm; needs `pre_norm`">;
def : Float<"dynamic_tanh_init_alpha", "1.0", "with `norm_add_unit_offset`: added to the stored a of `use_dynamic_tanh`">;
def : Bool<"use_derf", "false", "erf(a x + s) g + b in place of LayerNorm">;
def : Bool<"norm_add_unit_offset", "true", "x_transformers checkpoints store the stack's gains minus one; false: as they are">,
      Supported;
def : Bool<"pre_norm", "true", "norm before each branch; false: after each residual sum, and no final norm">, Supported;
def : Bool<"pre_norm_has_final_norm", "true", "with `pre_norm`: a norm after the last layer">, Supported;
def : Bool<"pre_and_post_norm", "false", "norm before each branch and after each residual sum">;
def : Bool<"sandwich_norm", "false", "norm before and after each branch; needs `pre_norm`">;
def : Float<"norm_eps", "1e-05", "added to the variance inside every LayerNorm of the stack and of `post_emb_norm`">,
      Range<"0", "1">, Own, Supported;
def : Bool<"norm_bias", "false", "LayerNorms of the stack and of `post_emb_norm` have a bias">, Own, Supported;
def : Bool<"use_adaptive_layernorm", "false", "LayerNorm whose gain is a linear function of a condition">;
def : Bool<"use_adaptive_rmsnorm", "false", "RMSNorm whose gain is a linear function of a condition">;
def : Bool<"use_adaptive_layerscale", "false", "branch outputs times a sigmoid gate of the condition">;
def : Int<"dim_condition", "none", "width of the condition; `dim` where it is not given">, AtLeast<"1">;
def : Bool<"adaptive_condition_mlp", "false", "the condition goes through one linear layer with SiLU first">;
def : Int<"adaptive_condition_mlp_expansion", "4", "how much wider that layer makes the condition">, AtLeast<"1">;

// Positions.
def : Bool<"disable_abs_pos_emb", "none", "no absolute positions; by default true with rotary, polar or T5 positions">,
      Supported;
def : Bool<"alibi_pos_bias", "false", "logits minus |i - j| times a slope of the head, in both directions">, Supported;
def : Int<"alibi_num_heads", "none", "only the first so many heads get slopes, computed for that count; `heads` by default">,
      AtLeast<"1">, Supported;
def : Bool<"rel_pos_bias", "false", "T5's bias: a table entry per distance bucket and head">;
def : Int<"rel_pos_num_buckets", "32", "buckets of `rel_pos_bias`">, AtLeast<"2">;
def : Int<"rel_pos_max_distance", "128", "distance from which on `rel_pos_bias` uses its last bucket">, AtLeast<"1">;
def : Bool<"dynamic_pos_bias", "false", "bias of a head as a small network of the distance">;
def : Bool<"dynamic_pos_bias_log_distance", "false", "that network sees sign(x) log(|x| + 1)">;
def : Int<"dynamic_pos_bias_mlp_depth", "2", "hidden layers of that network">, AtLeast<"1">;
def : Bool<"dynamic_pos_bias_norm", "false", "LayerNorm in each hidden layer of that network">;
def : Bool<"rotary_pos_emb", "false", "rotates neighbouring pairs of features of queries and keys by their position">;
def : Int<"rotary_emb_dim", "none", "rotated features of a head; half of `attn_dim_head` by default">, AtLeast<"2">;
def : Float<"rotary_interpolation_factor", "1.0", "positions are divided by it before rotation">, Positive;
def : Float<"rotary_base_rescale_factor", "1.0", "scales the base 10000 by factor^(r / (r - 2)), r rotated features">,
      Positive;
def : Bool<"rotary_xpos", "false", "rotation with a decay over distance; causal stacks only">;
def : Float<"rotary_xpos_scale_base", "512", "distance over which `rotary_xpos` decays">, Positive;
def : Bool<"rotary_half_split", "false", "rotates feature i with i + r/2, as LLaMA checkpoints store them">, Own;
def : Int<"rotate_num_heads", "none", "only the last so many heads rotate; needs as many key heads as heads">,
      AtLeast<"1">;
def : Bool<"polar_pos_emb", "false", "features become softplus magnitudes at an angle that grows with the position">;
def : Bool<"polar_bias_uniform_init", "false", "initial value of the learned angles">,
      Refused<"x-transformers itself fails with it">;
def : Any<"rel_pos_kwargs", "none", "further arguments of the position bias">;

// Residuals.
def : Bool<"residual_attn", "false", "logits of one self attention are added to those of the next">;
def : Bool<"cross_residual_attn", "false", "the same chain over the cross attentions">;
def : Bool<"gate_residual", "false", "a GRU cell joins branch and residual">;
def : Bool<"orthog_residual", "false", "adds only what is orthogonal to the residual over the whole sequence">;
def : Bool<"mv_split_residual", "false", "mean over the sequence and deviation from it are scaled separately">;
def : Bool<"gated_multi_residual", "false", "several gated residual streams; needs `residual_fn_kwargs`">;
def : Any<"residual_fn_kwargs", "none", "further arguments of the residual rule">;
def : Bool<"attn_aggregated_residuals", "false", "each branch reads an attention over all sublayer inputs so far">;
def : Any<"attn_aggregated_residual_kwargs", "none", "further arguments of `attn_aggregated_residuals`">;
def : Any<"scale_residual", "false", "true: a learned gain on the residual; a number: the branch is scaled by it as well">;
def : Float<"scale_residual_constant", "1.0", "constant on the residual in every sum">;
def : Any<"depth_scale_residual", "false", "a number scales every branch output; true is about initialisation only">;
def : Int<"shift_tokens", "0", "parts of a branch's input come from so many neighbouring tokens">, AtLeast<"0">, Layered;
def : Bool<"softclamp_output", "false", "c tanh(x / c) before the final norm">;
def : Float<"softclamp_output_value", "30.0", "c of `softclamp_output`">, Positive;
def : Bool<"use_layerscale", "false", "a learned gain on every branch output">;
def : Float<"layerscale_init_value", "0.0", "initial gain of `use_layerscale`">, Training<"initialisation">;
def : Bool<"unet_skips", "false", "later blocks read the matching earlier block through a linear layer">;
def : Bool<"integrate_layers", "false", "each branch reads a learned mixture of all sublayer inputs so far">;
def : Bool<"layer_integrate_use_softmax", "true", "that mixture is a softmax; false: relu">;
def : Int<"num_residual_streams", "1", "hyper connections: so many parallel residual streams">, AtLeast<"1">;
def : Int<"hyper_conn_sinkhorn_iters", "5", "iterations that normalise the mixing of residual streams">, AtLeast<"0">,
      Training<"x-transformers' mixing matrix is all ones after any number of iterations">;
def : Bool<"qkv_receive_diff_residuals", "false", "q, k and v each read their own mixture">;
def : Bool<"reinject_input", "false", "a projection of the stack's input is added to every branch input">;
def : Bool<"learned_reinject_input_gate", "false", "gates `reinject_input` by the token">;
def : Bool<"add_value_residual", "false", "values are mixed with those of the first self attention">;
def : Bool<"learned_value_residual_mix", "true", "that mixing is learned per token and head; false: one half">;

// Training and logging.
def : Bool<"zero_init_branch_output", "false", "branches start at zero">, Training<"initialisation">;
def : Float<"layer_dropout", "0.0", "drops whole layers">, Range<"0", "1">, Training<"dropout">;
def : Float<"cross_attn_tokens_dropout", "0.0", "drops context tokens">, Range<"0", "1">, Training<"dropout">,
      NotCross;
def : Bool<"verbose", "true", "logs what the stack was built as">, Training<"logging">;

} // owner = AttentionLayers

// Attention. Cross attention takes the same words as `cross_attn_*`, unless NotCross.
defset list<Knob> AttnKnobs = {
// The stack itself reads the head's width, so that one is the same in every layer.
let owner = AttentionLayers in {
def : Int<"attn_dim_head", "64", "width of a head's queries and keys">, Range<"1", "8192">, Supported;
def : Int<"attn_heads", "none", "heads of one attention">, Refused<"`heads` of the stack sets it">;
def : Bool<"attn_causal", "none", "causality of one attention">, Refused<"`causal` of the stack sets it">;
}
let owner = AttentionLayers, layered = true in {
def : Int<"attn_kv_heads", "none", "key and value heads: query head h reads key head h mod `attn_kv_heads`; `heads` by default">,
      Range<"1", "4096">, Supported;
def : Bool<"attn_one_kv_head", "false", "one key and value head for all query heads">, Supported;
def : Int<"attn_value_dim_head", "none", "width of a head's values; `attn_dim_head` by default">, Range<"1", "8192">,
      Supported;
def : Bool<"attn_bias", "false", "the linears of q, k, v and the output have biases">, Own, Supported;
def : Bool<"attn_flash", "false", "a fused kernel; changes no result, and xfc's attention is always fused">, Supported;
def : Any<"attn_attend_sdp_kwargs", "none", "choice of PyTorch's attention backend">, Training<"speed only">;
def : Bool<"attn_flash_pack_seq", "false", "a fused kernel for joined sequences">,
      Training<"speed only; xfc's batches are always joined">;
def : Bool<"attn_onnxable", "false", "builds the causal mask in another way">, Training<"export only">;
def : Float<"attn_dropout", "0.0", "drops attention weights">, Range<"0", "1">, Training<"dropout">;
def : Float<"attn_sublayer_dropout", "0.0", "drops outputs of the branch">, Range<"0", "1">, Training<"dropout">;
def : Bool<"attn_zero_init_output", "false", "the output projection starts at zero">, Training<"initialisation">;
def : Int<"attn_output_proj_depth", "none", "depth by which the initial output projection is scaled">,
      Training<"initialisation">;
def : Int<"attn_max_attend_past", "none", "w: keys with i - j > w are masked; the future is not limited">, AtLeast<"0">,
      Supported;
def : Bool<"attn_softclamp_logits", "false", "c tanh(s / c) on the biased logits, before masking">, Supported;
def : Float<"attn_logit_softclamp_value", "50.0", "c of `attn_softclamp_logits`">, Positive, Supported;
def : Bool<"attn_qk_norm", "false", "queries and keys are scaled to unit length, the logits by `attn_qk_norm_scale`">;
def : Int<"attn_qk_norm_groups", "1", "`attn_qk_norm` works on so many groups of features of a head">, AtLeast<"1">;
def : Float<"attn_qk_norm_scale", "10", "scale of the logits with `attn_qk_norm`">;
def : Bool<"attn_qk_norm_dim_scale", "false", "learned gains per feature instead of that scale">;
def : Bool<"attn_qk_rmsnorm", "false", "RMSNorm with gains on queries and keys">;
def : Bool<"attn_k_rmsnorm", "false", "RMSNorm with gains on keys only">;
def : Bool<"attn_value_rmsnorm", "false", "RMSNorm with gains on values; needs as many key heads as heads">;
def : Bool<"attn_pre_talking_heads", "false", "adds a mixture over heads to the logits">;
def : Bool<"attn_post_talking_heads", "false", "mixes attention weights over heads">;
def : Bool<"attn_pre_scale_post_talking_heads", "false", "attention weights times a mixture of the logits over heads">;
def : Bool<"attn_head_scale", "false", "a learned gain per head on its output">;
def : Int<"attn_sparse_topk", "none", "only the so many largest logits of a row take part; ties stay">, AtLeast<"1">;
def : Bool<"attn_sparse_topk_straight_through", "false", "gradient of `attn_sparse_topk`">, Training<"gradient only">;
def : Bool<"attn_hard", "false", "all weight on the largest logit">;
def : Bool<"attn_sigmoid", "false", "sigmoid of each logit in place of the softmax">;
def : Bool<"attn_l2_distance", "false", "logits are negative squared distances of query and key">;
def : Bool<"attn_cog_signed", "false", "softmax of |s| times the sign of s">;
def : Bool<"attn_gumbel_softmax", "false", "softmax with Gumbel noise">,
      Refused<"the noise is drawn at inference too, so the result is no function of the input">;
def : Float<"attn_gumbel_softmax_temp", "1.0", "temperature of `attn_gumbel_softmax`">,
      Refused<"it belongs to `attn_gumbel_softmax`, whose result is no function of the input">;
def : Bool<"attn_gumbel_softmax_hard", "true", "`attn_gumbel_softmax` chooses one key">,
      Refused<"it belongs to `attn_gumbel_softmax`, whose result is no function of the input">;
def : Any<"attn_custom_attn_fn", "none", "a Python function in place of the softmax">,
      Refused<"arbitrary Python cannot be compiled; `score_mod` and `mask_mod` can">;
def : Bool<"attn_selective", "false", "earlier queries lower the logits of keys they marked; causal only">;
def : Int<"attn_num_mem_kv", "0", "so many learned keys and values, always visible, without position">, AtLeast<"0">;
def : Bool<"attn_add_zero_kv", "false", "a key and value of zeros in front">;
def : Bool<"attn_head_learned_sink", "false", "a learned logit per head that takes weight and adds no value">;
def : Bool<"attn_on_attn", "false", "the output is u sigmoid(g), both linear in the merged heads">;
def : Bool<"attn_gate_values", "false", "merged heads times a sigmoid gate of the branch's input">;
def : Bool<"attn_swiglu_values", "false", "SiLU in place of the sigmoid of those gates">;
def : Int<"attn_gate_values_rank", "none", "the gate's linear has this rank">, AtLeast<"1">;
def : Bool<"attn_gate_values_headwise", "false", "one gate per head">;
def : Bool<"attn_output_gate", "false", "a linear of the merged heads is added to the gate's logits">;
def : Int<"attn_output_gate_rank", "none", "that linear has this rank">, AtLeast<"1">;
def : Bool<"attn_output_gate_headwise", "false", "one output gate per head">;
def : Bool<"attn_low_rank_silu_gates", "true", "SiLU between the two factors of a low-rank gate">;
def : Bool<"attn_gate_value_heads", "false", "a head's output times a sigmoid gate of the branch's input">;
def : Bool<"attn_laser", "false", "attends over exp(v) and takes the logarithm of the sum">;
def : Float<"attn_laser_softclamp_value", "15.0", "c tanh(v / c) before that exponential">, Positive;
def : Bool<"attn_data_dependent_alibi", "false", "bias from learned forget gates, summed between key and query">;
def : Bool<"attn_data_dependent_alibi_per_row", "false", "forget gates that depend on the query as well; causal only">;
def : Int<"attn_data_dependent_alibi_per_row_dim_head", "8", "head width of those gates">, AtLeast<"1">;
def : Any<"attn_data_dependent_alibi_kwargs", "none", "further arguments of `attn_data_dependent_alibi`">;
def : Bool<"attn_use_rel_proj_pos_bias", "false", "bias of the distance, weighted by a linear of the query's token">;
def : Int<"attn_rel_proj_num_distance_basis", "16", "functions of the distance in that bias">, AtLeast<"1">;
def : Int<"attn_rel_proj_max_dist", "1024", "distances that bias knows">, AtLeast<"1">;
def : Bool<"attn_use_cope", "false", "positions count the keys a gate lets through; causal only">;
def : Int<"attn_cope_max_pos", "16", "positions `attn_use_cope` knows">, AtLeast<"1">;
def : Bool<"attn_cope_soft_onehot_pos", "false", "soft choice of a position">, Refused<"x-transformers itself fails with it">;
def : Bool<"attn_cope_talking_heads", "false", "mixes logits over heads before the gates of `attn_use_cope`">;
def : Bool<"attn_use_latent_q", "false", "queries come from a narrow latent">;
def : Int<"attn_dim_latent_q", "none", "width of that latent">, AtLeast<"1">;
def : Bool<"attn_use_latent_kv", "false", "keys and values come from a narrow latent, which is what is cached">;
def : Int<"attn_dim_latent_kv", "none", "width of that latent">, AtLeast<"1">;
def : Int<"attn_latent_rope_subheads", "none", "the last so many key heads bypass the latent and alone rotate">,
      AtLeast<"1">;
def : Bool<"attn_orthog_projected_values", "false", "output without its projection on the values of the whole sequence">;
def : Bool<"attn_orthog_projected_values_per_head", "false", "the same for each head">;
def : Bool<"attn_learned_value_residual_mix", "none", "mixing of the value residual">,
      Refused<"`learned_value_residual_mix` of the stack sets it">;
def : Bool<"attn_qkv_receive_diff_residuals", "none", "q, k and v read different inputs">,
      Refused<"`qkv_receive_diff_residuals` of the stack sets it">;
def : Int<"attn_rotate_num_heads", "none", "heads that rotate">, Refused<"`rotate_num_heads` of the stack sets it">;
def : Bool<"attn_inverted_attention", "false", "softmax over queries instead of keys">,
      Training<"x-transformers drops it for self attention">, NotCross;
def : Int<"attn_dim_context", "none", "width of the context; `dim` by default">, AtLeast<"1">;
def : Int<"attn_dim_out", "none", "width of the branch's output">,
      Refused<"another width than `dim` breaks the residual sum">;
def : Bool<"attn_project_out", "none", "false: no output projection; true: one even with a single head">;
def : Any<"attn_hybrid_module", "none", "a Python module that runs beside the attention">,
      Refused<"arbitrary Python cannot be compiled">;
def : String<"attn_hybrid_mask_kwarg", "none", "name of that module's mask argument">,
      Refused<"it belongs to `attn_hybrid_module`, arbitrary Python">;
def : Int<"attn_hybrid_fold_axial_dim", "none", "sequence length that module is given">,
      Refused<"it belongs to `attn_hybrid_module`, arbitrary Python">;
def : Bool<"attn_hybrid_learned_mix", "false", "learned mixing of that module's output">,
      Refused<"it belongs to `attn_hybrid_module`, arbitrary Python">;
} // owner, layered
} // AttnKnobs

foreach knob = AttnKnobs in
  if knob.crossable then
    def : CrossAttnKnob<knob>;
let owner = AttentionLayers, layered = true in
def : Bool<"cross_attn_inverted_attention", "false", "softmax over queries, then rows are normalised over keys">;

// Feed-forward.
let owner = AttentionLayers, layered = true in {
def : Float<"ff_mult", "4", "hidden width over `dim`; the width is rounded down">, Range<"0", "1024">, Supported;
def : Bool<"ff_glu", "false", "gated: half of a wider linear times the activation of the other half">;
def : Bool<"ff_swish", "false", "SiLU in place of the exact GELU">, Supported;
def : Bool<"ff_relu_squared", "false", "max(x, 0)^2 in place of the exact GELU">, Supported;
def : Enum<"ff_custom_activation", "none", ["relu", "gelu_tanh", "tanh", "sigmoid"], "another activation; wins over the others">;
def : Bool<"ff_no_bias", "false", "no biases in the two linears; the projection of `ff_glu` keeps its bias">, Supported;
def : Bool<"ff_post_act_ln", "false", "LayerNorm over the hidden width after the activation or gate">;
def : Bool<"ff_glu_mult_bias", "false", "a learned gain on the gated product">;
def : Bool<"ff_solu", "false", "LayerNorm of softmax(x) x in place of the activation">;
def : Float<"ff_softclamp_value", "none", "c tanh(x / c) before the activation, not with `ff_glu`">, Positive;
def : Bool<"ff_glu_softclamp", "false", "clamps both halves of `ff_glu`">;
def : Float<"ff_glu_gate_softclamp_value", "4.0", "clamp of the gate with `ff_glu_softclamp`">, Positive;
def : Float<"ff_glu_up_softclamp_value", "25.0", "clamp of the linear half with `ff_glu_softclamp`">, Positive;
def : Int<"ff_dim_out", "none", "width of the branch's output">, Refused<"another width than `dim` breaks the residual sum">;
def : Float<"ff_dropout", "0.0", "drops hidden features">, Range<"0", "1">, Training<"dropout">;
def : Float<"ff_sublayer_dropout", "0.0", "drops outputs of the branch">, Range<"0", "1">, Training<"dropout">;
def : Bool<"ff_zero_init_output", "false", "the second linear starts at zero">, Training<"initialisation">;
def : Int<"ff_output_proj_depth", "none", "depth by which the initial second linear is scaled">, Training<"initialisation">;
} // owner, layered

} // AttentionLayersKnobs

//===--- TransformerWrapper -----------------------------------------------===//

defset list<Knob> TransformerWrapperKnobs = {
let owner = TransformerWrapper in {
def : Int<"num_tokens", "required", "size of the vocabulary">, Range<"1", "16777216">, Supported;
def : Int<"max_seq_len", "required", "longest sequence, and rows of the position table; 0: no absolute positions">,
      Range<"0", "16777216">, Supported;
def : Stack<"attn_layers", "required", "the stack of layers">, Supported;
def : Int<"token_types", "0", "rows of a token-type table whose entry is summed into the embedding; 0: none">,
      Range<"0", "65536">, Own, Supported;
def : Int<"emb_dim", "none", "width of the embeddings; `dim` of the stack by default">, Range<"1", "131072">, Supported;
def : Bool<"post_emb_norm", "false", "LayerNorm on the summed embeddings">, Supported;
def : Bool<"use_abs_pos_emb", "true", "learned absolute positions">, Supported;
def : Bool<"scaled_sinu_pos_emb", "false", "sinusoids times one learned scale in place of learned positions">;
def : Bool<"l2norm_embed", "false", "token and position embeddings are scaled to unit length">;
def : Any<"embed_num_tokens", "none", "further embeddings by name, with the size of each">;
def : Int<"num_memory_tokens", "none", "so many learned tokens in front of the sequence, cut off at the end">, AtLeast<"0">;
def : Int<"memory_tokens_interspersed_every", "none", "memory tokens before every so many tokens; `Decoder` only">,
      AtLeast<"1">;
def : Bool<"tie_embedding", "false", "the vocabulary head is the embedding table">;
def : Float<"tie_embedding_scale", "none", "scale of the logits with `tie_embedding`; dim^-0.5 by default">;
def : Int<"logits_dim", "none", "rows of the vocabulary head; `num_tokens` by default">, AtLeast<"1">;
def : Bool<"return_only_embed", "false", "no vocabulary head">, Supported;
def : Int<"num_output_heads", "1", "so many vocabulary heads">, AtLeast<"1">;
def : Bool<"average_pool_embed", "false", "mean over the sequence before the head">;
def : Bool<"use_cls_token", "false", "a learned token in front; its position is the output">;
def : Int<"num_cls_tokens", "1", "so many of them">, AtLeast<"1">;
def : Bool<"attn_pool", "false", "learned queries attend over the output">;
def : Int<"num_pooled_tokens", "1", "so many of those queries">, AtLeast<"1">;
def : Int<"attn_pool_depth", "1", "layers of that attention">, AtLeast<"1">;
def : Int<"dim_pooled_tokens", "none", "width of those queries; `dim` by default">, AtLeast<"1">;
def : Bool<"mixture_of_softmax", "false", "log probabilities of a mixture of several softmaxes">;
def : Int<"mixture_of_softmax_k", "4", "how many">, AtLeast<"1">;
def : Bool<"sigsoftmax_logits", "false", "log sigmoid(z) is added to each logit z">;
def : Bool<"ff_deep_embed", "false", "feed-forward outputs times a table's entry for the token and layer">;
def : Bool<"recycling", "false", "the output is fed back through the stack a number of times">;
def : Int<"train_max_recycle_steps", "4", "most of those times in training">, Training<"training loop">;
def : Bool<"looped", "false", "the whole stack runs several times; needs `pre_and_post_norm`">;
def : Int<"max_looped_steps", "4", "how often">, AtLeast<"1">;
def : Bool<"squeeze_out_last_dim", "false", "drops a last axis of size 1">;
def : Bool<"add_continuous_pred_head", "false", "a head that predicts the next embedding">;
def : Any<"token_emb", "none", "a module in place of the token table">, Refused<"arbitrary Python cannot be compiled">;
def : Any<"to_logits", "none", "a module in place of the vocabulary head">, Refused<"arbitrary Python cannot be compiled">;
def : Int<"max_mem_len", "0", "so many hidden states of the last segment are kept as keys">, AtLeast<"0">;
def : Int<"shift_mem_down", "0", "layers read the memory of so many layers above">, AtLeast<"0">;
def : Bool<"input_not_include_cache", "false", "with a cache, calls pass new tokens only">;
def : Float<"emb_frac_gradient", "1.0", "part of the gradient the embedding gets">, Training<"gradient only">;
def : Float<"emb_dropout", "0.0", "drops embeddings">, Range<"0", "1">, Training<"dropout">;
def : Float<"attn_z_loss_weight", "0.0001", "weight of a loss on the logits' size">, Training<"loss">;
def : Enum<"pool", "none", ["none", "mean", "cls", "last", "max"],
           "what `encode` returns of a sequence: its mean, first, last or largest states; none: no `encode`">, Own, Supported;
def : Bool<"normalize", "false", "`encode` returns vectors of unit length">, Own, Supported;
def : Enum<"numerics", "strict", ["strict", "fast_math"], "strict: f32 with exact functions; fast_math: approximations allowed">,
      Own, Supported;
} // owner
} // TransformerWrapperKnobs

//===--- Other wrappers ---------------------------------------------------===//

defset list<Knob> ViTransformerWrapperKnobs = {
let owner = ViTransformerWrapper in {
def : Int<"image_size", "required", "height and width of the image">, AtLeast<"1">;
def : Int<"patch_size", "required", "height and width of a patch; divides `image_size`">, AtLeast<"1">;
def : Stack<"attn_layers", "required", "the stack, an `Encoder`">;
def : Int<"channels", "3", "channels of the image">, AtLeast<"1">;
def : Int<"num_classes", "none", "rows of the head on the mean over patches; none returns that mean">, AtLeast<"1">;
def : Bool<"post_emb_norm", "false", "LayerNorm after positions were added">;
def : Int<"num_register_tokens", "0", "so many learned tokens behind the patches, dropped at the end">, AtLeast<"0">;
def : Float<"emb_dropout", "0.0", "drops embeddings">, Range<"0", "1">, Training<"dropout">;
} // owner
} // ViTransformerWrapperKnobs

defset list<Knob> XTransformerKnobs = {
let owner = XTransformer in {
def : Int<"dim", "required", "width of both sides">, AtLeast<"1">;
def : Bool<"tie_token_emb", "false", "the decoder uses the encoder's token table">;
def : Int<"ignore_index", "-100", "target that counts for no loss">, Training<"loss">;
def : Int<"pad_value", "0", "filler after the end of a generated sequence">;
def : Float<"cross_attn_tokens_dropout", "0.0", "drops context tokens">, Range<"0", "1">, Training<"dropout">;
foreach side = ["enc", "dec"] in {
def : Int<side # "_num_tokens", "required", "size of this side's vocabulary">, AtLeast<"1">;
def : Int<side # "_max_seq_len", "required", "longest sequence of this side">, AtLeast<"0">;
def : Int<side # "_num_memory_tokens", "none", "learned tokens in front of this side's sequence">, AtLeast<"0">;
def : Bool<side # "_scaled_sinu_pos_emb", "false", "scaled sinusoids as positions of this side">;
def : Bool<side # "_use_abs_pos_emb", "true", "learned absolute positions of this side">;
def : Float<side # "_emb_dropout", "0.0", "drops embeddings of this side">, Range<"0", "1">, Training<"dropout">;
}
} // owner
foreach side = ["enc", "dec"] in
  foreach knob = AttentionLayersKnobs in
    if !ne(knob.name, "dim") then
      def : SideKnob<side, knob>;
} // XTransformerKnobs

defset list<Knob> ContinuousTransformerWrapperKnobs = {
let owner = ContinuousTransformerWrapper in {
def : Int<"max_seq_len", "none", "longest sequence">, AtLeast<"0">;
def : Stack<"attn_layers", "required", "the stack of layers">;
def : Int<"dim_in", "none", "width of the input, projected to `dim`">, AtLeast<"1">;
def : Int<"dim_out", "none", "width of the output, projected from `dim`">, AtLeast<"1">;
def : Any<"project_in", "none", "a module in place of the input projection">, Refused<"arbitrary Python cannot be compiled">;
def : Any<"project_out", "none", "a module in place of the output projection">, Refused<"arbitrary Python cannot be compiled">;
def : Int<"max_mem_len", "0", "so many hidden states of the last segment are kept as keys">, AtLeast<"0">;
def : Int<"num_memory_tokens", "none", "so many learned tokens in front of the sequence">, AtLeast<"0">;
def : Bool<"post_emb_norm", "false", "LayerNorm on the summed inputs">;
def : Float<"emb_dropout", "0.0", "drops embeddings">, Range<"0", "1">, Training<"dropout">;
def : Bool<"use_abs_pos_emb", "true", "learned absolute positions">;
def : Bool<"scaled_sinu_pos_emb", "false", "sinusoids times one learned scale in place of learned positions">;
def : Bool<"average_pool_embed", "false", "mean over the sequence before the output projection">;
def : Bool<"probabilistic", "false", "the output is a mean and a log variance">;
def : Bool<"use_identity_if_same_dim", "false", "no projection where the widths agree">;
} // owner
} // ContinuousTransformerWrapperKnobs

//===--- Policies ---------------------------------------------------------===//

// Filling masked positions: `refine NAME { ... }`, x-transformers' NonAutoregressiveWrapper.
defset list<Knob> RefineKnobs = {
let owner = Refine in {
def : Any<"net", "none", "the model">, Refused<"the model is the one named after `refine`">;
def : Int<"mask_id", "required", "id of the mask token, below `num_tokens`">, AtLeast<"0">;
def : Int<"steps", "18", "forward passes">, Range<"1", "65536">;
def : Any<"schedule", "linear", "part still masked at time t in [0, 1]: linear, cosine, pow(p), log, or an expression of t">;
def : Float<"temperature", "1.0", "temperature of the choice of tokens; falls linearly over the steps">, AtLeast<"0">, Own;
def : Any<"accept", "confidence", "which tokens stay: confidence, threshold(p), entropy(b), margin, random, critic">, Own;
def : Bool<"edit", "false", "accepted tokens may be masked again">, Own;
def : Int<"block", "0", "so many positions at a time, from left to right; 0: all at once">, AtLeast<"0">, Own;
def : Bool<"can_mask_prev_unmasked", "false", "x-transformers' word for `edit`">;
def : Bool<"self_cond", "false", "the last step's embeddings are added to the input">;
def : Any<"token_critic", "none", "a model that scores filled tokens">;
def : Bool<"self_token_critic", "false", "a head on the model itself scores filled tokens">;
def : Float<"start_temperature", "1.0", "x-transformers' word for `temperature`">, AtLeast<"0">;
def : Float<"filter_thres", "0.7", "part of the vocabulary that is left out of each choice">, Range<"0", "1">;
def : Float<"noise_level_scale", "1.0", "noise on the critic's scores">, AtLeast<"0">;
def : Int<"batch_size", "none", "rows at a time">, Refused<"an argument of the call: batches are as large as the call's">;
def : Float<"self_cond_train_prob", "0.75", "how often `self_cond` is trained">, Training<"training loop">;
def : Float<"no_replace_prob", "0.15", "masked tokens that are kept">, Training<"training loop">;
def : Float<"random_token_prob", "0.1", "masked tokens that become random ones">, Training<"training loop">;
def : Float<"critic_loss_weight", "1.0", "weight of the critic's loss">, Training<"loss">;
def : Bool<"use_simple_mdlm_loss_weight", "true", "weights of the loss over time">, Training<"loss">;
} // owner
} // RefineKnobs

// One token after the other: `generate NAME { ... }`, x-transformers' AutoregressiveWrapper and its generate.
defset list<Knob> GenerateKnobs = {
let owner = Generate in {
def : Any<"prompts", "none", "the prompts">, Refused<"an argument of the call">;
def : Int<"seq_len", "none", "tokens to generate">, Refused<"an argument of the call; `max_new_tokens` sets its default">;
def : Any<"prompt_lens", "none", "lengths of the prompts">, Refused<"rows of a call have their own lengths">;
def : Float<"temperature", "1.0", "the logits are divided by it after filtering; 0: the largest">, AtLeast<"0">;
def : Int<"eos_token", "none", "id that ends a sequence">, AtLeast<"0">;
def : Int<"pad_value", "0", "filler after the end of a sequence">, AtLeast<"0">;
def : Enum<"filter_logits_fn", "top_k", ["top_k", "top_p", "min_p", "top_a"], "which logits take part in the choice">;
def : Any<"filter_kwargs", "none", "arguments of `filter_logits_fn`">;
def : Bool<"restrict_to_max_seq_len", "true", "the model sees the last `max_seq_len` tokens">;
def : Bool<"cache_kv", "true", "keeps keys and values of earlier tokens">;
def : Any<"amateur_model", "none", "a smaller model whose logits are subtracted">;
def : Any<"contrastive_decode_kwargs", "none", "arguments of that subtraction">;
def : Bool<"return_intermediates", "false", "also returns the cache">, Training<"diagnostics">;
def : Int<"beams", "4", "beam search: sequences kept">, AtLeast<"1">;
def : Bool<"return_beams_and_scores", "false", "beam search: returns all sequences kept">;
def : Bool<"stochastic", "false", "beam search with noise">;
def : Int<"max_new_tokens", "none", "most tokens to generate">, AtLeast<"0">, Own;
def : Int<"top_k", "0", "so many of the largest logits take part; 0: all">, AtLeast<"0">, Own;
def : Float<"top_p", "1.0", "the most probable tokens up to this sum take part">, Range<"0", "1">, Own;
def : Float<"min_p", "0.0", "tokens below this part of the largest probability are left out">, Range<"0", "1">, Own;
def : Int<"seed", "0", "seed of the noise">, AtLeast<"0">, Own;
def : IntList<"stop", "none", "ids that end a sequence">, Own;
def : Int<"ignore_index", "-100", "target that counts for no loss">, Training<"loss">;
def : Float<"mask_prob", "0.0", "inputs masked in training">, Range<"0", "1">, Training<"training loop">;
def : Bool<"add_attn_z_loss", "false", "adds a loss on the logits' size">, Training<"loss">;
def : Float<"next_embed_loss_weight", "0.1", "weight of the next embedding's loss">, Training<"loss">;
def : Float<"looped_loss_threshold_exit", "0.05", "loss of `looped` models">, Training<"loss">;
def : Float<"looped_loss_slope", "50", "loss of `looped` models">, Training<"loss">;
def : Float<"looped_exit_loss_weight", "1.0", "loss of `looped` models">, Training<"loss">;
} // owner
} // GenerateKnobs

// A sweep's settings are the model's own knobs with a list of values each: it has no knob of its own.

#endif // XF_KNOBS
