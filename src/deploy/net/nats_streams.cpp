#include "deploy/net/nats_streams.hpp"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "deploy/net/detail/nats_api.hpp"
#include "deploy/net/detail/nats_subjects.hpp"
#include "deploy/net/job_queue.hpp"

namespace obscura::deploy::net {
namespace {

using base::Result;
using detail::kMaxStepRoom;
using nlohmann::json;

constexpr int kNameInUse = 10058;
// Servers of a hub that start together do not know of each other at once.
constexpr int kNoPeers = 10005;
constexpr Milliseconds kPauseForPeers{200};
constexpr std::int64_t kMostWornNotes = 100'000;
constexpr std::int64_t kMostSiteBytes = 8 << 20;
constexpr std::int64_t kMostHeldTasks = 100'000;
constexpr std::int64_t kMostWaitingWorkers = 10'000;

std::int64_t nanoseconds(Milliseconds duration) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
}

// Nothing that is stored gives way to what comes later: a stream at its limit refuses.
json stream(const std::string& name, const std::string& subject, const NatsStreamOptions& options) {
  return {{"name", name},        {"subjects", {subject}}, {"storage", "file"},
          {"discard", "new"},    {"retention", "limits"}, {"num_replicas", options.copies},
          {"max_consumers", -1}, {"max_msgs", -1},        {"max_msgs_per_subject", -1},
          {"max_age", 0},        {"max_bytes", -1},       {"max_msg_size", -1}};
}

json task_stream(const std::string& name, const std::string& subject, const NatsStreamOptions& options) {
  json config = stream(name, subject, options);
  config["retention"] = "workqueue";
  config["max_msgs"] = options.max_jobs;
  config["max_bytes"] = options.max_job_bytes;
  config["duplicate_window"] = nanoseconds(options.resubmit_after);
  return config;
}

// One message per subject, the first: also for whoever does not ask for that.
json first_wins_stream(const std::string& name, const std::string& subject, std::int64_t max_bytes,
                       Milliseconds max_age, const NatsStreamOptions& options) {
  json config = stream(name, subject, options);
  config["max_msgs_per_subject"] = 1;
  config["discard_new_per_subject"] = true;
  config["max_bytes"] = max_bytes;
  config["max_age"] = nanoseconds(max_age);
  config["allow_direct"] = true;
  return config;
}

json worn_stream(const NatsStreamOptions& options) {
  json config = stream(std::string(detail::kWornStream), "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>", options);
  config["discard"] = "old";
  config["max_msgs"] = kMostWornNotes;
  config["max_age"] = nanoseconds(options.retention);
  return config;
}

// The last message of each subject stands, of a few small subjects.
json site_stream(const NatsStreamOptions& options) {
  json config = stream(std::string(detail::kSiteStream), "obscura.site.*", options);
  config["discard"] = "old";
  config["max_msgs_per_subject"] = 1;
  config["max_bytes"] = kMostSiteBytes;
  config["allow_direct"] = true;
  return config;
}

Result<detail::ApiAnswer> create_among_peers(NatsConnection& connection, const json& config) {
  const auto end = std::chrono::steady_clock::now() + connection.options().call_timeout;
  const std::string call = "STREAM.CREATE." + config["name"].get<std::string>();
  while (true) {
    OBSCURA_TRY(detail::ApiAnswer answer, detail::call_api(connection, call, config.dump()));
    const bool may_pass = answer.error && answer.error->code == kNoPeers;
    if (!may_pass || std::chrono::steady_clock::now() >= end) return answer;
    std::this_thread::sleep_for(kPauseForPeers);
  }
}

Result<void> create(NatsConnection& connection, const json& config) {
  const std::string name = config["name"];
  OBSCURA_TRY(const detail::ApiAnswer answer, create_among_peers(connection, config));
  if (!answer.error) return {};
  if (answer.error->code == kNameInUse) {
    OBSCURA_TRY([[maybe_unused]] const detail::JsonValue updated,
                detail::call_api_or_fail(connection, "STREAM.UPDATE." + name, config.dump()));
    return {};
  }
  return base::fail(
      base::ErrorCode::kIo, fmt::format("stream {} cannot be created: {}", name, answer.error->text),
      "the disks of the servers must hold the limits of all streams, and there must be a server per copy");
}

Result<void> create_consumer(NatsConnection& connection, const std::string& stream_name, const Lane& lane, bool steps,
                             Milliseconds lease) {
  const std::string name = detail::consumer_name(lane);
  const json config = {{"durable_name", name},
                       {"deliver_policy", "all"},
                       {"ack_policy", "explicit"},
                       {"replay_policy", "instant"},
                       {"ack_wait", nanoseconds(lease)},
                       {"max_deliver", kMaxDeliveries},
                       {"max_ack_pending", kMostHeldTasks},
                       {"max_waiting", kMostWaitingWorkers},
                       {"filter_subject", detail::lane_filter(lane, steps)}};
  OBSCURA_TRY([[maybe_unused]] const detail::JsonValue made,
              detail::call_api_or_fail(connection, fmt::format("CONSUMER.DURABLE.CREATE.{}.{}", stream_name, name),
                                       json::object({{"stream_name", stream_name}, {"config", config}}).dump()));
  return {};
}

}  // namespace

Result<void> create_streams(NatsConnection& connection, const NatsStreamOptions& options) {
  for (std::uint32_t replica = 0; replica < options.groups; ++replica) {
    OBSCURA_TRY_VOID(create(connection, task_stream(detail::jobs_stream(replica),
                                                    fmt::format("obscura.job.*.*.*.*.*.*.r{}", replica), options)));
    json steps =
        task_stream(detail::steps_stream(replica), fmt::format("obscura.step.*.*.*.*.*.*.r{}", replica), options);
    steps["max_msgs"] = options.max_jobs * kMaxStepRoom;
    steps["max_bytes"] = options.max_step_bytes;
    OBSCURA_TRY_VOID(create(connection, steps));
    OBSCURA_TRY_VOID(create(
        connection, first_wins_stream(detail::part_stream(replica), fmt::format("obscura.part.*.*.*.*.r{}", replica),
                                      options.max_part_bytes, options.retention, options)));
  }
  OBSCURA_TRY_VOID(create(connection, first_wins_stream(std::string(detail::kResultStream), "obscura.result.>",
                                                        options.max_result_bytes, options.retention, options)));
  OBSCURA_TRY_VOID(create(connection, first_wins_stream(std::string(detail::kBlobStream), "obscura.blob.*.*.*.*",
                                                        options.max_blob_bytes, options.blob_retention, options)));
  OBSCURA_TRY_VOID(create(connection, first_wins_stream(std::string(detail::kModelStream), "obscura.model.*.*",
                                                        options.max_model_bytes, Milliseconds(0), options)));
  OBSCURA_TRY_VOID(create(connection, site_stream(options)));
  return create(connection, worn_stream(options));
}

Result<void> create_lane(NatsConnection& connection, const Lane& lane, Milliseconds lease) {
  if (detail::begins({lane.stage, lane.shard})) {
    OBSCURA_TRY_VOID(create_consumer(connection, detail::jobs_stream(lane.replica), lane, false, lease));
  }
  return create_consumer(connection, detail::steps_stream(lane.replica), lane, true, lease);
}

}  // namespace obscura::deploy::net
