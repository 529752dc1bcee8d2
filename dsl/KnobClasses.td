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
  list<string> words = [];
  // A list with one entry a layer is valid too.
  bit layered = false;
  // Unknown to x-transformers.
  bit own = false;
  KnobStatus status = StatusPlanned;
  // Why it is refused, or why it has no effect.
  string note = "";
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

// A repetition of `of` under another name: the same type, range and text; what is not compiled as itself is planned.
class DerivedKnob<string name, Knob of> : Knob<name, of.type, of.defaultText, of.text> {
  let minimum = of.minimum;
  let maximum = of.maximum;
  let words = of.words;
  let layered = of.layered;
  let own = of.own;
  let note = of.note;
  let base = of.name;
  let status = !if(!eq(of.status, StatusSupported), StatusPlanned, of.status);
}
class CrossAttnKnob<Knob of> : DerivedKnob<"cross_" # of.name, of> {
  let owner = AttentionLayers;
}
class SideKnob<string side, Knob of> : DerivedKnob<side # "_" # of.name, of> {
  let owner = XTransformer;
}

// A class a spec may name, the owner of its knobs and the value of `causal` it sets (-1: none).
class SpecClass<string name_, KnobOwner owner_, int causal_> {
  string name = name_;
  KnobOwner owner = owner_;
  int causal = causal_;
  KnobStatus status = StatusPlanned;
}

#endif // XF_KNOB_CLASSES
