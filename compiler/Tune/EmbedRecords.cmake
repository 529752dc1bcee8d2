# cmake -DOUT=file.cpp -DROOT=dir "-DSOURCES=a,b,..." -P EmbedRecords.cmake
# Writes the named files of tuning records into a C++ source as text.
string(REPLACE "," ";" sources "${SOURCES}")
set(entries "")
foreach(source IN LISTS sources)
  file(READ ${source} text)
  file(RELATIVE_PATH name ${ROOT} ${source})
  string(APPEND entries "    {\"${name}\", R\"records(${text})records\"},\n")
endforeach()
file(WRITE ${OUT} "// The files of targets/tuning.
#include \"compiler/Tune/BuiltinRecords.h\"

#include <vector>

llvm::ArrayRef<xf::tune::BuiltinRecords> xf::tune::builtinRecords() {
  static const std::vector<BuiltinRecords> records = {
${entries}  };
  return records;
}
")
