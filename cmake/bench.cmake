# What the benchmarks need beside their rooms: the commit they are built from, and the programs obscura-bench and obscura-search-bootstrap.
if(NOT TARGET obscura_bench_operations)
  return()  # only some rooms are built
endif()
set(commit_source "${CMAKE_BINARY_DIR}/generated/commit.cpp")
add_custom_target(obscura_commit BYPRODUCTS "${commit_source}"
  COMMAND "${CMAKE_COMMAND}" -D "SOURCE=${CMAKE_SOURCE_DIR}" -D "OUTPUT=${commit_source}" -P "${CMAKE_SOURCE_DIR}/cmake/commit.cmake")
target_sources(obscura_bench_operations PRIVATE "${commit_source}")
add_dependencies(obscura_bench_operations obscura_commit)

add_executable(obscura-search-bootstrap EXCLUDE_FROM_ALL bench/search_bootstrap.cpp)
target_link_libraries(obscura-search-bootstrap PRIVATE obscura_bench_operations)
set_target_properties(obscura-search-bootstrap PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

if(OBSCURA_BENCH)
  find_package(benchmark REQUIRED)
  add_executable(obscura-bench bench/obscura_bench.cpp)
  target_link_libraries(obscura-bench PRIVATE obscura_bench_operations benchmark::benchmark)
  set_target_properties(obscura-bench PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
endif()
