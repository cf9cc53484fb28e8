#include "deploy/net/serve_one.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "deploy/net/detail/open_task.hpp"
#include "deploy/net/detail/payload.hpp"
#include "deploy/net/detail/publish_effect.hpp"
#include "deploy/net/message.hpp"

namespace obscura::deploy::net {
namespace {

using base::Error;
using base::ErrorCode;

// How often a publishing call is made in all before its work is given up, and the first of the doubling pauses.
constexpr int kPublishAttempts = 5;
constexpr Milliseconds kPublishPause{500};

// Whether an error says that this worker cannot do it now, rather than that nobody ever can.
bool is_passing(ErrorCode code) {
  return code == ErrorCode::kNotFound || code == ErrorCode::kIo || code == ErrorCode::kLimit;
}

Status status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kCorrupt:
    case ErrorCode::kMismatch:
    case ErrorCode::kUntrusted:
    case ErrorCode::kUnsupported:
    case ErrorCode::kInsecure:
      return Status::kInvalid;
    default:
      return Status::kFailed;
  }
}

// One lease, from its task to its end.
class Attempt {
 public:
  Attempt(const Worker& worker, Lease lease)
      : worker_(worker), lease_(std::move(lease)), renewed_(worker.clock.now()) {}

  base::Result<Served> run();

 private:
  base::Result<Served> run_step(detail::OpenTask& open);
  base::Result<Served> finish(detail::OpenTask& open, const StepOutput& output, std::uint64_t evaluate_us);
  base::Result<Stored> insist(const std::function<base::Result<Stored>()>& publish);
  base::Result<Served> give_back(const std::string& cause);
  base::Result<Served> postpone(const std::string& cause);
  base::Result<Served> refuse(Status status, const std::string& cause);
  base::Result<Served> end_by(const Error& error);
  bool still_mine();
  Served served(Ending ending, std::string cause = {}) const;

  const Worker& worker_;
  Lease lease_;
  Instant renewed_;
  bool lost_ = false;
  StepFigures figures_;
  std::uint64_t input_bytes_ = 0;
  std::uint64_t output_bytes_ = 0;
};

std::uint64_t bytes_of(std::span<const BlobRef> refs) {
  std::uint64_t sum = 0;
  for (const BlobRef& ref : refs) sum += ref.size;
  return sum;
}

Served Attempt::served(Ending ending, std::string cause) const {
  return {.key = lease_.task.key,
          .step = lease_.task.step,
          .ending = ending,
          .deliveries = lease_.deliveries,
          .cause = std::move(cause),
          .figures = figures_,
          .waited = lease_.waited,
          .input_bytes = input_bytes_,
          .output_bytes = output_bytes_};
}

bool Attempt::still_mine() {
  const Instant now = worker_.clock.now();
  const bool is_recent = now >= renewed_ && now - renewed_ < worker_.heartbeat_every;  // a clock may be set back
  if (lost_ || is_recent) return !lost_;
  const auto state = worker_.queue.heartbeat(lease_);
  // A heartbeat that did not come through is tried again at the next call.
  if (state && *state == LeaseState::kHeld) renewed_ = now;
  if (state && *state == LeaseState::kLost) lost_ = true;
  return !lost_;
}

base::Result<Stored> Attempt::insist(const std::function<base::Result<Stored>()>& publish) {
  Milliseconds pause = kPublishPause;
  for (int attempt = 1;; ++attempt) {
    auto stored = publish();
    const bool again = stored ? *stored == Stored::kFull : stored.error().code == ErrorCode::kIo;
    if (!again || attempt == kPublishAttempts) return stored;
    worker_.clock.sleep(pause);
    (void)still_mine();  // what is published counts, whoever holds the lease
    pause *= 2;
  }
}

base::Result<Served> Attempt::postpone(const std::string& cause) {
  const auto doublings = std::min<std::uint32_t>(lease_.deliveries, kMaxDeliveries) - 1;
  OBSCURA_TRY(const LeaseState state, worker_.queue.retry_later(lease_, worker_.retry_delay * (1 << doublings)));
  return served(state == LeaseState::kHeld ? Ending::kGivenBack : Ending::kLost, cause);
}

// On its last delivery a task would end as an orphan, with a worse cause than the one known here.
base::Result<Served> Attempt::give_back(const std::string& cause) {
  return lease_.deliveries < kMaxDeliveries ? postpone(cause) : refuse(Status::kFailed, cause);
}

base::Result<Served> Attempt::refuse(Status status, const std::string& cause) {
  Receipt receipt{.key = lease_.task.key,
                  .step = lease_.task.step,
                  .status = status,
                  .cause = cause,
                  .attempt = lease_.deliveries,
                  .figures = figures_};
  Message answer;
  if (auto message = decode(lease_.task.message, "task"); message && message->job) {
    receipt.job = message->job->digest();
    answer.job = std::move(message->job);
  }
  answer.receipts.push_back(sign_receipt(receipt, worker_.identity));
  OBSCURA_TRY(const std::vector<std::uint8_t> bytes, encode(answer));
  OBSCURA_TRY(const Stored stored, insist([&] { return worker_.queue.publish_result(lease_.task.key, bytes); }));
  if (stored != Stored::kStored && stored != Stored::kAlreadyThere) return postpone("there is no room for the result");
  OBSCURA_TRY([[maybe_unused]] const LeaseState state, worker_.queue.reject(lease_));
  return served(Ending::kRefused, cause);
}

base::Result<Served> Attempt::end_by(const Error& error) {
  return is_passing(error.code) ? give_back(error.message) : refuse(status_of(error.code), error.message);
}

base::Result<Served> Attempt::run() {
  OBSCURA_TRY(const bool answered, worker_.queue.has_result(lease_.task.key));
  if (answered) {
    OBSCURA_TRY([[maybe_unused]] const LeaseState state, worker_.queue.acknowledge(lease_));
    return served(Ending::kAnswered, "the job has its result");
  }
  auto open = detail::open_task(lease_.task, worker_.trust);
  if (!open) return refuse(status_of(open.error().code), open.error().message);
  if (worker_.clock.now() > open->job.deadline) {
    return refuse(Status::kExpired, fmt::format("step {} was begun after the deadline", lease_.task.step.text()));
  }
  return run_step(*open);
}

base::Result<Served> Attempt::run_step(detail::OpenTask& open) {
  auto inputs =
      detail::read_blobs_of(open.message, open.inputs, worker_.blobs.of_job(lease_.task.key), worker_.max_input_bytes);
  if (!inputs) return give_back(inputs.error().message);  // the store's trouble, never the job's
  open.message.attachments.clear();
  input_bytes_ = bytes_of(open.inputs);
  const auto begin = std::chrono::steady_clock::now();
  const auto output = worker_.evaluate({.job = open.job, .step = lease_.task.step, .inputs = std::move(*inputs)},
                                       [this] { return still_mine(); });
  const auto spent = std::chrono::steady_clock::now() - begin;
  if (lost_) return served(Ending::kLost, "the lease ran out during the evaluation");
  if (!output) return end_by(output.error());
  if (output->outputs.size() > kMaxBlobs) {
    return refuse(Status::kInvalid,
                  fmt::format("the step has {} outputs; at most {} are possible", output->outputs.size(), kMaxBlobs));
  }
  return finish(open, *output,
                static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(spent).count()));
}

base::Result<Served> Attempt::finish(detail::OpenTask& open, const StepOutput& output, std::uint64_t evaluate_us) {
  figures_ = {.evaluate_us = evaluate_us, .peak_bytes = output.peak_bytes};
  const Step step = lease_.task.step;
  const std::size_t inline_share = std::min(detail::inline_share(open.job, step), worker_.max_inline_bytes);
  Message carried;
  auto refs = detail::carry_blobs(output.outputs, inline_share, carried, worker_.blobs.of_job(lease_.task.key),
                                  [this](std::uint64_t, std::uint64_t) { (void)still_mine(); });
  if (!refs) return give_back(refs.error().message);
  output_bytes_ = bytes_of(*refs);
  const SignedStatement receipt = sign_receipt({.job = open.job_digest,
                                                .key = open.job.key,
                                                .step = step,
                                                .status = Status::kDone,
                                                .attempt = lease_.deliveries,
                                                .inputs = digest_of(open.inputs),
                                                .outputs = *refs,
                                                .figures = figures_},
                                               worker_.identity);
  const auto stored = detail::publish_effect(worker_.queue, open, step, receipt, carried.attachments, worker_.trust,
                                             [this](const auto& publish) { return insist(publish); });
  if (!stored) {
    if (stored.error().code == ErrorCode::kIo) return tl::make_unexpected(stored.error());
    return refuse(Status::kFailed, stored.error().message);
  }
  if (*stored == Stored::kFull) return give_back("the queue is full");
  if (*stored == Stored::kOversized) {
    return refuse(Status::kFailed, "what follows from the step is larger than a message may be");
  }
  OBSCURA_TRY([[maybe_unused]] const LeaseState state, worker_.queue.acknowledge(lease_));
  return served(Ending::kEffect);
}

}  // namespace

base::Result<std::optional<Served>> serve_one(const Worker& worker, std::span<const Lane> lanes, Milliseconds timeout) {
  OBSCURA_TRY(std::optional<Lease> lease, worker.queue.fetch(lanes, timeout));
  if (!lease) return std::nullopt;
  OBSCURA_TRY(Served served, Attempt(worker, std::move(*lease)).run());
  return served;
}

}  // namespace obscura::deploy::net
