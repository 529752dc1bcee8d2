// Attention: attn_* and, by repetition, cross_attn_*. Included by Knobs.td inside of AttentionLayersKnobs.

// Attention. Cross attention takes the same words as `cross_attn_*`, unless NotCross.
defset list<Knob> AttnKnobs = {
// The stack itself reads the head's width, so that one is the same in every layer.
let owner = AttentionLayers in {
def : Int<"attn_dim_head", "64", "width of a head's queries and keys">, Range<"1", "8192">, Supported,
      Formula<"e; logits are scaled by e^-1/2">, Example<"attn_dim_head = 16">;
def : Int<"attn_heads", "none", "heads of one attention">, Refused<"`heads` of the stack sets it">;
def : Bool<"attn_causal", "none", "causality of one attention">, Refused<"`causal` of the stack sets it">;
}
let owner = AttentionLayers, layered = true in {
def : Int<"attn_kv_heads", "none", "key and value heads: query head h reads key head h mod `attn_kv_heads`; `heads` by default">,
      Range<"1", "4096">, Supported,
      Formula<"query head h reads key head h mod k">, Weights<"`to_k.weight` (k e, d), `to_v.weight` (k e_v, d)">,
      Example<"attn_kv_heads = 2">;
def : Bool<"attn_one_kv_head", "false", "one key and value head for all query heads">, Supported,
      Formula<"k = 1">, Weights<"`to_k.weight` (e, d), `to_v.weight` (e_v, d)">;
def : Int<"attn_value_dim_head", "none", "width of a head's values; `attn_dim_head` by default">, Range<"1", "8192">,
      Supported,
      Formula<"e_v">, Weights<"`to_v.weight` (k e_v, d), `to_out.weight` (d, h e_v)">, Example<"attn_value_dim_head = 6">;
def : Bool<"attn_bias", "false", "the linears of q, k, v and the output have biases">, Own, Supported,
      Formula<"q = W y + b, and k, v, output alike">, Weights<"a bias beside each weight">;
def : Bool<"attn_flash", "false", "a fused kernel; changes no result, and xfc's attention is always fused">, Supported,
      Formula<"the same numbers">;
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
      Supported,
      Formula<"logits with i - j > w are masked">, Example<"attn_max_attend_past = 4">;
def : Bool<"attn_softclamp_logits", "false", "c tanh(s / c) on the biased logits, before masking">, Supported,
      Formula<"s <- clamp_c(s), c = `attn_logit_softclamp_value`">;
def : Float<"attn_logit_softclamp_value", "50.0", "c of `attn_softclamp_logits`">, Positive, Supported,
      Formula<"c in the formula of `attn_softclamp_logits`">,
      Example<"attn_softclamp_logits = true  attn_logit_softclamp_value = 5.0">;
def : Bool<"attn_qk_norm", "false", "queries and keys are scaled to unit length, the logits by `attn_qk_norm_scale`">,
      Formula<"q <- unit(q), k <- unit(k), s = scale q k">, Supported;
def : Int<"attn_qk_norm_groups", "1", "`attn_qk_norm` works on so many groups of features of a head">, AtLeast<"1">,
      Formula<"unit over e / groups features each">, Example<"attn_qk_norm = true  attn_qk_norm_groups = 2">, Supported;
def : Float<"attn_qk_norm_scale", "10", "scale of the logits with `attn_qk_norm`">,
      Formula<"scale in the formula of `attn_qk_norm`">, Example<"attn_qk_norm = true  attn_qk_norm_scale = 5">, Supported;
def : Bool<"attn_qk_norm_dim_scale", "false", "learned gains per feature instead of that scale">,
      Formula<"q <- unit(q) g_q, k <- unit(k) g_k, scale e^-1/2">,
      Weights<"`qk_norm_q_scale` (h, 1, e), `qk_norm_k_scale` (k, 1, e)">,
      Example<"attn_qk_norm = true  attn_qk_norm_dim_scale = true">, Supported;
def : Bool<"attn_qk_rmsnorm", "false", "RMSNorm with gains on queries and keys">,
      Formula<"q <- unit(q) sqrt(e) (g_q + 1), k alike; before rotation">,
      Weights<"`q_rmsnorm.gamma` (h, 1, e), `k_rmsnorm.gamma` (k, 1, e)">, Supported;
def : Bool<"attn_k_rmsnorm", "false", "RMSNorm with gains on keys only">,
      Formula<"k <- unit(k) sqrt(e) (g + 1)">, Weights<"`k_rmsnorm.gamma` (k, 1, e)">, Supported;
def : Bool<"attn_value_rmsnorm", "false", "RMSNorm with gains on values; needs as many key heads as heads">,
      Formula<"v <- unit(v) sqrt(e) (g + 1)">, Weights<"`value_rmsnorm.gamma` (h, 1, e)">, Supported;
def : Bool<"attn_pre_talking_heads", "false", "adds a mixture over heads to the logits">,
      Formula<"s_h <- s_h + sum_g P_hg s_g, before bias and masks">,
      Weights<"`attend.pre_softmax_talking_heads.weight` (h, h, 1, 1)">, Supported;
def : Bool<"attn_post_talking_heads", "false", "mixes attention weights over heads">,
      Formula<"p_h <- sum_g P_hg p_g">, Weights<"`attend.post_softmax_talking_heads.weight` (h, h, 1, 1)">, Supported;
def : Bool<"attn_pre_scale_post_talking_heads", "false", "attention weights times a mixture of the logits over heads">,
      Formula<"p_h <- p_h sum_g P_hg s_g, s before bias and other talking heads">,
      Weights<"`attend.pre_scale_post_talking_heads.weight` (h, h, 1, 1)">, Supported;
def : Bool<"attn_head_scale", "false", "a learned gain per head on its output">,
      Formula<"o_h <- o_h g_h">, Weights<"`head_scale_params` (1, h, 1, 1)">, Supported;
def : Int<"attn_sparse_topk", "none", "only the so many largest logits of a row take part; ties stay">, AtLeast<"1">,
      Formula<"softmax over the logits >= the K-th largest of the row">, Example<"attn_sparse_topk = 4">, Supported;
def : Bool<"attn_sparse_topk_straight_through", "false", "gradient of `attn_sparse_topk`">, Training<"gradient only">;
def : Bool<"attn_hard", "false", "all weight on the largest logit">,
      Formula<"p = one-hot of the largest logit">, Supported;
def : Bool<"attn_sigmoid", "false", "sigmoid of each logit in place of the softmax">,
      Formula<"p = sigmoid(s)">, Supported;
def : Bool<"attn_l2_distance", "false", "logits are negative squared distances of query and key">,
      Formula<"s = -scale |q - k|^2">, Supported;
def : Bool<"attn_cog_signed", "false", "softmax of |s| times the sign of s">,
      Formula<"p = softmax(|s|) sign(s)">, Supported;
def : Bool<"attn_gumbel_softmax", "false", "softmax with Gumbel noise">,
      Refused<"the noise is drawn at inference too, so the result is no function of the input">;
def : Float<"attn_gumbel_softmax_temp", "1.0", "temperature of `attn_gumbel_softmax`">,
      Refused<"it belongs to `attn_gumbel_softmax`, whose result is no function of the input">;
def : Bool<"attn_gumbel_softmax_hard", "true", "`attn_gumbel_softmax` chooses one key">,
      Refused<"it belongs to `attn_gumbel_softmax`, whose result is no function of the input">;
def : Any<"attn_custom_attn_fn", "none", "a Python function in place of the softmax">,
      Refused<"arbitrary Python cannot be compiled; `score_mod` and `mask_mod` can">;
def : Bool<"attn_selective", "false", "earlier queries lower the logits of keys they marked; causal only">,
      Formula<"g = relu(s of head 0), column 0 and diagonal 0, one row down, summed over rows; s <- s - g in all heads">, Supported;
def : Int<"attn_num_mem_kv", "0", "so many learned keys and values, always visible, without position">, AtLeast<"0">,
      Formula<"M keys and values in front, always visible, bias 0">, Weights<"`mem_k` (k, M, e), `mem_v` (k, M, e)">,
      Example<"attn_num_mem_kv = 3">, Supported;
def : Bool<"attn_add_zero_kv", "false", "a key and value of zeros in front">,
      Formula<"one key 0 with value 0 in front">, Supported;
def : Bool<"attn_head_learned_sink", "false", "a learned logit per head that takes weight and adds no value">,
      Formula<"p = softmax([sink_h, s]) without its first column">, Weights<"`attend.head_attn_sink` (h)">, Supported;
def : Bool<"attn_on_attn", "false", "the output is u sigmoid(g), both linear in the merged heads">,
      Formula<"[u; g] = W o, out = u sigmoid(g)">, Weights<"`to_out.0.weight` (2d, h e_v) in place of `to_out.weight`">, Supported;
def : Bool<"attn_gate_values", "false", "merged heads times a sigmoid gate of the branch's input">,
      Formula<"o <- o sigmoid(G y) on the merged heads">, Weights<"`to_v_gate.weight` (h e_v, d)">, Supported;
def : Bool<"attn_swiglu_values", "false", "SiLU in place of the sigmoid of those gates">,
      Formula<"o <- o silu(G y)">, Example<"attn_gate_values = true  attn_swiglu_values = true">, Supported;
def : Int<"attn_gate_values_rank", "none", "the gate's linear has this rank">, AtLeast<"1">,
      Formula<"G y = U act(D y)">, Weights<"`to_v_gate.down.weight` (r, d), `to_v_gate.up.weight` (h e_v, r)">,
      Example<"attn_gate_values = true  attn_gate_values_rank = 4">, Supported;
def : Bool<"attn_gate_values_headwise", "false", "one gate per head">,
      Formula<"one gate per head">, Weights<"`to_v_gate.weight` (h, d)">,
      Example<"attn_gate_values = true  attn_gate_values_headwise = true">, Supported;
def : Bool<"attn_output_gate", "false", "a linear of the merged heads is added to the gate's logits">,
      Formula<"gate = sigmoid(G y + H o); alone sigmoid(H o)">, Weights<"`to_output_gate.weight` (h e_v, h e_v)">, Supported;
def : Int<"attn_output_gate_rank", "none", "that linear has this rank">, AtLeast<"1">,
      Formula<"H o = U act(D o)">, Weights<"`to_output_gate.{down, up}.weight`">,
      Example<"attn_output_gate = true  attn_output_gate_rank = 4">, Supported;
def : Bool<"attn_output_gate_headwise", "false", "one output gate per head">,
      Formula<"one gate per head">, Weights<"`to_output_gate.weight` (h, h e_v)">,
      Example<"attn_output_gate = true  attn_output_gate_headwise = true">, Supported;
def : Bool<"attn_low_rank_silu_gates", "true", "SiLU between the two factors of a low-rank gate">,
      Formula<"act = silu; false: none">,
      Example<"attn_gate_values = true  attn_gate_values_rank = 4  attn_low_rank_silu_gates = false">, Supported;
def : Bool<"attn_gate_value_heads", "false", "a head's output times a sigmoid gate of the branch's input">,
      Formula<"o_h <- o_h sigmoid(w_h y + b_h)">, Weights<"`to_v_head_gate.{weight (h, d), bias (h)}`">, Supported;
def : Bool<"attn_laser", "false", "attends over exp(v) and takes the logarithm of the sum">,
      Formula<"o = log max(sum_j p_j exp(clamp_c(v_j)), 1e-20)">, Supported;
def : Float<"attn_laser_softclamp_value", "15.0", "c tanh(v / c) before that exponential">, Positive,
      Formula<"c in the formula of `attn_laser`">, Example<"attn_laser = true  attn_laser_softclamp_value = 1.5">, Supported;
def : Bool<"attn_data_dependent_alibi", "false", "bias from learned forget gates, summed between key and query">,
      Formula<"s + f_i - f_j, f = running sum of log sigmoid(W y + b); both directions have their own unless causal">,
      Weights<"`data_dependent_alibi.to_forget_gates.0.{weight, bias}` (h or 2h rows)">, Supported;
def : Bool<"attn_data_dependent_alibi_per_row", "false", "forget gates that depend on the query as well; causal only">,
      Formula<"s + sum over l >= j of t_il, t_ij = log sigmoid(q'_i k'_j / sqrt(8)) where j < i">,
      Weights<"`data_dependent_alibi.to_forget_gates.0.weight` (2 h 8, d)">,
      Example<"attn_data_dependent_alibi = true  attn_data_dependent_alibi_per_row = true">, Supported;
def : Int<"attn_data_dependent_alibi_per_row_dim_head", "8", "head width of those gates">, AtLeast<"1">,
      Formula<"the 8 in the formula of `attn_data_dependent_alibi_per_row`">,
      Example<"attn_data_dependent_alibi = true  attn_data_dependent_alibi_per_row = true  "
              "attn_data_dependent_alibi_per_row_dim_head = 4">, Supported;
def : Dict<"attn_data_dependent_alibi_kwargs", "none", ["post_log_scale: float"],
           "`post_log_scale` of `attn_data_dependent_alibi`: times the logarithm of the gates">,
      Formula<"`post_log_scale` times log sigmoid">,
      Example<"attn_data_dependent_alibi = true  attn_data_dependent_alibi_kwargs = { post_log_scale = 0.5 }">, Supported;
def : Bool<"attn_use_rel_proj_pos_bias", "false", "bias of the distance, weighted by a linear of the query's token">,
      Formula<"s + sum_r w_ihr bank[r, i - j] where 0 <= i - j < max_dist, w = W y">,
      Weights<"`rel_proj_pos_bias.to_distance_weights.0.weight` (h basis, d), `rel_proj_pos_bias.distance_bank` (basis,"
              " max_dist)">, Supported;
def : Int<"attn_rel_proj_num_distance_basis", "16", "functions of the distance in that bias">, AtLeast<"1">,
      Formula<"basis in the formula of `attn_use_rel_proj_pos_bias`">,
      Example<"attn_use_rel_proj_pos_bias = true  attn_rel_proj_num_distance_basis = 4">, Supported;
def : Int<"attn_rel_proj_max_dist", "1024", "distances that bias knows">, AtLeast<"1">,
      Formula<"max_dist in the formula of `attn_use_rel_proj_pos_bias`">,
      Example<"attn_use_rel_proj_pos_bias = true  attn_rel_proj_max_dist = 12">, Supported;
def : Bool<"attn_use_cope", "false", "positions count the keys a gate lets through; causal only">,
      Formula<"pos_ij = min(sum over l >= j of sigmoid(s_il), P - 1); s + interpolation of q pos_emb at pos">,
      Weights<"`attend.cope.pos_emb` (P, e)">, Supported;
def : Int<"attn_cope_max_pos", "16", "positions `attn_use_cope` knows">, AtLeast<"1">,
      Formula<"P in the formula of `attn_use_cope`">, Example<"attn_use_cope = true  attn_cope_max_pos = 6">, Supported;
def : Bool<"attn_cope_soft_onehot_pos", "false", "soft choice of a position">, Refused<"x-transformers itself fails with it">;
def : Bool<"attn_cope_talking_heads", "false", "mixes logits over heads before the gates of `attn_use_cope`">,
      Formula<"s mixed over heads first, masked again">, Weights<"`attend.cope.talking_heads.weight` (h, h, 1, 1)">,
      Example<"attn_use_cope = true  attn_cope_talking_heads = true">, Supported;
def : Bool<"attn_use_latent_q", "false", "queries come from a narrow latent">,
      Formula<"q = W_q L y">, Weights<"`to_latent_q.weight` (l, d), `to_q.weight` (h e, l)">,
      Example<"attn_use_latent_q = true  attn_dim_latent_q = 8">, Supported;
def : Int<"attn_dim_latent_q", "none", "width of that latent">, AtLeast<"1">,
      Formula<"l in the formula of `attn_use_latent_q`">, Example<"attn_use_latent_q = true  attn_dim_latent_q = 10">, Supported;
def : Bool<"attn_use_latent_kv", "false", "keys and values come from a narrow latent, which is what is cached">,
      Formula<"k = W_k L y, v = W_v L y">,
      Weights<"`to_latent_kv.weight` (l, d), `to_k.weight` (k e, l), `to_v.weight` (k e_v, l)">,
      Example<"attn_use_latent_kv = true  attn_dim_latent_kv = 8">, Supported;
def : Int<"attn_dim_latent_kv", "none", "width of that latent">, AtLeast<"1">,
      Formula<"l in the formula of `attn_use_latent_kv`">, Example<"attn_use_latent_kv = true  attn_dim_latent_kv = 10">, Supported;
def : Int<"attn_latent_rope_subheads", "none", "the last so many key heads bypass the latent and alone rotate">,
      AtLeast<"1">,
      Formula<"the last R key heads come from y and alone rotate">,
      Weights<"`to_rotateable_k.weight` (R e, d); `to_k.weight` ((k - R) e, l)">,
      Example<"rotary_pos_emb = true  attn_use_latent_kv = true  attn_dim_latent_kv = 8  attn_latent_rope_subheads = 2">, Supported;
def : Bool<"attn_orthog_projected_values", "false", "output without its projection on the values of the whole sequence">,
      Formula<"o - proj_v(o), over the whole sequence">, Supported;
def : Bool<"attn_orthog_projected_values_per_head", "false", "the same for each head">,
      Formula<"the same, meant per head">, Example<"attn_orthog_projected_values_per_head = true">, Supported;
def : Bool<"attn_learned_value_residual_mix", "none", "mixing of the value residual">,
      Refused<"`learned_value_residual_mix` of the stack sets it">;
def : Bool<"attn_qkv_receive_diff_residuals", "none", "q, k and v read different inputs">,
      Refused<"`qkv_receive_diff_residuals` of the stack sets it">;
def : Int<"attn_rotate_num_heads", "none", "heads that rotate">, Refused<"`rotate_num_heads` of the stack sets it">;
def : Bool<"attn_inverted_attention", "false", "softmax over queries instead of keys">,
      Training<"x-transformers drops it for self attention">, NotCross;
def : Int<"attn_dim_context", "none", "width of the context; `dim` by default">, AtLeast<"1">,
      Formula<"width of the context of cross attention">, Weights<"`to_k.weight` (k e, c), `to_v.weight` (k e_v, c)">,
      Example<"cross_attend = true  cross_attn_dim_context = 14">, Supported;
def : Int<"attn_dim_out", "none", "width of the branch's output">,
      Refused<"another width than `dim` breaks the residual sum">;
def : Bool<"attn_project_out", "none", "false: no output projection; true: one even with a single head">,
      Formula<"out = o where false">, Weights<"no `to_out.weight`">, Example<"attn_project_out = false">, Supported;
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
def : Bool<"cross_attn_inverted_attention", "false", "softmax over queries, then rows are normalised over keys">,
      Formula<"softmax over the queries, then masked keys 0 and p / sum_j p">,
      Example<"cross_attend = true  cross_attn_inverted_attention = true">, Supported;
