# Writes which commit is built to OUTPUT, a C++ file, when that has changed. Run at every build: `cmake -D ... -P`.
set(commit "unknown")
find_program(git git)
if(git)
  # Sources that were unpacked inside another repository are none of its commits: git looks no higher than SOURCE.
  cmake_path(GET SOURCE PARENT_PATH above)
  set(ENV{GIT_CEILING_DIRECTORIES} "${above}")
  execute_process(COMMAND "${git}" -C "${SOURCE}" -c "safe.directory=${SOURCE}" describe --always --dirty --abbrev=12 --exclude=*
    OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed)
    set(commit "${described}")
  endif()
endif()
file(CONFIGURE OUTPUT "${OUTPUT}" CONTENT [[
#include "bench/operations/commit.hpp"

namespace obscura::bench::operations {

std::string_view commit() {
  return "@commit@";
}

}  // namespace obscura::bench::operations
]] @ONLY)
