// The stack itself: layers, norms, positions, residuals. Included by Knobs.td inside of AttentionLayersKnobs.

let owner = AttentionLayers in {

// The stack itself.
def : Int<"dim", "required", "width of the residual stream">, Range<"1", "131072">, Supported,
      Formula<"d, the width of every state x">, Example<"dim = 32">;
def : Int<"depth", "none", "how often the block is repeated; needed unless `custom_layers` is given">,
      Range<"1", "4096">, Supported,
      Formula<"N blocks (a, f), or (a, c, f) with `cross_attend`">,
      Weights<"`layers.I.0.*` norms, `layers.I.1.*` branch, `layers.I.2.*` residual of sublayer I">, Example<"depth = 3">;
def : Int<"heads", "8", "attention heads, of self and cross attention">, Range<"1", "4096">, Supported,
      Formula<"h heads of width e; the attention's inner width h e may differ from d">,
      Weights<"`layers.I.1.to_q.weight` (h e, d), `to_k.weight` (k e, d), `to_v.weight` (k e_v, d), `to_out.weight` (d,"
              " h e_v; none where h = 1)">, Example<"heads = 2">;
def : Bool<"causal", "false", "a query sees no later key; the class sets the default (`Decoder` true, the others false)">,
      Supported,
      Formula<"logits with j > i are masked">;
def : Bool<"cross_attend", "false", "adds a cross attention to every block; a context becomes mandatory">,
      Formula<"blocks (a, c, f); c reads keys and values of the input `context`">,
      Weights<"those of an attention, for each c">, Example<"cross_attend = true">, Supported;
def : Bool<"only_cross", "false", "with `cross_attend`: the block has cross attention and feed-forward only">,
      Formula<"blocks (c, f)">, Example<"cross_attend = true  only_cross = true">, Supported;
def : Bool<"prefix_causal", "false", "j <= i or j < `prefix_attn_len`, as an attention mask (`PrefixDecoder` sets it)">, Own,
      Formula<"key j is seen where j <= i or j < prefix_attn_len, memory tokens counted">,
      Example<"prefix_causal = true">, Supported;
def : Bool<"only_attn", "false", "leaves the feed-forward out of every block">, Supported,
      Formula<"blocks (a)">;
def : Bool<"weight_tie_layers", "false", "one block of weights, run `depth` times">,
      Formula<"the sublayers of one block run `depth` times">, Weights<"those of one block">, Supported;
def : StringList<"custom_layers", "none", "the sublayers in order: `a` attention, `c` cross attention, `f` feed-forward">,
      OneOf<["a", "c", "f"]>,
      Formula<"the sublayers are as listed; `depth` is not needed">,
      Example<"custom_layers = [\"a\", \"f\", \"a\", \"f\"]">, Supported;
def : IntList<"layers_execute_order", "none", "indices of the sublayers in the order they run; repeats are allowed">,
      Formula<"sublayer `order[t]` runs at step t">, Example<"layers_execute_order = [0, 1, 0, 1, 2, 3]">, Supported;
def : Int<"sandwich_coef", "none", "c: so many attentions first and feed-forwards last, depth - c blocks between">,
      AtLeast<"1">,
      Formula<"a^c, block^(depth - c), f^c">, Example<"sandwich_coef = 1">, Supported;
def : Int<"par_ratio", "none", "spreads attentions over the first two thirds of the sublayers, one in so many">,
      AtLeast<"2">,
      Formula<"N = depth * block sublayers, A = N / ratio attentions; width = (2N/3 + 2N/3 / A) / A; A times a and f up"
              " to width, then f up to N">, Example<"par_ratio = 3  depth = 3">, Supported;
def : Bool<"macaron", "false", "block of feed-forward, attention, feed-forward; each feed-forward's output is halved">,
      Formula<"blocks (f, a, f); o = f(y) / 2 of every f">, Supported;

// Norms.
def : Bool<"use_rmsnorm", "false", "RMSNorm in place of LayerNorm everywhere in the stack">,
      Formula<"N(x) = unit(x) sqrt(d) (g + 1)">, Weights<"`layers.I.0.*.g` (d)">, Supported;
def : Bool<"use_simple_rmsnorm", "false", "RMSNorm without a gain in place of LayerNorm">,
      Formula<"N(x) = unit(x) sqrt(d)">, Weights<"none: the norms lose theirs">, Supported;
def : Bool<"use_scalenorm", "false", "RMSNorm with one gain for all features in place of LayerNorm">,
      Formula<"N(x) = unit(x) sqrt(d) (g + 1), one g for all features">, Weights<"`layers.I.0.*.g` (1)">, Supported;
def : Bool<"use_dynamic_tanh", "false", "tanh(a x) g + b in place of LayerNorm; needs `pre_norm`">,
      Formula<"N(x) = tanh((a + init_alpha) x) (gamma + 1) + beta">,
      Weights<"`layers.I.0.*.{pre_tanh_scale (), gamma (d), beta (d)}`">, Supported;
def : Float<"dynamic_tanh_init_alpha", "1.0", "with `norm_add_unit_offset`: added to the stored a of `use_dynamic_tanh`">,
      Formula<"init_alpha in the formula of `use_dynamic_tanh`; without `norm_add_unit_offset` only the initial value">,
      Example<"use_dynamic_tanh = true  dynamic_tanh_init_alpha = 0.7">, Supported;
def : Bool<"use_derf", "false", "erf(a x + s) g + b in place of LayerNorm">,
      Formula<"N(x) = erf((alpha + 1) x + s) (gamma + 1) + beta">,
      Weights<"`layers.I.0.*.{alpha (), s (), gamma (d), beta (d)}`">, Supported;
def : Bool<"norm_add_unit_offset", "true", "x_transformers checkpoints store the stack's gains minus one; false: as they are">,
      Supported,
      Formula<"effective gain = stored + 1; false: as stored">, Example<"norm_add_unit_offset = false">;
def : Bool<"pre_norm", "true", "norm before each branch; false: after each residual sum, and no final norm">, Supported,
      Formula<"x <- x + f(N(x)), and N at the end; false: x <- N(x + f(x))">,
      Weights<"`layers.I.0.0.*`; false: `layers.I.0.2.*` and no `final_norm.*`">, Example<"pre_norm = false">;
def : Bool<"pre_norm_has_final_norm", "true", "with `pre_norm`: a norm after the last layer">, Supported,
      Formula<"N at the end">, Weights<"`final_norm.*`">, Example<"pre_norm_has_final_norm = false">;
def : Bool<"pre_and_post_norm", "false", "norm before each branch and after each residual sum">,
      Formula<"x <- N2(x + f(N0(x))), no norm at the end">, Weights<"`layers.I.0.0.*` and `layers.I.0.2.*`">, Supported;
def : Bool<"sandwich_norm", "false", "norm before and after each branch; needs `pre_norm`">,
      Formula<"x <- x + N1(f(N0(x)))">, Weights<"`layers.I.0.0.*` and `layers.I.0.1.*`">, Supported;
def : Float<"norm_eps", "1e-05", "added to the variance inside every LayerNorm of the stack and of `post_emb_norm`">,
      Range<"0", "1">, Own, Supported,
      Formula<"(x - mean) / sqrt(var + eps) g">, Example<"norm_eps = 1e-12">;
def : Bool<"norm_bias", "false", "LayerNorms of the stack and of `post_emb_norm` have a bias">, Own, Supported,
      Formula<"(x - mean) / sqrt(var + eps) g + b">, Weights<"a bias (d) beside each gain">;
def : Bool<"use_adaptive_layernorm", "false", "LayerNorm whose gain is a linear function of a condition">,
      Formula<"N(x) = LN(x) (1 + C cond), cond the input `condition`">,
      Weights<"`layers.I.0.*.to_gamma.weight` (d, d_c)">, Supported;
def : Bool<"use_adaptive_rmsnorm", "false", "RMSNorm whose gain is a linear function of a condition">,
      Formula<"N(x) = unit(x) sqrt(d) (1 + C cond)">, Weights<"`layers.I.0.*.to_gamma.weight` (d, d_c)">, Supported;
def : Bool<"use_adaptive_layerscale", "false", "branch outputs times a sigmoid gate of the condition">,
      Formula<"o <- o sigmoid(G cond + b)">, Weights<"`layers.I.1.to_gamma.{weight (d, d_c), bias (d)}`">, Supported;
def : Int<"dim_condition", "none", "width of the condition; `dim` where it is not given">, AtLeast<"1">,
      Formula<"d_c, the width of cond">, Example<"use_adaptive_layernorm = true  dim_condition = 10">, Supported;
def : Bool<"adaptive_condition_mlp", "false", "the condition goes through one linear layer with SiLU first">,
      Formula<"cond <- silu(M cond)">, Weights<"`adaptive_mlp.0.weight` (x d_c, d_c)">,
      Example<"use_adaptive_layernorm = true  adaptive_condition_mlp = true">, Supported;
def : Int<"adaptive_condition_mlp_expansion", "4", "how much wider that layer makes the condition">, AtLeast<"1">,
      Formula<"x: cond becomes x d_c wide">,
      Example<"use_adaptive_layernorm = true  adaptive_condition_mlp = true  adaptive_condition_mlp_expansion = 2">, Supported;

// Positions.
def : Bool<"disable_abs_pos_emb", "none", "no absolute positions; by default true with rotary, polar or T5 positions">,
      Supported,
      Formula<"no position is added to the embeddings; an explicit false keeps them beside rotary, polar or T5">,
      Example<"disable_abs_pos_emb = true">;
def : Bool<"alibi_pos_bias", "false", "logits minus |i - j| times a slope of the head, in both directions">, Supported,
      Formula<"s - |i - j| slope_h; slopes 2^(-8/h (t + 1)) for h a power of two, else those of the power below and "
              "every other one of twice it">;
def : Int<"alibi_num_heads", "none", "only the first so many heads get slopes, computed for that count; `heads` by default">,
      AtLeast<"1">, Supported,
      Formula<"slopes of the first so many heads, for that count; 0 for the others">,
      Example<"alibi_pos_bias = true  alibi_num_heads = 2">;
def : Bool<"rel_pos_bias", "false", "T5's bias: a table entry per distance bucket and head">,
      Formula<"s + table[bucket(i - j), h] sqrt(e), one table for all self attentions; positions of the embedding go">,
      Weights<"`rel_pos.relative_attention_bias.weight` (buckets, h)">, Supported;
def : Int<"rel_pos_num_buckets", "32", "buckets of `rel_pos_bias`">, AtLeast<"2">,
      Formula<"B buckets; half of them per direction unless causal">,
      Example<"rel_pos_bias = true  rel_pos_num_buckets = 8">, Supported;
def : Int<"rel_pos_max_distance", "128", "distance from which on `rel_pos_bias` uses its last bucket">, AtLeast<"1">,
      Formula<"x < B/2: x, else min(B - 1, B/2 + trunc(ln(x / (B/2)) / ln(D / (B/2)) (B - B/2)))">,
      Example<"rel_pos_bias = true  rel_pos_max_distance = 40">, Supported;
def : Bool<"dynamic_pos_bias", "false", "bias of a head as a small network of the distance">,
      Formula<"s + MLP(i - j)_h with SiLU, shared by all self attentions">,
      Weights<"`rel_pos.mlp.L.0.{weight, bias}`, the last `rel_pos.mlp.{depth}.{weight, bias}`, hidden width d // 4">, Supported;
def : Bool<"dynamic_pos_bias_log_distance", "false", "that network sees sign(x) log(|x| + 1)">,
      Formula<"the network's input is sign(x) ln(|x| + 1)">,
      Example<"dynamic_pos_bias = true  dynamic_pos_bias_log_distance = true">, Supported;
def : Int<"dynamic_pos_bias_mlp_depth", "2", "hidden layers of that network">, AtLeast<"1">,
      Formula<"so many SiLU layers">, Example<"dynamic_pos_bias = true  dynamic_pos_bias_mlp_depth = 3">, Supported;
def : Bool<"dynamic_pos_bias_norm", "false", "LayerNorm in each hidden layer of that network">,
      Formula<"LayerNorm before each SiLU">, Weights<"`rel_pos.mlp.0.1.gamma`, `rel_pos.mlp.L.1.{weight, bias}`">,
      Example<"dynamic_pos_bias = true  dynamic_pos_bias_norm = true">, Supported;
def : Bool<"rotary_pos_emb", "false", "rotates neighbouring pairs of features of queries and keys by their position">,
      Formula<"features (2t, 2t + 1) of q and k are rotated by pos base^(-2t/r), base 10000; positions of the embedding"
              " go">, Weights<"`rotary_pos_emb.inv_freq` (r/2), a buffer">, Supported;
def : Int<"rotary_emb_dim", "none", "rotated features of a head; half of `attn_dim_head` by default">, AtLeast<"2">,
      Formula<"r, the first so many features of a head rotate">, Example<"rotary_pos_emb = true  rotary_emb_dim = 6">, Supported;
def : Float<"rotary_interpolation_factor", "1.0", "positions are divided by it before rotation">, Positive,
      Formula<"angle = pos / factor base^(-2t/r)">, Example<"rotary_pos_emb = true  rotary_interpolation_factor = 4.0">, Supported;
def : Float<"rotary_base_rescale_factor", "1.0", "scales the base 10000 by factor^(r / (r - 2)), r rotated features">,
      Positive,
      Formula<"base = 10000 factor^(r / (r - 2))">, Example<"rotary_pos_emb = true  rotary_base_rescale_factor = 8.0">, Supported;
def : Bool<"rotary_xpos", "false", "rotation with a decay over distance; causal stacks only">,
      Formula<"rotation, and q zeta^p, k zeta^-p with zeta_t = (2t + 0.4r) / (1.4r), p = pos / scale_base">,
      Weights<"`rotary_pos_emb.scale`, a buffer">, Supported;
def : Float<"rotary_xpos_scale_base", "512", "distance over which `rotary_xpos` decays">, Positive,
      Formula<"scale_base in the formula of `rotary_xpos`">, Example<"rotary_xpos = true  rotary_xpos_scale_base = 32">, Supported;
def : Bool<"rotary_half_split", "false", "rotates feature i with i + r/2, as LLaMA checkpoints store them">, Own,
      Formula<"features (t, t + r/2) are a pair">, Example<"rotary_pos_emb = true  rotary_half_split = true">, Supported;
def : Int<"rotate_num_heads", "none", "only the last so many heads rotate; needs as many key heads as heads">,
      AtLeast<"1">,
      Formula<"the last so many heads rotate">, Example<"rotary_pos_emb = true  rotate_num_heads = 2">, Supported;
def : Bool<"polar_pos_emb", "false", "features become softplus magnitudes at an angle that grows with the position">,
      Formula<"q <- [softplus(q) cos t, softplus(q) sin t], t = pos 10000^(-f/e); k alike with t + clip(bias, -2 pi, 0)">,
      Weights<"`polar_pos_emb.learned_bias` (h, 1, e); `inv_freq` (e), a buffer">, Supported;
def : Bool<"polar_bias_uniform_init", "false", "initial value of the learned angles">,
      Refused<"x-transformers itself fails with it">;
def : Dict<"rel_pos_kwargs", "none", ["slopes: floats"], "further arguments of the position bias: `slopes` of `alibi_pos_bias`">,
      Formula<"`slopes` in place of those of `alibi_pos_bias`">,
      Example<"alibi_pos_bias = true  rel_pos_kwargs = { slopes = [1.0, 0.5, 0.3, 0.1] }">, Supported;

// Residuals.
def : Bool<"residual_attn", "false", "logits of one self attention are added to those of the next">,
      Formula<"s_t + s_(t-1): masked logits of the self attention before are added, from the second on">, Supported;
def : Bool<"cross_residual_attn", "false", "the same chain over the cross attentions">,
      Formula<"the same over the cross attentions">, Example<"cross_attend = true  cross_residual_attn = true">, Supported;
def : Bool<"gate_residual", "false", "a GRU cell joins branch and residual">,
      Formula<"x <- (1 - z) c + z x; r = sigmoid, z = sigmoid, c = tanh(W_in o + b_in + r (W_hn x + b_hn))">,
      Weights<"`layers.I.2.gru.{weight_ih, weight_hh}` (3d, d), `{bias_ih, bias_hh}` (3d)">, Supported;
def : Bool<"orthog_residual", "false", "adds only what is orthogonal to the residual over the whole sequence">,
      Formula<"x <- x + o - proj_x(o), over the whole sequence">, Supported;
def : Bool<"mv_split_residual", "false", "mean over the sequence and deviation from it are scaled separately">,
      Formula<"x <- x + beta (o - mean(o)) + alpha (mean(o) - mean(x)), means over the sequence">,
      Weights<"`layers.I.2.{alpha, beta}` (d)">, Supported;
def : Bool<"gated_multi_residual", "false", "several gated residual streams; needs `residual_fn_kwargs`">,
      Formula<"S streams, read and written through low-rank gates">, Weights<"`layers.I.2.*`">,
      Example<"gated_multi_residual = true  num_residual_streams = 2  residual_fn_kwargs = { read_gate_rank = 4 }">, Supported;
def : Dict<"residual_fn_kwargs", "none", ["learned: bool", "read_gate_rank: int"],
           "further arguments of the residual rule: `learned` of `mv_split_residual`, `read_gate_rank` of `gated_multi_residual`">,
      Example<"mv_split_residual = true  residual_fn_kwargs = { learned = true }">, Supported;
def : Bool<"attn_aggregated_residuals", "false", "each branch reads an attention over all sublayer inputs so far">,
      Formula<"y <- sum_l softmax_l(q K_l / sqrt(d)) y_l over all sublayer inputs so far">,
      Weights<"`layer_integrators.I.*`">,
      Example<"attn_aggregated_residuals = true  attn_aggregated_residual_kwargs = { lora_rank = 6 }">, Supported;
def : Dict<"attn_aggregated_residual_kwargs", "none", ["lora_rank: int"], "`lora_rank` of `attn_aggregated_residuals`">,
      Example<"attn_aggregated_residuals = true  attn_aggregated_residual_kwargs = { lora_rank = 6 }">, Supported;
def : Switch<"scale_residual", "false", "true: a learned gain on the residual; a number: the branch is scaled by it as well">,
      Formula<"x <- o + x g; a number c: x <- c o + x g">, Weights<"`layers.I.2.residual_scale` (d)">,
      Example<"scale_residual = true">, Supported;
def : Float<"scale_residual_constant", "1.0", "constant on the residual in every sum">,
      Formula<"x <- o + c x (DeepNorm's alpha)">, Example<"scale_residual_constant = 1.5">, Supported;
def : Switch<"depth_scale_residual", "false", "a number scales every branch output; true is about initialisation only">,
      Formula<"x <- c o + x">, Example<"depth_scale_residual = 0.4">, Supported;
def : Int<"shift_tokens", "0", "parts of a branch's input come from so many neighbouring tokens">, AtLeast<"0">, Layered,
      Formula<"y in parts of d // shifts features; part t comes from the token t before (causal 0..s, else -s..s), "
              "zeros move in">, Example<"shift_tokens = 1">, Supported;
def : Bool<"softclamp_output", "false", "c tanh(x / c) before the final norm">,
      Formula<"x <- clamp_c(x) before the final norm">, Supported;
def : Float<"softclamp_output_value", "30.0", "c of `softclamp_output`">, Positive,
      Formula<"c in the formula of `softclamp_output`">, Example<"softclamp_output = true  softclamp_output_value = 2.0">, Supported;
def : Bool<"use_layerscale", "false", "a learned gain on every branch output">,
      Formula<"o <- o (gamma + 1)">, Weights<"`layers.I.1.gamma` (d)">, Supported;
def : Float<"layerscale_init_value", "0.0", "initial gain of `use_layerscale`">, Training<"initialisation">;
def : Bool<"unet_skips", "false", "later blocks read the matching earlier block through a linear layer">,
      Formula<"x <- W [skip; x] at the start of the later half's blocks, skips from the middle outwards">,
      Weights<"`skip_combines.I.combine.weight` (d, 2d)">, Supported;
def : Bool<"integrate_layers", "false", "each branch reads a learned mixture of all sublayer inputs so far">,
      Formula<"y = sum_l w_l y_l over sublayer inputs so far, w = softmax(W N(y) + b); three views for q, k, v from the"
              " second self attention on">, Weights<"`layer_integrators.I.to_weights.{0.g (d), 1.weight, 1.bias}`">, Supported;
def : Bool<"layer_integrate_use_softmax", "true", "that mixture is a softmax; false: relu">,
      Formula<"w = relu(W N(y) + b)">, Example<"integrate_layers = true  layer_integrate_use_softmax = false">, Supported;
def : Int<"num_residual_streams", "1", "hyper connections: so many parallel residual streams">, AtLeast<"1">,
      Formula<"S streams x_s; y = sum_s sigmoid(..)_s x_s, x_t <- sum_s x_s + beta_t o; summed before the final norm">,
      Weights<"`stream_emb` (S, d), `layers.I.2.{norm.weight, static_alpha, dynamic_alpha_fn, dynamic_alpha_scale, "
              "static_beta, dynamic_beta_fn, dynamic_beta_scale}`">, Example<"num_residual_streams = 2">, Supported;
def : Int<"hyper_conn_sinkhorn_iters", "5", "iterations that normalise the mixing of residual streams">, AtLeast<"0">,
      Training<"x-transformers' mixing matrix is all ones after any number of iterations">;
def : Bool<"qkv_receive_diff_residuals", "false", "q, k and v each read their own mixture">,
      Formula<"three views y_q, y_k, y_v">, Weights<"wider `static_alpha`, `dynamic_alpha_fn`">,
      Example<"num_residual_streams = 2  qkv_receive_diff_residuals = true">, Supported;
def : Bool<"reinject_input", "false", "a projection of the stack's input is added to every branch input">,
      Formula<"y <- y + P x_0">, Weights<"`reinject_input_proj.weight` (d, d)">, Supported;
def : Bool<"learned_reinject_input_gate", "false", "gates `reinject_input` by the token">,
      Formula<"y <- y + P x_0 sigmoid(g x_0)">, Weights<"`learned_reinject_input_gate.weight` (1, d)">,
      Example<"reinject_input = true  learned_reinject_input_gate = true">, Supported;
def : Bool<"add_value_residual", "false", "values are mixed with those of the first self attention">,
      Formula<"v <- v_1 + mu (v - v_1), v_1 the values of the first self attention, mu = sigmoid(W y + b)">,
      Weights<"`layers.I.1.to_value_residual_mix.0.{weight (h, d), bias (h)}`">, Supported;
def : Bool<"learned_value_residual_mix", "true", "that mixing is learned per token and head; false: one half">,
      Formula<"mu = 1/2">, Weights<"none">, Example<"add_value_residual = true  learned_value_residual_mix = false">, Supported;

// What calls pass in, where the stack is the model itself.
def : StringList<"inputs", "none", "what calls may pass in beside the input; of a stack that is the model itself">,
      OneOf<["mask", "pos", "attn_mask", "attn_bias", "self_attn_kv_mask", "seq_start_pos", "prefix_attn_len", "context_mask",
             "context_pos", "in_attn_cond"]>, Own, Supported,
      Example<"inputs = [\"mask\"]">;

// Training and logging.
def : Bool<"zero_init_branch_output", "false", "branches start at zero">, Training<"initialisation">;
def : Float<"layer_dropout", "0.0", "drops whole layers">, Range<"0", "1">, Training<"dropout">;
def : Float<"cross_attn_tokens_dropout", "0.0", "drops context tokens">, Range<"0", "1">, Training<"dropout">,
      NotCross;
def : Bool<"verbose", "true", "logs what the stack was built as">, Training<"logging">;

} // owner = AttentionLayers
