#include <algorithm>
#include <cstring>

#include "fuzz/damage.hpp"

// How libFuzzer changes inputs: most of the time below the digests, so that it gets past them.

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned int seed);

std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned int seed) {
  using obscura::fuzz::Bytes;
  static const obscura::fuzz::Workshop workshop;
  std::mt19937_64 random(seed);
  Bytes bytes(data, data + size);
  const auto change = [](Bytes& part) {
    const std::size_t old = part.size();
    part.resize(2 * old + 64);
    part.resize(LLVMFuzzerMutate(part.data(), old, part.size()));
  };
  const auto kind = random() % 8;
  if (kind == 0) {
    change(bytes);
  } else if (kind == 1) {
    change(bytes);
    obscura::fuzz::make_digests_good(bytes, workshop);
  } else {
    obscura::fuzz::change_below_digests(bytes, change, workshop, random);
  }
  if (bytes.size() > most) return LLVMFuzzerMutate(data, size, most);
  std::copy(bytes.begin(), bytes.end(), data);
  return bytes.size();
}
