#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "artifact/digest.hpp"
#include "base/result.hpp"
#include "fhe/random/seed.hpp"

namespace obscura::fhe::secret {

/// What anybody may read in a secret key file.
struct KeyFileInfo {
  artifact::Digest params;               ///< digest of the FHE parameters
  artifact::Digest spec;                 ///< fingerprint of the model specification the keys were made for
  bool insecure = false;                 ///< test-size parameters
  std::vector<std::uint8_t> parameters;  ///< opaque here: runtime/wire writes and reads them
  friend bool operator==(const KeyFileInfo&, const KeyFileInfo&) = default;
};

/// All that a secret key file holds. The key itself is named by a seed (SecretKey::from_seed), which wipes itself.
struct KeyFile {
  KeyFileInfo info;
  std::vector<std::string> labels;  ///< names of the classes, which only the key's holder learns
  random::Seed256 secret_seed;
  std::uint64_t release_cap = 0;  ///< results that the key may release; 0: as many as its holder derives
};

/// What deriving a key from a passphrase costs: Argon2id (RFC 9106), one lane.
struct KdfCost {
  std::uint64_t passes = 3;
  std::uint64_t memory_bytes = std::uint64_t{256} << 20;
};

/// Dearer files are refused (kLimit), lest a crafted one exhaust the reader.
inline constexpr KdfCost kMaxKdfCost{16, std::uint64_t{1} << 30};
inline constexpr std::size_t kMaxLabels = 65536;
inline constexpr std::size_t kMaxLabelBytes = 1024;
inline constexpr std::uint64_t kMaxKeyFileBytes = std::uint64_t{128} << 20;

/// How a key file is protected. Without a passphrase only if `unprotected` says that this is meant.
struct KeyProtection {
  std::span<const std::uint8_t> passphrase;
  bool unprotected = false;
  KdfCost cost = {};
};

/// Seed, labels and cap sealed with XChaCha20-Poly1305 under the passphrase, or in the clear; everything else of the
/// file is authenticated with them. docs/formats.md holds the byte tables. Errors: kSecret (no passphrase, or one
/// together with `unprotected`), kLimit (labels, memory for the derivation).
[[nodiscard]] base::Result<std::vector<std::uint8_t>> encode_key_file(const KeyFile& file,
                                                                      const KeyProtection& protection);

/// The file under `path`, mode 0600, which must not exist: a secret key is never overwritten. Errors also: kIo.
[[nodiscard]] base::Result<void> write_key_file(const std::string& path, const KeyFile& file,
                                                const KeyProtection& protection);

/// Reads the bytes of a file that messages call `name`. An unprotected one takes an empty passphrase.
/// Errors: kSecret for a wrong or missing passphrase; kCorrupt, kUnsupported, kMismatch, kLimit.
[[nodiscard]] base::Result<KeyFile> decode_key_file(std::span<const std::uint8_t> bytes, std::string_view name,
                                                    std::span<const std::uint8_t> passphrase);

/// Whether the file is under a passphrase, and what it says without one.
struct KeyFileSummary {
  KeyFileInfo info;
  bool is_protected;
};
[[nodiscard]] base::Result<KeyFileSummary> summarize_key_file(std::span<const std::uint8_t> bytes,
                                                              std::string_view name);

}  // namespace obscura::fhe::secret
