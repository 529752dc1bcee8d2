// The model level: a spec as ops, one attribute a knob, made from the knob table (dsl/Knobs.td). A knob's text there
// is its documentation here. Nothing on this level survives xf-expand-blocks.
#ifndef XF_MODEL_OPS
#define XF_MODEL_OPS

include "compiler/Dialect/XF/IR/XFDialect.td"
include "dsl/Knobs.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

//===--- Attributes made from knobs ---------------------------------------===//

// An element `unit` is the `none` of a layer.
def XF_ScalarI64 : AnyAttrOf<[I64Attr, TypedArrayAttrBase<AnyAttrOf<[I64Attr, UnitAttr]>, "integers">], "64-bit integer, or one per layer">;
def XF_ScalarF64 : AnyAttrOf<[F64Attr, F64ArrayAttr], "64-bit float, or one per layer">;
def XF_ScalarBool : AnyAttrOf<[BoolAttr, BoolArrayAttr], "bool, or one per layer">;
def XF_ScalarStr : AnyAttrOf<[StrAttr, StrArrayAttr], "string, or one per layer">;

def XF_Switch : AnyAttrOf<[BoolAttr, F64Attr], "bool or 64-bit float">;

// The attribute of a knob without the documentation.
class XF_KnobConstraint<Knob knob> {
  Attr attr = !cond(
    !eq(knob.type, KindInt) : !if(knob.layered, XF_ScalarI64, I64Attr),
    !eq(knob.type, KindFloat) : !if(knob.layered, XF_ScalarF64, F64Attr),
    !eq(knob.type, KindBool) : !if(knob.layered, XF_ScalarBool, BoolAttr),
    !eq(knob.type, KindString) : !if(knob.layered, XF_ScalarStr, StrAttr),
    !eq(knob.type, KindEnum) : !if(knob.layered, XF_ScalarStr, StrAttr),
    !eq(knob.type, KindIntList) : I64ArrayAttr,
    !eq(knob.type, KindStringList) : StrArrayAttr,
    !eq(knob.type, KindSwitch) : XF_Switch,
    !eq(knob.type, KindDict) : DictionaryAttr,
    true : AnyAttr);
}

// An absent attribute is the knob's default; xf-resolve-knobs makes it explicit.
class XF_KnobAttr<Knob knob> : OptionalAttr<XF_KnobConstraint<knob>.attr> {
  let description = knob.text # " (default: " # knob.defaultText # ")" #
                    !if(!empty(knob.formula), "", "; " # knob.formula) #
                    !if(!empty(knob.weights), "", "; adds " # knob.weights);
}

// What an op holds of an owner's knobs: all but the stacks, which are ops of their own, and those that are refused
// or act in training only, which end in the front end.
class XF_KnobArguments<list<Knob> knobs> {
  list<Knob> held = !filter(knob, knobs, !and(!ne(knob.type, KindStack), !ne(knob.status, StatusRefused),
                                              !ne(knob.status, StatusTrainingOnly)));
  dag arguments = !dag(ins, !foreach(knob, held, XF_KnobAttr<knob>), !foreach(knob, held, knob.name));
}

class XF_KnobOp<string mnemonic, list<Knob> knobs, list<Trait> traits = []> : XF_Op<mnemonic, traits> {
  dag knobArguments = XF_KnobArguments<knobs>.arguments;
  let skipDefaultBuilders = 1;
  let hasVerifier = 1;
}

//===--- Ops --------------------------------------------------------------===//

def XF_ModelOp : XF_Op<"model", [Symbol, IsolatedFromAbove, SingleBlock, NoTerminator, NoRegionArguments]> {
  let summary = "a model as declared";
  let description = [{
    One `model` of a spec with what belongs to it: the wrapper (its first op, with the stack inside; a stack that is the
    model itself stands there alone) and its policies.
    `weights_layout` and `weights_file` say where the checkpoint is: a layout table's name, and a path relative to the
    spec's folder. Without them the model has no weights yet and can only be checked and explained.

    Example:

    ```mlir
    xf.model @tiny attributes {weights_layout = "huggingface", weights_file = "model.safetensors"} {
      xf.transformer_wrapper attributes {num_tokens = 100 : i64, max_seq_len = 16 : i64, pool = "mean"} {
        xf.attention_layers attributes {causal = false, dim = 32 : i64, depth = 2 : i64, heads = 4 : i64, attn_dim_head = 8 : i64}
      }
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, OptionalAttr<StrAttr>:$weights_layout,
                       OptionalAttr<StrAttr>:$weights_file);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
  let skipDefaultBuilders = 1;
  let builders = [OpBuilder<(ins "::llvm::StringRef":$name)>];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// What the model is: one of the wrappers, or a bare stack; the verifier
    /// ensures that there is exactly one.
    ::mlir::Operation *getWrapper();
  }];
}

// What holds one stack in its region.
class XF_WrapperOp<string mnemonic, list<Knob> knobs, Trait parent = HasParent<"ModelOp">>
    : XF_KnobOp<mnemonic, knobs, [parent, SingleBlock, NoTerminator, NoRegionArguments]> {
  let arguments = knobArguments;
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "attr-dict-with-keyword $body";
  let builders = [OpBuilder<(ins)>];
  let extraClassDeclaration = [{
    /// The stack; the verifier ensures that there is exactly one.
    AttentionLayersOp getStack();
  }];
}

def XF_TransformerWrapperOp : XF_WrapperOp<"transformer_wrapper", TransformerWrapperKnobs,
                                           ParentOneOf<["ModelOp", "XTransformerOp"]>> {
  let summary = "token ids in, states, pooled vectors or logits out";
  let description = [{
    Embeddings (token, position, token type), summed and normed, then the stack `attn_layers` in the region, then
    pooling. One optional attribute per knob; an absent one has the knob's default.

    Example:

    ```mlir
    xf.transformer_wrapper attributes {num_tokens = 100 : i64, max_seq_len = 16 : i64, pool = "mean"} {
      xf.attention_layers attributes {causal = false, dim = 32 : i64, depth = 2 : i64, heads = 4 : i64, attn_dim_head = 8 : i64}
    }
    ```
  }];
}

def XF_ViTransformerWrapperOp : XF_WrapperOp<"vi_transformer_wrapper", ViTransformerWrapperKnobs> {
  let summary = "images in, class scores or a mean state out";
  let description = [{
    An image becomes patches row by row; each is normed, projected and normed, and gets a position. Register tokens go
    last. The result is the mean over patches, through a head where `num_classes` is given.

    Example:

    ```mlir
    xf.vi_transformer_wrapper attributes {image_size = 16 : i64, patch_size = 4 : i64, num_classes = 7 : i64} {
      xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64}
    }
    ```
  }];
}

def XF_ContinuousTransformerWrapperOp
    : XF_WrapperOp<"continuous_transformer_wrapper", ContinuousTransformerWrapperKnobs> {
  let summary = "vectors in, vectors out";
  let description = [{
    As a transformer_wrapper, with a projection of input vectors in place of the embedding and a projection in place of
    the vocabulary head.

    Example:

    ```mlir
    xf.continuous_transformer_wrapper attributes {dim_in = 10 : i64, dim_out = 6 : i64, max_seq_len = 64 : i64} {
      xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64}
    }
    ```
  }];
}

def XF_MultiInputTransformerWrapperOp
    : XF_WrapperOp<"multi_input_transformer_wrapper", MultiInputTransformerWrapperKnobs> {
  let summary = "several token sequences in step";
  let description = [{
    As a transformer_wrapper, with one embedding and one vocabulary head for each name in `num_tokens`; the embeddings
    are summed.

    Example:

    ```mlir
    xf.multi_input_transformer_wrapper attributes {num_tokens = {note = 31 : i64, pitch = 17 : i64}, max_seq_len = 64 : i64} {
      xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64}
    }
    ```
  }];
}

def XF_XTransformerOp : XF_KnobOp<"x_transformer", XTransformerSharedKnobs,
                                  [HasParent<"ModelOp">, SingleBlock, NoTerminator, NoRegionArguments]> {
  let summary = "an encoder and a decoder that attends to it";
  let description = [{
    Two transformer_wrappers: the encoder, whose result is its states, then the decoder, a causal stack with cross
    attention. With `tie_token_emb` the decoder uses the encoder's token table.

    Example:

    ```mlir
    xf.x_transformer attributes {dim = 32 : i64} {
      xf.transformer_wrapper attributes {num_tokens = 100 : i64, max_seq_len = 16 : i64, return_only_embed = true} {
        xf.attention_layers attributes {causal = false, dim = 32 : i64, depth = 2 : i64}
      }
      xf.transformer_wrapper attributes {num_tokens = 90 : i64, max_seq_len = 16 : i64} {
        xf.attention_layers attributes {causal = true, cross_attend = true, dim = 32 : i64, depth = 2 : i64}
      }
    }
    ```
  }];
  let arguments = knobArguments;
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "attr-dict-with-keyword $body";
  let builders = [OpBuilder<(ins)>];
  let extraClassDeclaration = [{
    /// The two sides; the verifier ensures that there are exactly two.
    TransformerWrapperOp getEncoder();
    TransformerWrapperOp getDecoder();
  }];
}

def XF_AttentionLayersOp : XF_KnobOp<"attention_layers", AttentionLayersKnobs,
                                     [ParentOneOf<["ModelOp", "TransformerWrapperOp", "ViTransformerWrapperOp",
                                                   "ContinuousTransformerWrapperOp",
                                                   "MultiInputTransformerWrapperOp"]>, IsolatedFromAbove]> {
  let summary = "a stack of attention and feed-forward layers";
  let description = [{
    `depth` blocks of an attention and a feed-forward with norms and residual sums around them. One optional attribute
    per knob; an absent one has the knob's default. A knob that may differ between layers holds a scalar or an array
    with one entry per self attention (`attn_*`), cross attention (`cross_attn_*`), feed-forward (`ff_*`) or sublayer.
    An absent `cross_attn_*` stands for its `attn_*`, where that one is no array.

    `score_mod` maps a logit to a logit, after every knob that changes logits; a key takes part where `mask_mod` and
    every knob that masks keep it. Their arguments are the head, the query's and the key's position. Either may be
    absent.

    Example:

    ```mlir
    xf.attention_layers attributes {causal = true, dim = 32 : i64, depth = 2 : i64}
      score_mod {
      ^bb0(%s: f32, %h: i32, %i: i32, %j: i32):
        %half = arith.constant 5.000000e-01 : f32
        %scaled = arith.mulf %s, %half : f32
        xf.yield %scaled : f32
      }
      mask_mod {
      ^bb0(%h: i32, %i: i32, %j: i32):
        %keep = arith.cmpi sle, %j, %i : i32
        xf.yield %keep : i1
      }
    ```
  }];
  let arguments = knobArguments;
  let regions = (region AnyRegion:$score_mod, AnyRegion:$mask_mod);
  let assemblyFormat = "attr-dict-with-keyword custom<ScalarRegions>($score_mod, $mask_mod)";
  let builders = [OpBuilder<(ins)>];
  let hasRegionVerifier = 1;
}

def XF_RefineOp : XF_KnobOp<"refine", RefineKnobs, [HasParent<"ModelOp">]> {
  let summary = "how masked positions are filled in";
  let description = [{
    The `refine` policy of a model. `schedule` and `accept` hold their text: a word, a word with its number, or the
    schedule as an expression of `t`.

    Example:

    ```mlir
    xf.refine {mask_id = 256 : i64, steps = 18 : i64, schedule = "cosine", accept = "threshold(0.9)"}
    ```
  }];
  let arguments = knobArguments;
  let assemblyFormat = "attr-dict";
  let builders = [OpBuilder<(ins)>];
}

def XF_GenerateOp : XF_KnobOp<"generate", GenerateKnobs, [HasParent<"ModelOp">]> {
  let summary = "how tokens are generated one after the other";
  let description = [{
    The `generate` policy of a model: defaults of a call.

    Example:

    ```mlir
    xf.generate {temperature = 0.000000e+00 : f64, max_new_tokens = 64 : i64}
    ```
  }];
  let arguments = knobArguments;
  let assemblyFormat = "attr-dict";
  let builders = [OpBuilder<(ins)>];
}

#endif // XF_MODEL_OPS
