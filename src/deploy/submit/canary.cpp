#include "deploy/submit/canary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

#include "artifact/digest.hpp"
#include "base/bytes.hpp"
#include "base/file.hpp"
#include "base/folder.hpp"
#include "deploy/net/compare_replicas.hpp"
#include "deploy/net/message.hpp"
#include "runtime/wire/digest_bytes.hpp"
#include "runtime/wire/limits.hpp"

namespace obscura::deploy::submit {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using runtime::wire::read_digest;

constexpr std::string_view kMagic = "OBSY";
constexpr std::uint16_t kVersion = 1;
constexpr const char* kExtension = ".canary";
constexpr std::uint64_t kMaxCanaryBytes = runtime::wire::kMaxRequestBytes + (std::uint64_t{1} << 20);
constexpr std::size_t kBlobRefBytes = 32 + 8;
constexpr std::size_t kNameDigits = 32;

void write_ref(const net::BlobRef& ref, base::ByteWriter& out) {
  out.bytes(ref.sha256.bytes);
  out.u64(ref.size);
}

net::BlobRef read_ref(base::ByteReader& in) {
  const artifact::Digest digest = read_digest(in);
  return {digest, in.u64()};
}

/// "OBSY", version u16, then: model and evaluation keys (digest and bytes u64 each), list of what the steps make
/// (likewise: stage by stage, of one that is split its shards and then its merge), request: length u64 and bytes,
/// digest of all that stands before it.
std::vector<std::uint8_t> encode(const Canary& canary) {
  base::ByteWriter out;
  out.bytes({reinterpret_cast<const std::uint8_t*>(kMagic.data()), kMagic.size()});
  out.u16(kVersion);
  write_ref(canary.model, out);
  write_ref(canary.eval_keys, out);
  out.u32(static_cast<std::uint32_t>(canary.made.size()));
  for (const net::BlobRef& made : canary.made) write_ref(made, out);
  out.u64(canary.request.size());
  out.bytes(canary.request);
  out.bytes(artifact::sha256(out.view()).bytes);
  return out.take();
}

base::Result<Canary> decode(std::span<const std::uint8_t> file, const std::string& path) {
  const std::size_t body = file.size() - std::min(file.size(), artifact::Digest().bytes.size());
  base::ByteReader in(file.first(body), path);
  const auto magic = in.bytes(kMagic.size());
  if (!std::equal(magic.begin(), magic.end(), kMagic.begin(), kMagic.end())) in.reject("not a canary");
  in.version(kVersion, kVersion);
  base::ByteReader seal(file.subspan(body), path);
  if (read_digest(seal) != artifact::sha256(file.first(body))) in.reject("altered or cut");
  Canary canary;
  canary.model = read_ref(in);
  canary.eval_keys = read_ref(in);
  canary.made.resize(in.count(net::kMaxReceipts, kBlobRefBytes));
  for (net::BlobRef& made : canary.made) made = read_ref(in);
  const auto request = in.bytes(in.u64());
  canary.request.assign(request.begin(), request.end());
  OBSCURA_TRY_VOID(in.finish());
  return canary;
}

/// What a canary is for, from the beginning of its file: nothing of it is verified, and nothing else is read. Nothing
/// for what does not begin as one.
std::optional<std::pair<net::BlobRef, net::BlobRef>> purpose_of(const fs::path& path) {
  std::array<char, kMagic.size() + 2 + 2 * kBlobRefBytes> head{};
  std::ifstream file(path, std::ios::binary);
  if (!file.read(head.data(), head.size())) return std::nullopt;
  base::ByteReader in({reinterpret_cast<const std::uint8_t*>(head.data()), head.size()}, path.string());
  const auto magic = in.bytes(kMagic.size());
  const bool is_canary = std::equal(magic.begin(), magic.end(), kMagic.begin(), kMagic.end()) && in.u16() == kVersion;
  if (!is_canary) return std::nullopt;
  const net::BlobRef model = read_ref(in);
  return std::pair(model, read_ref(in));
}

base::Result<Canary> read_canary(const fs::path& path) {
  OBSCURA_TRY(const auto file, base::read_file(path.string(), kMaxCanaryBytes));
  return decode(file, path.string());
}

base::Result<std::vector<fs::path>> canaries_in(const std::string& folder) {
  std::error_code error;
  // Names are digests: their order says nothing about when they were made or of what.
  std::vector<fs::path> paths = base::paths_in(folder, error);
  if (error) return base::fail(ErrorCode::kIo, fmt::format("cannot list {}: {}", folder, error.message()));
  std::erase_if(paths, [](const fs::path& path) { return path.extension() != kExtension; });
  return paths;
}

bool is_for(const Canary& canary, const net::BlobRef& model, const net::BlobRef& eval_keys) {
  return canary.model == model && canary.eval_keys == eval_keys;
}

/// What is wrong with one group's answer; empty: nothing.
std::string fault_of(const Canary& canary, const ReplicaOutcome& outcome) {
  if (outcome.not_credible)
    return fmt::format("{}, whose answer does not hold: {}", outcome.name, outcome.not_credible->message);
  if (!outcome.answer) return {};
  std::vector<net::Receipt> receipts = outcome.answer->trail;
  receipts.push_back(outcome.answer->ending);
  std::vector<std::vector<net::BlobRef>> known;
  for (const net::BlobRef& made : canary.made) known.push_back({made});
  if (known.size() != receipts.size()) return fmt::format("{} with {} steps", outcome.name, receipts.size());
  const auto step = net::first_difference(receipts, known);
  return step ? fmt::format("{} from stage {} on", outcome.name, step->stage + 1) : std::string();
}

}  // namespace

base::Result<CanaryStock> CanaryStock::open(const std::string& folder) {
  std::error_code error;
  fs::create_directories(fs::path(folder) / "used", error);
  // A name is that of a job: who can list the folder can tell which jobs are canaries.
  for (const fs::path& path : {fs::path(folder), fs::path(folder) / "used"}) {
    if (!error) fs::permissions(path, fs::perms::owner_all, error);
  }
  if (!error) return CanaryStock(folder);
  return base::fail(ErrorCode::kIo, fmt::format("cannot create {}: {}", folder, error.message()),
                    "give a folder that you may write to");
}

base::Result<void> CanaryStock::add(const Canary& canary) {
  const std::string name = artifact::sha256(canary.request).hex().substr(0, kNameDigits);
  return base::write_file_atomically(fmt::format("{}/{}{}", folder_, name, kExtension), encode(canary),
                                     base::kSecretMode, base::Existing::kRefuse);
}

base::Result<std::optional<Canary>> CanaryStock::take(const net::BlobRef& model, const net::BlobRef& eval_keys) {
  OBSCURA_TRY(const auto paths, canaries_in(folder_));
  for (const fs::path& path : paths) {
    auto canary = read_canary(path);
    if (!canary && canary.error().code == ErrorCode::kNotFound) continue;  // somebody else's by now
    if (!canary) return base::forward_error(canary);
    if (!is_for(*canary, model, eval_keys)) continue;
    // Only one process can move it away.
    std::error_code error;
    fs::rename(path, fs::path(folder_) / "used" / path.filename(), error);
    if (!error) return std::move(*canary);
    if (error == std::errc::no_such_file_or_directory) continue;
    return base::fail(ErrorCode::kIo, fmt::format("cannot move {} to used: {}", path.string(), error.message()));
  }
  return std::nullopt;
}

base::Result<std::size_t> CanaryStock::left(const net::BlobRef& model, const net::BlobRef& eval_keys) const {
  OBSCURA_TRY(const auto paths, canaries_in(folder_));
  std::size_t count = 0;
  for (const fs::path& path : paths) count += purpose_of(path) == std::pair(model, eval_keys) ? 1 : 0;
  return count;
}

base::Result<bool> check_canary(const Canary& canary, const std::string& job,
                                std::span<const ReplicaOutcome> outcomes) {
  std::vector<std::string> faults;
  for (const ReplicaOutcome& outcome : outcomes) {
    if (auto fault = fault_of(canary, outcome); !fault.empty()) faults.push_back(std::move(fault));
  }
  if (!faults.empty()) {
    return base::fail(ErrorCode::kDisagreement,
                      fmt::format("job {} is a canary, whose answer is known, and was answered wrong by {}", job,
                                  fmt::join(faults, "; by ")),
                      "no other answer of such a group can be relied upon; `obscura-admin revoke GROUP` takes its "
                      "rights away");
  }
  return std::any_of(outcomes.begin(), outcomes.end(), [](const auto& outcome) { return outcome.answer.has_value(); });
}

}  // namespace obscura::deploy::submit
