// The other models: images, encoder and decoder, continuous and several inputs. Included by Knobs.td.

defset list<Knob> ViTransformerWrapperKnobs = {
let owner = ViTransformerWrapper in {
def : Int<"image_size", "required", "height and width of the image">, AtLeast<"1">, Supported,
      Formula<"patches row by row, features ordered (row, column, channel)">, Weights<"`pos_embedding` (1, patches, d)">,
      Example<"image_size = 32">;
def : Int<"patch_size", "required", "height and width of a patch; divides `image_size`">, AtLeast<"1">, Supported,
      Formula<"x = LN(W LN(patch) + b) + position">, Weights<"`patch_to_embedding.{0.gamma, 1.weight, 1.bias, 2.gamma}`">,
      Example<"patch_size = 8">;
def : Stack<"attn_layers", "required", "the stack, an `Encoder`">, Supported,
      Weights<"`attn_layers.*`">;
def : Int<"channels", "3", "channels of the image">, AtLeast<"1">,
      Example<"channels = 1">, Supported;
def : Int<"num_classes", "none", "rows of the head on the mean over patches; none returns that mean">, AtLeast<"1">,
      Formula<"W mean(y) + b">, Weights<"`mlp_head.{weight, bias}`">, Example<"num_classes = 7">, Supported;
def : Bool<"post_emb_norm", "false", "LayerNorm after positions were added">,
      Formula<"x <- LN(x)">, Weights<"`post_emb_norm.gamma` (d)">, Supported;
def : Int<"num_register_tokens", "0", "so many learned tokens behind the patches, dropped at the end">, AtLeast<"0">,
      Formula<"R rows behind the patches, cut off at the end">, Weights<"`register_tokens` (R, d)">,
      Example<"num_register_tokens = 3">, Supported;
def : Float<"emb_dropout", "0.0", "drops embeddings">, Range<"0", "1">, Training<"dropout">;
} // owner
} // ViTransformerWrapperKnobs

defset list<Knob> XTransformerKnobs = {
// Of both sides; the others are taken apart into two TransformerWrappers.
defset list<Knob> XTransformerSharedKnobs = {
let owner = XTransformer in {
def : Int<"dim", "required", "width of both sides">, AtLeast<"1">, Supported,
      Formula<"d of both sides">, Weights<"`encoder.*`, `decoder.net.*`">, Example<"dim = 32">;
def : Bool<"tie_token_emb", "false", "the decoder uses the encoder's token table">,
      Weights<"one table under both names">, Supported;
def : Int<"ignore_index", "-100", "target that counts for no loss">, Training<"loss">;
def : Int<"pad_value", "0", "filler after the end of a generated sequence">,
      Example<"pad_value = 1">, Supported;
def : Float<"cross_attn_tokens_dropout", "0.0", "drops context tokens">, Range<"0", "1">, Training<"dropout">;
} // owner
} // XTransformerSharedKnobs
let owner = XTransformer in
foreach side = ["enc", "dec"] in {
def : Int<side # "_dim", "none", "width of one side">, Refused<"`dim` sets the width of both sides">;
def : Bool<side # "_causal", "none", "causality of one side">, Refused<"the encoder sees everything, the decoder what came before">;
def : Bool<side # "_cross_attend", "none", "cross attention of one side">, Refused<"the decoder attends to the encoder">;
}
// What a side's TransformerWrapper takes; its own lines in the reference.
foreach knob = TransformerWrapperKnobs in {
  if !or(!eq(knob.name, "num_tokens"), !eq(knob.name, "max_seq_len"), !eq(knob.name, "scaled_sinu_pos_emb"),
         !eq(knob.name, "use_abs_pos_emb"), !eq(knob.name, "emb_dropout"), !eq(knob.name, "inputs")) then
    foreach side = ["enc", "dec"] in
      let base = "" in
      def : SideKnob<side, knob>;
  if !eq(knob.name, "num_memory_tokens") then
    let base = "" in
    def : SideKnob<"enc", knob>;
}
foreach knob = AttentionLayersKnobs in
  if !and(!ne(knob.name, "dim"), !ne(knob.name, "inputs"), !ne(knob.name, "causal"), !ne(knob.name, "cross_attend")) then
    foreach side = ["enc", "dec"] in
      def : SideKnob<side, knob>;
} // XTransformerKnobs

defset list<Knob> ContinuousTransformerWrapperKnobs = {
let owner = ContinuousTransformerWrapper in {
def : Int<"max_seq_len", "none", "longest sequence">, AtLeast<"0">,
      Formula<"L">, Weights<"`pos_emb.emb.weight` (L, d)">, Example<"max_seq_len = 20">, Supported;
def : Stack<"attn_layers", "required", "the stack of layers">, Supported,
      Weights<"`attn_layers.*`">;
def : Int<"dim_in", "none", "width of the input, projected to `dim`">, AtLeast<"1">,
      Formula<"x = W input + position">, Weights<"`project_in.weight` (d, dim_in)">, Example<"dim_in = 10">, Supported;
def : Int<"dim_out", "none", "width of the output, projected from `dim`">, AtLeast<"1">,
      Formula<"W y">, Weights<"`project_out.weight` (dim_out, d)">, Example<"dim_out = 6">, Supported;
def : Any<"project_in", "none", "a module in place of the input projection">, Refused<"arbitrary Python cannot be compiled">;
def : Any<"project_out", "none", "a module in place of the output projection">, Refused<"arbitrary Python cannot be compiled">;
def : Int<"max_mem_len", "0", "so many hidden states of the last segment are kept as keys">, AtLeast<"0">,
      Formula<"keys of the last so many states before this segment">, Example<"max_mem_len = 8">;
def : Int<"num_memory_tokens", "none", "so many learned tokens in front of the sequence">, AtLeast<"0">,
      Formula<"M rows in front of the sequence, seen by and seeing all that masks allow">,
      Weights<"`memory_tokens` (M, d)">, Example<"num_memory_tokens = 2">, Supported;
def : Bool<"post_emb_norm", "false", "LayerNorm on the summed inputs">,
      Formula<"x <- LN(x)">, Weights<"`post_emb_norm.gamma` (d)">, Supported;
def : Float<"emb_dropout", "0.0", "drops embeddings">, Range<"0", "1">, Training<"dropout">;
def : Bool<"use_abs_pos_emb", "true", "learned absolute positions">,
      Formula<"x = W input + pos_emb[i] d^-1/2">, Weights<"`pos_emb.emb.weight` (L, d)">,
      Example<"use_abs_pos_emb = false">, Supported;
def : Bool<"scaled_sinu_pos_emb", "false", "sinusoids times one learned scale in place of learned positions">,
      Formula<"as in TransformerWrapper">, Weights<"`pos_emb.scale` (1)">,
      Example<"max_seq_len = 20  scaled_sinu_pos_emb = true">, Supported;
def : Bool<"average_pool_embed", "false", "mean over the sequence before the output projection">,
      Formula<"y = mean of the states">, Supported;
def : Bool<"probabilistic", "false", "the output is a mean and a log variance">,
      Formula<"mean and exp(log variance), interleaved in the projection's rows">,
      Weights<"`project_out.weight` (2 dim_out, d)">, Example<"dim_out = 6  probabilistic = true">, Supported;
def : Bool<"use_identity_if_same_dim", "false", "no projection where the widths agree">,
      Weights<"none where the widths agree">, Example<"dim_in = 32  use_identity_if_same_dim = true">, Supported;
def : StringList<"inputs", "none", "what calls may pass in beside the input">,
      OneOf<["mask", "pos", "attn_mask", "attn_bias", "prepend_embeds", "prepend_mask", "sum_embeds", "self_attn_kv_mask", "seq_start_pos",
             "prefix_attn_len", "context_mask", "context_pos", "in_attn_cond", "decoded"]>, Own, Supported,
      Example<"inputs = [\"mask\"]">;
} // owner
} // ContinuousTransformerWrapperKnobs

defset list<Knob> MultiInputTransformerWrapperKnobs = {
let owner = MultiInputTransformerWrapper in {
def : Dict<"num_tokens", "required", ["*: int"], "the inputs by name, with the size of each one's vocabulary">, Supported,
      Formula<"x = sum of table_NAME[id of NAME] + position">,
      Weights<"`embeds.NAME_embed.weight`, `to_logits.NAME.weight`">, Example<"num_tokens = { note = 31  pitch = 17 }">;
def : Int<"max_seq_len", "required", "longest sequence, and rows of the position table; 0: no absolute positions">,
      Range<"0", "16777216">, Supported,
      Formula<"L; longer inputs are refused">, Weights<"`pos_emb.emb.weight` (L, E)">, Example<"max_seq_len = 20">;
def : Stack<"attn_layers", "required", "the stack of layers">, Supported,
      Weights<"`attn_layers.*`">;
def : Int<"emb_dim", "none", "width of the embeddings; `dim` of the stack by default">, Range<"1", "131072">,
      Formula<"x = W [embeddings] + b where E is not d">, Weights<"`project_emb.{weight (d, E), bias}`">,
      Example<"emb_dim = 16">;
def : Bool<"post_emb_norm", "false", "LayerNorm on the summed embeddings">,
      Formula<"x <- LN(x), gain as stored">, Weights<"`post_emb_norm.gamma` (E)">, Supported;
def : Int<"num_memory_tokens", "none", "so many learned tokens in front of the sequence, cut off at the end">, AtLeast<"0">,
      Formula<"M rows in front of the sequence, seen by and seeing all that masks allow">,
      Weights<"`memory_tokens` (M, d)">, Example<"num_memory_tokens = 2">, Supported;
def : Int<"memory_tokens_interspersed_every", "none", "memory tokens before every so many tokens; `Decoder` only">, AtLeast<"1">,
      Formula<"the M tokens before every c tokens, zeros fill the last chunk">,
      Example<"num_memory_tokens = 2  memory_tokens_interspersed_every = 5">;
def : Bool<"return_only_embed", "false", "no vocabulary heads">,
      Formula<"the entry `states` in place of `logits`">, Weights<"no `to_logits.weight`">;
def : Bool<"use_abs_pos_emb", "true", "learned absolute positions">,
      Formula<"x = table[id] + pos_emb[i] E^-1/2">, Weights<"`pos_emb.emb.weight` (L, E)">,
      Example<"use_abs_pos_emb = false">, Supported;
def : Bool<"scaled_sinu_pos_emb", "false", "sinusoids times one learned scale in place of learned positions">,
      Formula<"x + scale [sin, cos](i 10000^(-f / (E/2)))">, Weights<"`pos_emb.scale` (1) in place of the table">, Supported;
def : Int<"max_mem_len", "0", "so many hidden states of the last segment are kept as keys">, AtLeast<"0">,
      Formula<"keys of the last so many states before this segment">, Example<"max_mem_len = 8">;
def : Int<"shift_mem_down", "0", "layers read the memory of so many layers in the formula of `max_mem_len`">, AtLeast<"0">,
      Formula<"layer t reads the memory of layer t + s">, Example<"max_mem_len = 8  shift_mem_down = 1">;
def : Float<"emb_frac_gradient", "1.0", "part of the gradient the embedding gets">, Training<"gradient only">;
def : Float<"emb_dropout", "0.0", "drops embeddings">, Range<"0", "1">, Training<"dropout">;
def : Float<"attn_z_loss_weight", "0.0001", "weight of a loss on the logits' size">, Training<"loss">;
def : StringList<"inputs", "none", "what calls may pass in beside the ids">,
      OneOf<["mask", "pos", "attn_mask", "attn_bias", "prepend_embeds", "prepend_mask", "sum_embeds", "self_attn_kv_mask", "seq_start_pos",
             "prefix_attn_len", "context_mask", "context_pos", "in_attn_cond", "decoded"]>, Own, Supported,
      Example<"inputs = [\"mask\"]">;
} // owner
} // MultiInputTransformerWrapperKnobs
