# cmake -DOUT=file.h -DROOT=dir "-DSOURCES=a,b,..." -P HashSources.cmake
# Writes the hash of the named sources (contents and paths relative to ROOT, in order) as a C++ constant, only when it changed.
string(REPLACE "," ";" sources "${SOURCES}")
set(all "")
foreach(source IN LISTS sources)
  file(SHA256 ${source} hash)
  file(RELATIVE_PATH name ${ROOT} ${source})
  string(APPEND all "${name} ${hash}\n")
endforeach()
string(SHA256 hash "${all}")
set(text "// Hash of the sources that decide what a kernel compiles to; part of every cache key.
#pragma once
namespace xf {
inline constexpr char emitterHash[] = \"${hash}\";
}
")
file(CONFIGURE OUTPUT ${OUT} CONTENT "${text}" @ONLY)
