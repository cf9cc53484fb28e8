#pragma once

#include <cstddef>
#include <cstdint>

namespace obscura::fuzz {

/// The body of a fuzz target: reads the bytes as an artefact of this format and stops the process when the reading is
/// neither a clear refusal nor heeds every byte.
void read_one(const char* format, const std::uint8_t* data, std::size_t size);

}  // namespace obscura::fuzz

/// What libFuzzer and the program that runs stored inputs call: a target is one such line.
#define OBSCURA_FUZZ_TARGET(format)                                                   \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
    obscura::fuzz::read_one(format, data, size);                                      \
    return 0;                                                                         \
  }
