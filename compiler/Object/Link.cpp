// Runs the system's compiler driver as linker: it knows where libc and the
// start files are, which lld alone does not.
#include "compiler/Object/Link.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

#ifndef XF_RUNTIME_ARCHIVE
#define XF_RUNTIME_ARCHIVE ""
#endif

using namespace llvm;

namespace xf {
namespace {

Error failure(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

Error writeFile(StringRef path, ArrayRef<char> bytes) {
  std::error_code ec;
  raw_fd_ostream out(path, ec);
  if (!ec) {
    out.write(bytes.data(), bytes.size());
    out.close();
    ec = out.error();
    out.clear_error();
  }
  return ec ? failure("cannot write `" + path + "`: " + ec.message())
            : Error::success();
}

Expected<std::string> findLinker(const std::string &wanted) {
  if (!wanted.empty()) {
    if (auto found = sys::findProgramByName(wanted))
      return *found;
    return failure(
        "linker `" + wanted +
        "` not found; name a C compiler that is on PATH, such as `gcc`");
  }
  for (StringRef name : {"clang-19", "clang", "gcc", "cc"})
    if (auto found = sys::findProgramByName(name))
      return *found;
  return failure("no linker found: looked for `clang-19`, `clang`, `gcc` and "
                 "`cc` on PATH; install one, on Debian with "
                 "`apt-get install gcc`");
}

/// Everything that makes the output depend on the inputs alone, and hides all
/// but the exports. -Bsymbolic: xf_get_api_NAME must call its own xf_get_api
/// when a program holds several models.
/// File names go through -Xlinker, because -Wl splits at commas.
std::vector<std::string> linkerFlags(StringRef soname,
                                     StringRef versionScript) {
  return {"-shared",
          "-static-libgcc",
          "-s",
          "-Wl,--gc-sections",
          "-Wl,--build-id=none",
          "-Wl,-z,now",
          "-Wl,-z,relro",
          "-Wl,-z,noexecstack",
          "-Wl,-z,defs",
          "-Wl,-Bsymbolic",
          "-Xlinker",
          ("--version-script=" + versionScript).str(),
          "-Xlinker",
          ("-soname=" + soname).str()};
}

/// Runs the linker with its messages captured: they become part of the error.
Error runLinker(const std::string &linker, ArrayRef<std::string> arguments,
                StringRef scratch) {
  std::string log = (scratch + "/linker.log").str();
  SmallVector<StringRef> argv{linker};
  append_range(argv, arguments);
  std::optional<StringRef> redirects[] = {StringRef(""), StringRef(log),
                                          StringRef(log)};
  std::string reason;
  int status =
      sys::ExecuteAndWait(linker, argv, std::nullopt, redirects, 0, 0, &reason);
  if (status == 0)
    return Error::success();
  // A negative status is no status: it could not start, or was killed.
  std::string message =
      "`" + linker + "` failed to link the library: " +
      (status < 0 ? reason : "it ended with status " + std::to_string(status));
  auto text = MemoryBuffer::getFile(log);
  if (text && !(*text)->getBuffer().trim().empty())
    message += "\n" + (*text)->getBuffer().trim().str();
  return failure(message);
}

} // namespace

Expected<std::string> findRuntimeArchive() {
  static int anchor; // an address within the running program
  std::string program = sys::fs::getMainExecutable(nullptr, &anchor);
  SmallString<256> beside(
      sys::path::parent_path(sys::path::parent_path(program)));
  sys::path::append(beside, "lib", "libxf_runtime.a");
  if (sys::fs::exists(beside))
    return std::string(beside);
  if (sys::fs::exists(XF_RUNTIME_ARCHIVE))
    return std::string(XF_RUNTIME_ARCHIVE);
  return failure("runtime archive not found at `" + beside +
                 "`; it is installed in `lib` beside the `bin` of xfc");
}

Error linkLibrary(const LinkOptions &options) {
  Expected<std::string> linker = findLinker(options.linker);
  if (!linker)
    return linker.takeError();
  std::string archive = options.runtimeArchive;
  if (archive.empty()) {
    Expected<std::string> found = findRuntimeArchive();
    if (!found)
      return found.takeError();
    archive = *found;
  }

  SmallString<128> scratch;
  if (std::error_code ec = sys::fs::createUniqueDirectory("xf-link", scratch))
    return failure("cannot create the temporary folder `" + scratch +
                   "`: " + ec.message() + "; `TMPDIR` says where it goes");
  auto cleanup =
      make_scope_exit([&] { (void)sys::fs::remove_directories(scratch); });

  std::string script = (scratch + "/exports.map").str(),
              exported = "xf_get_api_" + options.name;
  std::string text = "{ global: xf_get_api; " + exported + "; local: *; };\n";
  if (Error error = writeFile(script, ArrayRef(text.data(), text.size())))
    return error;

  Expected<sys::fs::TempFile> temporary =
      sys::fs::TempFile::create(options.output + ".tmp-%%%%%%%%", 0755);
  if (!temporary)
    return failure("cannot write beside `" + options.output +
                   "`: " + toString(temporary.takeError()));
  auto discard = make_scope_exit([&] { consumeError(temporary->discard()); });

  std::vector<std::string> arguments =
      linkerFlags(sys::path::filename(options.output), script);
  for (const auto &[index, input] : enumerate(options.objects)) {
    std::string path = input.path;
    if (path.empty()) {
      path = (scratch + "/" + Twine(index) + ".o").str();
      if (Error error = writeFile(path, input.bytes))
        return error;
    }
    arguments.push_back(path);
  }
  // Whole: the archive's halide_malloc and its like are to win over Halide's
  // weak ones, which already satisfy every reference.
  arguments.insert(arguments.end(),
                   {"-Wl,--whole-archive", archive, "-Wl,--no-whole-archive",
                    "-lm", "-lpthread", "-o", temporary->TmpName});
  if (Error error = runLinker(*linker, arguments, scratch))
    return error;
  if (Error error = checkLibrary(temporary->TmpName,
                                 {std::string("xf_get_api"), exported}))
    return error;
  (void)sys::fs::setPermissions(temporary->TmpName,
                                static_cast<sys::fs::perms>(0755));
  discard.release();
  if (Error error = temporary->keep(options.output))
    return failure("cannot write `" + options.output +
                   "`: " + toString(std::move(error)));
  return Error::success();
}

} // namespace xf
