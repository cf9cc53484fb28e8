# Flags that every target shares. No -march here: kernels choose their instruction set at run time,
# and only the files below src/fhe/kernels/<isa>/ are compiled for more than the baseline.
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion)
# Sanitizers make GCC warn where nothing is wrong (its manual says so under -fsanitize): there, warnings are no errors.
if(NOT OBSCURA_SANITIZE)
  add_compile_options(-Werror)
endif()
add_compile_options(-fstack-protector-strong -fno-math-errno -fno-trapping-math -ffp-contract=off)
add_compile_definitions(_GLIBCXX_ASSERTIONS)
add_link_options(-Wl,-z,relro,-z,now)
# The same sources give the same bytes, wherever they lie (scripts/reproducible): no path of a build in what is built, and a
# build-id made of the content. Debian's ar leaves out times and owners by itself, others are told to.
add_compile_options("-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=" "-ffile-prefix-map=${CMAKE_BINARY_DIR}/=build/")
add_link_options(-Wl,--build-id=sha1)
set(CMAKE_CXX_ARCHIVE_CREATE "<CMAKE_AR> qcD <TARGET> <LINK_FLAGS> <OBJECTS>")
set(CMAKE_CXX_ARCHIVE_APPEND "<CMAKE_AR> qD <TARGET> <LINK_FLAGS> <OBJECTS>")
set(CMAKE_CXX_ARCHIVE_FINISH "<CMAKE_RANLIB> -D <TARGET>")

if(CMAKE_BUILD_TYPE STREQUAL "Release")
  string(REPLACE "-O3" "" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
  set(CMAKE_CXX_FLAGS_RELEASE "-O3 ${CMAKE_CXX_FLAGS_RELEASE}")
endif()

if(OBSCURA_SANITIZE)
  add_compile_options(-fsanitize=${OBSCURA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${OBSCURA_SANITIZE})
endif()

# libFuzzer follows what an input reaches by calls that Clang puts into all of our code.
if(OBSCURA_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "OBSCURA_FUZZ needs Clang: configure with the preset `fuzz`")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
