#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "deploy/net/address.hpp"
#include "deploy/net/blob_ref.hpp"
#include "deploy/net/job_queue.hpp"

// Where things stand on a NATS site (docs/formats.md). Names and digests hold neither dots nor wildcards, so that every
// one is one token of a subject and nobody's name can reach into another's.
namespace obscura::deploy::net::detail {

inline constexpr std::string_view kResultStream = "RESULT";
inline constexpr std::string_view kBlobStream = "BLOB";    ///< of jobs
inline constexpr std::string_view kModelStream = "MODEL";  ///< what owners push: models and keys, for everybody
inline constexpr std::string_view kSiteStream = "SITE";    ///< what everybody may know: the last word of each subject
inline constexpr const char* kModelsSubject = "obscura.site.models";
inline constexpr const char* kSettingsSubject = "obscura.site.settings";
inline constexpr std::string_view kWornStream = "WORN";  ///< the server's notes about tasks handed out too often
inline constexpr const char* kDeadlineHeader = "Obscura-Deadline";

/// The most that a step may fill of what the first later step may: 1 + 127 / 8, since a job has at most 64 stages, each
/// with a merge.
inline constexpr std::int64_t kMaxStepRoom = 17;

/// Every operator group has three streams of its own: JOBS_0 (first stages), STEPS_0 (all others), PART_0.
[[nodiscard]] std::string jobs_stream(std::uint32_t replica);
[[nodiscard]] std::string steps_stream(std::uint32_t replica);
[[nodiscard]] std::string part_stream(std::uint32_t replica);
/// Whether it is a shard of the first stage, which a submitter publishes.
[[nodiscard]] bool begins(const Step& step);
/// The one in which the task lies. Whatever a worker publishes, merges of stage 0 too, is a step and not a job.
[[nodiscard]] std::string stream_of(const Task& task);
/// Which part of the stream of steps may be full before this step is refused: (1 + depth / 8) / kMaxStepRoom.
[[nodiscard]] double step_share(const Step& step);
/// Whether its messages are tasks, and of which replica.
[[nodiscard]] std::optional<std::uint32_t> replica_of_task_stream(std::string_view stream);

/// obscura.{job|step}.MODEL.STAGE.KEY.TENANT.JOB.SHARD.rREPLICA
[[nodiscard]] std::string task_subject(const Task& task);
/// The same among the steps, whichever step it is: where the supervisor publishes anew what got lost.
[[nodiscard]] std::string revived_subject(const Task& task);
/// In a stream of jobs, a message for nobody: where the supervisor looks whether the stream takes any.
[[nodiscard]] std::string probe_subject(std::uint32_t replica);
/// What task_subject() says, without deadline and message. Nothing for what neither of them wrote.
[[nodiscard]] std::optional<Task> task_of_subject(std::string_view subject);
/// All tasks of a lane in the stream of jobs or of steps.
[[nodiscard]] std::string lane_filter(const Lane& lane, bool steps);
/// All tasks of a job in the stream of jobs or of steps.
[[nodiscard]] std::string job_filter(const JobKey& key, bool steps);

/// A lane's consumer, in both streams: MODEL_STAGE_KEY_SHARD_rREPLICA.
[[nodiscard]] std::string consumer_name(const Lane& lane);
[[nodiscard]] std::optional<Lane> lane_of_consumer(std::string_view name);

/// obscura.part.TENANT.JOB.STAGE.SHARD.rREPLICA; without a shard all of them.
[[nodiscard]] std::string part_subject(const JobKey& key, std::uint32_t stage, std::optional<std::uint32_t> shard);
/// obscura.result.TENANT.JOB.rREPLICA
[[nodiscard]] std::string result_subject(const JobKey& key);
/// Where blobs lie: a stream, and what their subjects begin with. Before SHA256 and PIECE stand the tokens that
/// permissions see: whoever asks with wildcards for what lies behind them gets nothing of others.
struct BlobPlace {
  std::string stream;
  std::string prefix;
  /// PREFIX.SHA256.N, or .meta, or .* for all of it.
  [[nodiscard]] std::string subject(const artifact::Digest& sha256, const std::string& piece) const;
};
/// MODEL, obscura.model
[[nodiscard]] BlobPlace model_place();
/// BLOB, obscura.blob.TENANT.rREPLICA
[[nodiscard]] BlobPlace job_place(const JobKey& key);

}  // namespace obscura::deploy::net::detail
