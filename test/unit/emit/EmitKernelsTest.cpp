// emitKernels: objects depend on their kernel alone, the cache gives back the
// same bytes, and errors land at the op to blame.
#include "KernelModule.h"

#include "compiler/Dialect/HK/IR/KernelDescription.h"
#include "compiler/Emit/KernelCache.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

#include <filesystem>
#include <fstream>

namespace xf::test {
namespace {

std::map<std::string, std::string>
bytesByName(const std::vector<KernelObject> &objects) {
  std::map<std::string, std::string> bytes;
  for (const KernelObject &object : objects)
    bytes[object.name] = std::string(object.bytes.begin(), object.bytes.end());
  return bytes;
}

std::vector<KernelObject> emit(const std::string &text,
                               const EmitOptions &options) {
  KernelModule module(text);
  auto objects = emitKernels(module.get(), options);
  if (failed(objects))
    throw std::runtime_error("emitKernels failed");
  return std::move(*objects);
}

EmitOptions uncached(unsigned threads) {
  EmitOptions options;
  options.useCache = false;
  options.threads = threads;
  return options;
}

/// A folder that is gone with the test.
struct TemporaryFolder {
  llvm::SmallString<128> path;
  TemporaryFolder() {
    EXPECT_FALSE(llvm::sys::fs::createUniqueDirectory("xf-emit-test", path));
  }
  ~TemporaryFolder() { llvm::sys::fs::remove_directories(path); }
};

TEST(EmitKernels, NamesObjectsByKernelAndTarget) {
  std::vector<KernelObject> objects = emit(meanText, uncached(2));
  ASSERT_EQ(objects.size(), 3u);
  EXPECT_EQ(objects[0].name, "xfk_mean_avx2");
  EXPECT_EQ(objects[0].target, "x86-64-avx2");
  EXPECT_EQ(objects[1].name, "xfk_mean_avx512");
  EXPECT_EQ(objects[2].name, "halide_runtime");
  EXPECT_FALSE(objects[0].cached);
}

/// The mean for one target: two classes of rows that differ in the grain, and
/// one between them with another tile.
void setClasses(KernelModule &module, int64_t grain) {
  auto config = [&](int64_t tile, int64_t grain, int64_t maxRows) {
    targets::Config config{
        "x86-64-avx2",
        "columns",
        {{"tile_cols", tile}, {"grain_rows", 1}, {"grain_cols", grain}}};
    if (maxRows)
      config.values["max_rows"] = maxRows;
    return hk::fromConfig(&module.getContext(), config);
  };
  auto kernel = *module.get().getOps<hk::KernelOp>().begin();
  kernel.getStructuredOp().setConfigsAttr(mlir::ArrayAttr::get(
      &module.getContext(),
      {config(8, grain, 4), config(4, 20, 48), config(8, 0, 0)}));
}

TEST(EmitKernels, ConfigsThatDifferInGrainsShareAnObject) {
  TemporaryFolder folder;
  EmitOptions options;
  options.cacheDir = std::string(folder.path);
  KernelModule module(meanText);
  setClasses(module, 8);
  auto objects = emitKernels(module.get(), options);
  ASSERT_TRUE(succeeded(objects));
  ASSERT_EQ(objects->size(), 3u);
  EXPECT_EQ((*objects)[0].name, "xfk_mean_avx2");
  EXPECT_EQ((*objects)[1].name, "xfk_mean_upto48_avx2");
  setClasses(module, 16);
  objects = emitKernels(module.get(), options);
  ASSERT_TRUE(succeeded(objects));
  for (const KernelObject &object : *objects)
    EXPECT_TRUE(object.cached) << object.name << " does not depend on a grain";
}

TEST(EmitKernels, ObjectsDependOnTheirKernelAlone) {
  auto one = bytesByName(
      emit(std::string(meanText) + gatherText + layerNormText, uncached(1)));
  auto other = bytesByName(
      emit(std::string(layerNormText) + gatherText + meanText, uncached(2)));
  auto alone = bytesByName(emit(gatherText, uncached(2)));
  EXPECT_EQ(one, other);
  for (const auto &[name, bytes] : alone)
    EXPECT_EQ(bytes, one.at(name)) << name;
}

TEST(EmitKernels, CacheGivesBackTheSameBytes) {
  TemporaryFolder folder;
  EmitOptions options;
  options.cacheDir = std::string(folder.path) + "/cache";
  std::vector<std::string> lines;
  options.progress = [&](const std::string &line) { lines.push_back(line); };
  std::vector<KernelObject> first = emit(meanText, options);
  EXPECT_EQ(lines.size(), 3u);
  std::vector<KernelObject> second = emit(meanText, options);
  EXPECT_EQ(lines.size(), 3u);
  EXPECT_EQ(bytesByName(first), bytesByName(second));
  for (const KernelObject &object : second)
    EXPECT_TRUE(object.cached) << object.name;
}

TEST(EmitKernels, DamagedEntriesAreCompiledAgain) {
  TemporaryFolder folder;
  EmitOptions options;
  options.cacheDir = std::string(folder.path);
  std::vector<KernelObject> first = emit(meanText, options);
  int damaged = 0;
  for (const auto &entry :
       std::filesystem::recursive_directory_iterator(folder.path.c_str()))
    if (entry.is_regular_file()) {
      std::fstream file(entry.path(),
                        std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(damaged++ == 0
                     ? 40
                     : std::streamoff(entry.file_size() -
                                      1)); // content; the last byte of the rest
      file.put('\x55');
      file.close();
      if (damaged == 3) // and a truncated one
        std::filesystem::resize_file(entry.path(), 10);
    }
  EXPECT_EQ(damaged, 3);
  std::vector<KernelObject> second = emit(meanText, options);
  EXPECT_EQ(bytesByName(first), bytesByName(second));
  for (const KernelObject &object : second)
    EXPECT_FALSE(object.cached) << object.name;
}

TEST(EmitKernels, UnusableCacheFolderIsAWarning) {
  TemporaryFolder folder;
  std::string file = std::string(folder.path) + "/file";
  std::ofstream(file) << "not a folder";
  KernelModule module(meanText);
  std::vector<std::string> warnings;
  mlir::ScopedDiagnosticHandler handler(
      &module.getContext(), [&](mlir::Diagnostic &d) {
        if (d.getSeverity() == mlir::DiagnosticSeverity::Warning)
          warnings.push_back(d.str());
        return mlir::success();
      });
  EmitOptions options;
  options.cacheDir = file;
  auto objects = emitKernels(module.get(), options);
  ASSERT_TRUE(succeeded(objects));
  EXPECT_EQ(objects->size(), 3u);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(warnings[0].find("kernel cache `" + file + "` is not used: "), 0u)
      << warnings[0];
}

TEST(EmitKernels, AnotherRegionIsAnotherEntry) {
  TemporaryFolder folder;
  EmitOptions options;
  options.cacheDir = std::string(folder.path);
  emit(gatherText, options);
  std::string other = gatherText;
  size_t constant = other.find("2.000000e+00");
  ASSERT_NE(constant, std::string::npos);
  other.replace(constant, 3, "3.0");
  std::vector<KernelObject> objects = emit(other, options);
  EXPECT_FALSE(objects[0].cached);
  EXPECT_TRUE(objects.back().cached)
      << "the runtime does not depend on the kernels";
}

/// Errors that `emitKernels` reports for `text`, each as `op: message`.
std::vector<std::string> errorsOf(KernelModule &module) {
  std::vector<std::string> errors;
  mlir::ScopedDiagnosticHandler handler(
      &module.getContext(), [&](mlir::Diagnostic &d) {
        auto line = mlir::dyn_cast<mlir::FileLineColLoc>(d.getLocation());
        errors.push_back((line ? std::to_string(line.getLine()) : "?") + ": " +
                         d.str());
        return mlir::success();
      });
  EmitOptions options;
  options.useCache = false;
  EXPECT_TRUE(failed(emitKernels(module.get(), options)));
  return errors;
}

TEST(EmitKernels, UnsupportedOpIsAnErrorAtTheOp) {
  std::string text = gatherText;
  std::string good = "%1 = arith.mulf %sum, %two : f32";
  text.replace(text.find(good), good.size(),
               "%i = arith.fptosi %sum : f32 to i32\n%b = math.ctpop %i : "
               "i32\n%1 = arith.sitofp %b : i32 to f32");
  KernelModule module(text);
  std::vector<std::string> errors = errorsOf(module);
  ASSERT_EQ(errors.size(), 2u); // one per target
  EXPECT_EQ(errors[0].substr(0, errors[0].find(" for ")),
            "9: kernel `gather` does not compile");
  EXPECT_NE(
      errors[0].find(
          "op `math.ctpop` in a scalar region has no counterpart in Halide"),
      std::string::npos)
      << errors[0];
}

TEST(EmitKernels, MissingConfigIsAnError) {
  KernelModule module(meanText);
  for (hk::KernelOp kernel : module.get().getOps<hk::KernelOp>())
    kernel.getStructuredOp()->removeAttr("configs");
  EXPECT_EQ(
      errorsOf(module),
      std::vector<std::string>{
          "3: kernel `mean` has no config; run `hk-select-configs` before"});
}

TEST(EmitKernels, IllegalConfigIsAnError) {
  KernelModule module(meanText);
  for (hk::KernelOp kernel : module.get().getOps<hk::KernelOp>()) {
    auto config =
        hk::ConfigAttr::get(&module.getContext(), "x86-64-avx1024", "plain",
                            mlir::DictionaryAttr::get(&module.getContext()));
    kernel.getStructuredOp().setConfigsAttr(
        mlir::ArrayAttr::get(&module.getContext(), {config}));
  }
  EXPECT_EQ(errorsOf(module),
            std::vector<std::string>{"3: config of kernel `mean` is not legal: "
                                     "there is no target `x86-64-avx1024`"});
}

TEST(EmitKernels, StmtNamesKernelsFuncsAndConfigs) {
  KernelModule module(std::string(meanText) + gatherText);
  auto text = emitStmt(module.get(), {});
  ASSERT_TRUE(succeeded(text));
  EXPECT_EQ(text->find("// xfk_mean_avx2: target = \"x86-64-avx2\""), 0u)
      << text->substr(0, 100);
  EXPECT_NE(text->find("xfk_gather_avx512"), std::string::npos);
  EXPECT_NE(text->find("output"), std::string::npos);
  auto again = emitStmt(module.get(), uncached(1));
  ASSERT_TRUE(succeeded(again));
  EXPECT_EQ(*text, *again);
}

} // namespace
} // namespace xf::test
