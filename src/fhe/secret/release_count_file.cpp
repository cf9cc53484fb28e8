#include "fhe/secret/release_count_file.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <string>

#include "artifact/container.hpp"
#include "base/bytes.hpp"
#include "fhe/random/stream.hpp"

namespace obscura::fhe::secret {
namespace {

constexpr std::uint32_t kCountSection = 1;
// Of Domain::kDerivedSeed of the secret's seed: the key that counts are tagged with.
constexpr std::uint64_t kTagKeyIndex = 0;

using Tag = std::array<std::uint8_t, crypto_auth_BYTES>;

/// HMAC-SHA-512-256 (RFC 4868).
Tag tag_of(const ReleaseCountFile& count, const CountTagKey& tag_key) {
  static_assert(decltype(tag_key.reveal_secret())::extent == crypto_auth_KEYBYTES);
  base::ByteWriter writer;
  writer.string("obscura release count v1");
  writer.bytes(count.key.bytes);
  writer.u64(count.released);
  Tag tag;
  ::crypto_auth(tag.data(), writer.view().data(), writer.size(), tag_key.reveal_secret().data());
  return tag;
}

struct Read {
  ReleaseCountFile count;
  Tag tag;
};

base::Result<Read> read(std::span<const std::uint8_t> bytes, const std::string& name) {
  OBSCURA_TRY(const auto reader, artifact::ContainerReader::open(
                                     bytes, {artifact::ArtifactKind::kReleaseCount, name, kMaxReleaseCountBytes, 1}));
  OBSCURA_TRY(const auto section, reader.section(kCountSection));
  base::ByteReader content(section, name);
  Read read;
  std::ranges::copy(content.bytes(read.count.key.bytes.size()), read.count.key.bytes.begin());
  read.count.released = content.u64();
  std::ranges::copy(content.bytes(read.tag.size()), read.tag.begin());
  OBSCURA_TRY_VOID(content.finish());
  return read;
}

}  // namespace

CountTagKey::CountTagKey(const random::Seed256& secret_seed) : key_(random::derive_seed(secret_seed, kTagKeyIndex)) {}

std::vector<std::uint8_t> encode_release_count(const ReleaseCountFile& count, const CountTagKey& tag_key) {
  base::ByteWriter writer;
  writer.bytes(count.key.bytes);
  writer.u64(count.released);
  writer.bytes(tag_of(count, tag_key));
  artifact::ContainerWriter container(artifact::ArtifactKind::kReleaseCount);
  container.add(kCountSection, writer.take());
  return container.finish();
}

base::Result<ReleaseCountFile> decode_release_count(std::span<const std::uint8_t> bytes, std::string_view name,
                                                    const artifact::Digest& key, const CountTagKey& tag_key) {
  const std::string file_name(name);
  OBSCURA_TRY(const Read file, read(bytes, file_name));
  if (file.count.key != key) {
    return base::fail(base::ErrorCode::kMismatch, file_name + " counts the releases of another key",
                      "name the file that was made with this key");
  }
  const Tag tag = tag_of(file.count, tag_key);
  if (::sodium_memcmp(tag.data(), file.tag.data(), tag.size()) != 0) {
    return base::fail(base::ErrorCode::kCorrupt, file_name + " was written by somebody who does not hold the key",
                      "find out who may write there, and restore the newest copy");
  }
  return file.count;
}

base::Result<ReleaseCountFile> inspect_release_count(std::span<const std::uint8_t> bytes, std::string_view name) {
  OBSCURA_TRY(const Read file, read(bytes, std::string(name)));
  return file.count;
}

}  // namespace obscura::fhe::secret
