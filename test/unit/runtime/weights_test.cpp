// Holds that weights are found where they should be, and that a file that is
// missing, damaged or another library's ends in an error that names it; and
// XXH64 against its published values.
#include "runtime_fixture.h"

#include "runtime/src/hash.h"
#include "runtime/src/model.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace fake;
namespace fs = std::filesystem;

namespace {
class WeightsFile : public testing::Test {
protected:
  WeightsFile() {
    folder = fs::path(testing::TempDir()) /
             ("xf-weights-" + std::to_string(getpid()));
    fs::create_directories(folder);
    program.weights = nullptr;
    program.weights_file = name.c_str();
    header.magic = XF_WEIGHTS_MAGIC;
    header.version = XF_WEIGHTS_VERSION;
    header.offset = 4096;
    header.bytes = program.weights_bytes;
    header.hash = program.weights_hash;
  }
  ~WeightsFile() override { fs::remove_all(folder); }

  std::string path() const { return (folder / name).string(); }

  void write(std::vector<uint8_t> section = weights()) {
    std::vector<char> bytes(4096 + section.size());
    std::memcpy(bytes.data(), &header, sizeof(header));
    std::memcpy(bytes.data() + 4096, section.data(), section.size());
    std::ofstream(path(), std::ios::binary)
        .write(bytes.data(), std::streamsize(bytes.size()));
  }

  xf_status open(const std::string &where, bool verify = false) {
    xf_model_options options;
    xf_model_options_init(&options);
    options.weights = where.empty() ? nullptr : where.c_str();
    options.verify_weights = verify;
    return xf::rt::openModel(program, &options, &model);
  }

  void expectRefused(xf_status status, const std::string &text,
                     bool verify = false) {
    EXPECT_EQ(open(path(), verify), status);
    EXPECT_EQ(model, nullptr);
    EXPECT_NE(lastError().find(text), std::string::npos) << lastError();
    EXPECT_NE(lastError().find(path()), std::string::npos) << lastError();
  }

  fs::path folder;
  const std::string name = "fake-" + std::to_string(getpid()) +
                           ".xfw"; // one is put beside the program
  xf_program program = makeProgram();
  xf_weights_header header{};
  xf_model *model = nullptr;
};
} // namespace

TEST_F(WeightsFile, IsFoundByNameByFolderAndBesideTheLibrary) {
  const Batch batch = makeBatch({5, 3});
  write();
  const fs::path beside =
      fs::read_symlink("/proc/self/exe").parent_path() / name;
  fs::copy_file(path(), beside, fs::copy_options::overwrite_existing);
  for (const std::string &where : {path(), folder.string(), std::string()}) {
    ASSERT_EQ(open(where, true), XF_OK) << lastError();
    {
      OpenSession session(model);
      expectNear(session.encode(batch), referenceEncode(batch));
    }
    const char *json = nullptr;
    ASSERT_EQ(api().model_describe(model, &json), XF_OK);
    EXPECT_NE(std::string(json).find("\"weights\": \"mapped\""),
              std::string::npos)
        << json;
    ASSERT_EQ(api().model_close(model), XF_OK);
  }
  fs::remove(beside);
}

TEST_F(WeightsFile, Missing) {
  expectRefused(XF_WEIGHTS_NOT_FOUND, "the weights of `fake` are not at `");
  EXPECT_EQ(open(""), XF_WEIGHTS_NOT_FOUND);
  EXPECT_NE(lastError().find("/" + name + "`: No such file or directory"),
            std::string::npos)
      << lastError();
}

TEST_F(WeightsFile, NotAFile) {
  fs::create_directory(path());
  fs::create_directory(fs::path(path()) / name);
  EXPECT_EQ(open(path()), XF_WEIGHTS_NOT_FOUND);
  EXPECT_NE(lastError().find("is not a regular file"), std::string::npos)
      << lastError();
}

TEST_F(WeightsFile, APipeIsNotWaitedFor) {
  ASSERT_EQ(mkfifo(path().c_str(), 0600), 0);
  EXPECT_EQ(open(path()), XF_WEIGHTS_NOT_FOUND);
  EXPECT_NE(lastError().find("is not a regular file"), std::string::npos)
      << lastError();
}

TEST_F(WeightsFile, PathTooLong) {
  EXPECT_EQ(open(std::string(5000, 'x')), XF_WEIGHTS_NOT_FOUND);
  EXPECT_NE(lastError().find("characters or more"), std::string::npos)
      << lastError();
}

TEST_F(WeightsFile, ShorterThanItsHeader) {
  std::ofstream(path()) << "short";
  expectRefused(XF_WEIGHTS_INVALID,
                "has 5 bytes, a weights file starts with a header of 40");
}

TEST_F(WeightsFile, OtherMagic) {
  header.magic = 7;
  write();
  expectRefused(XF_WEIGHTS_INVALID, "is not a weights file");
}

TEST_F(WeightsFile, OtherVersion) {
  header.version = 2;
  write();
  expectRefused(XF_WEIGHTS_INVALID,
                "has version 2 of the format, this library reads version 1");
}

TEST_F(WeightsFile, Truncated) {
  std::vector<uint8_t> section = weights();
  section.pop_back();
  write(section);
  expectRefused(XF_WEIGHTS_INVALID, "is damaged: its header says");
}

TEST_F(WeightsFile, HeaderThatOverflows) {
  for (uint64_t offset :
       {uint64_t(0), uint64_t(100), uint64_t(1) << 40, ~uint64_t(4095)}) {
    header.offset = offset;
    header.bytes = 4096 + program.weights_bytes - offset;
    write();
    expectRefused(XF_WEIGHTS_INVALID, "is damaged: its header says");
  }
}

TEST_F(WeightsFile, AnotherLibrarys) {
  header.hash ^= 1;
  write();
  expectRefused(XF_WEIGHTS_INVALID, "belongs to another library");
}

TEST_F(WeightsFile, DamagedContentIsSeenWhenVerified) {
  std::vector<uint8_t> section = weights();
  section[1000] ^= 1;
  write(section);
  ASSERT_EQ(open(path()), XF_OK) << lastError();
  ASSERT_EQ(api().model_close(model), XF_OK);
  expectRefused(XF_WEIGHTS_INVALID, "are damaged: their hash is", true);
}

TEST_F(WeightsFile, EmbeddedIsVerifiedToo) {
  program.weights = weights().data();
  ASSERT_EQ(open("", true), XF_OK) << lastError();
  ASSERT_EQ(api().model_close(model), XF_OK);
  program.weights_hash ^= 1;
  EXPECT_EQ(open("", true), XF_WEIGHTS_INVALID);
  EXPECT_NE(lastError().find("the weights in `the library` are damaged"),
            std::string::npos)
      << lastError();
}

// The values of the algorithm's specification (doc/xxhash_spec.md) and of
// `xxhsum -H64` for the strings.
TEST(Hash, PublishedValues) {
  using xf::rt::xxh64;
  EXPECT_EQ(xxh64("", 0), 0xef46db3751d8e999u);
  EXPECT_EQ(xxh64("a", 1), 0xd24ec4f1a98c6e5bu);
  EXPECT_EQ(xxh64("abc", 3), 0x44bc2cf5ad770999u);
  const char *text = "Nobody inspects the spammish repetition";
  EXPECT_EQ(xxh64(text, std::strlen(text)), 0xfbcea83c8a378bf1u);
}
