#include "deploy/net/detail/nats_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "deploy/net/detail/nats_once.hpp"
#include "deploy/net/detail/nats_subjects.hpp"
#include "deploy/net/nats_streams.hpp"

namespace obscura::deploy::net::detail {
namespace {

using base::Result;
using nlohmann::json;

constexpr const char* kAnyNote = "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>";
// A task that nobody has in so many looks in a row was forgotten by its consumer.
constexpr int kRoundsUntilRevived = 3;
// And one that is counted and cannot be read in so many was lost by the leader.
constexpr int kRoundsUntilReplaced = 20;

Instant now() {
  return SystemClock().now();
}

Result<std::vector<std::string>> task_streams(NatsConnection& connection) {
  OBSCURA_TRY(const JsonValue answer, call_api_or_fail(connection, "STREAM.NAMES"));
  std::vector<std::string> names;
  for (const JsonValue& name : answer.member("streams").elements()) {
    if (replica_of_task_stream(name.as_text())) names.push_back(name.as_text());
  }
  return names;
}

}  // namespace

Result<std::vector<Orphan>> NatsWatch::orphans(std::size_t limit) {
  std::vector<Orphan> orphans;
  orphans_.clear();
  notes_.clear();  // those that still stand are read again
  OBSCURA_TRY(const std::vector<std::string> streams, task_streams(connection_));
  OBSCURA_TRY_VOID(read_notes(limit, orphans));
  // A stream that does not answer is no reason to leave the others alone.
  std::optional<base::Error> trouble;
  for (const std::string& stream : streams) {
    if (auto looked = look_at(stream, limit, orphans); !looked) trouble = std::move(looked.error());
  }
  if (trouble && orphans.empty()) return tl::make_unexpected(std::move(*trouble));
  return orphans;
}

// Messages come and go while they are looked at: one that is not there in one look says nothing.
void NatsWatch::count_unreadable(const std::string& stream, const std::vector<std::string>& unreadable) {
  std::map<std::string, int> looks;
  int longest = 0;
  for (const std::string& subject : unreadable) {
    looks[subject] = unreadable_[stream][subject] + 1;
    longest = std::max(longest, looks[subject]);
  }
  unreadable_[stream] = std::move(looks);
  if (longest < kRoundsUntilReplaced) return;
  unreadable_[stream].clear();
  leaders_.replace(stream);
}

Result<void> NatsWatch::remove(const Orphan& orphan) {
  const auto place = orphans_.find(orphan.id);
  if (place == orphans_.end()) return {};
  OBSCURA_TRY_VOID(delete_message(connection_, place->second.stream, place->second.sequence));
  if (const auto note = notes_.find(place->second); note != notes_.end()) {
    OBSCURA_TRY_VOID(delete_message(connection_, std::string(kWornStream), note->second));
    notes_.erase(note);
  }
  return {};
}

// A task that is gone meanwhile is no orphan.
Result<void> NatsWatch::add(const Place& place, OrphanCause cause, std::uint32_t deliveries,
                            std::vector<Orphan>& orphans) {
  OBSCURA_TRY(auto message, read_message(connection_, place.stream, json::object({{"seq", place.sequence}}).dump()));
  if (!message) return {};
  auto task = task_of_subject(message->subject);
  if (!task) return delete_message(connection_, place.stream, place.sequence);  // nobody could be told
  task->deadline = message->deadline.value_or(Instant{});
  task->message = std::move(message->data);
  const std::uint64_t id = orphans_.size() + 1;
  orphans_.emplace(id, place);
  orphans.push_back({.id = id, .cause = cause, .deliveries = deliveries, .task = std::move(*task)});
  return {};
}

Result<void> NatsWatch::read_notes(std::size_t limit, std::vector<Orphan>& orphans) {
  std::uint64_t next = 1;
  while (orphans.size() < limit) {
    OBSCURA_TRY(const auto note, read_message(connection_, std::string(kWornStream),
                                              json::object({{"seq", next}, {"next_by_subj", kAnyNote}}).dump()));
    if (!note) return {};
    next = note->sequence + 1;
    OBSCURA_TRY_VOID(read_note(note->sequence, note->data, orphans));
  }
  return {};
}

Result<void> NatsWatch::read_note(std::uint64_t sequence, const std::vector<std::uint8_t>& note,
                                  std::vector<Orphan>& orphans) {
  const JsonValue said = JsonValue::parse(note);
  const Place place{.stream = said.text("stream"), .sequence = said.number("stream_seq")};
  const std::size_t before = orphans.size();
  if (replica_of_task_stream(place.stream)) {
    OBSCURA_TRY_VOID(
        add(place, OrphanCause::kTooManyDeliveries, static_cast<std::uint32_t>(said.number("deliveries")), orphans));
  }
  if (orphans.size() == before) return delete_message(connection_, std::string(kWornStream), sequence);
  notes_[place] = sequence;
  return {};
}

Result<NatsWatch::LaneState> NatsWatch::lane_state(const std::string& stream, const Lane& lane) {
  OBSCURA_TRY(const ApiAnswer answer,
              call_api(connection_, fmt::format("CONSUMER.INFO.{}.{}", stream, consumer_name(lane))));
  if (answer.error && answer.error->code == kConsumerNotFound) {
    if (makes_lanes_) OBSCURA_TRY_VOID(create_lane(connection_, lane, lease_));
    return LaneState{};
  }
  if (answer.error)
    return base::fail(base::ErrorCode::kIo, fmt::format("a lane of {}: {}", stream, answer.error->text));
  const JsonValue delivered = answer.body.member("delivered");
  return LaneState{.exists = true,
                   .handed_out = delivered.number("stream_seq"),
                   .acknowledged = answer.body.member("ack_floor").number("stream_seq"),
                   .held = answer.body.number("num_ack_pending"),
                   .waiting = answer.body.number("num_pending")};
}

// Only its leader lists a stream. Whatever else cannot be asked may be another stream's fault, or a consumer's that
// votes already; and when our own connection was lost meanwhile it may be ours.
Result<Subjects> NatsWatch::list(const std::string& stream) {
  const std::uint64_t losses = connection_.losses();
  auto subjects = list_subjects(connection_, stream, ">");
  if (subjects || subjects.error().code != base::ErrorCode::kIo) return subjects;
  if (connection_.losses() == losses) leaders_.replace(stream);
  return subjects;
}

Result<void> NatsWatch::look_at(const std::string& stream, std::size_t limit, std::vector<Orphan>& orphans) {
  OBSCURA_TRY(const Subjects subjects, list(stream));
  if (const auto replica = replica_of_task_stream(stream); makes_lanes_ && stream == jobs_stream(*replica)) {
    OBSCURA_TRY_VOID(pulse_.look(stream, *replica, subjects.last_sequence));
  }
  std::map<std::string, Sighting> still_there;
  std::vector<std::string> unreadable;
  if (subjects.names.empty() && subjects.messages > 0) unreadable.push_back("");  // counted, and not even listed
  for (const std::string& subject : subjects.names) {
    const auto known = seen_[stream].find(subject);
    if (known != seen_[stream].end() && !known->second.gone) {
      still_there.insert(*known);
      continue;
    }
    OBSCURA_TRY(const auto message, read_listed(connection_, stream, subject));
    if (!message) unreadable.push_back(subject);
    if (!message) continue;
    still_there[subject] = {.sequence = message->sequence, .deadline = message->deadline.value_or(Instant{})};
  }
  seen_[stream] = std::move(still_there);
  count_unreadable(stream, unreadable);
  std::map<Lane, LaneState> lanes;
  for (auto& [subject, sighting] : seen_[stream]) {
    if (orphans.size() >= limit) return {};
    const auto task = task_of_subject(subject);
    if (task && !lanes.contains(task->lane())) {
      OBSCURA_TRY(lanes[task->lane()], lane_state(stream, task->lane()));
    }
    OBSCURA_TRY_VOID(judge(stream, subject, sighting, task ? lanes[task->lane()] : LaneState{}, orphans));
  }
  return {};
}

Result<void> NatsWatch::judge(const std::string& stream, const std::string& subject, Sighting& sighting,
                              const LaneState& lane, std::vector<Orphan>& orphans) {
  const Place place{stream, sighting.sequence};
  if (notes_.contains(place)) return {};
  const bool never_handed_out = sighting.sequence > lane.handed_out;
  // By then it was handed out again, to a worker who refuses it, unless somebody still works on it.
  const bool long_past = now() > sighting.deadline + kMaxDeliveries * lease_;
  const bool rests = lane.exists && lane.held == 0 && lane.waiting == 0;  // although there is this task
  const bool left_behind = rests || (lane.exists && sighting.sequence <= lane.acknowledged);
  if (now() > sighting.deadline && (never_handed_out || rests || long_past)) {
    return add(place, OrphanCause::kDeadline, 0, orphans);
  }
  sighting.left_behind = left_behind ? sighting.left_behind + 1 : 0;
  if (sighting.left_behind < kRoundsUntilRevived) return {};
  sighting.left_behind = 0;
  auto revived = revive(stream, subject, sighting);
  // What its leader has and its consumer does not know will be forgotten again; and so will what comes next.
  if (const auto task = task_of_subject(subject); task && never_handed_out) {
    leaders_.replace(stream, consumer_name(task->lane()));
    leaders_.replace(stream);
  }
  return revived;
}

// Its own message id, so that however often this is repeated there is one more message, and one less. A stream that was
// reset counts its messages anew: the sequence alone would name two. Of several copies none is asked for what it
// remembers (nats_once.hpp): there the message that is replaced may be the newest of the same subject.
Result<Published> NatsWatch::publish_anew(const Task& task, const std::string& stream, const StoredMessage& message) {
  Publication publication{.subject = revived_subject(task), .data = message.data, .deadline = message.deadline};
  if (copies_ > 1) {
    const bool stays = message.subject == publication.subject;
    return publish_unless_there(connection_, publication, stays ? message.sequence : 0);
  }
  publication.message_id = fmt::format("{}/{}/{}", stream, message.sequence, message.time);
  return publish(connection_, publication);
}

Result<void> NatsWatch::revive(const std::string& stream, const std::string& subject, Sighting& sighting) {
  OBSCURA_TRY(const auto message, read_message(connection_, stream, json::object({{"seq", sighting.sequence}}).dump()));
  const auto task = task_of_subject(subject);
  sighting.gone = !message;
  if (!message || message->subject != subject || !task) return {};
  OBSCURA_TRY(const auto result, read_directly(connection_, std::string(kResultStream), result_subject(task->key)));
  if (result) return delete_message(connection_, stream, sighting.sequence);
  auto published = publish_anew(*task, stream, *message);
  if (!published) {
    if (published.error().code == base::ErrorCode::kIo) leaders_.replace(steps_stream(task->key.replica));
    return base::forward_error(published);
  }
  if (published->stored != Stored::kStored && published->stored != Stored::kAlreadyThere) return {};
  return delete_message(connection_, stream, sighting.sequence);
}

}  // namespace obscura::deploy::net::detail
