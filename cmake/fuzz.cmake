# Fuzz targets, one per format (fuzz/targets). With OBSCURA_FUZZ they are libFuzzer programs, which needs Clang; else they
# run the stored inputs once each, as tests. What they are made of is linked by the tests of malformed files too.
if(NOT OBSCURA_TESTS AND NOT OBSCURA_FUZZ)
  return()
endif()
if(NOT TARGET obscura_deploy_submit OR NOT TARGET obscura_compiler_onnx)
  return()  # only some rooms are built
endif()

find_package(ZLIB REQUIRED)
file(GLOB fuzz_sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/fuzz/*.cpp")
list(FILTER fuzz_sources EXCLUDE REGEX "/(mutator|run_inputs|write_seeds)\\.cpp$")
add_library(obscura_fuzz STATIC ${fuzz_sources})
target_include_directories(obscura_fuzz PUBLIC "${CMAKE_SOURCE_DIR}/src" "${CMAKE_SOURCE_DIR}")
target_compile_options(obscura_fuzz PRIVATE -O1 -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
target_precompile_headers(obscura_fuzz REUSE_FROM obscura_common_headers)
# What reads bytes of others, and what makes good ones; with what these rooms need in turn.
target_link_libraries(obscura_fuzz PUBLIC obscura_plan_weights obscura_compiler_onnx obscura_deploy_client obscura_deploy_submit
  ZLIB::ZLIB)

add_executable(obscura-fuzz-seeds EXCLUDE_FROM_ALL "${CMAKE_SOURCE_DIR}/fuzz/write_seeds.cpp")
target_link_libraries(obscura-fuzz-seeds PRIVATE obscura_fuzz)
add_custom_target(obscura-fuzz-targets DEPENDS obscura-fuzz-seeds)

add_library(obscura_fuzz_main OBJECT EXCLUDE_FROM_ALL "${CMAKE_SOURCE_DIR}/fuzz/run_inputs.cpp")
file(GLOB fuzz_targets CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/fuzz/targets/*.cpp")
foreach(source IN LISTS fuzz_targets)
  cmake_path(GET source STEM format)
  set(program "obscura-fuzz-${format}")
  if(OBSCURA_FUZZ)
    add_executable(${program} EXCLUDE_FROM_ALL "${source}" "${CMAKE_SOURCE_DIR}/fuzz/mutator.cpp")
    target_link_options(${program} PRIVATE -fsanitize=fuzzer)
  else()
    add_executable(${program} "${source}" $<TARGET_OBJECTS:obscura_fuzz_main>)
    add_test(NAME fuzz/${format} COMMAND ${program} "${CMAKE_SOURCE_DIR}/fuzz/corpus/${format}")
    set_tests_properties(fuzz/${format} PROPERTIES LABELS fast TIMEOUT 300)
  endif()
  target_include_directories(${program} PRIVATE "${CMAKE_SOURCE_DIR}")
  target_link_libraries(${program} PRIVATE obscura_fuzz)
  add_dependencies(obscura-fuzz-targets ${program})
endforeach()

if(TARGET obscura_tests_malformed)
  target_link_libraries(obscura_tests_malformed PRIVATE obscura_fuzz)
endif()
