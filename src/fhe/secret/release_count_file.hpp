#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "artifact/digest.hpp"
#include "base/result.hpp"
#include "fhe/random/seed.hpp"

namespace obscura::fhe::secret {

inline constexpr std::uint64_t kMaxReleaseCountBytes = 4096;

/// How many results a key has released, or may have: what is reserved counts. Anybody may read it.
struct ReleaseCountFile {
  artifact::Digest key;  ///< of the public key
  std::uint64_t released = 0;
  friend bool operator==(const ReleaseCountFile&, const ReleaseCountFile&) = default;
};

/// What counts of a key are tagged with: derived from the secret's seed, of which it tells nothing.
class CountTagKey {
 public:
  explicit CountTagKey(const random::Seed256& secret_seed);
  [[nodiscard]] std::span<const std::uint8_t, 32> reveal_secret() const { return key_.bytes; }

 private:
  random::Seed256 key_;  // wipes itself
};

/// Under a tag that only who has the secret can make. docs/formats.md holds the byte table.
[[nodiscard]] std::vector<std::uint8_t> encode_release_count(const ReleaseCountFile& count, const CountTagKey& tag_key);

/// Reads the bytes of a file that messages call `name`. Errors: kMismatch (of another key), kCorrupt (also when the
/// tag is not of this secret), kUnsupported, kLimit.
[[nodiscard]] base::Result<ReleaseCountFile> decode_release_count(std::span<const std::uint8_t> bytes,
                                                                  std::string_view name, const artifact::Digest& key,
                                                                  const CountTagKey& tag_key);

/// What the file says, of whichever key and by whomever. Errors: kMismatch (another kind of file), kCorrupt, kLimit.
[[nodiscard]] base::Result<ReleaseCountFile> inspect_release_count(std::span<const std::uint8_t> bytes,
                                                                   std::string_view name);

}  // namespace obscura::fhe::secret
