#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "deploy/net/blob_store.hpp"
#include "deploy/net/clock.hpp"
#include "deploy/net/job.hpp"
#include "deploy/net/job_queue.hpp"
#include "deploy/net/message.hpp"
#include "deploy/net/receipt.hpp"
#include "deploy/net/trust.hpp"

namespace obscura::deploy::net {

/// What a step computes from.
struct StepInput {
  const Job& job;
  Step step;
  /// Stage 0: the job's inputs. A later stage, every shard: the outputs of the stage before. A merge: the outputs of
  /// all shards, by shard.
  std::vector<std::vector<std::uint8_t>> inputs;
};

struct StepOutput {
  std::vector<std::vector<std::uint8_t>> outputs;  ///< at most kMaxBlobs
  std::uint64_t peak_bytes = 0;                    ///< memory that the step needed; 0: not measured
};

/// To be called as the work makes progress, as often as one likes: renews the lease when it is time. False: the lease
/// is lost, stop and return any error.
using StillMine = std::function<bool()>;

/// Computes a step; the same inputs always give the same bytes. What an error means (those of reading and storing blobs
/// always mean the former): kNotFound, kIo, kLimit: this worker cannot do it now (a key or a stage is missing, no
/// memory): given back for later; kCorrupt, kMismatch, kUntrusted, kUnsupported, kInsecure: the job is invalid; all
/// others: it failed.
using Evaluate = std::function<base::Result<StepOutput>(const StepInput&, const StillMine&)>;

/// All that a worker works with. The references must outlive every call.
struct Worker {
  JobQueue& queue;
  BlobStore& blobs;
  Clock& clock;
  const artifact::SigningKey& identity;
  const Trust& trust;
  Evaluate evaluate;
  std::uint64_t max_input_bytes = std::uint64_t{1} << 30;  ///< of one step's inputs together
  std::size_t max_inline_bytes = kMaxInlineBytes;          ///< of one message's blobs; the others go through the store
  Milliseconds heartbeat_every{10'000};                    ///< a third of the queue's lease time
  Milliseconds retry_delay{5'000};                         ///< after the first delivery; doubles with each
};

/// What serve_one did with the task it took.
enum class Ending {
  kEffect,     ///< part, result or next stage is stored, by this worker or one before it; the task is acknowledged
  kRefused,    ///< invalid, expired or failed: the result says so; the task is removed
  kGivenBack,  ///< not now: a blob or room is missing; to be fetched again later
  kLost,       ///< the lease ran out in the middle
  kAnswered,   ///< the job had its result already (cancelled, say): acknowledged without work
};

struct Served {
  JobKey key = {};
  Step step = {};
  Ending ending = Ending::kEffect;
  std::uint32_t deliveries = 0;
  std::string cause = {};  ///< unless kEffect
  StepFigures figures = {};
  std::optional<Milliseconds> waited = {};  ///< in the queue (Lease::waited)
  std::uint64_t input_bytes = 0;            ///< that the step read
  std::uint64_t output_bytes = 0;           ///< that it made
};

/// Takes one task of `lanes` from the queue through its whole protocol: fetch, verify, evaluate, store the outputs,
/// publish what follows (the next stage's tasks, the part and, for whoever sees the last one, the merge, or the
/// result), and only then acknowledge. May be killed after any instruction: every step before the acknowledgement can
/// be repeated by anybody, and has its effect once.
/// Returns nothing when there was no task for `timeout`. Errors: those of the queue and the store; the task then comes
/// back when its lease is over.
[[nodiscard]] base::Result<std::optional<Served>> serve_one(const Worker& worker, std::span<const Lane> lanes,
                                                            Milliseconds timeout);

}  // namespace obscura::deploy::net
