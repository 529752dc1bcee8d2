// The diagnostic engine: recording, and printing as text with carets or as
// JSON.
#include "dsl/Diagnostics.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Unicode.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <tuple>

namespace xf::dsl {

namespace {

struct DiagInfo {
  llvm::StringLiteral name;
  Severity severity;
};

constexpr DiagInfo Infos[] = {
#define XF_DIAG(name, id, severity, ...) {id, Severity::severity},
#include "dsl/Diagnostics.def"
};

llvm::StringRef severityName(Severity severity) {
  switch (severity) {
  case Severity::Error:
    return "error";
  case Severity::Warning:
    return "warning";
  case Severity::Remark:
    return "remark";
  case Severity::Note:
    return "note";
  }
  llvm_unreachable("unknown severity");
}

llvm::raw_ostream::Colors severityColor(Severity severity) {
  switch (severity) {
  case Severity::Error:
    return llvm::raw_ostream::RED;
  case Severity::Warning:
    return llvm::raw_ostream::MAGENTA;
  case Severity::Remark:
    return llvm::raw_ostream::BLUE;
  case Severity::Note:
    return llvm::raw_ostream::CYAN;
  }
  llvm_unreachable("unknown severity");
}

/// Where a range lies: the line's text and 1-based positions; a range that
/// leaves its line ends with it in `end`.
struct Place {
  llvm::StringRef file, line;
  unsigned row = 0, column = 0, endRow = 0, endColumn = 0;
};

Place locate(const llvm::SourceMgr &sources, SourceRange range) {
  Place place;
  unsigned buffer = sources.FindBufferContainingLoc(range.Start);
  if (!buffer)
    return place;
  const llvm::MemoryBuffer *memory = sources.getMemoryBuffer(buffer);
  place.file = memory->getBufferIdentifier();
  std::tie(place.row, place.column) =
      sources.getLineAndColumn(range.Start, buffer);
  std::tie(place.endRow, place.endColumn) =
      sources.getLineAndColumn(range.End, buffer);
  const char *begin = range.Start.getPointer() - (place.column - 1);
  const char *end = std::find_if(begin, memory->getBufferEnd(),
                                 [](char c) { return c == '\n' || c == '\r'; });
  place.line = llvm::StringRef(begin, end - begin);
  return place;
}

/// The part of a line that is shown: long ones (a file may be one line) are cut
/// around the column.
constexpr size_t MaxShown = 160, ShownBefore = 60;

/// `text` as it may be printed: tabs and what has no glyph become one column
/// each.
std::string printable(llvm::StringRef text) {
  std::string out =
      llvm::json::isUTF8(text) ? text.str() : llvm::json::fixUTF8(text);
  for (char &c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      c = c == '\t' ? ' ' : '?';
  return out;
}

size_t columns(llvm::StringRef text) {
  std::string shown = printable(text);
  int width = llvm::sys::unicode::columnWidthUTF8(shown);
  return width < 0 ? shown.size() : width;
}

void printSnippet(llvm::raw_ostream &os, const Place &place, const Hint &hint,
                  bool caretIsHint) {
  llvm::StringRef line = place.line;
  size_t from = std::min<size_t>(place.column - 1, line.size());
  size_t to = place.endRow > place.row
                  ? line.size()
                  : std::min<size_t>(place.endColumn - 1, line.size());
  size_t cut = 0;
  if (line.size() > MaxShown && from > ShownBefore) {
    cut = from - ShownBefore;
    while (cut < from && (static_cast<unsigned char>(line[cut]) & 0xc0) == 0x80)
      ++cut; // not in the middle of a character
  }
  llvm::StringRef shown = line.substr(cut, MaxShown);
  to = std::min(to, cut + shown.size());
  os << "    " << printable(shown) << '\n';
  size_t indent = columns(line.slice(cut, from));
  size_t width = to > from ? columns(line.slice(from, to)) : 0;
  os.indent(4 + indent) << '^' << std::string(width > 1 ? width - 1 : 0, '~')
                        << '\n';
  if (caretIsHint && !hint.replacement.empty())
    os.indent(4 + indent) << hint.replacement << '\n';
}

void printOne(llvm::raw_ostream &os, const llvm::SourceMgr &sources,
              const Diagnostic &diagnostic, bool colors) {
  Place place =
      diagnostic.range.isValid() ? locate(sources, diagnostic.range) : Place();
  if (colors)
    os.changeColor(llvm::raw_ostream::SAVEDCOLOR, /*Bold=*/true);
  if (place.row)
    os << place.file << ':' << place.row << ':' << place.column << ": ";
  if (colors)
    os.changeColor(severityColor(diagnostic.severity), /*Bold=*/true);
  os << severityName(diagnostic.severity) << ": ";
  if (colors)
    os.resetColor();
  os << printable(diagnostic.message);
  if (!diagnostic.hint.text.empty())
    os << "; " << printable(diagnostic.hint.text);
  os << '\n';
  if (place.row) {
    bool below = diagnostic.hint.range.isValid() &&
                 diagnostic.hint.range.Start == diagnostic.range.Start;
    printSnippet(os, place, diagnostic.hint, below);
  }
  for (const Diagnostic &note : diagnostic.notes)
    printOne(os, sources, note, colors);
}

void addPlace(llvm::json::Object &object, const llvm::SourceMgr &sources,
              SourceRange range) {
  if (!range.isValid())
    return;
  Place place = locate(sources, range);
  if (!place.row)
    return;
  object["file"] = llvm::json::fixUTF8(place.file);
  object["line"] = place.row;
  object["column"] = place.column;
  object["endLine"] = place.endRow;
  object["endColumn"] = place.endColumn;
}

llvm::json::Object toJson(const llvm::SourceMgr &sources,
                          const Diagnostic &diagnostic) {
  llvm::json::Object object;
  object["severity"] = severityName(diagnostic.severity);
  object["id"] = diagName(diagnostic.id);
  object["message"] = llvm::json::fixUTF8(diagnostic.message);
  addPlace(object, sources, diagnostic.range);
  if (diagnostic.severity == Severity::Note)
    return object;
  llvm::json::Array notes;
  for (const Diagnostic &note : diagnostic.notes)
    notes.push_back(toJson(sources, note));
  object["notes"] = std::move(notes);
  if (!diagnostic.hint.text.empty()) {
    llvm::json::Object hint;
    hint["text"] = llvm::json::fixUTF8(diagnostic.hint.text);
    if (diagnostic.hint.range.isValid()) {
      addPlace(hint, sources, diagnostic.hint.range);
      hint["replacement"] = llvm::json::fixUTF8(diagnostic.hint.replacement);
    }
    object["hint"] = std::move(hint);
  }
  return object;
}

} // namespace

llvm::StringRef diagName(DiagId id) {
  return Infos[static_cast<size_t>(id)].name;
}

Severity diagSeverity(DiagId id) {
  return Infos[static_cast<size_t>(id)].severity;
}

DiagnosticBuilder::~DiagnosticBuilder() {
  if (engine)
    engine->record(std::move(diagnostic));
}

void DiagnosticEngine::reportForeign(
    Severity severity, SourceRange range, std::string message,
    std::vector<std::pair<SourceRange, std::string>> notes) {
  Diagnostic diagnostic{
      DiagId::Compiler, severity, std::move(message), range, {}, {}};
  for (auto &[place, text] : notes)
    if (place.isValid())
      diagnostic.notes.push_back(
          {DiagId::Compiler, Severity::Note, std::move(text), place, {}, {}});
  record(std::move(diagnostic));
}

void DiagnosticEngine::record(Diagnostic diagnostic) {
  bool isError = diagnostic.severity == Severity::Error;
  if (isError && errors >= MaxErrors) {
    ++errors;
    return;
  }
  for (const Diagnostic &other : all)
    if (other.id == diagnostic.id &&
        other.range.Start == diagnostic.range.Start &&
        other.range.End == diagnostic.range.End &&
        other.message == diagnostic.message)
      return;
  errors += isError;
  all.push_back(std::move(diagnostic));
}

std::vector<const Diagnostic *> DiagnosticEngine::sorted() const {
  // The address of a diagnostic is last, so those of one place stay in the
  // order of reporting.
  std::vector<std::tuple<unsigned, const char *, const Diagnostic *>> keyed;
  for (const Diagnostic &d : all)
    keyed.emplace_back(
        d.range.isValid() ? sources.FindBufferContainingLoc(d.range.Start) : 0,
        d.range.Start.getPointer(), &d);
  llvm::sort(keyed);
  std::vector<const Diagnostic *> result;
  for (const auto &[buffer, start, diagnostic] : keyed)
    result.push_back(diagnostic);
  return result;
}

void DiagnosticEngine::printText(llvm::raw_ostream &os, bool colors) const {
  for (const Diagnostic *diagnostic : sorted())
    printOne(os, sources, *diagnostic, colors);
  if (errors > MaxErrors)
    os << "error: "
       << formatted(diag::TooManyErrors, int64_t(errors - MaxErrors)) << '\n';
}

void DiagnosticEngine::printJson(llvm::raw_ostream &os) const {
  llvm::json::Array array;
  for (const Diagnostic *diagnostic : sorted())
    array.push_back(toJson(sources, *diagnostic));
  if (errors > MaxErrors)
    array.push_back(toJson(
        sources, {diag::TooManyErrors.id,
                  Severity::Error,
                  formatted(diag::TooManyErrors, int64_t(errors - MaxErrors)),
                  {},
                  {},
                  {}}));
  llvm::json::Object root;
  root["diagnostics"] = std::move(array);
  os << llvm::formatv("{0:2}", llvm::json::Value(std::move(root))) << '\n';
}

} // namespace xf::dsl
