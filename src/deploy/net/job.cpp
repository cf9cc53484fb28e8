#include "deploy/net/job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "deploy/net/detail/fields.hpp"
#include "deploy/net/message.hpp"

namespace obscura::deploy::net {
namespace {

using base::ErrorCode;

constexpr std::string_view kContext = "obscura job";
constexpr std::uint16_t kVersion = 1;

tl::unexpected<base::Error> wrong(const Job& job, std::string_view what) {
  return base::fail(ErrorCode::kUsage, fmt::format("job {} {}", job.key.text(), what),
                    "correct the job before signing");
}

// Shards, and a merge of each stage that has several.
std::size_t steps_of(const Job& job) {
  return std::transform_reduce(job.shards.begin(), job.shards.end(), std::size_t{0}, std::plus<>(),
                               [](std::uint32_t count) { return count + std::size_t{count > 1}; });
}

}  // namespace

base::Result<void> check_job(const Job& job) {
  if (!valid_name(job.key.tenant) || !valid_name(job.key.job)) {
    return wrong(job, fmt::format("has a name that is not 1 to {} letters, digits, '_' or '-'", kMaxNameBytes));
  }
  if (job.shards.empty() || job.shards.size() > kMaxStages) {
    return wrong(job, fmt::format("has {} stages; 1 to {} are possible", job.shards.size(), kMaxStages));
  }
  const auto bad = std::find_if(job.shards.begin(), job.shards.end(),
                                [](std::uint32_t count) { return count == 0 || count > kMaxShards; });
  if (bad != job.shards.end()) {
    return wrong(job, fmt::format("splits stage {} into {} shards; 1 to {} are possible", bad - job.shards.begin(),
                                  *bad, kMaxShards));
  }
  const std::size_t steps = steps_of(job);
  if (steps > kMaxReceipts) {
    return wrong(job, fmt::format("has {} steps, merges among them; its result has a receipt of each, at most {}",
                                  steps, kMaxReceipts));
  }
  if (job.inputs.empty() || job.inputs.size() > kMaxBlobs) {
    return wrong(job, fmt::format("has {} inputs; 1 to {} are possible", job.inputs.size(), kMaxBlobs));
  }
  if (job.deadline.time_since_epoch().count() <= 0) return wrong(job, "has no deadline");
  return {};
}

// version u16, key, model [32], params [32], eval key [32], count u32 of stages, shards u32 each, inputs, deadline.
SignedStatement sign_job(const Job& job, const artifact::SigningKey& submitter) {
  OBSCURA_CHECK(check_job(job), "only a job that passes check_job can be signed");
  base::ByteWriter writer;
  writer.u16(kVersion);
  detail::write_key(job.key, writer);
  writer.bytes(job.model.bytes);
  writer.bytes(job.params.bytes);
  writer.bytes(job.eval_key.bytes);
  writer.u32(static_cast<std::uint32_t>(job.shards.size()));
  for (const std::uint32_t count : job.shards) writer.u32(count);
  detail::write_blobs(job.inputs, writer);
  detail::write_instant(job.deadline, writer);
  return sign_statement(kContext, writer.take(), submitter);
}

base::Result<Job> open_job(const SignedStatement& statement) {
  if (!is_signed(statement, kContext)) {
    return base::fail(ErrorCode::kUntrusted, "the signature of a job does not fit its bytes", "submit the job again");
  }
  base::ByteReader reader(statement.body, "signed job");
  reader.version(kVersion, kVersion);
  Job job;
  job.key = detail::read_key(reader);
  job.model = detail::read_digest(reader);
  job.params = detail::read_digest(reader);
  job.eval_key = detail::read_digest(reader);
  job.shards.resize(reader.count(kMaxStages, 4));
  for (std::uint32_t& count : job.shards) count = reader.u32();
  job.inputs = detail::read_blobs(reader);
  job.deadline = detail::read_instant(reader);
  OBSCURA_TRY_VOID(reader.finish());
  if (const auto checked = check_job(job); !checked) {
    return base::fail(ErrorCode::kCorrupt, checked.error().message, "submit a correct job");
  }
  return job;
}

bool has_step(const Job& job, const Step& step) {
  if (step.stage >= job.shards.size()) return false;
  const std::uint32_t count = job.shards[step.stage];
  return step.is_merge() ? count > 1 : step.shard < count;
}

std::vector<Step> shards_of(const Job& job, std::uint32_t stage) {
  std::vector<Step> steps(job.shards[stage]);
  for (std::uint32_t shard = 0; shard < steps.size(); ++shard) steps[shard] = {stage, shard};
  return steps;
}

}  // namespace obscura::deploy::net
