#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "fhe/random/seed.hpp"

namespace obscura::fhe::random {

/// What a stream is used for. Two uses of one seed never share a (domain, index) pair. The numbers
/// are part of the file formats: never renumber.
enum class Domain : std::uint32_t {
  kUniform = 1,      ///< public: the uniform half of keys and symmetric ciphertexts
  kSecretKey = 2,    ///< secret: coefficients of a secret key
  kError = 3,        ///< secret: error polynomials
  kEphemeral = 4,    ///< secret: the ternary mask of a public-key encryption
  kDerivedSeed = 5,  ///< seeds for sub-tasks
  kTest = 6,         ///< test data; never for keys or ciphertexts
};

/// The ChaCha20 key stream (RFC 8439) of a seed: key = seed, nonce = domain as 32-bit little-endian
/// followed by index as 64-bit little-endian, block counter from 0. Deterministic. Not thread-safe;
/// move-only. Its state is wiped when it dies.
class Stream {
 public:
  Stream(const Seed256& seed, Domain domain, std::uint64_t index);
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;
  ~Stream();

  /// The next out.size() bytes. A stream gives at most 2^38 bytes (RFC 8439's 32-bit counter);
  /// asking for more is a bug in the caller.
  void fill(std::span<std::uint8_t> out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The 16 words that the first block of a stream is made from (RFC 8439, section 2.3), for who makes the key stream of
/// a public seed without a Stream: as revealing as the seed, and not wiped.
[[nodiscard]] std::array<std::uint32_t, 16> public_stream_state(const Seed256& seed, Domain domain,
                                                                std::uint64_t index);

/// The seed that `Domain::kDerivedSeed`, `index` of `parent` begins with.
[[nodiscard]] Seed256 derive_seed(const Seed256& parent, std::uint64_t index);

}  // namespace obscura::fhe::random
