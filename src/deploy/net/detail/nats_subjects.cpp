#include "deploy/net/detail/nats_subjects.hpp"

#include <fmt/format.h>

#include <charconv>
#include <vector>

namespace obscura::deploy::net::detail {
namespace {

constexpr std::string_view kMerge = "merge";

std::string shard_text(std::uint32_t shard) {
  return shard == kMergeShard ? std::string(kMerge) : std::to_string(shard);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t end = text.find(separator);
    words.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return words;
    text.remove_prefix(end + 1);
  }
}

std::optional<std::uint32_t> number_of(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool canonical = !text.empty() && (text.front() != '0' || text.size() == 1);
  if (error != std::errc() || end != text.data() + text.size() || !canonical) return std::nullopt;
  return value;
}

std::optional<std::uint32_t> replica_of(std::string_view text) {
  if (text.empty() || text.front() != 'r') return std::nullopt;
  return number_of(text.substr(1));
}

std::optional<std::uint32_t> shard_of(std::string_view text) {
  return text == kMerge ? std::optional(kMergeShard) : number_of(text);
}

std::optional<Lane> lane_of(std::string_view model, std::string_view stage, std::string_view key,
                            std::string_view shard, std::string_view replica) {
  const auto model_digest = artifact::Digest::from_hex(model);
  const auto key_digest = artifact::Digest::from_hex(key);
  const auto stage_number = number_of(stage);
  const auto shard_number = shard_of(shard);
  const auto replica_number = replica_of(replica);
  if (!model_digest || !key_digest || !stage_number || !shard_number || !replica_number) return std::nullopt;
  return Lane{.model = *model_digest,
              .eval_key = *key_digest,
              .stage = *stage_number,
              .replica = *replica_number,
              .shard = *shard_number};
}

const char* kind_of(bool steps) {
  return steps ? "step" : "job";
}

std::string subject_of(const Task& task, bool steps) {
  return fmt::format("obscura.{}.{}.{}.{}.{}.{}.{}.r{}", kind_of(steps), task.model.hex(), task.step.stage,
                     task.eval_key.hex(), task.key.tenant, task.key.job, shard_text(task.step.shard), task.key.replica);
}

}  // namespace

bool begins(const Step& step) {
  return step.stage == 0 && !step.is_merge();
}

std::string jobs_stream(std::uint32_t replica) {
  return fmt::format("JOBS_{}", replica);
}

std::string steps_stream(std::uint32_t replica) {
  return fmt::format("STEPS_{}", replica);
}

std::string part_stream(std::uint32_t replica) {
  return fmt::format("PART_{}", replica);
}

std::string stream_of(const Task& task) {
  return begins(task.step) ? jobs_stream(task.key.replica) : steps_stream(task.key.replica);
}

double step_share(const Step& step) {
  const double depth = 2.0 * step.stage + (step.is_merge() ? 1 : 0);
  return (1 + depth / 8) / static_cast<double>(kMaxStepRoom);
}

std::optional<std::uint32_t> replica_of_task_stream(std::string_view stream) {
  for (const std::string_view prefix : {"JOBS_", "STEPS_"}) {
    if (stream.starts_with(prefix)) return number_of(stream.substr(prefix.size()));
  }
  return std::nullopt;
}

std::string task_subject(const Task& task) {
  return subject_of(task, !begins(task.step));
}

std::string revived_subject(const Task& task) {
  return subject_of(task, true);
}

std::string probe_subject(std::uint32_t replica) {
  return fmt::format("obscura.job.probe.0.probe.probe.probe.0.r{}", replica);
}

std::optional<Task> task_of_subject(std::string_view subject) {
  const std::vector<std::string_view> words = split(subject, '.');
  if (words.size() != 9 || words[0] != "obscura" || (words[1] != "job" && words[1] != "step")) return std::nullopt;
  const auto lane = lane_of(words[2], words[3], words[4], words[7], words[8]);
  if (!lane || !valid_name(words[5]) || !valid_name(words[6])) return std::nullopt;
  Task task{.key = JobKey{std::string(words[5]), std::string(words[6]), lane->replica},
            .step = {lane->stage, lane->shard},
            .model = lane->model,
            .eval_key = lane->eval_key,
            .deadline = {},
            .message = {}};
  if (task_subject(task) != subject && revived_subject(task) != subject) return std::nullopt;
  return task;
}

std::string lane_filter(const Lane& lane, bool steps) {
  return fmt::format("obscura.{}.{}.{}.{}.*.*.{}.r{}", kind_of(steps), lane.model.hex(), lane.stage,
                     lane.eval_key.hex(), shard_text(lane.shard), lane.replica);
}

std::string job_filter(const JobKey& key, bool steps) {
  return fmt::format("obscura.{}.*.*.*.{}.{}.*.r{}", kind_of(steps), key.tenant, key.job, key.replica);
}

std::string consumer_name(const Lane& lane) {
  return fmt::format("{}_{}_{}_{}_r{}", lane.model.hex(), lane.stage, lane.eval_key.hex(), shard_text(lane.shard),
                     lane.replica);
}

std::optional<Lane> lane_of_consumer(std::string_view name) {
  const std::vector<std::string_view> words = split(name, '_');
  if (words.size() != 5) return std::nullopt;
  return lane_of(words[0], words[1], words[2], words[3], words[4]);
}

std::string part_subject(const JobKey& key, std::uint32_t stage, std::optional<std::uint32_t> shard) {
  return fmt::format("obscura.part.{}.{}.{}.{}.r{}", key.tenant, key.job, stage, shard ? shard_text(*shard) : "*",
                     key.replica);
}

std::string result_subject(const JobKey& key) {
  return fmt::format("obscura.result.{}.{}.r{}", key.tenant, key.job, key.replica);
}

std::string BlobPlace::subject(const artifact::Digest& sha256, const std::string& piece) const {
  return fmt::format("{}.{}.{}", prefix, sha256.hex(), piece);
}

BlobPlace model_place() {
  return {.stream = std::string(kModelStream), .prefix = "obscura.model"};
}

BlobPlace job_place(const JobKey& key) {
  return {.stream = std::string(kBlobStream), .prefix = fmt::format("obscura.blob.{}.r{}", key.tenant, key.replica)};
}

}  // namespace obscura::deploy::net::detail
