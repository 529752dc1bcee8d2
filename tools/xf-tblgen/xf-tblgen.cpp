// xf-tblgen: generates everything that follows from the knob table
// (dsl/Knobs.td).
//   -gen-knob-table     the rows of dsl/Knobs.cpp
//   -gen-knob-defaults  what xf-resolve-knobs makes explicit
//   -gen-knob-docs      the knob reference in Markdown
#include "tools/xf-tblgen/KnobRecords.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/TableGen/Main.h"
#include "llvm/TableGen/TableGenBackend.h"

using namespace llvm;

static TableGen::Emitter::Opt knobTable("gen-knob-table", xf::emitKnobTable,
                                        "Generate the rows of the knob table");
static TableGen::Emitter::Opt
    knobDefaults("gen-knob-defaults", xf::emitKnobDefaults,
                 "Generate the defaults of the model ops' attributes");
static TableGen::Emitter::Opt knobDocs("gen-knob-docs", xf::emitKnobDocs,
                                       "Generate the knob reference");

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  cl::ParseCommandLineOptions(argc, argv);
  return TableGenMain(argv[0]);
}
