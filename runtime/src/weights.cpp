// See weights.h.
#include "runtime/src/weights.h"

#include "runtime/src/hash.h"

#include <cerrno>
#include <cinttypes>
#include <climits>
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace xf::rt {

namespace {
/// A file descriptor that closes itself.
struct File {
  explicit File(int descriptor) : descriptor(descriptor) {}
  File(const File &) = delete;
  File &operator=(const File &) = delete;
  ~File() {
    if (descriptor >= 0)
      close(descriptor);
  }
  int descriptor;
};
} // namespace

static bool isFolder(const char *path) {
  struct stat info;
  return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/// Writes where the weights should be into `path`; false if that does not fit.
static bool locate(const xf_program &program, const char *given, char *path,
                   size_t size) {
  static const char insideTheLibrary = 0;
  int length;
  Dl_info info;
  if (given && isFolder(given)) {
    length = snprintf(path, size, "%s/%s", given, program.weights_file);
  } else if (given) {
    length = snprintf(path, size, "%s", given);
  } else if (dladdr(&insideTheLibrary, &info) && info.dli_fname &&
             strrchr(info.dli_fname, '/')) {
    const int folder = int(strrchr(info.dli_fname, '/') - info.dli_fname);
    length = snprintf(path, size, "%.*s/%s", folder, info.dli_fname,
                      program.weights_file);
  } else {
    length = snprintf(path, size, "%s", program.weights_file);
  }
  return length >= 0 && size_t(length) < size;
}

static xf_status checkHeader(const xf_program &program,
                             const xf_weights_header &header, uint64_t fileSize,
                             const char *path) {
  if (header.magic != XF_WEIGHTS_MAGIC)
    return fail(
        XF_WEIGHTS_INVALID,
        "`%s` is not a weights file: it does not start with the magic of one",
        path);
  if (header.version != XF_WEIGHTS_VERSION)
    return fail(XF_WEIGHTS_INVALID,
                "`%s` has version %u of the format, this library reads version "
                "%u; compile again",
                path, header.version, XF_WEIGHTS_VERSION);
  if (header.offset < sizeof(header) || header.offset % 4096 != 0 ||
      header.offset > fileSize || header.bytes != fileSize - header.offset)
    return fail(XF_WEIGHTS_INVALID,
                "`%s` is damaged: its header says %" PRIu64
                " bytes of weights from byte %" PRIu64 ", the file has %" PRIu64
                " bytes",
                path, header.bytes, header.offset, fileSize);
  if (header.bytes != program.weights_bytes ||
      header.hash != program.weights_hash)
    return fail(XF_WEIGHTS_INVALID,
                "`%s` belongs to another library: it holds %" PRIu64
                " bytes with hash %016" PRIx64
                ", `%s` was compiled with %" PRIu64
                " bytes with hash %016" PRIx64,
                path, header.bytes, header.hash, program.name,
                program.weights_bytes, program.weights_hash);
  return XF_OK;
}

xf_status Weights::openFile(const xf_program &program, const char *path) {
  // Opening a pipe would wait for a writer; files do not know O_NONBLOCK.
  File handle(::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (handle.descriptor < 0)
    return fail(XF_WEIGHTS_NOT_FOUND,
                "the weights of `%s` are not at `%s`: %s; keep `%s` beside the "
                "library or set the option `weights`",
                program.name, path, strerror(errno), program.weights_file);
  struct stat info;
  if (fstat(handle.descriptor, &info) != 0 || !S_ISREG(info.st_mode))
    return fail(XF_WEIGHTS_NOT_FOUND, "`%s` is not a regular file", path);
  const uint64_t fileSize = uint64_t(info.st_size);
  if (fileSize < sizeof(xf_weights_header))
    return fail(XF_WEIGHTS_INVALID,
                "`%s` has %" PRIu64
                " bytes, a weights file starts with a header of %zu",
                path, fileSize, sizeof(xf_weights_header));
  if (!file.mapFile(handle.descriptor, fileSize))
    return fail(XF_OUT_OF_MEMORY, "`%s` cannot be mapped: %s", path,
                strerror(errno));
  xf_weights_header header;
  memcpy(&header, file.data(), sizeof(header));
  XF_RETURN_IF_ERROR(checkHeader(program, header, fileSize, path));
  section = file.data() + header.offset;
  bytes = header.bytes;
  return XF_OK;
}

xf_status Weights::open(const xf_program &program, const char *path,
                        bool verify) {
  char found[PATH_MAX] = "the library";
  if (program.weights || program.weights_bytes == 0) {
    section = program.weights;
    bytes = program.weights_bytes;
  } else {
    if (!locate(program, path, found, sizeof(found)))
      return fail(XF_WEIGHTS_NOT_FOUND,
                  "the path of the weights file has %d characters or more",
                  PATH_MAX);
    XF_RETURN_IF_ERROR(openFile(program, found));
  }
  if (!verify)
    return XF_OK;
  const uint64_t hash = xxh64(section, bytes);
  if (hash != program.weights_hash)
    return fail(XF_WEIGHTS_INVALID,
                "the weights in `%s` are damaged: their hash is %016" PRIx64
                ", it should be %016" PRIx64,
                found, hash, program.weights_hash);
  return XF_OK;
}

} // namespace xf::rt
