#include "fuzz/target.hpp"

#include "fuzz/readers.hpp"

namespace obscura::fuzz {

void read_one(const char* format, const std::uint8_t* data, std::size_t size) {
  static Workshop workshop;
  static const Readers readers(workshop, Keys::kOfTheFile);
  const std::span<const std::uint8_t> bytes(data, size);
  check_reading(readers.read(format, bytes), bytes);
}

}  // namespace obscura::fuzz
