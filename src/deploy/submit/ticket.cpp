#include "deploy/submit/ticket.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "base/bytes.hpp"
#include "deploy/net/trust_folder.hpp"
#include "runtime/wire/digest_bytes.hpp"

namespace obscura::deploy::submit {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using runtime::wire::read_digest;

constexpr std::string_view kMagic = "OBST";
constexpr std::uint16_t kVersion = 2;
// Before a job could have several replicas: without the list of groups.
constexpr std::uint16_t kVersionOfOneGroup = 1;
constexpr std::size_t kMaxGroupsOfAJob = net::kMaxGroups + 1;
constexpr std::uint64_t kMaxTicketBytes = std::uint64_t{1} << 34;
constexpr std::size_t kBlobRefBytes = 32 + 8;

/// "OBST", version u16, then: tenant and job as strings, replica u32, digests of model, parameters and evaluation keys,
/// list of shards u32, list of inputs: digest and bytes u64, deadline u64 in ms since 1970, digest of the source, list
/// of groups u32 (from version 2 on), list of requests: length u64 and bytes, digest of all that stands before it.
void write_job(const net::Job& job, base::ByteWriter& out) {
  out.string(job.key.tenant);
  out.string(job.key.job);
  out.u32(job.key.replica);
  for (const auto& digest : {job.model, job.params, job.eval_key}) out.bytes(digest.bytes);
  out.u32(static_cast<std::uint32_t>(job.shards.size()));
  for (const std::uint32_t shards : job.shards) out.u32(shards);
  out.u32(static_cast<std::uint32_t>(job.inputs.size()));
  for (const net::BlobRef& input : job.inputs) {
    out.bytes(input.sha256.bytes);
    out.u64(input.size);
  }
  out.u64(static_cast<std::uint64_t>(job.deadline.time_since_epoch().count()));
}

net::Job read_job(base::ByteReader& in) {
  net::Job job;
  job.key.tenant = in.string(net::kMaxNameBytes);
  job.key.job = in.string(net::kMaxNameBytes);
  job.key.replica = in.u32();
  job.model = read_digest(in);
  job.params = read_digest(in);
  job.eval_key = read_digest(in);
  job.shards.resize(in.count(net::kMaxStages, 4));
  for (std::uint32_t& shards : job.shards) shards = in.u32();
  job.inputs.resize(in.count(net::kMaxBlobs, kBlobRefBytes));
  for (net::BlobRef& input : job.inputs) {
    input.sha256 = read_digest(in);
    input.size = in.u64();
  }
  const std::uint64_t deadline = in.u64();
  constexpr auto kLast = static_cast<std::uint64_t>(net::Milliseconds::max().count());
  if (deadline > kLast) in.reject("a deadline beyond all time");
  job.deadline = net::Instant(net::Milliseconds(static_cast<net::Milliseconds::rep>(std::min(deadline, kLast))));
  return job;
}

void read_groups(base::ByteReader& in, std::vector<std::uint32_t>& groups) {
  groups.resize(in.count(kMaxGroupsOfAJob, 4));
  for (std::uint32_t& group : groups) group = in.u32();
  if (groups.empty()) in.reject("a job for nobody");
  if (std::ranges::any_of(groups, [](std::uint32_t group) { return group > net::kMaxGroups; })) {
    in.reject("a job for a group that there cannot be");
  }
}

/// A ticket is signed for as it stands: what nobody could have kept is refused here. `key`: what it is kept for.
base::Result<void> check_ticket(const Ticket& ticket, const net::JobKey& key, const std::string& path) {
  constexpr const char* kHint = "submit the job again under another name";
  if (ticket.job.key != key) {
    return base::fail(ErrorCode::kCorrupt, fmt::format("{} is the ticket of another job, or of a replica", path),
                      kHint);
  }
  if (const auto checked = net::check_job(ticket.job); !checked) {
    return base::fail(ErrorCode::kCorrupt, fmt::format("{}: {}", path, checked.error().message), kHint);
  }
  return {};
}

base::Result<Ticket> read_ticket(std::span<const std::uint8_t> file, const std::string& path) {
  const std::size_t body = file.size() - std::min(file.size(), artifact::Digest().bytes.size());
  base::ByteReader in(file.first(body), path);
  const auto magic = in.bytes(kMagic.size());
  if (!std::equal(magic.begin(), magic.end(), kMagic.begin(), kMagic.end())) in.reject("not a ticket");
  const std::uint16_t version = in.version(kVersionOfOneGroup, kVersion);
  base::ByteReader seal(file.subspan(body), path);
  if (read_digest(seal) != artifact::sha256(file.first(body))) in.reject("altered or cut");
  Ticket ticket;
  ticket.job = read_job(in);
  ticket.source = read_digest(in);
  if (version == kVersion) read_groups(in, ticket.groups);
  const std::size_t inputs = in.count(net::kMaxBlobs, 8);
  for (std::size_t i = 0; i < inputs && in.ok(); ++i) {
    const auto bytes = in.bytes(in.u64());
    ticket.inputs.emplace_back(bytes.begin(), bytes.end());
  }
  OBSCURA_TRY_VOID(in.finish());
  return ticket;
}

}  // namespace

net::Job Ticket::job_of(std::uint32_t group) const {
  net::Job replica = job;
  replica.key.replica = group;
  return replica;
}

base::Result<TicketStore> TicketStore::open(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) return TicketStore(folder);
  return base::fail(ErrorCode::kIo, fmt::format("cannot create {}: {}", folder, error.message()),
                    "give another folder with --state");
}

base::Result<std::optional<Ticket>> TicketStore::find(const std::string& tenant, const std::string& job) const {
  const std::string path = fmt::format("{}/{}/{}", folder_, tenant, job);
  const auto file = base::read_file(path, kMaxTicketBytes);
  if (!file && file.error().code == ErrorCode::kNotFound) return std::nullopt;
  if (!file) return tl::make_unexpected(file.error());
  OBSCURA_TRY(Ticket ticket, read_ticket(*file, path));
  OBSCURA_TRY_VOID(check_ticket(ticket, {tenant, job, 0}, path));
  return ticket;
}

base::Result<void> TicketStore::keep(const Ticket& ticket, base::Existing existing) {
  base::ByteWriter out;
  out.bytes({reinterpret_cast<const std::uint8_t*>(kMagic.data()), kMagic.size()});
  out.u16(kVersion);
  write_job(ticket.job, out);
  out.bytes(ticket.source.bytes);
  out.u32(static_cast<std::uint32_t>(ticket.groups.size()));
  for (const std::uint32_t group : ticket.groups) out.u32(group);
  out.u32(static_cast<std::uint32_t>(ticket.inputs.size()));
  for (const auto& input : ticket.inputs) {
    out.u64(input.size());
    out.bytes(input);
  }
  out.bytes(artifact::sha256(out.view()).bytes);
  const std::string folder = fmt::format("{}/{}", folder_, ticket.job.key.tenant);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return base::fail(ErrorCode::kIo, fmt::format("cannot create {}: {}", folder, error.message()));
  return base::write_file_atomically(fmt::format("{}/{}", folder, ticket.job.key.job), out.view(), base::kSecretMode,
                                     existing);
}

}  // namespace obscura::deploy::submit
