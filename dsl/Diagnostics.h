// Diagnostics of the front end: what was found, where, with notes at other
// places and a fix where there is one. Every message is one line of
// Diagnostics.def; the engine collects them in order and prints them as text or
// JSON. Not thread-safe; the engine owns the SourceMgr and so every buffer that
// a range may point into.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/SMLoc.h"
#include "llvm/Support/SourceMgr.h"

#include <fmt/core.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace llvm {
class raw_ostream;
}

namespace xf::dsl {

using SourceRange = llvm::SMRange;

enum class Severity { Error, Warning, Remark, Note };

enum class DiagId {
#define XF_DIAG(name, id, severity, ...) name,
#include "dsl/Diagnostics.def"
};

/// The stable spelling of `id`, `unknown-knob`.
llvm::StringRef diagName(DiagId id);
Severity diagSeverity(DiagId id);

/// A diagnostic with the types of its arguments; its format string is checked
/// against them when compiled.
template <typename... Args> struct DiagKind {
  DiagId id;
  fmt::format_string<Args...> format;
};

/// The message of `kind`.
template <typename... Args>
std::string formatted(const DiagKind<Args...> &kind,
                      const std::type_identity_t<Args> &...args) {
  return fmt::vformat(kind.format, fmt::make_format_args(args...));
}

/// The diagnostics themselves: `diag::UnknownKnob` and so on.
namespace diag {
template <typename... Args> struct Pack {
  using Kind = DiagKind<Args...>;
};
#define XF_DIAG(name, id, severity, format, ...)                               \
  inline constexpr Pack<__VA_ARGS__>::Kind name{DiagId::name, format};
#include "dsl/Diagnostics.def"
} // namespace diag

/// What to write instead: `text` completes the message after a semicolon;
/// `replacement` for the bytes of `range`, where the range is valid (an empty
/// range inserts).
struct Hint {
  std::string text;
  SourceRange range;
  std::string replacement;
};

struct Diagnostic {
  DiagId id;
  Severity severity;
  std::string message;
  SourceRange range; ///< invalid where no source is to blame
  Hint hint;
  std::vector<Diagnostic> notes; ///< severity Note, without notes of their own
};

class DiagnosticEngine;

/// Completes a diagnostic; it is recorded when the builder goes out of scope.
class DiagnosticBuilder {
public:
  DiagnosticBuilder(DiagnosticEngine &engine, Diagnostic diagnostic)
      : engine(&engine), diagnostic(std::move(diagnostic)) {}
  DiagnosticBuilder(DiagnosticBuilder &&other)
      : engine(other.engine), diagnostic(std::move(other.diagnostic)) {
    other.engine = nullptr;
  }
  DiagnosticBuilder(const DiagnosticBuilder &) = delete;
  ~DiagnosticBuilder();

  /// Adds a note at another place; dropped when `range` is invalid.
  template <typename... Args>
  DiagnosticBuilder &note(SourceRange range, const DiagKind<Args...> &kind,
                          const std::type_identity_t<Args> &...args) {
    if (range.isValid())
      diagnostic.notes.push_back(
          {kind.id, Severity::Note, formatted(kind, args...), range, {}, {}});
    return *this;
  }

  /// Adds a hint in words.
  DiagnosticBuilder &hint(std::string text) {
    return hint(std::move(text), {}, {});
  }

  /// Adds a hint with the change that follows it.
  DiagnosticBuilder &hint(std::string text, SourceRange range,
                          std::string replacement) {
    diagnostic.hint = {std::move(text), range, std::move(replacement)};
    return *this;
  }

private:
  DiagnosticEngine *engine;
  Diagnostic diagnostic;
};

class DiagnosticEngine {
public:
  /// More errors than this are counted but not kept.
  static constexpr unsigned MaxErrors = 100;

  DiagnosticEngine() = default;
  DiagnosticEngine(const DiagnosticEngine &) = delete;

  llvm::SourceMgr &sourceMgr() { return sources; }
  const llvm::SourceMgr &sourceMgr() const { return sources; }

  /// Starts a diagnostic at `range` (invalid: about no place in particular). A
  /// second one with the same id, range and message is dropped.
  template <typename... Args>
  DiagnosticBuilder report(SourceRange range, const DiagKind<Args...> &kind,
                           const std::type_identity_t<Args> &...args) {
    return {*this,
            {kind.id,
             diagSeverity(kind.id),
             formatted(kind, args...),
             range,
             {},
             {}}};
  }

  /// Records what a part of the program without diagnostics of its own says,
  /// under the id `compiler`; notes are (place, message).
  void
  reportForeign(Severity severity, SourceRange range, std::string message,
                std::vector<std::pair<SourceRange, std::string>> notes = {});

  bool hasErrors() const { return errors != 0; }
  unsigned errorCount() const { return errors; }
  /// In the order of reporting; printing sorts by place.
  const std::vector<Diagnostic> &diagnostics() const { return all; }

  /// `file:line:column: error: message`, the line and a caret under the range;
  /// `colors` adds ANSI colours.
  void printText(llvm::raw_ostream &os, bool colors = false) const;

  /// {"diagnostics": [{severity, id, message, file, line, column, endLine,
  /// endColumn, notes, hint}]}. Lines and columns count from 1, columns in
  /// bytes, ends are exclusive.
  void printJson(llvm::raw_ostream &os) const;

private:
  friend class DiagnosticBuilder;
  void record(Diagnostic diagnostic);
  /// By place: what has none first, then by file in the order of loading.
  std::vector<const Diagnostic *> sorted() const;

  llvm::SourceMgr sources;
  std::vector<Diagnostic> all;
  unsigned errors = 0;
};

} // namespace xf::dsl
