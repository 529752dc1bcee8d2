// The linking step: two exports and no more, whole archive, same bytes
// anywhere, and errors that leave nothing behind.
#include "compiler/Object/Link.h"
#include "compiler/Object/HostObject.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

#include <cstdlib>
#include <dlfcn.h>
#include <list>

namespace xf {
namespace {

using namespace llvm;

SmallVector<char> objectOf(const std::string &text) {
  mlir::MLIRContext context;
  context.loadDialect<mlir::LLVM::LLVMDialect>();
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  return cantFail(emitHostObject(*module));
}

/// A function that returns `value`; `attributes` go before its name.
std::string functionText(const std::string &name, int value,
                         const std::string &attributes = "") {
  return "llvm.func " + attributes + "@" + name +
         "(%v: i32) -> i32 { %0 = llvm.mlir.constant(" + std::to_string(value) +
         " : i32) : i32 llvm.return %0 : i32 }\n";
}

std::string callText(const std::string &name, const std::string &callee) {
  return "llvm.func @" + name + "(%v: i32) -> i32 { %0 = llvm.call @" + callee +
         "(%v) : (i32) -> i32 llvm.return %0 : i32 }\n";
}

class Link : public testing::Test {
protected:
  Link() {
    EXPECT_FALSE(sys::fs::createUniqueDirectory("xf-link-test", folder));
    options.name = "test";
    options.output = path("libtest.so");
    options.runtimeArchive = path("runtime.a");
    writeArchive(functionText("xf_get_api", 7));
  }
  ~Link() override { sys::fs::remove_directories(folder); }

  std::string path(const Twine &name) { return (folder + "/" + name).str(); }
  void writeArchive(const std::string &text) {
    SmallVector<char> object = objectOf(text);
    NewArchiveMember member(
        MemoryBufferRef(StringRef(object.data(), object.size()), "member.o"));
    std::vector<NewArchiveMember> members;
    members.push_back(std::move(member));
    cantFail(llvm::writeArchive(options.runtimeArchive, members,
                                SymtabWritingMode::NormalSymtab,
                                object::Archive::K_GNU,
                                /*Deterministic=*/true, /*Thin=*/false));
  }
  void addObject(const std::string &text) {
    objects.push_back(objectOf(text));
    options.objects.push_back({objects.back(), ""});
  }
  std::vector<std::string> filesLeft() {
    std::vector<std::string> names;
    std::error_code ec;
    for (sys::fs::directory_iterator it(folder, ec), end; it != end && !ec;
         it.increment(ec))
      names.push_back(sys::path::filename(it->path()).str());
    return names;
  }
  /// The failure of linking, which must leave no file.
  std::string failureOf() {
    std::string message = toString(linkLibrary(options));
    EXPECT_EQ(filesLeft(), std::vector<std::string>{"runtime.a"});
    return message;
  }

  SmallString<128> folder;
  LinkOptions options;
  std::list<SmallVector<char>> objects; // stay where they are
};

TEST_F(Link, ExportsTwoSymbolsAndNeedsOnlyTheCLibrary) {
  addObject(callText("xf_get_api_test", "helper") +
            "llvm.func @helper(i32) -> i32");
  addObject(functionText("helper", 9) + functionText("not_exported", 1));
  ASSERT_EQ(toString(linkLibrary(options)), "");
  auto interface = readDynamicInterface(options.output);
  ASSERT_TRUE(bool(interface)) << toString(interface.takeError());
  EXPECT_EQ(interface->exports,
            (std::vector<std::string>{"xf_get_api", "xf_get_api_test"}));
  void *library = dlopen(options.output.c_str(), RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(library, nullptr) << dlerror();
  using Function = int (*)(int);
  EXPECT_EQ(reinterpret_cast<Function>(dlsym(library, "xf_get_api_test"))(0),
            9);
  EXPECT_EQ(reinterpret_cast<Function>(dlsym(library, "xf_get_api"))(0), 7);
  dlclose(library);
}

// Halide's runtime defines halide_malloc and its like weakly; those of the
// archive must win although nothing is undefined.
TEST_F(Link, TheArchiveOverridesWeakSymbols) {
  addObject(callText("xf_get_api_test", "hook") +
            functionText("hook", 1, "weak "));
  writeArchive(functionText("xf_get_api", 7) + functionText("hook", 2));
  ASSERT_EQ(toString(linkLibrary(options)), "");
  void *library = dlopen(options.output.c_str(), RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(library, nullptr) << dlerror();
  EXPECT_EQ(
      reinterpret_cast<int (*)(int)>(dlsym(library, "xf_get_api_test"))(0), 2);
  dlclose(library);
}

// A program may link several models: each name must lead to its own library's
// table.
TEST_F(Link, LibrariesDoNotInterposeEachOther) {
  addObject(callText("xf_get_api_test", "xf_get_api") +
            "llvm.func @xf_get_api(i32) -> i32");
  ASSERT_EQ(toString(linkLibrary(options)), "");
  LinkOptions other = options;
  other.name = "other";
  other.output = path("libother.so");
  SmallVector<char> object =
      objectOf(callText("xf_get_api_other", "xf_get_api") +
               "llvm.func @xf_get_api(i32) -> i32");
  other.objects = {{object, ""}};
  writeArchive(functionText("xf_get_api", 8));
  ASSERT_EQ(toString(linkLibrary(other)), "");
  void *first = dlopen(options.output.c_str(), RTLD_NOW | RTLD_GLOBAL),
       *second = dlopen(other.output.c_str(), RTLD_NOW | RTLD_GLOBAL);
  ASSERT_TRUE(first && second) << dlerror();
  EXPECT_EQ(reinterpret_cast<int (*)(int)>(dlsym(first, "xf_get_api_test"))(0),
            7);
  EXPECT_EQ(
      reinterpret_cast<int (*)(int)>(dlsym(second, "xf_get_api_other"))(0), 8);
  dlclose(second);
  dlclose(first);
}

TEST_F(Link, SameBytesInAnyFolder) {
  addObject(functionText("xf_get_api_test", 9));
  ASSERT_EQ(toString(linkLibrary(options)), "");
  std::string first = options.output;
  ASSERT_FALSE(sys::fs::create_directory(path("elsewhere")));
  options.output = path("elsewhere/libtest.so");
  ASSERT_EQ(toString(linkLibrary(options)), "");
  auto a = MemoryBuffer::getFile(first),
       b = MemoryBuffer::getFile(options.output);
  ASSERT_TRUE(a && b);
  EXPECT_EQ((*a)->getBuffer(), (*b)->getBuffer());
  EXPECT_EQ((*a)->getBuffer().find(folder), StringRef::npos)
      << "a path of this machine is in the library";
}

TEST_F(Link, MissingExportIsAnError) {
  addObject(functionText("something_else", 9));
  EXPECT_EQ(failureOf(), "the linked library exports `xf_get_api`; exactly "
                         "`xf_get_api`, `xf_get_api_test` must be visible");
}

TEST_F(Link, SurplusExportIsAnError) {
  addObject(functionText("xf_get_api_test", 9));
  ASSERT_EQ(toString(linkLibrary(options)), "");
  EXPECT_EQ(toString(checkLibrary(options.output, {std::string("xf_get_api")})),
            "the linked library exports `xf_get_api`, `xf_get_api_test`; "
            "exactly `xf_get_api` must be visible");
}

TEST_F(Link, ForeignLibraryIsAnError) {
  addObject(callText("xf_get_api_test", "other") +
            "llvm.func @other(i32) -> i32");
  // A shared object of our own, in the role of some library that users may not
  // have.
  LinkOptions other = options;
  SmallVector<char> object = objectOf(functionText("xf_get_api_other", 3));
  other.objects = {{object, ""}};
  other.name = "other";
  other.output = path("libother.so");
  ASSERT_EQ(toString(linkLibrary(other)), "");
  objects.push_back(objectOf(callText("xf_get_api_test", "xf_get_api_other") +
                             "llvm.func @xf_get_api_other(i32) -> i32"));
  options.objects = {{objects.back(), ""}, {{}, other.output}};
  EXPECT_EQ(toString(linkLibrary(options)),
            "the linked library needs `libother.so`; only libc, libm, "
            "libpthread and the loader "
            "are on every machine");
}

TEST_F(Link, UndefinedSymbolIsAnError) {
  addObject(callText("xf_get_api_test", "nowhere_defined") +
            "llvm.func @nowhere_defined(i32) -> i32");
  EXPECT_NE(failureOf().find("nowhere_defined"), std::string::npos);
}

TEST_F(Link, UnknownLinkerIsAnError) {
  options.linker = "no-such-linker";
  EXPECT_EQ(failureOf(), "linker `no-such-linker` not found; name a C compiler "
                         "that is on PATH, such as `gcc`");
}

/// A program in the role of the linker.
class BadLinker : public Link {
protected:
  ~BadLinker() override { sys::fs::remove(options.linker); }
  void writeLinker(const std::string &script) {
    SmallString<128> file;
    int fd = -1;
    ASSERT_FALSE(sys::fs::createTemporaryFile("xf-bad-linker", "sh", fd, file));
    {
      raw_fd_ostream out(fd, /*shouldClose=*/true);
      out << "#!/bin/sh\n" << script << "\n";
    }
    sys::fs::setPermissions(file, sys::fs::perms::all_all);
    options.linker = std::string(file);
    addObject(functionText("xf_get_api_test", 9));
  }
};

TEST_F(BadLinker, ItsMessagesArePartOfTheError) {
  writeLinker("echo first; echo second >&2; exit 3");
  EXPECT_EQ(failureOf(), "`" + options.linker +
                             "` failed to link the library: it ended with "
                             "status 3\nfirst\nsecond");
}

TEST_F(BadLinker, SilenceIsAnError) {
  writeLinker("exit 1");
  EXPECT_EQ(failureOf(),
            "`" + options.linker +
                "` failed to link the library: it ended with status 1");
}

TEST_F(BadLinker, ItsDeathIsAnError) {
  writeLinker("echo said; kill -9 $$");
  std::string message = failureOf();
  EXPECT_NE(message.find("Killed"), std::string::npos) << message;
  EXPECT_NE(message.find("\nsaid"), std::string::npos) << message;
}

// Success without a library is no success.
TEST_F(BadLinker, AnEmptyOutputIsAnError) {
  writeLinker("exit 0");
  EXPECT_NE(failureOf().find("back: "), std::string::npos);
}

TEST_F(Link, NoLinkerOnThePathIsAnError) {
  std::string path = std::getenv("PATH");
  setenv("PATH", "/nowhere", 1);
  std::string message = failureOf();
  setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(message,
            "no linker found: looked for `clang-19`, `clang`, `gcc` and `cc` "
            "on PATH; install one, on Debian with `apt-get install gcc`");
}

TEST_F(Link, MissingArchiveIsAnError) {
  addObject(functionText("xf_get_api_test", 9));
  options.runtimeArchive = path("absent.a");
  EXPECT_NE(failureOf().find("absent.a"), std::string::npos);
}

// -Wl would split these names.
TEST_F(Link, NamesMayHoldCommasAndSpaces) {
  addObject(functionText("xf_get_api_test", 9));
  ASSERT_FALSE(sys::fs::create_directory(path("a, b")));
  options.output = path("a, b/lib x,y.so");
  ASSERT_EQ(toString(linkLibrary(options)), "");
  EXPECT_TRUE(sys::fs::exists(options.output));
}

TEST_F(Link, NoTemporaryFolderIsAnError) {
  const char *before = std::getenv("TMPDIR");
  std::string folder = before ? before : "";
  setenv("TMPDIR", "/nowhere", 1);
  std::string message = failureOf();
  before ? setenv("TMPDIR", folder.c_str(), 1) : unsetenv("TMPDIR");
  EXPECT_EQ(message.find("cannot create the temporary folder `/nowhere/"), 0u)
      << message;
}

TEST_F(Link, UnwritableOutputIsAnError) {
  options.output = path("nowhere/libtest.so");
  EXPECT_EQ(failureOf().find("cannot write beside `" + options.output + "`: "),
            0u);
}

} // namespace
} // namespace xf
