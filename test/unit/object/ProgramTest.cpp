// The emitted tables as C sees them: a planned module through
// convert-hk-to-llvm, compiled, linked with stubs, loaded, and read by way of
// runtime/src/program.h.
#include "runtime/src/program.h"
#include "compiler/Dialect/HK/IR/HK.h"
#include "compiler/Dialect/XF/IR/XF.h"
#include "compiler/Object/HostObject.h"
#include "compiler/Object/Link.h"
#include "compiler/Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

#include <dlfcn.h>
#include <list>

namespace xf {
namespace {

using namespace llvm;

// Two launches on rows and sequences; @gather alone has grains, and for one
// target three variants of two forms.
const char *const plannedText = R"(
module attributes {xf.model_info = #xf.model_info<name = "toy", num_tokens = 9, max_seq_len = 5, token_types = 2>,
                   hk.describe_json = "{\"name\":\"toy\"}", hk.weights_bytes = 144 : i64, hk.weights_hash = -2 : i64} {
hk.weight @tok : tensor<9x4xf32> = "recipe" {layout = #hk.layout<plain>, offset = 64 : i64}
hk.kernel @gather(%batch: !hk.batch) -> tensor<?x4xf32> {
  hk.weight @table0 : tensor<9x4xf32> {layout = #hk.layout<plain>}
  %0 = hk.gather %batch tables [@table0] indices ["token_types"]
      {configs = [#hk.config<target = "x86-64-avx512", variant = "plain", grain_rows = 1, max_rows = 4>,
                  #hk.config<target = "x86-64-avx512", variant = "plain", tile = 2, grain_rows = 16, max_rows = 48>,
                  #hk.config<target = "x86-64-avx512", variant = "plain", grain_rows = 48>,
                  #hk.config<target = "x86-64-avx2", variant = "plain", grain_rows = 12>]} : tensor<?x4xf32>
      epilogue (%sum: f32) { hk.yield %sum : f32 }
  hk.return %0 : tensor<?x4xf32>
}
hk.kernel @mean(%x: tensor<?x4xf32>, %batch: !hk.batch) -> tensor<?x4xf32, "sequences"> {
  %0 = hk.rowwise %x, %batch over sequence combine [add]
      {configs = [#hk.config<target = "x86-64-avx2", variant = "columns">,
                  #hk.config<target = "x86-64-avx512", variant = "columns">]} : tensor<?x4xf32> -> tensor<?x4xf32, "sequences">
      map (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
      finish (%n: i32, %sum: f32) { hk.yield %sum : f32 }
  hk.return %0 : tensor<?x4xf32, "sequences">
}
func.func @encode(%batch: !hk.batch) -> tensor<?x4xf32, "sequences"> attributes {xf.entry} {
  %0 = hk.launch @gather() weights [@tok] batch %batch {op_name = "embedding", slot = #hk.slot<offset = 4, width = 4>}
      : () -> tensor<?x4xf32>
  %1 = hk.launch @mean(%0) batch %batch {slot = #hk.slot<offset = 8, width = 4>} : (tensor<?x4xf32>) -> tensor<?x4xf32, "sequences">
  return %1 : tensor<?x4xf32, "sequences">
}
}
)";

/// In the runtime's place: `xf_rt_launch` calls the function that the start of
/// its exec points to; kernels return their number.
std::string stubText() {
  std::string text = R"(
    llvm.mlir.global external constant @xf_program_instance() : !llvm.array<0 x i8>
    llvm.func @xf_get_api(%version: i32) -> !llvm.ptr {
      %0 = llvm.mlir.addressof @xf_program_instance : !llvm.ptr
      llvm.return %0 : !llvm.ptr
    }
    llvm.func @xf_rt_launch(%exec: !llvm.ptr, %launch: !llvm.ptr) -> i32 {
      %f = llvm.load %exec : !llvm.ptr -> !llvm.ptr
      %0 = llvm.call %f(%exec, %launch) : !llvm.ptr, (!llvm.ptr, !llvm.ptr) -> i32
      llvm.return %0 : i32
    }
  )";
  int number = 10;
  for (std::string name : {"gather_avx2", "mean_avx2", "gather_avx512",
                           "gather_upto48_avx512", "mean_avx512"})
    text += "llvm.func @xfk_" + name +
            "_argv(%args: !llvm.ptr) -> i32 { %0 = llvm.mlir.constant(" +
            std::to_string(number++) + " : i32) : i32 llvm.return %0 : i32 }\n";
  return text;
}

class Program : public testing::Test {
protected:
  Program() {
    mlir::MLIRContext context;
    context.loadDialect<hk::HKDialect, ir::XFDialect, mlir::func::FuncDialect,
                        mlir::LLVM::LLVMDialect>();
    auto module =
        mlir::parseSourceString<mlir::ModuleOp>(plannedText, &context);
    mlir::PassManager passes(&context);
    passes.addPass(createConvertHKToLLVMPass());
    EXPECT_TRUE(mlir::succeeded(passes.run(*module)));
    auto stubs = mlir::parseSourceString<mlir::ModuleOp>(stubText(), &context);

    SmallString<128> folder;
    EXPECT_FALSE(sys::fs::createUniqueDirectory("xf-program-test", folder));
    auto path = [&](const char *name) { return (folder + "/" + name).str(); };
    std::error_code ec;
    raw_fd_ostream(path("empty.a"), ec) << "!<arch>\n";
    raw_fd_ostream(path("weights"), ec)
        << std::string(64, 'h') << std::string(144, 'w');
    SmallVector<char> host = cantFail(emitHostObject(*module)),
                      stub = cantFail(emitHostObject(*stubs)),
                      weights =
                          cantFail(emitWeightsObject(path("weights"), 64, 144));
    LinkOptions options;
    options.output = path("libtoy.so");
    options.name = "toy";
    options.runtimeArchive = path("empty.a");
    options.objects = {{host, ""}, {stub, ""}, {weights, ""}};
    EXPECT_EQ(toString(linkLibrary(options)), "");
    library = dlopen(options.output.c_str(), RTLD_NOW | RTLD_LOCAL);
    sys::fs::remove_directories(folder);
    using GetApi = const xf_program *(*)(uint32_t);
    if (library)
      program = reinterpret_cast<GetApi>(dlsym(library, "xf_get_api_toy"))(1);
  }
  ~Program() override {
    if (library)
      dlclose(library);
  }

  void *library = nullptr;
  const xf_program *program = nullptr;
};

TEST_F(Program, FieldsOfTheModel) {
  ASSERT_NE(program, nullptr);
  EXPECT_EQ(program->magic, XF_PROGRAM_MAGIC);
  EXPECT_EQ(program->version, XF_PROGRAM_VERSION);
  EXPECT_STREQ(program->name, "toy");
  EXPECT_STREQ(program->describe_json, "{\"name\":\"toy\"}");
  EXPECT_EQ(program->num_tokens, 9u);
  EXPECT_EQ(program->max_seq_len, 5u);
  EXPECT_EQ(program->num_token_types, 2u);
  EXPECT_EQ(program->weights_file, nullptr);
  EXPECT_EQ(program->weights_bytes, 144u);
  EXPECT_EQ(program->weights_hash, uint64_t(-2));
  ASSERT_NE(program->weights, nullptr);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(program->weights) % 64, 0u);
  EXPECT_EQ(program->weights[0], 'w');
  EXPECT_EQ(program->weights[143], 'w');
  ASSERT_EQ(program->num_ops, 2u);
  EXPECT_STREQ(program->op_names[0], "embedding");
  EXPECT_STREQ(program->op_names[1], "mean")
      << "an unnamed launch is called after its kernel";
}

// Weakest first, whatever the order of the configs.
TEST_F(Program, KernelTablesOfTheTargets) {
  ASSERT_NE(program, nullptr);
  ASSERT_EQ(program->num_targets, 2u);
  EXPECT_STREQ(program->targets[0].name, "x86-64-avx2");
  EXPECT_EQ(program->targets[0].features, XF_CPU_AVX2);
  ASSERT_EQ(program->targets[0].num_kernels, 2u);
  EXPECT_EQ(program->targets[0].kernels[0](nullptr), 10);
  EXPECT_EQ(program->targets[0].kernels[1](nullptr), 11);
  EXPECT_STREQ(program->targets[1].name, "x86-64-avx512");
  EXPECT_EQ(program->targets[1].features, XF_CPU_AVX2 | XF_CPU_AVX512);
  ASSERT_EQ(program->targets[1].num_kernels, 3u);
  EXPECT_EQ(program->targets[1].kernels[0](nullptr), 12);
  EXPECT_EQ(program->targets[1].kernels[1](nullptr), 13);
  EXPECT_EQ(program->targets[1].kernels[2](nullptr), 14);
}

/// An exec as the stub wants it.
struct Recorder {
  int32_t (*launch)(Recorder *, const xf_launch *);
  std::vector<xf_launch> seen;
  size_t failAt;

  explicit Recorder(size_t failAt) : launch(record), failAt(failAt) {}
  static int32_t record(Recorder *self, const xf_launch *launch) {
    self->seen.push_back(*launch);
    return self->seen.size() == self->failAt ? 5 : 0;
  }
  xf_exec *exec() { return reinterpret_cast<xf_exec *>(this); }
};

void expectVariants(const xf_launch &launch, int target,
                    const std::vector<xf_variant> &expected) {
  const xf_variant *list = launch.variants + launch.first_variant[target];
  for (const xf_variant &variant : expected) {
    EXPECT_EQ(list->max_rows, variant.max_rows);
    EXPECT_EQ(list->kernel, variant.kernel);
    EXPECT_EQ(list->grain_rows, variant.grain_rows);
    EXPECT_EQ(list->grain_cols, variant.grain_cols);
    ++list;
  }
}

TEST_F(Program, TheEntryRunsItsLaunches) {
  ASSERT_NE(program, nullptr);
  ASSERT_EQ(program->num_entries, 1u);
  const xf_entry &entry = program->entries[0];
  EXPECT_STREQ(entry.name, "encode");
  EXPECT_EQ(entry.arena_width, 12u);
  EXPECT_EQ(entry.result_offset, 8u);
  EXPECT_EQ(entry.result_width, 4u);
  EXPECT_EQ(entry.result_space, uint32_t(XF_SPACE_SEQUENCES));
  EXPECT_EQ(entry.takes_ids, 0u); // token types are all it looks up
  EXPECT_EQ(entry.num_inputs, 0u);
  Recorder recorder(0);
  EXPECT_EQ(entry.run(recorder.exec()), 0);
  ASSERT_EQ(recorder.seen.size(), 2u);

  const xf_launch &gather = recorder.seen[0];
  EXPECT_EQ(gather.kind, uint32_t(XF_LAUNCH_ROWS));
  EXPECT_EQ(gather.output_offset, 4u);
  EXPECT_EQ(gather.output_width, 4u);
  expectVariants(gather, 0, {{0, 0, 12, 0}});
  expectVariants(gather, 1, {{4, 0, 1, 0}, {48, 1, 16, 0}, {0, 0, 48, 0}});
  EXPECT_EQ(gather.space, uint32_t(XF_SPACE_TOKENS));
  ASSERT_EQ(gather.num_args, 2u);
  EXPECT_EQ(gather.args[0].kind, uint32_t(XF_ARG_INDEX));
  EXPECT_EQ(gather.args[0].offset, uint64_t(XF_INDEX_TYPES));
  EXPECT_EQ(gather.args[0].elem, uint32_t(XF_ELEM_I32));
  EXPECT_EQ(gather.args[1].kind, uint32_t(XF_ARG_WEIGHT));
  EXPECT_EQ(gather.args[1].dims, 2u);
  EXPECT_EQ(gather.args[1].extent[0], 4);
  EXPECT_EQ(gather.args[1].extent[1], 9);
  EXPECT_EQ(gather.args[1].offset, 64u);

  const xf_launch &mean = recorder.seen[1];
  expectVariants(mean, 0, {{0, 1, 0, 0}});
  expectVariants(mean, 1, {{0, 2, 0, 0}});
  EXPECT_EQ(mean.kind, uint32_t(XF_LAUNCH_POOL));
  EXPECT_EQ(mean.op_index, 1u);
  EXPECT_EQ(mean.space, uint32_t(XF_SPACE_SEQUENCES));
  EXPECT_EQ(mean.length_space, uint32_t(XF_SPACE_TOKENS));
  ASSERT_EQ(mean.num_args, 3u);
  EXPECT_EQ(mean.args[0].kind, uint32_t(XF_ARG_ARENA));
  EXPECT_EQ(mean.args[0].offset, 4u);
  EXPECT_EQ(mean.args[0].extent[0], 4);
  EXPECT_EQ(mean.args[0].space, uint32_t(XF_SPACE_TOKENS));
  EXPECT_EQ(mean.args[1].kind, uint32_t(XF_ARG_SEQ_BEGIN));
  EXPECT_EQ(mean.args[2].kind, uint32_t(XF_ARG_SEQ_LENGTH));
}

TEST_F(Program, TheEntryStopsAtTheFirstFailure) {
  ASSERT_NE(program, nullptr);
  Recorder recorder(1);
  EXPECT_EQ(program->entries[0].run(recorder.exec()), 5);
  EXPECT_EQ(recorder.seen.size(), 1u);
}

} // namespace
} // namespace xf
