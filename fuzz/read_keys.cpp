#include <array>
#include <string>
#include <string_view>

#include "artifact/container.hpp"
#include "artifact/identity.hpp"
#include "deploy/client/open_secret.hpp"
#include "fhe/secret/key_file.hpp"
#include "fuzz/artefact_texts.hpp"
#include "fuzz/container_pieces.hpp"
#include "fuzz/readers.hpp"
#include "plan/program/request_form.hpp"
#include "runtime/wire/evaluation_keys_file.hpp"
#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/key_content.hpp"
#include "runtime/wire/polynomial.hpp"
#include "runtime/wire/public_key_file.hpp"

namespace obscura::fuzz {
namespace {

namespace wire = runtime::wire;
using artifact::ArtifactKind;

template <class T>
Reading refusal(const base::Result<T>& result) {
  return {result.error(), std::nullopt};
}

/// Section kInfo of a secret key begins with u32 protection, u32, u64 passes, u64 bytes of memory.
bool is_cheap(std::span<const std::uint8_t> bytes) {
  auto pieces = take_apart(bytes);
  const Bytes* front = pieces ? pieces->section(2) : nullptr;
  if (front == nullptr) return true;
  base::ByteReader in(*front, "front");
  (void)in.u64();
  const std::uint64_t passes = in.u64();
  const std::uint64_t memory = in.u64();
  constexpr std::uint64_t kMostPasses = 4;
  constexpr std::uint64_t kMostMemory = std::uint64_t{1} << 20;
  const fhe::secret::KdfCost most = fhe::secret::kMaxKdfCost;
  return passes > most.passes || memory > most.memory_bytes || (passes <= kMostPasses && memory <= kMostMemory);
}

std::span<const std::uint8_t> passphrase() {
  return {reinterpret_cast<const std::uint8_t*>(kPassphrase.data()), kPassphrase.size()};
}

}  // namespace

Reading Readers::key(std::span<const std::uint8_t> bytes) const {
  const auto header = artifact::read_any_header(bytes, bytes.size(), "x.key");
  if (!header) return refusal(header);
  switch (header->kind) {
    case ArtifactKind::kSecretKey:
      return secret_key(bytes);
    case ArtifactKind::kIdentitySecret:
      return identity(bytes, true);
    case ArtifactKind::kIdentityPublic:
      return identity(bytes, false);
    default:
      return public_key(bytes);
  }
}

Reading Readers::secret_key(std::span<const std::uint8_t> bytes) const {
  const auto summary = fhe::secret::summarize_key_file(bytes, "x.key");
  if (!summary) return refusal(summary);
  if (summary->is_protected && !is_cheap(bytes)) return {};  // as many seconds as its cost allows
  const auto file = fhe::secret::decode_key_file(
      bytes, "x.key", summary->is_protected ? passphrase() : std::span<const std::uint8_t>());
  if (!file) return refusal(file);
  const auto content = wire::read_key_content(file->info.parameters, "x.key");
  if (!content) return refusal(content);
  if (ring_of(content->program.params) != nullptr) {
    const auto open = deploy::client::open_secret(
        bytes, "x.key", summary->is_protected ? passphrase() : std::span<const std::uint8_t>(), {});
    if (!open) return refusal(open);
  }
  if (summary->is_protected) return {};
  fhe::secret::KeyFile again;
  again.info = file->info;
  again.info.parameters = wire::write_key_content(*content);
  again.labels = file->labels;
  again.secret_seed.bytes = file->secret_seed.bytes;
  again.release_cap = file->release_cap;
  return {std::nullopt, fhe::secret::encode_key_file(again, {{}, true, {}}).value()};
}

Reading Readers::public_key(std::span<const std::uint8_t> bytes) const {
  const auto file = wire::PublicKeyFile::open(bytes, "x.pk");
  if (!file) return refusal(file);
  const fhe::ring::RingContext* ring = ring_of(file->form().params);
  if (ring == nullptr) return {};
  const auto key = file->load(*ring);
  if (!key) return refusal(key);
  const artifact::Digest digest = wire::key_digest(*ring, *key);
  const fhe::params::ParamLiteral& params = file->form().params;
  artifact::ContainerWriter again(ArtifactKind::kPublicKey, wire::params_digest(params, file->form().insecure),
                                  file->form().insecure);
  again.add(1, plan::program::serialize(file->form()));
  Bytes info(file->plan().bytes.begin(), file->plan().bytes.end());
  info.insert(info.end(), digest.bytes.begin(), digest.bytes.end());
  again.add(2, std::move(info));
  again.add(4, {key->seed.bytes.begin(), key->seed.bytes.end()});
  Bytes half;
  wire::append_packed(*ring, key->b, half);
  again.add(64, std::move(half));
  return {std::nullopt, again.finish()};
}

Reading Readers::identity(std::span<const std::uint8_t> bytes, bool secret) const {
  const std::string path = folder_.write("identity", bytes);
  std::array<std::uint8_t, 32> key{};
  std::string name;
  if (secret) {
    const auto identity = artifact::load_secret_identity(path);
    if (!identity) return refusal(identity);
    key = identity->key.reveal_secret();
    name = identity->name;
  } else {
    const auto identity = artifact::load_public_identity(path);
    if (!identity) return refusal(identity);
    key = identity->key.bytes;
    name = identity->name;
  }
  artifact::ContainerWriter again(secret ? ArtifactKind::kIdentitySecret : ArtifactKind::kIdentityPublic);
  again.add(1, {key.begin(), key.end()});
  again.add(2, {name.begin(), name.end()});
  return {std::nullopt, again.finish()};
}

Reading Readers::evaluation_keys(std::span<const std::uint8_t> bytes) const {
  Model& model = workshop_.whole();
  const auto info = wire::inspect_evaluation_keys(bytes, "x.eval");
  if (!info) return refusal(info);
  const wire::Expected due = expected(model, model.program(), info->key);
  const auto keys = wire::read_evaluation_keys(bytes, "x.eval", model.ring(), due);
  if (!keys) return refusal(keys);
  if (info->keys != model.program().key_needs.size()) return {};  // it may hold more than this program needs
  if (!wire::write_evaluation_keys(folder_.path("again"), model.ring(), model.program(), due.key, *keys)) return {};
  return {std::nullopt, folder_.read("again")};
}

}  // namespace obscura::fuzz
