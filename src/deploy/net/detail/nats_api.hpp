#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "deploy/net/detail/json_value.hpp"
#include "deploy/net/job_queue.hpp"
#include "deploy/net/nats_connection.hpp"

// JetStream's own calls, as JSON over a connection. All of them are repeated while a stream has no leader.
namespace obscura::deploy::net::detail {

/// Codes of JetStream's errors.
inline constexpr int kConsumerNotFound = 10014;
inline constexpr int kNoMessageFound = 10037;
inline constexpr int kSequenceNotFound = 10043;
inline constexpr int kStreamNotFound = 10059;
inline constexpr int kWrongLastSequence = 10071;
inline constexpr int kStoreFailed = 10077;

struct ApiError {
  int code = 0;
  std::string text;
};

/// `error` is the server's word; the body is then empty.
struct ApiAnswer {
  JsonValue body;
  std::optional<ApiError> error;
};

/// Calls PREFIX.`call` with JSON. Errors: those of NatsConnection::ask, and kCorrupt (no JSON).
[[nodiscard]] base::Result<ApiAnswer> call_api(NatsConnection& connection, const std::string& call,
                                               const std::string& body = "{}");
/// The same where no error of the server is expected; it becomes kIo, or kNotFound.
[[nodiscard]] base::Result<JsonValue> call_api_or_fail(NatsConnection& connection, const std::string& call,
                                                       const std::string& body = "{}");

struct Publication {
  std::string subject;
  std::span<const std::uint8_t> data;
  std::optional<std::string> message_id = {};  ///< published once per id
  std::optional<Instant> deadline = {};
  bool only_first = false;                       ///< refused when there is a message on this subject
  std::optional<std::uint64_t> only_after = {};  ///< refused unless this is the sequence of the subject's last one
};

struct Published {
  Stored stored = Stored::kStored;
  std::uint64_t sequence = 0;  ///< of this message, or of the one that was there already
};

/// Stores a message, durably. Errors: those of NatsConnection::ask, and kIo.
[[nodiscard]] base::Result<Published> publish(NatsConnection& connection, const Publication& publication);
/// As `publish` sends it.
[[nodiscard]] NatsRequest request_of(const Publication& publication);
/// What the server's answer to it says; nothing when it is to be sent again.
[[nodiscard]] std::optional<Published> read_acknowledgement(const NatsMessage& answer);

/// A message as it lies in a stream.
struct StoredMessage {
  std::string subject;
  std::uint64_t sequence = 0;
  std::string time;  ///< at which it was stored, as the server writes it: with the sequence, never the same again
  std::optional<Instant> deadline;
  std::vector<std::uint8_t> data;
};

/// Asks the stream's leader, which knows all that was acknowledged. `by` is {"last_by_subj": ...}, {"seq": ...} or
/// {"seq": ..., "next_by_subj": ...}. Nothing when there is none.
[[nodiscard]] base::Result<std::optional<StoredMessage>> read_message(NatsConnection& connection,
                                                                      const std::string& stream, const std::string& by);
/// A message of a subject by the same leader: the newest, or, where that is not found, the oldest. A server of 2.9.10
/// that was killed and started again may list a subject and have its message, and not find it as the last of its
/// subject.
[[nodiscard]] base::Result<std::optional<StoredMessage>> read_listed(NatsConnection& connection,
                                                                     const std::string& stream,
                                                                     const std::string& subject);
/// The one message of a subject, from whichever server answers first: one that was just stored may be missed.
[[nodiscard]] base::Result<std::optional<std::vector<std::uint8_t>>> read_directly(NatsConnection& connection,
                                                                                   const std::string& stream,
                                                                                   const std::string& subject);
/// The same with its sequence; nothing when there is none.
struct LastMessage {
  std::uint64_t sequence = 0;
  std::vector<std::uint8_t> data;
};
[[nodiscard]] base::Result<std::optional<LastMessage>> read_last(NatsConnection& connection, const std::string& stream,
                                                                 const std::string& subject);
/// Does nothing when it is gone already.
[[nodiscard]] base::Result<void> delete_message(NatsConnection& connection, const std::string& stream,
                                                std::uint64_t sequence);
/// The subjects of a stream's messages, and at a moment before they were listed its last sequence, and how many
/// messages its leader counts, of whatever subject.
struct Subjects {
  std::vector<std::string> names;
  std::uint64_t last_sequence = 0;
  std::uint64_t messages = 0;
};
[[nodiscard]] base::Result<Subjects> list_subjects(NatsConnection& connection, const std::string& stream,
                                                   const std::string& filter);

/// The deadline that a task's header says; 1970 when there is none.
[[nodiscard]] Instant deadline_of(const std::optional<std::string>& header);

}  // namespace obscura::deploy::net::detail
