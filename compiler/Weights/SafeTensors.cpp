// Checks and reads safetensors files. Order of the checks: length word, header
// text (depth, JSON, duplicate keys), each entry alone, then all data ranges.
#include "compiler/Weights/SafeTensors.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>
#include <cstring>
#include <optional>

using namespace llvm;
using namespace xf::weights;

/// The format's own limit, which keeps a bad length word from costing memory.
static constexpr uint64_t kMaxHeaderBytes = 100'000'000;
/// A header nests three levels; the JSON parser recurses, so depth is limited
/// before it runs.
static constexpr unsigned kMaxDepth = 16;

StringRef xf::weights::nameOf(DType type) {
  switch (type) {
#define X(name, bytes)                                                         \
  case DType::name:                                                            \
    return #name;
    XF_SAFETENSORS_DTYPES(X)
#undef X
  }
  llvm_unreachable("all element types handled");
}

uint64_t xf::weights::bytesOf(DType type) {
  switch (type) {
#define X(name, bytes)                                                         \
  case DType::name:                                                            \
    return bytes;
    XF_SAFETENSORS_DTYPES(X)
#undef X
  }
  llvm_unreachable("all element types handled");
}

bool xf::weights::isReadable(DType type) {
  return type == DType::F32 || type == DType::F16 || type == DType::BF16;
}

static std::optional<DType> findDType(StringRef name) {
#define X(type, bytes)                                                         \
  if (name == #type)                                                           \
    return DType::type;
  XF_SAFETENSORS_DTYPES(X)
#undef X
  return std::nullopt;
}

std::string xf::weights::formatShape(ArrayRef<int64_t> shape) {
  std::string text = "[";
  for (size_t d = 0; d < shape.size(); ++d)
    text += (d ? ", " : "") + std::to_string(shape[d]);
  return text + "]";
}

static Error fail(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

/// An error about one tensor.
static Error failTensor(StringRef name, const Twine &message) {
  return fail("tensor `" + name + "`: " + message);
}

//===----------------------------------------------------------------------===//
// Header text
//===----------------------------------------------------------------------===//

/// The end (past the closing quote) of the string that starts at `text[begin]`,
/// or npos.
static size_t endOfString(StringRef text, size_t begin) {
  for (size_t i = begin + 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      return i + 1;
  }
  return StringRef::npos;
}

static Error checkDepth(StringRef text) {
  unsigned depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      i = endOfString(text, i);
      if (i == StringRef::npos)
        return Error::success(); // the JSON parser says it better
      --i;
    } else if (text[i] == '{' || text[i] == '[') {
      if (++depth > kMaxDepth)
        return fail("the header nests deeper than " + Twine(kMaxDepth) +
                    " levels, but a safetensors header has three");
    } else if ((text[i] == '}' || text[i] == ']') && depth > 0) {
      --depth;
    }
  }
  return Error::success();
}

/// llvm::json keeps one of two equal keys without a word, so the text itself is
/// walked; it is valid JSON at this point.
static Error checkDuplicateKeys(StringRef text) {
  struct Level {
    bool isObject;
    StringSet<> keys;
  };
  SmallVector<Level, 4> levels;
  bool expectKey = false;
  for (size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
    case '{':
    case '[':
      levels.push_back({text[i] == '{', {}});
      expectKey = text[i] == '{';
      break;
    case '}':
    case ']':
      levels.pop_back();
      expectKey = false;
      break;
    case ',':
      expectKey = levels.back().isObject;
      break;
    case '"': {
      size_t end = endOfString(text, i);
      if (expectKey) {
        // Decoded, because `"a"` and `"\u0061"` are the same key.
        json::Value key = cantFail(json::parse(text.slice(i, end)));
        if (!levels.back().keys.insert(*key.getAsString()).second)
          return fail("the header has the key `" + *key.getAsString() +
                      "` twice, but the keys of an object must differ");
        expectKey = false;
      }
      i = end - 1;
      break;
    }
    default:
      break;
    }
  }
  return Error::success();
}

/// Checks the length word and returns the header's text.
static Expected<StringRef> headerOf(StringRef bytes) {
  if (bytes.size() < 8)
    return fail("the file has " + Twine(bytes.size()) +
                " bytes, but a safetensors file starts with 8 bytes that hold "
                "the length of its header");
  uint64_t length = support::endian::read64le(bytes.data());
  if (length == 0)
    return fail("the header length is 0, but a header is a JSON object of at "
                "least 2 bytes");
  if (length > kMaxHeaderBytes)
    return fail("the header length is " + Twine(length) +
                ", but the format allows at most " + Twine(kMaxHeaderBytes) +
                " bytes; is this a safetensors file?");
  if (length > bytes.size() - 8)
    return fail("the header length is " + Twine(length) + ", but only " +
                Twine(bytes.size() - 8) +
                " bytes follow; the file may be truncated");
  return bytes.substr(8, length);
}

static Expected<json::Object> parseHeader(StringRef text) {
  if (Error error = checkDepth(text))
    return std::move(error);
  Expected<json::Value> value = json::parse(text);
  if (!value)
    return fail("the header is not valid JSON: " + toString(value.takeError()));
  json::Object *object = value->getAsObject();
  if (!object || !text.starts_with("{"))
    return fail("the header must be a JSON object that starts with `{`");
  if (Error error = checkDuplicateKeys(text))
    return std::move(error);
  return std::move(*object);
}

static Error checkMetadata(const json::Value &value) {
  const json::Object *object = value.getAsObject();
  bool valid = object && all_of(*object, [](const auto &entry) {
                 return entry.second.kind() == json::Value::String;
               });
  if (!valid)
    return fail("`__metadata__` must be an object whose values are strings");
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Entries
//===----------------------------------------------------------------------===//

static Error parseShape(TensorInfo &info, const json::Array *shape) {
  if (!shape)
    return failTensor(info.name, "`shape` must be a list of integers");
  for (const json::Value &dim : *shape) {
    // getAsInteger takes 2.0 for 2; this does not, and refuses signs too.
    std::optional<uint64_t> extent = dim.getAsUINT64();
    if (!extent || *extent > static_cast<uint64_t>(INT64_MAX)) {
      std::string text;
      raw_string_ostream(text) << dim;
      if (!extent && all_of(text, isDigit))
        text += ".0"; // which JSON's writer leaves out
      return failTensor(info.name, "`shape` holds " + text +
                                       ", but a dimension must be an integer, "
                                       "zero or positive");
    }
    info.shape.push_back(static_cast<int64_t>(*extent));
  }
  return Error::success();
}

static Error parseOffsets(TensorInfo &info, const json::Array *offsets) {
  std::optional<uint64_t> begin, end;
  if (offsets && offsets->size() == 2) {
    begin = (*offsets)[0].getAsUINT64();
    end = (*offsets)[1].getAsUINT64();
  }
  if (!begin || !end)
    return failTensor(info.name, "`data_offsets` must be two integers, zero or "
                                 "positive: where its data begins and ends");
  if (*begin > *end)
    return failTensor(info.name, "its data begins at " + Twine(*begin) +
                                     " and ends before that, at " +
                                     Twine(*end));
  info.begin = *begin;
  info.end = *end;
  return Error::success();
}

/// The size of the data that dtype and shape ask for must be what the offsets
/// give.
static Error checkBytes(const TensorInfo &info) {
  uint64_t bytes = bytesOf(info.dtype);
  for (int64_t dim : info.shape)
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(dim), &bytes))
      return failTensor(info.name, "the size of shape " +
                                       formatShape(info.shape) +
                                       " overflows 64 bits");
  if (bytes != info.end - info.begin)
    return failTensor(info.name, "shape " + formatShape(info.shape) + " of " +
                                     nameOf(info.dtype) + " takes " +
                                     Twine(bytes) +
                                     " bytes, but its offsets "
                                     "give it " +
                                     Twine(info.end - info.begin));
  return Error::success();
}

static Expected<TensorInfo> parseEntry(StringRef name,
                                       const json::Value &value) {
  TensorInfo info;
  info.name = name.str();
  const json::Object *entry = value.getAsObject();
  if (!entry)
    return failTensor(name, "its entry must be an object with `dtype`, `shape` "
                            "and `data_offsets`");
  std::optional<StringRef> typeName = entry->getString("dtype");
  if (!typeName)
    return failTensor(name, "`dtype` must be a string");
  std::optional<DType> dtype = findDType(*typeName);
  if (!dtype)
    return failTensor(name, "unknown dtype `" + *typeName +
                                "`; weights are read from F32, F16 and BF16");
  info.dtype = *dtype;
  if (Error error = parseShape(info, entry->getArray("shape")))
    return std::move(error);
  if (Error error = parseOffsets(info, entry->getArray("data_offsets")))
    return std::move(error);
  if (Error error = checkBytes(info))
    return std::move(error);
  return info;
}

/// The tensors, in the order of their data, must cover it exactly once.
static Error checkRanges(ArrayRef<TensorInfo> infos, uint64_t dataBytes) {
  uint64_t covered = 0;
  StringRef previous;
  for (const TensorInfo &info : infos) {
    if (info.end > dataBytes)
      return failTensor(info.name, "its data ends at byte " + Twine(info.end) +
                                       ", but the file holds " +
                                       Twine(dataBytes) +
                                       " bytes of data; it may be truncated");
    if (info.begin < covered)
      return failTensor(info.name, "its data begins at byte " +
                                       Twine(info.begin) +
                                       ", inside that of `" + previous +
                                       "`, which ends at " + Twine(covered));
    if (info.begin > covered)
      return failTensor(info.name,
                        "its data begins at byte " + Twine(info.begin) +
                            ", but the data before it ends at " +
                            Twine(covered) + "; the format allows no holes");
    covered = info.end;
    previous = info.name;
  }
  if (covered != dataBytes)
    return fail("the tensors end at byte " + Twine(covered) +
                " of the data, but the file holds " + Twine(dataBytes) +
                "; the format allows no bytes after the last tensor");
  return Error::success();
}

static Expected<std::vector<TensorInfo>> parseInfos(StringRef bytes) {
  Expected<StringRef> text = headerOf(bytes);
  if (!text)
    return text.takeError();
  Expected<json::Object> header = parseHeader(*text);
  if (!header)
    return header.takeError();
  std::vector<TensorInfo> infos;
  for (const auto &[key, value] : *header) {
    if (key == "__metadata__") {
      if (Error error = checkMetadata(value))
        return std::move(error);
      continue;
    }
    Expected<TensorInfo> info = parseEntry(key, value);
    if (!info)
      return info.takeError();
    infos.push_back(std::move(*info));
  }
  // The name decides between empty tensors, so that the order never depends on
  // a hash.
  sort(infos, [](const TensorInfo &a, const TensorInfo &b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  if (Error error = checkRanges(infos, bytes.size() - 8 - text->size()))
    return std::move(error);
  return infos;
}

//===----------------------------------------------------------------------===//
// SafeTensors
//===----------------------------------------------------------------------===//

Expected<SafeTensors>
SafeTensors::fromBuffer(std::unique_ptr<MemoryBuffer> buffer) {
  StringRef bytes = buffer->getBuffer();
  Expected<std::vector<TensorInfo>> infos = parseInfos(bytes);
  if (!infos)
    return fail("`" + buffer->getBufferIdentifier() +
                "`: " + toString(infos.takeError()));
  SafeTensors file;
  file.data = bytes.drop_front(8 + support::endian::read64le(bytes.data()));
  file.buffer = std::move(buffer);
  file.infos = std::move(*infos);
  for (size_t i = 0; i < file.infos.size(); ++i)
    file.byName[file.infos[i].name] = i;
  return file;
}

Expected<SafeTensors> SafeTensors::open(StringRef path) {
  ErrorOr<std::unique_ptr<MemoryBuffer>> buffer = MemoryBuffer::getFile(
      path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return fail("cannot read checkpoint `" + path +
                "`: " + buffer.getError().message());
  return fromBuffer(std::move(*buffer));
}

const TensorInfo *SafeTensors::find(StringRef name) const {
  auto it = byName.find(name);
  return it == byName.end() ? nullptr : &infos[it->second];
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

static float floatFromBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

float xf::weights::halfToFloat(uint16_t bits) {
  uint32_t sign = uint32_t(bits & 0x8000) << 16;
  uint32_t exponent = (bits >> 10) & 31, mantissa = bits & 1023;
  if (exponent == 31)
    return floatFromBits(sign | 0x7f800000 | mantissa << 13);
  if (exponent != 0)
    return floatFromBits(sign | (exponent + 112) << 23 | mantissa << 13);
  // Zero and subnormals: a multiple of 2^-24, which f32 holds as a normal.
  float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
  return sign ? -magnitude : magnitude;
}

float xf::weights::bfloatToFloat(uint16_t bits) {
  return floatFromBits(uint32_t(bits) << 16);
}

static float readElement(DType type, const char *bytes) {
  using namespace support::endian;
  switch (type) {
  case DType::F32:
    return floatFromBits(read32le(bytes));
  case DType::F16:
    return halfToFloat(read16le(bytes));
  case DType::BF16:
    return bfloatToFloat(read16le(bytes));
  default:
    llvm_unreachable("isReadable was checked");
  }
}

/// The position of element `flat` as `[3, 17]`.
static std::string formatPosition(ArrayRef<int64_t> shape, uint64_t flat) {
  std::vector<int64_t> position(shape.size());
  for (size_t d = shape.size(); d-- > 0; flat /= shape[d])
    position[d] = static_cast<int64_t>(flat % shape[d]);
  return formatShape(position);
}

Expected<std::vector<float>> SafeTensors::read(const TensorInfo &info) const {
  if (!isReadable(info.dtype))
    return fail("`" + path() + "`: tensor `" + info.name + "` is " +
                nameOf(info.dtype) +
                ", but weights are read from F32, F16 and BF16");
  uint64_t size = bytesOf(info.dtype), count = (info.end - info.begin) / size;
  const char *bytes = data.data() + info.begin;
  std::vector<float> values(count);
  uint64_t badCount = 0, firstBad = 0;
  for (uint64_t i = 0; i < count; ++i) {
    values[i] = readElement(info.dtype, bytes + i * size);
    if (!std::isfinite(values[i]) && badCount++ == 0)
      firstBad = i;
  }
  if (badCount == 0)
    return values;
  StringRef kind = std::isnan(values[firstBad]) ? "NaN" : "infinite";
  return fail("`" + path() + "`: tensor `" + info.name + "` is " + kind +
              " at " + formatPosition(info.shape, firstBad) + " (" +
              Twine(badCount) + " of " + Twine(count) +
              " values are not finite), but weights must be finite");
}
