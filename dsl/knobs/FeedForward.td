// Feed-forward: ff_*. Included by Knobs.td inside of AttentionLayersKnobs.

let owner = AttentionLayers, layered = true in {
def : Float<"ff_mult", "4", "hidden width over `dim`; the width is rounded down">, Range<"0", "1024">, Supported,
      Formula<"F = int(d mult); o = W_2 act(W_1 y + b_1) + b_2">,
      Weights<"`layers.I.1.ff.0.0.{weight (F, d), bias}`, `ff.2.{weight (d, F), bias}`">, Example<"ff_mult = 2">;
def : Bool<"ff_glu", "false", "gated: half of a wider linear times the activation of the other half">,
      Formula<"[u; g] = W y + b, hidden = u act(g)">, Weights<"`ff.0.proj.{weight (2F, d), bias (2F)}`">, Supported;
def : Bool<"ff_swish", "false", "SiLU in place of the exact GELU">, Supported,
      Formula<"act(x) = x sigmoid(x)">;
def : Bool<"ff_relu_squared", "false", "max(x, 0)^2 in place of the exact GELU">, Supported,
      Formula<"act(x) = max(x, 0)^2">;
def : Enum<"ff_custom_activation", "none", ["none", "relu", "gelu", "gelu_tanh", "tanh", "sigmoid", "silu"],
           "another activation; wins over the others">,
      Formula<"act as named; gelu is the exact one">, Example<"ff_custom_activation = relu">, Supported;
def : Bool<"ff_no_bias", "false", "no biases in the two linears; the projection of `ff_glu` keeps its bias">, Supported,
      Formula<"no b_1 and b_2; a GLU projection keeps its own">;
def : Bool<"ff_post_act_ln", "false", "LayerNorm over the hidden width after the activation or gate">,
      Formula<"hidden <- LN(hidden)">, Weights<"`ff.1.gamma` (F); the second linear is `ff.3`">, Supported;
def : Bool<"ff_glu_mult_bias", "false", "a learned gain on the gated product">,
      Formula<"hidden = u act(g) m">, Weights<"`ff.0.mult_bias` (F)">, Example<"ff_glu = true  ff_glu_mult_bias = true">, Supported;
def : Bool<"ff_solu", "false", "LayerNorm of softmax(x) x in place of the activation">,
      Formula<"act(x) = LN(softmax(x) x)">, Weights<"`ff.0.1.norm.gamma` (F)">, Supported;
def : Float<"ff_softclamp_value", "none", "c tanh(x / c) before the activation, not with `ff_glu`">, Positive,
      Formula<"act(clamp_c(x))">, Example<"ff_softclamp_value = 0.7">, Supported;
def : Bool<"ff_glu_softclamp", "false", "clamps both halves of `ff_glu`">,
      Formula<"u <- clamp_u(u); act(g) <- clamp_g(g) Phi(g), or clamp_g(g) sigmoid(g) with `ff_swish`">,
      Example<"ff_glu = true  ff_glu_softclamp = true">, Supported;
def : Float<"ff_glu_gate_softclamp_value", "4.0", "clamp of the gate with `ff_glu_softclamp`">, Positive,
      Formula<"g's bound in the formula of `ff_glu_softclamp`">,
      Example<"ff_glu = true  ff_glu_softclamp = true  ff_glu_gate_softclamp_value = 0.8">, Supported;
def : Float<"ff_glu_up_softclamp_value", "25.0", "clamp of the linear half with `ff_glu_softclamp`">, Positive,
      Formula<"u's bound in the formula of `ff_glu_softclamp`">,
      Example<"ff_glu = true  ff_glu_softclamp = true  ff_glu_up_softclamp_value = 1.1">, Supported;
def : Int<"ff_dim_out", "none", "width of the branch's output">, Refused<"another width than `dim` breaks the residual sum">;
def : Float<"ff_dropout", "0.0", "drops hidden features">, Range<"0", "1">, Training<"dropout">;
def : Float<"ff_sublayer_dropout", "0.0", "drops outputs of the branch">, Range<"0", "1">, Training<"dropout">;
def : Bool<"ff_zero_init_output", "false", "the second linear starts at zero">, Training<"initialisation">;
def : Int<"ff_output_proj_depth", "none", "depth by which the initial second linear is scaled">, Training<"initialisation">;
} // owner, layered
