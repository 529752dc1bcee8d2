// What a record of Knobs.td is made of: kinds of knobs (Int, Bool, ...) and mixins that set one property each
// (Supported, Layered, Range, ...). A knob without a status mixin is Planned.
#ifndef XF_KNOB_CLASSES
#define XF_KNOB_CLASSES

// The enumerators of KnobType, KnobStatus and KnobOwner in dsl/Knobs.h.
class KnobType;
def KindInt : KnobType;
def KindFloat : KnobType;
def KindBool : KnobType;
def KindString : KnobType;
def KindEnum : KnobType;
def KindIntList : KnobType;
def KindStringList : KnobType;
// A number, or `true` or `false`.
def KindSwitch : KnobType;
// `{ name = value ... }`.
def KindDict : KnobType;
def KindStack : KnobType;
def KindAny : KnobType;

class KnobStatus;
def StatusSupported : KnobStatus;
def StatusPlanned : KnobStatus;
def StatusTrainingOnly : KnobStatus;
def StatusRefused : KnobStatus;

class KnobOwner;
def AttentionLayers : KnobOwner;
def TransformerWrapper : KnobOwner;
def ViTransformerWrapper : KnobOwner;
def XTransformer : KnobOwner;
def ContinuousTransformerWrapper : KnobOwner;
def MultiInputTransformerWrapper : KnobOwner;
def Refine : KnobOwner;
def Generate : KnobOwner;
def Sweep : KnobOwner;

class Knob<string name_, KnobType type_, string default_, string text_> {
  string name = name_;
  KnobType type = type_;
  // As a spec would write it; `required` or `none` where there is no value.
  string defaultText = default_;
  // One line, shown in the reference, on hover and in the op's documentation.
  string text = text_;
  KnobOwner owner = ?;
  // Inclusive bounds of a number; TableGen has no floats, xf-tblgen parses them.
  string minimum = "-inf";
  string maximum = "inf";
  // What an Enum or the elements of a StringList may be; of a Dict, its entries as "name: type", `*` for any name
  // (types: int, float, bool, floats).
  list<string> words = [];
  // A list with one entry a layer is valid too: one per attention of an attn_* knob (cross attention of cross_attn_*),
  // per feed-forward of an ff_* knob, per sublayer of another.
  bit layered = false;
  // Unknown to x-transformers.
  bit own = false;
  KnobStatus status = StatusPlanned;
  // Why it is refused, or why it has no effect.
  string note = "";
  // For the reference: what is computed, in plain mathematics; the tensors it adds under their x-transformers names,
  // with shapes; settings that show it, valid in a spec beside what its owner requires (none: made from the type).
  string formula = "";
  string weights = "";
  string example = "";
  // Knob this one repeats elsewhere (`cross_attn_*`, `enc_*`, `dec_*`), empty for a knob with its own line here.
  string base = "";
  // `cross_attn_*` exists as well.
  bit crossable = true;
}

class Int<string name, string default, string text> : Knob<name, KindInt, default, text>;
class Float<string name, string default, string text> : Knob<name, KindFloat, default, text>;
class Bool<string name, string default, string text> : Knob<name, KindBool, default, text>;
class String<string name, string default, string text> : Knob<name, KindString, default, text>;
class IntList<string name, string default, string text> : Knob<name, KindIntList, default, text>;
class StringList<string name, string default, string text> : Knob<name, KindStringList, default, text>;
class Switch<string name, string default, string text> : Knob<name, KindSwitch, default, text>;
class Dict<string name, string default, list<string> words_, string text> : Knob<name, KindDict, default, text> {
  let words = words_;
}
class Stack<string name, string default, string text> : Knob<name, KindStack, default, text>;
class Any<string name, string default, string text> : Knob<name, KindAny, default, text>;
class Enum<string name, string default, list<string> words_, string text> : Knob<name, KindEnum, default, text> {
  let words = words_;
}

// Mixins: each sets the field of the record it is added to.
class Supported { KnobStatus status = StatusSupported; }
class Training<string why> {
  KnobStatus status = StatusTrainingOnly;
  string note = why;
}
class Refused<string why> {
  KnobStatus status = StatusRefused;
  string note = why;
}
class Formula<string text> { string formula = text; }
class Weights<string text> { string weights = text; }
class Example<string text> { string example = text; }
class OneOf<list<string> choices> { list<string> words = choices; }
class Own { bit own = true; }
class Layered { bit layered = true; }
class Range<string low, string high> {
  string minimum = low;
  string maximum = high;
}
class AtLeast<string low> { string minimum = low; }
// The smallest positive double that is worth writing: a divisor or temperature above zero.
class Positive { string minimum = "1e-30"; }
class NotCross { bit crossable = false; }

// A repetition of `of` under another name: the same type, range, text and status.
class DerivedKnob<string name, Knob of, string default> : Knob<name, of.type, default, of.text> {
  let minimum = of.minimum;
  let maximum = of.maximum;
  let words = of.words;
  let layered = of.layered;
  let own = of.own;
  let note = of.note;
  let base = of.name;
  let status = of.status;
  let formula = of.formula;
  let weights = of.weights;
}
// Without a value of its own, cross attention takes that of self attention.
class CrossAttnKnob<Knob of> : DerivedKnob<"cross_" # of.name, of, "none"> {
  let owner = AttentionLayers;
}
class SideKnob<string side, Knob of> : DerivedKnob<side # "_" # of.name, of, of.defaultText> {
  let owner = XTransformer;
}

// A class a spec may name, the owner of its knobs, the value of `causal` it sets (-1: none) and the other knobs that it
// switches on.
class SpecClass<string name_, KnobOwner owner_, int causal_, list<string> on_ = []> {
  string name = name_;
  KnobOwner owner = owner_;
  int causal = causal_;
  list<string> on = on_;
  KnobStatus status = StatusPlanned;
  string note = "";
}

#endif // XF_KNOB_CLASSES
