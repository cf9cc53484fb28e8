#include "artifact/identity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "artifact/container.hpp"
#include "base/file.hpp"
#include "base/folder.hpp"
#include "base/secret.hpp"

namespace obscura::artifact {
namespace {

using base::ErrorCode;
using KeyBytes = std::array<std::uint8_t, 32>;

// Sections of both identity files: the 32 bytes of the key (the seed, or the public key), and the name.
constexpr std::uint32_t kKeySection = 1;
constexpr std::uint32_t kNameSection = 2;
constexpr std::uint64_t kMaxIdentityBytes = 4096;

bool valid_name(std::string_view name) {
  return name.size() <= kMaxIdentityName && std::none_of(name.begin(), name.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
         });
}

base::Result<void> write_identity(ArtifactKind kind, std::span<const std::uint8_t> key, const std::string& name,
                                  const std::string& path, mode_t mode) {
  ContainerWriter writer(kind);
  writer.add(kKeySection, {key.begin(), key.end()});
  writer.add(kNameSection, {name.begin(), name.end()});
  return writer.write_file(path, mode, base::Existing::kRefuse);
}

// Fills `key` and returns the name.
base::Result<std::string> read_identity(ArtifactKind kind, std::span<const std::uint8_t> file, const std::string& path,
                                        std::span<std::uint8_t> key) {
  OBSCURA_TRY(const ContainerReader reader,
              ContainerReader::open(file, {.kind = kind, .name = path, .max_bytes = kMaxIdentityBytes}));
  OBSCURA_TRY(const auto key_bytes, reader.section(kKeySection));
  OBSCURA_TRY(const auto name_bytes, reader.section(kNameSection));
  std::string name(name_bytes.begin(), name_bytes.end());
  const bool bare = reader.header().flags == 0 && reader.header().params == Digest{};
  if (key_bytes.size() != key.size() || !valid_name(name) || reader.sections().size() != 2 || !bare) {
    return base::fail(ErrorCode::kCorrupt, fmt::format("{} holds no valid key and name", path),
                      "make the identity again with `obscura identity new`");
  }
  std::copy(key_bytes.begin(), key_bytes.end(), key.begin());
  return name;
}

base::Result<std::vector<std::string>> public_files_in(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& path : base::paths_in(folder, error)) {
    if (path.extension() == ".pub") paths.push_back(path.string());
  }
  if (error) return base::fail(ErrorCode::kIo, fmt::format("cannot list {}: {}", folder, error.message()));
  if (paths.empty()) {
    return base::fail(ErrorCode::kNotFound, fmt::format("the trust folder {} holds no .pub file", folder),
                      "copy the public identities that you trust into it");
  }
  return paths;
}

}  // namespace

std::string describe(const PublicIdentity& identity) {
  const std::string print = fingerprint(identity.key.digest());
  return identity.name.empty() ? print : fmt::format("{} ({})", identity.name, print);
}

base::Result<PublicIdentity> create_identity(const std::string& path, const std::string& name) {
  if (!valid_name(name)) {
    return base::fail(
        ErrorCode::kUsage,
        fmt::format("an identity's name has at most {} bytes and no control characters", kMaxIdentityName),
        "choose a shorter, printable name");
  }
  const std::string public_path = fmt::format("{}.pub", path);
  const SigningKey key = SigningKey::generate();
  base::NewFiles halves({path, public_path});
  OBSCURA_TRY_VOID(write_identity(ArtifactKind::kIdentitySecret, key.reveal_secret(), name, path, base::kSecretMode));
  OBSCURA_TRY_VOID(
      write_identity(ArtifactKind::kIdentityPublic, key.verify_key().bytes, name, public_path, base::kPublicMode));
  halves.keep();
  return PublicIdentity{key.verify_key(), name};
}

base::Result<SecretIdentity> load_secret_identity(const std::string& path) {
  OBSCURA_TRY(const base::SecretBytes file, base::read_secret_file(path, kMaxIdentityBytes));
  base::Secret<KeyBytes> seed;
  OBSCURA_TRY(std::string name,
              read_identity(ArtifactKind::kIdentitySecret, file.reveal_secret(), path, seed.reveal_secret()));
  return SecretIdentity{SigningKey::from_seed(std::move(seed)), std::move(name)};
}

base::Result<PublicIdentity> load_public_identity(const std::string& path) {
  OBSCURA_TRY(const auto file, base::read_file(path, kMaxIdentityBytes));
  PublicIdentity identity;
  OBSCURA_TRY(identity.name, read_identity(ArtifactKind::kIdentityPublic, file, path, identity.key.bytes));
  return identity;
}

base::Result<TrustSet> load_trust_set(std::span<const std::string> paths) {
  TrustSet trust;
  for (const std::string& path : paths) {
    std::vector<std::string> files = {path};
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) {
      OBSCURA_TRY(files, public_files_in(path));
    }
    for (const std::string& file : files) {
      OBSCURA_TRY(PublicIdentity identity, load_public_identity(file));
      trust.add(std::move(identity));
    }
  }
  return trust;
}

}  // namespace obscura::artifact
