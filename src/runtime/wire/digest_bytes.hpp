#pragma once

#include <algorithm>
#include <span>
#include <string>

#include "artifact/digest.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"
#include "fhe/ckks/ciphertext.hpp"

namespace obscura::runtime::wire {

/// The next 32 bytes as a digest; zero when the reader has failed.
[[nodiscard]] inline artifact::Digest read_digest(base::ByteReader& reader) {
  artifact::Digest digest;
  const auto bytes = reader.bytes(digest.bytes.size());
  if (bytes.size() == digest.bytes.size()) std::copy(bytes.begin(), bytes.end(), digest.bytes.begin());
  return digest;
}

/// Exactly 32 bytes as a public seed. Error: kCorrupt.
[[nodiscard]] inline base::Result<fhe::random::Seed256> read_seed(std::span<const std::uint8_t> bytes,
                                                                  const std::string& name) {
  fhe::random::Seed256 seed;
  if (bytes.size() != seed.bytes.size()) {
    return base::fail(base::ErrorCode::kCorrupt, name + ": the seed does not have 32 bytes", "get the file again");
  }
  std::copy(bytes.begin(), bytes.end(), seed.bytes.begin());
  return seed;
}

}  // namespace obscura::runtime::wire
