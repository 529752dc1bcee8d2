// Finds the place of an MLIR location among the buffers of the front end.

#include "compiler/tools/DiagnosticBridge.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Location.h"

using namespace mlir;
using namespace xf;

/// An empty range at the file, line and column of `location`; invalid where it
/// names none that was read.
static dsl::SourceRange placeOf(Location location,
                                const llvm::SourceMgr &sources) {
  FileLineColLoc place;
  location->walk([&](Location part) {
    place = llvm::dyn_cast<FileLineColLoc>(part);
    return place ? WalkResult::interrupt() : WalkResult::advance();
  });
  for (unsigned buffer = 1; place && buffer <= sources.getNumBuffers();
       ++buffer)
    if (sources.getMemoryBuffer(buffer)->getBufferIdentifier() ==
        place.getFilename().getValue()) {
      auto loc = const_cast<llvm::SourceMgr &>(sources).FindLocForLineAndColumn(
          buffer, place.getLine(), place.getColumn());
      return {loc, loc};
    }
  return {};
}

static dsl::Severity severityOf(DiagnosticSeverity severity) {
  switch (severity) {
  case DiagnosticSeverity::Error:
    return dsl::Severity::Error;
  case DiagnosticSeverity::Warning:
    return dsl::Severity::Warning;
  case DiagnosticSeverity::Remark:
    return dsl::Severity::Remark;
  case DiagnosticSeverity::Note:
    return dsl::Severity::Note;
  }
  llvm_unreachable("unknown severity");
}

DiagnosticBridge::DiagnosticBridge(MLIRContext *context,
                                   dsl::DiagnosticEngine &diags)
    : ScopedDiagnosticHandler(context, [&diags](Diagnostic &diagnostic) {
        const llvm::SourceMgr &sources = diags.sourceMgr();
        std::vector<std::pair<dsl::SourceRange, std::string>> notes;
        for (Diagnostic &note : diagnostic.getNotes())
          notes.emplace_back(placeOf(note.getLocation(), sources), note.str());
        diags.reportForeign(severityOf(diagnostic.getSeverity()),
                            placeOf(diagnostic.getLocation(), sources),
                            diagnostic.str(), std::move(notes));
      }) {}
