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
def : SpecClass<"PrefixDecoder", AttentionLayers, 0, ["prefix_causal"]>, Supported;
def : SpecClass<"CrossAttender", AttentionLayers, -1, ["cross_attend", "only_cross"]>, Supported;
def : SpecClass<"TransformerWrapper", TransformerWrapper, -1>, Supported;
def : SpecClass<"ViTransformerWrapper", ViTransformerWrapper, -1>, Supported;
def : SpecClass<"XTransformer", XTransformer, -1>, Supported;
def : SpecClass<"ContinuousTransformerWrapper", ContinuousTransformerWrapper, -1>, Supported;
def : SpecClass<"MultiInputTransformerWrapper", MultiInputTransformerWrapper, -1>, Supported;

// Known, so that they are refused by name.
class OtherClass<string name, string why> : SpecClass<name, Sweep, -1>, Refused<why>;
def : OtherClass<"AutoregressiveWrapper", "declare the model inside of it, and `generate NAME { ... }`">;
def : OtherClass<"NonAutoregressiveWrapper", "declare the model inside of it, and `refine NAME { ... }`">;
def : OtherClass<"ContinuousAutoregressiveWrapper", "declare the model inside of it; its loop feeds outputs back">;
def : OtherClass<"XLAutoregressiveWrapper", "it trains at test time; declare the model inside of it">;
def : OtherClass<"XValTransformerWrapper", "numbers beside token ids are not an input of any other model">;
foreach name = ["DPO", "NextLatentWrapper", "LatentAutoregressive", "UniversalPretrainWrapper"] in
def : OtherClass<name, "a training objective; declare the model inside of it">;
foreach name = ["GPTVAE", "FreeTransformer", "XMLatentDecoder", "ContinuousTransformerAutoencoder"] in
def : OtherClass<name, "its latents are drawn, so the result is no function of the input">;
foreach name = ["BeliefStateWrapper", "EntropyBasedTokenizer", "FullBandwidth", "Recirculation", "DiscoverDecoder", "NeoMLP"] in
def : OtherClass<name, "a loop in Python around models and hooks inside of them">;

//===--- Knobs ------------------------------------------------------------===//

defset list<Knob> AttentionLayersKnobs = {
include "dsl/knobs/Stack.td"
include "dsl/knobs/Attention.td"
include "dsl/knobs/FeedForward.td"
} // AttentionLayersKnobs

include "dsl/knobs/TransformerWrapper.td"
include "dsl/knobs/OtherWrappers.td"
include "dsl/knobs/Policies.td"

#endif // XF_KNOBS
