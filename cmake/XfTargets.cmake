# The flags of each world, as INTERFACE targets, and one function per kind of target.
#
# xf_base    every target: warnings, the repository root as include root
# xf_llvm    LLVM 19 without MLIR (dsl, Object, Weights)
# xf_mlir    MLIR 19; no exceptions, RTTI on, as Debian builds it
# xf_halide  Halide 21 from its wheel, with exceptions; never mixed with xf_mlir but in compiler/Emit

add_library(xf_base INTERFACE)
target_include_directories(xf_base INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
target_compile_options(xf_base INTERFACE -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers -Werror=return-type)

# LLVM's public headers are included as system headers, so that our warnings stay ours.
separate_arguments(XF_LLVM_DEFINITIONS NATIVE_COMMAND "${LLVM_DEFINITIONS}")
add_library(xf_llvm INTERFACE)
target_include_directories(xf_llvm SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS})
target_compile_definitions(xf_llvm INTERFACE ${XF_LLVM_DEFINITIONS})
target_link_libraries(xf_llvm INTERFACE xf_base LLVM fmt::fmt)

add_library(xf_mlir INTERFACE)
target_include_directories(xf_mlir SYSTEM INTERFACE ${MLIR_INCLUDE_DIRS})
target_link_libraries(xf_mlir INTERFACE xf_llvm MLIR)

add_library(xf_halide INTERFACE)
target_link_libraries(xf_halide INTERFACE xf_base Halide::Halide fmt::fmt)

# xf_add_library(NAME SOURCES... [DEPENDS tablegen targets] [LINK PUBLIC libs] [PRIVATE_LINK libs] [EXCEPTIONS])
# A static library xf_NAME-style; exceptions are off unless EXCEPTIONS is given.
function(xf_add_library name)
  cmake_parse_arguments(ARG "EXCEPTIONS" "" "SOURCES;DEPENDS;LINK;PRIVATE_LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC ${ARG_LINK} PRIVATE ${ARG_PRIVATE_LINK})
  if(NOT ARG_EXCEPTIONS)
    target_compile_options(${name} PRIVATE -fno-exceptions)
  endif()
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
endfunction()

# xf_add_gtest(NAME SOURCES... LINK libs [EXCEPTIONS]): a GoogleTest program, each of its tests known to ctest.
include(GoogleTest)
function(xf_add_gtest name)
  cmake_parse_arguments(ARG "EXCEPTIONS" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gtest GTest::gtest_main)
  if(NOT ARG_EXCEPTIONS)
    target_compile_options(${name} PRIVATE -fno-exceptions)
  endif()
  add_test(NAME ${name} COMMAND ${name})
endfunction()
