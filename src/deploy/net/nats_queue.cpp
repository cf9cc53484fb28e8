#include "deploy/net/nats_queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <utility>

#include "deploy/net/detail/nats_api.hpp"
#include "deploy/net/detail/nats_once.hpp"
#include "deploy/net/detail/nats_status.hpp"
#include "deploy/net/detail/nats_subjects.hpp"
#include "deploy/net/detail/nats_watch.hpp"
#include "deploy/net/nats_streams.hpp"

namespace obscura::deploy::net {
namespace {

using base::ErrorCode;
using base::Result;
using nlohmann::json;
using SteadyClock = std::chrono::steady_clock;

// How long a request for a task stays at the server, at most; with several lanes they take turns.
constexpr Milliseconds kLongestPull{5'000};
constexpr Milliseconds kTurn{15};
// By when the server must have said that there is nothing.
constexpr Milliseconds kAnswerWithin{2'000};
// The pauses between two looks for a result: an eighth of what was waited so far, within these.
constexpr Milliseconds kFirstPause{1};
constexpr Milliseconds kLastPause{50};

Milliseconds since(SteadyClock::time_point begin) {
  return std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - begin);
}

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

class Queue final : public JobQueue {
 public:
  Queue(std::shared_ptr<NatsConnection> connection, const NatsQueueOptions& options)
      : connection_(std::move(connection)), options_(options), watch_(*connection_, options) {}

  Result<Stored> publish(const Task& task) override;
  Result<std::optional<Lease>> fetch(std::span<const Lane> lanes, Milliseconds timeout) override;
  Result<LeaseState> heartbeat(const Lease& lease) override;
  Result<LeaseState> acknowledge(const Lease& lease) override { return settle(lease, "+ACK"); }
  Result<LeaseState> retry_later(const Lease& lease, Milliseconds delay) override;
  Result<LeaseState> reject(const Lease& lease) override { return settle(lease, "+TERM"); }
  Result<Stored> publish_part(const JobKey& key, const Step& step, std::span<const std::uint8_t> message) override;
  Result<std::vector<Part>> parts(const JobKey& key, std::uint32_t stage) override;
  Result<Stored> publish_result(const JobKey& key, std::span<const std::uint8_t> message) override;
  Result<std::optional<std::vector<std::uint8_t>>> result(const JobKey& key, Milliseconds timeout) override;
  Result<bool> has_result(const JobKey& key) override;
  Result<std::uint64_t> withdraw(const JobKey& key) override;
  Result<std::vector<Orphan>> orphans(std::size_t limit) override { return watch_.orphans(limit); }
  Result<void> remove_orphan(const Orphan& orphan) override { return watch_.remove(orphan); }
  Result<QueueStatus> status() override;

 private:
  // What was fetched and not yet settled.
  struct Held {
    std::string reply;
    SteadyClock::time_point renewed;
  };
  enum class Pulled { kTask, kNothing, kSilence };

  Result<Pulled> pull(const Lane& lane, const std::string& stream, Milliseconds wait, std::optional<Lease>& lease);
  Result<Pulled> look(std::span<const Lane> lanes, Milliseconds wait, std::optional<Lease>& lease);
  Result<std::optional<Lease>> take(const NatsMessage& message);
  Result<void> prepare(std::span<const Lane> lanes);
  Result<bool> has_room(const Task& task);
  Result<bool> is_answered(const Task& task);
  Result<detail::Published> store(detail::Publication publication);
  [[nodiscard]] LeaseState state_of(const Lease& lease) const;
  Result<void> tell(const Lease& lease, const std::string& what);
  Result<LeaseState> settle(const Lease& lease, const std::string& what);
  Result<std::optional<std::vector<Part>>> try_parts(const JobKey& key, std::uint32_t stage);
  Result<std::uint64_t> withdraw_from(const JobKey& key, bool steps);

  std::shared_ptr<NatsConnection> connection_;
  NatsQueueOptions options_;
  detail::NatsWatch watch_;
  std::map<std::uint64_t, Held> held_;
  std::set<Lane> prepared_;
  std::map<std::uint32_t, std::uint64_t> last_part_;  // per replica, the sequence of the part that was published last
  std::uint64_t next_id_ = 1;
  std::uint64_t next_pull_ = 1;
  std::size_t first_lane_ = 0;
};

// The stream of jobs knows its limit itself, and tells duplicates from what does not fit.
Result<bool> Queue::has_room(const Task& task) {
  const std::string stream = detail::stream_of(task);
  if (stream == detail::jobs_stream(task.key.replica)) return true;
  OBSCURA_TRY(const detail::JsonValue info, detail::call_api_or_fail(*connection_, "STREAM.INFO." + stream));
  const detail::JsonValue config = info.member("config");
  const detail::JsonValue state = info.member("state");
  const auto fits = [&](const char* taken, std::size_t more, const char* limit) {
    const double most = detail::step_share(task.step) * static_cast<double>(config.number(limit));
    return static_cast<double>(state.number(taken) + more) <= most;
  };
  return fits("messages", 1, "max_msgs") && fits("bytes", task.message.size(), "max_bytes");
}

// A single server remembers the ids of what it had; several are not to be asked for that (nats_once.hpp).
Result<detail::Published> Queue::store(detail::Publication publication) {
  if (options_.copies == 1) return detail::publish(*connection_, publication);
  publication.message_id.reset();
  return detail::publish_unless_there(*connection_, publication);
}

// Whether the task begins a job that is done, where the server does not know that it had the task.
Result<bool> Queue::is_answered(const Task& task) {
  if (options_.copies == 1 || !detail::begins(task.step)) return false;
  return has_result(task.key);
}

Result<Stored> Queue::publish(const Task& task) {
  if (task.message.size() > kMaxMessageBytes) return Stored::kOversized;
  OBSCURA_TRY(const bool answered, is_answered(task));
  if (answered) return Stored::kAlreadyThere;
  OBSCURA_TRY(const bool room, has_room(task));
  if (!room) return Stored::kFull;
  OBSCURA_TRY(const detail::Published published, store({.subject = detail::task_subject(task),
                                                        .data = task.message,
                                                        .message_id = task.id(),
                                                        .deadline = task.deadline}));
  return published.stored;
}

Result<QueueStatus> Queue::status() {
  OBSCURA_TRY(QueueStatus status, detail::nats_status(*connection_));
  status.leaders_replaced = watch_.leaders().replaced();
  return status;
}

Result<void> Queue::prepare(std::span<const Lane> lanes) {
  if (!options_.makes_lanes) return {};
  for (const Lane& lane : lanes) {
    if (prepared_.contains(lane)) continue;
    OBSCURA_TRY_VOID(create_lane(*connection_, lane, options_.lease));
    prepared_.insert(lane);
  }
  return {};
}

// $JS.ACK.STREAM.CONSUMER.DELIVERIES.... (9 words), or $JS.ACK.DOMAIN.ACCOUNT.STREAM.CONSUMER.DELIVERIES.... (11 or
// more).
std::uint32_t deliveries_in(const std::string& reply) {
  const auto dots = std::count(reply.begin(), reply.end(), '.');
  std::size_t at = 0;
  for (int dot = 0; dot < (dots < 10 ? 4 : 6) && at != std::string::npos; ++dot) at = reply.find('.', at + 1);
  return at == std::string::npos ? 0 : static_cast<std::uint32_t>(std::strtoul(reply.c_str() + at + 1, nullptr, 10));
}

// A task that cannot be read has nobody who could be told: it is removed.
Result<std::optional<Lease>> Queue::take(const NatsMessage& message) {
  const std::string reply = message.reply();
  auto task = detail::task_of_subject(message.subject());
  const std::uint32_t deliveries = deliveries_in(reply);
  if (!task || deliveries == 0) {
    if (!task && !reply.empty()) {
      OBSCURA_TRY([[maybe_unused]] const auto told,
                  connection_->ask_once({.subject = reply, .data = bytes_of("+TERM")}, kAnswerWithin));
    }
    return std::nullopt;
  }
  task->deadline = detail::deadline_of(message.header(detail::kDeadlineHeader));
  task->message.assign(message.data().begin(), message.data().end());
  const std::uint64_t id = next_id_++;
  held_[id] = {.reply = reply, .renewed = SteadyClock::now()};
  return Lease{.id = id, .deliveries = deliveries, .task = std::move(*task)};
}

// One request for one task. Silence: the server did not even say that there is none.
Result<Queue::Pulled> Queue::pull(const Lane& lane, const std::string& stream, Milliseconds wait,
                                  std::optional<Lease>& lease) {
  json body = {{"batch", 1}};
  if (wait.count() > 0) {
    body["expires"] = std::chrono::nanoseconds(wait).count();
  } else {
    body["no_wait"] = true;
  }
  const std::string text = body.dump();
  const std::string reply = fmt::format("pull.{}", next_pull_++);
  const std::uint64_t losses = connection_->losses();
  if (const auto sent =
          connection_->send({.subject = fmt::format("{}.CONSUMER.MSG.NEXT.{}.{}", connection_->options().api_prefix,
                                                    stream, detail::consumer_name(lane)),
                             .data = bytes_of(text)},
                            reply);
      !sent) {
    return Pulled::kSilence;
  }
  const SteadyClock::time_point begin = SteadyClock::now();
  while (since(begin) < wait + kAnswerWithin && connection_->losses() == losses) {
    OBSCURA_TRY(const auto message, connection_->next(std::min(kTurn, wait + kAnswerWithin)));
    if (!message) continue;
    const std::string status = message->status();
    if (!status.empty()) {
      if (message->subject() != connection_->inbox() + reply) continue;
      return status == "503" ? Pulled::kSilence : Pulled::kNothing;
    }
    OBSCURA_TRY(lease, take(*message));
    return lease ? Pulled::kTask : Pulled::kNothing;
  }
  return Pulled::kSilence;
}

// Each lane once; the first of them may let the server wait. Steps before jobs: what was begun is ended.
Result<Queue::Pulled> Queue::look(std::span<const Lane> lanes, Milliseconds wait, std::optional<Lease>& lease) {
  Pulled worst = Pulled::kNothing;
  ++first_lane_;  // no lane waits for ever behind another
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    const Lane& lane = lanes[(first_lane_ + i) % lanes.size()];
    const bool begins = detail::begins({lane.stage, lane.shard});
    for (const bool steps : {true, false}) {
      if (!steps && !begins) continue;
      const std::string stream = steps ? detail::steps_stream(lane.replica) : detail::jobs_stream(lane.replica);
      const bool last = i + 1 == lanes.size() && (!steps || !begins);
      OBSCURA_TRY(const Pulled pulled, pull(lane, stream, last ? wait : Milliseconds(0), lease));
      if (pulled == Pulled::kTask) return pulled;
      if (pulled == Pulled::kSilence) worst = pulled;
    }
  }
  return worst;
}

Result<std::optional<Lease>> Queue::fetch(std::span<const Lane> lanes, Milliseconds timeout) {
  OBSCURA_TRY_VOID(prepare(lanes));
  connection_->drop_answers();
  const SteadyClock::time_point begin = SteadyClock::now();
  const bool takes_turns = lanes.size() > 1 || (lanes.size() == 1 && detail::begins({lanes[0].stage, lanes[0].shard}));
  std::optional<Lease> lease;
  Pulled pulled = Pulled::kNothing;
  bool first = true;
  while (first || since(begin) < timeout) {
    const Milliseconds left = std::max(Milliseconds(0), timeout - since(begin));
    const Milliseconds wait = first ? Milliseconds(0) : std::min(left, takes_turns ? kTurn : kLongestPull);
    first = false;
    OBSCURA_TRY(pulled, look(lanes, wait, lease));
    if (pulled == Pulled::kTask) return lease;
    if (pulled == Pulled::kSilence || lanes.empty()) std::this_thread::sleep_for(std::min(left, kTurn));
  }
  return std::nullopt;
}

LeaseState Queue::state_of(const Lease& lease) const {
  const auto held = held_.find(lease.id);
  return held != held_.end() && since(held->second.renewed) < options_.lease ? LeaseState::kHeld : LeaseState::kLost;
}

// The server confirms that it heard.
Result<void> Queue::tell(const Lease& lease, const std::string& what) {
  OBSCURA_TRY([[maybe_unused]] const NatsMessage heard,
              connection_->ask({.subject = held_[lease.id].reply, .data = bytes_of(what)},
                               [](const NatsMessage& answer) { return answer.status().empty(); }));
  return {};
}

Result<LeaseState> Queue::heartbeat(const Lease& lease) {
  if (state_of(lease) == LeaseState::kLost) return LeaseState::kLost;
  const SteadyClock::time_point asked = SteadyClock::now();
  OBSCURA_TRY_VOID(tell(lease, "+WPI"));
  if (state_of(lease) == LeaseState::kLost) return LeaseState::kLost;
  held_[lease.id].renewed = asked;
  return LeaseState::kHeld;
}

// Also when the lease is lost: the task's effect is stored, whoever stored it, and nobody needs to take it again.
Result<LeaseState> Queue::settle(const Lease& lease, const std::string& what) {
  if (!held_.contains(lease.id)) return LeaseState::kLost;
  const LeaseState state = state_of(lease);
  OBSCURA_TRY_VOID(tell(lease, what));
  held_.erase(lease.id);
  return state;
}

Result<LeaseState> Queue::retry_later(const Lease& lease, Milliseconds delay) {
  if (state_of(lease) == LeaseState::kLost) return LeaseState::kLost;
  return settle(lease, fmt::format("-NAK {{\"delay\": {}}}", std::chrono::nanoseconds(delay).count()));
}

Result<Stored> Queue::publish_part(const JobKey& key, const Step& step, std::span<const std::uint8_t> message) {
  if (message.size() > kMaxMessageBytes) return Stored::kOversized;
  OBSCURA_TRY(
      const detail::Published published,
      store({.subject = detail::part_subject(key, step.stage, step.shard), .data = message, .only_first = true}));
  last_part_[key.replica] = published.sequence;  // no maximum: a stream that was reset counts anew
  return published.stored;
}

// Nothing when the answer does not stand on the part that this queue published last: whoever stores the last part of a
// stage has its sequence, so a server that knows that sequence knows all parts before it.
Result<std::optional<std::vector<Part>>> Queue::try_parts(const JobKey& key, std::uint32_t stage) {
  const std::string stream = detail::part_stream(key.replica);
  OBSCURA_TRY(const detail::Subjects subjects,
              detail::list_subjects(*connection_, stream, detail::part_subject(key, stage, std::nullopt)));
  if (subjects.last_sequence < last_part_[key.replica]) return std::nullopt;
  std::vector<Part> parts;
  for (const std::string& subject : subjects.names) {
    OBSCURA_TRY(auto message, detail::read_listed(*connection_, stream, subject));
    if (!message) return std::nullopt;
    const std::size_t prefix = detail::part_subject(key, stage, std::nullopt).find('*');
    const auto shard = static_cast<std::uint32_t>(std::strtoul(subject.c_str() + prefix, nullptr, 10));
    parts.push_back({.shard = shard, .message = std::move(message->data)});
  }
  std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.shard < b.shard; });
  return parts;
}

Result<std::vector<Part>> Queue::parts(const JobKey& key, std::uint32_t stage) {
  const SteadyClock::time_point begin = SteadyClock::now();
  while (since(begin) < connection_->options().call_timeout) {
    OBSCURA_TRY(auto parts, try_parts(key, stage));
    if (parts) return std::move(*parts);
    std::this_thread::sleep_for(kTurn);
  }
  return base::fail(ErrorCode::kIo, fmt::format("the parts of job {} stage {} cannot be read whole", key.text(), stage),
                    "the site is changing its leader: it is tried again");
}

Result<Stored> Queue::publish_result(const JobKey& key, std::span<const std::uint8_t> message) {
  if (message.size() > kMaxMessageBytes) return Stored::kOversized;
  auto published = store({.subject = detail::result_subject(key), .data = message, .only_first = true});
  if (published) return published->stored;
  if (options_.makes_lanes && published.error().code == ErrorCode::kIo) {
    watch_.leaders().replace(std::string(detail::kResultStream));
  }
  return base::forward_error(published);
}

Result<std::optional<std::vector<std::uint8_t>>> Queue::result(const JobKey& key, Milliseconds timeout) {
  const SteadyClock::time_point begin = SteadyClock::now();
  while (true) {
    OBSCURA_TRY(auto message,
                detail::read_directly(*connection_, std::string(detail::kResultStream), detail::result_subject(key)));
    const Milliseconds waited = since(begin);
    if (message || waited >= timeout) return message;
    std::this_thread::sleep_for(std::min(std::clamp(waited / 8, kFirstPause, kLastPause), timeout - waited));
  }
}

Result<bool> Queue::has_result(const JobKey& key) {
  if (!options_.sees_results) return false;
  OBSCURA_TRY(const auto message, result(key, Milliseconds(0)));
  return message.has_value();
}

Result<std::uint64_t> Queue::withdraw_from(const JobKey& key, bool steps) {
  const std::string stream = steps ? detail::steps_stream(key.replica) : detail::jobs_stream(key.replica);
  OBSCURA_TRY(const detail::Subjects subjects,
              detail::list_subjects(*connection_, stream, detail::job_filter(key, steps)));
  std::uint64_t removed = 0;
  for (const std::string& subject : subjects.names) {
    const auto task = detail::task_of_subject(subject);
    if (!task) continue;
    OBSCURA_TRY(const auto message, detail::read_listed(*connection_, stream, subject));
    OBSCURA_TRY(const detail::ApiAnswer consumer,
                detail::call_api(*connection_,
                                 fmt::format("CONSUMER.INFO.{}.{}", stream, detail::consumer_name(task->lane()))));
    const detail::JsonValue delivered = consumer.body.member("delivered");
    if (!message || message->sequence <= delivered.number("stream_seq")) continue;
    OBSCURA_TRY_VOID(detail::delete_message(*connection_, stream, message->sequence));
    ++removed;
  }
  return removed;
}

// A submitter may not: whoever takes the task then finds that the job has its result.
Result<std::uint64_t> Queue::withdraw(const JobKey& key) {
  if (!options_.makes_lanes) return 0;
  OBSCURA_TRY(const std::uint64_t jobs, withdraw_from(key, false));
  OBSCURA_TRY(const std::uint64_t steps, withdraw_from(key, true));
  return jobs + steps;
}

}  // namespace

std::unique_ptr<JobQueue> NatsQueue::open(std::shared_ptr<NatsConnection> connection, const NatsQueueOptions& options) {
  return std::make_unique<Queue>(std::move(connection), options);
}

}  // namespace obscura::deploy::net
