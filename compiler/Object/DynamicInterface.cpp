// Reads a shared object's dynamic section: what it exports and what it needs.
#include "compiler/Object/Link.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/ELFObjectFile.h"

using namespace llvm;

namespace xf {
namespace {

Error failure(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

/// The names of DT_NEEDED entries.
Expected<std::vector<std::string>>
readNeeded(const object::ELFFile<object::ELF64LE> &elf) {
  auto entries = elf.dynamicEntries();
  if (!entries)
    return entries.takeError();
  StringRef strings;
  uint64_t address = 0, size = 0;
  for (const auto &entry : *entries) {
    if (entry.getTag() == ELF::DT_STRTAB)
      address = entry.getPtr();
    if (entry.getTag() == ELF::DT_STRSZ)
      size = entry.getVal();
  }
  if (address) {
    auto mapped = elf.toMappedAddr(address);
    if (!mapped)
      return mapped.takeError();
    strings = StringRef(reinterpret_cast<const char *>(*mapped), size);
  }
  std::vector<std::string> needed;
  for (const auto &entry : *entries)
    if (entry.getTag() == ELF::DT_NEEDED)
      needed.push_back(strings.substr(entry.getVal()).split('\0').first.str());
  return needed;
}

bool isAllowed(StringRef library) {
  return is_contained(
      {"libc.so.6", "libm.so.6", "libpthread.so.0", "ld-linux-x86-64.so.2"},
      library);
}

} // namespace

Expected<DynamicInterface> readDynamicInterface(StringRef path) {
  auto binary = object::ObjectFile::createObjectFile(path);
  if (!binary)
    return failure("cannot read `" + path +
                   "` back: " + toString(binary.takeError()));
  auto *object = dyn_cast<object::ELF64LEObjectFile>(binary->getBinary());
  if (!object)
    return failure("`" + path + "` is not a 64-bit little-endian ELF file");

  DynamicInterface interface;
  for (const object::ELFSymbolRef &symbol :
       object->getDynamicSymbolIterators()) {
    Expected<uint32_t> flags = symbol.getFlags();
    Expected<StringRef> name = symbol.getName();
    if (!flags || !name)
      return joinErrors(flags.takeError(), name.takeError());
    if ((*flags & object::SymbolRef::SF_Undefined) ||
        symbol.getBinding() == ELF::STB_LOCAL)
      continue;
    interface.exports.push_back(name->str());
  }
  Expected<std::vector<std::string>> needed = readNeeded(object->getELFFile());
  if (!needed)
    return needed.takeError();
  interface.needed = std::move(*needed);
  sort(interface.exports);
  sort(interface.needed);
  return interface;
}

Error checkLibrary(StringRef path, ArrayRef<std::string> exports) {
  Expected<DynamicInterface> found = readDynamicInterface(path);
  if (!found)
    return found.takeError();
  std::vector<std::string> expected(exports);
  sort(expected);
  if (found->exports != expected)
    return failure("the linked library exports `" +
                   join(found->exports, "`, `") + "`; exactly `" +
                   join(expected, "`, `") + "` must be visible");
  for (const std::string &library : found->needed)
    if (!isAllowed(library))
      return failure(
          "the linked library needs `" + library +
          "`; only libc, libm, libpthread and the loader are on every machine");
  return Error::success();
}

} // namespace xf
