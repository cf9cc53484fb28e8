#include "fhe/secret/key_file.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "artifact/container.hpp"
#include "base/bytes.hpp"
#include "base/file.hpp"
#include "base/secret.hpp"
#include "fhe/secret/detail/passphrase_seal.hpp"

namespace obscura::fhe::secret {
namespace {

using base::ErrorCode;

constexpr std::uint32_t kParametersSection = 1;
constexpr std::uint32_t kFrontSection = 2;
constexpr std::uint32_t kSealedSection = 3;
constexpr std::size_t kSeedBytes = 32;

/// Format versions: the second says how many results the key may release. Programs that only read the first refuse it
/// by its number, and so release nothing uncounted.
constexpr std::uint16_t kUncapped = 1;
constexpr std::uint16_t kCapped = 2;

enum class Protection : std::uint32_t { kNone = 0, kArgon2id = 1 };

/// The front section: what protects the sealed one, and what for.
struct Front {
  Protection protection = Protection::kNone;
  detail::SealParameters seal;
  artifact::Digest spec;
};

std::vector<std::uint8_t> write_front(const Front& front) {
  base::ByteWriter writer;
  writer.u32(static_cast<std::uint32_t>(front.protection));
  writer.u32(0);
  writer.u64(front.seal.cost.passes);
  writer.u64(front.seal.cost.memory_bytes);
  writer.bytes(front.seal.salt);
  writer.bytes(front.seal.nonce);
  writer.bytes(front.spec.bytes);
  return writer.take();
}

base::Result<Front> read_front(std::span<const std::uint8_t> bytes, const std::string& name) {
  base::ByteReader reader(bytes, name);
  Front front;
  const std::uint32_t protection = reader.u32();
  if (protection > 1 || reader.u32() != 0) reader.reject("the kind of protection is unknown");
  front.protection = static_cast<Protection>(protection & 1U);
  front.seal.cost.passes = reader.u64();
  front.seal.cost.memory_bytes = reader.u64();
  std::ranges::copy(reader.bytes(front.seal.salt.size()), front.seal.salt.begin());
  std::ranges::copy(reader.bytes(front.seal.nonce.size()), front.seal.nonce.begin());
  std::ranges::copy(reader.bytes(front.spec.bytes.size()), front.spec.bytes.begin());
  const auto is_zero = [](const auto& field) {
    return std::ranges::all_of(field, [](auto byte) { return byte == 0; });
  };
  const bool says_how = front.seal.cost.passes != 0 || front.seal.cost.memory_bytes != 0 || !is_zero(front.seal.salt) ||
                        !is_zero(front.seal.nonce);
  if (front.protection == Protection::kNone && says_how) reader.reject("it is not protected, yet says how");
  OBSCURA_TRY_VOID(reader.finish());
  return front;
}

/// What the seal authenticates besides its content: all else that the file says.
std::vector<std::uint8_t> bound_bytes(const KeyFileInfo& info, std::span<const std::uint8_t> front) {
  base::ByteWriter writer;
  writer.string("obscura secret key v1");
  writer.u32(info.insecure ? 1 : 0);
  writer.bytes(info.params.bytes);
  writer.bytes(artifact::sha256(info.parameters).bytes);
  writer.bytes(front);
  return writer.take();
}

base::Result<base::SecretBytes> write_content(const KeyFile& file) {
  if (file.labels.size() > kMaxLabels) {
    return base::fail(ErrorCode::kLimit, "a secret key file holds at most 65536 labels");
  }
  base::ByteWriter rest;
  rest.u32(static_cast<std::uint32_t>(file.labels.size()));
  for (const std::string& label : file.labels) {
    if (label.size() > kMaxLabelBytes) {
      return base::fail(ErrorCode::kLimit, "a label is longer than 1024 bytes", "use shorter names for the classes");
    }
    rest.string(label);
  }
  if (file.release_cap > 0) rest.u64(file.release_cap);
  base::SecretBytes content(kSeedBytes + rest.size());
  const std::span<std::uint8_t> out = content.reveal_secret();
  std::ranges::copy(file.secret_seed.bytes, out.begin());
  std::ranges::copy(rest.view(), out.begin() + kSeedBytes);
  return content;
}

// Before there was the second version, a cap stood in files of the first.
base::Result<void> read_content(std::span<const std::uint8_t> content, std::uint16_t version, const std::string& name,
                                KeyFile& file) {
  base::ByteReader reader(content, name);
  std::ranges::copy(reader.bytes(kSeedBytes), file.secret_seed.bytes.begin());
  const std::size_t count = reader.count(kMaxLabels, 4);
  for (std::size_t i = 0; i < count; ++i) file.labels.push_back(reader.string(kMaxLabelBytes));
  if (reader.ok() && (version == kCapped || reader.remaining() > 0)) {
    file.release_cap = reader.u64();
    if (reader.ok() && file.release_cap == 0) reader.reject("a cap of no releases");
  }
  return reader.finish();
}

/// A key file after everything public in it was read.
struct Opened {
  KeyFileInfo info;
  Front front;
  std::vector<std::uint8_t> bound;
  std::span<const std::uint8_t> sealed;
  std::uint16_t version = kUncapped;
};

base::Result<Opened> open(std::span<const std::uint8_t> bytes, const std::string& name) {
  OBSCURA_TRY(const auto reader,
              artifact::ContainerReader::open(bytes, {artifact::ArtifactKind::kSecretKey, name, kMaxKeyFileBytes, 3}));
  OBSCURA_TRY(const auto parameters, reader.section(kParametersSection));
  OBSCURA_TRY(const auto front_bytes, reader.section(kFrontSection));
  OBSCURA_TRY(const auto sealed, reader.section(kSealedSection));
  Opened opened;
  OBSCURA_TRY(opened.front, read_front(front_bytes, name));
  opened.info = {reader.header().params, opened.front.spec, reader.header().insecure(),
                 std::vector<std::uint8_t>(parameters.begin(), parameters.end())};
  opened.bound = bound_bytes(opened.info, front_bytes);
  opened.sealed = sealed;
  opened.version = reader.header().version;
  return opened;
}

base::Result<void> check_protection(const KeyProtection& protection) {
  if (protection.passphrase.empty() && !protection.unprotected) {
    return base::fail(ErrorCode::kSecret, "a secret key file needs a passphrase",
                      "give one, or say explicitly that the file is to stay unprotected");
  }
  if (!protection.passphrase.empty() && protection.unprotected) {
    return base::fail(ErrorCode::kSecret, "a passphrase was given for a secret key file that is to stay unprotected",
                      "leave one of the two out");
  }
  return {};
}

}  // namespace

base::Result<std::vector<std::uint8_t>> encode_key_file(const KeyFile& file, const KeyProtection& protection) {
  OBSCURA_TRY_VOID(check_protection(protection));
  OBSCURA_TRY(const base::SecretBytes content, write_content(file));
  Front front;
  front.spec = file.info.spec;
  if (!protection.unprotected) {
    front.protection = Protection::kArgon2id;
    front.seal = detail::fresh_seal_parameters(protection.cost);
  }
  std::vector<std::uint8_t> front_bytes = write_front(front);
  std::vector<std::uint8_t> sealed(content.reveal_secret().begin(), content.reveal_secret().end());
  if (!protection.unprotected) {
    base::wipe(sealed);
    OBSCURA_TRY(sealed, detail::seal(content.reveal_secret(), bound_bytes(file.info, front_bytes),
                                     protection.passphrase, front.seal));
  }
  artifact::ContainerWriter writer(artifact::ArtifactKind::kSecretKey, file.info.params, file.info.insecure,
                                   file.release_cap > 0 ? kCapped : kUncapped);
  writer.add(kParametersSection, file.info.parameters);
  writer.add(kFrontSection, std::move(front_bytes));
  writer.add(kSealedSection, std::move(sealed));
  return writer.finish();
}

base::Result<void> write_key_file(const std::string& path, const KeyFile& file, const KeyProtection& protection) {
  OBSCURA_TRY(std::vector<std::uint8_t> bytes, encode_key_file(file, protection));
  base::Result<void> written = base::write_file_atomically(path, bytes, base::kSecretMode, base::Existing::kRefuse);
  base::wipe(bytes);
  return written;
}

base::Result<KeyFile> decode_key_file(std::span<const std::uint8_t> bytes, std::string_view name,
                                      std::span<const std::uint8_t> passphrase) {
  const std::string file_name(name);
  OBSCURA_TRY(Opened opened, open(bytes, file_name));
  KeyFile file;
  file.info = std::move(opened.info);
  if (opened.front.protection == Protection::kNone) {
    OBSCURA_TRY_VOID(read_content(opened.sealed, opened.version, file_name, file));
    return file;
  }
  if (passphrase.empty()) {
    return base::fail(ErrorCode::kSecret, "secret key file " + file_name + " is protected by a passphrase",
                      "give the passphrase it was made with");
  }
  OBSCURA_TRY(const base::SecretBytes content,
              detail::unseal(opened.sealed, opened.bound, passphrase, opened.front.seal, file_name));
  OBSCURA_TRY_VOID(read_content(content.reveal_secret(), opened.version, file_name, file));
  return file;
}

base::Result<KeyFileSummary> summarize_key_file(std::span<const std::uint8_t> bytes, std::string_view name) {
  OBSCURA_TRY(Opened opened, open(bytes, std::string(name)));
  return KeyFileSummary{std::move(opened.info), opened.front.protection == Protection::kArgon2id};
}

}  // namespace obscura::fhe::secret
