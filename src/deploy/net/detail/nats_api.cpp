#include "deploy/net/detail/nats_api.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <charconv>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "deploy/net/detail/nats_subjects.hpp"

namespace obscura::deploy::net::detail {
namespace {

using base::ErrorCode;
using base::Result;
using nlohmann::json;

constexpr std::uint64_t kUnavailable = 503;

std::optional<ApiError> error_in(const JsonValue& body) {
  const JsonValue error = body.member("error");
  if (error.is_null()) return std::nullopt;
  return ApiError{.code = static_cast<int>(error.number("err_code")), .text = error.text("description")};
}

bool is_passing(const JsonValue& body) {
  return body.member("error").number("code") == kUnavailable;
}

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::optional<std::vector<std::uint8_t>> from_base64(const std::string& text) {
  std::vector<std::uint8_t> bytes(text.size() / 4 * 3 + 3);
  const int length = EVP_DecodeBlock(bytes.data(), bytes_of(text).data(), static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  bytes.resize(static_cast<std::size_t>(length) - padding);
  return bytes;
}

// From lines "Name: value".
std::optional<std::string> header_in(std::string_view headers, std::string_view name) {
  const std::string begin = fmt::format("\r\n{}:", name);
  const std::size_t at = headers.find(begin);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view value = headers.substr(at + begin.size());
  value = value.substr(0, value.find('\r'));
  while (value.starts_with(' ')) value.remove_prefix(1);
  return std::string(value);
}

std::optional<StoredMessage> stored_message(const JsonValue& message) {
  auto data = from_base64(message.text("data"));
  const auto headers = from_base64(message.text("hdrs"));
  if (!data || !headers) return std::nullopt;
  const std::string_view lines(reinterpret_cast<const char*>(headers->data()), headers->size());
  return StoredMessage{.subject = message.text("subject"),
                       .sequence = message.number("seq"),
                       .time = message.text("time"),
                       .deadline = deadline_of(header_in(lines, kDeadlineHeader)),
                       .data = std::move(*data)};
}

// "wrong last sequence: 12"
std::uint64_t last_number(const std::string& text) {
  const std::size_t at = text.find_last_not_of("0123456789");
  std::uint64_t value = 0;
  const char* const begin = text.data() + (at == std::string::npos ? 0 : at + 1);
  (void)std::from_chars(begin, text.data() + text.size(), value);
  return value;
}

}  // namespace

Instant deadline_of(const std::optional<std::string>& header) {
  std::int64_t milliseconds = 0;
  if (header) (void)std::from_chars(header->data(), header->data() + header->size(), milliseconds);
  return Instant(Milliseconds(milliseconds));
}

Result<ApiAnswer> call_api(NatsConnection& connection, const std::string& call, const std::string& body) {
  const std::string subject = connection.options().api_prefix + "." + call;
  JsonValue answer;
  OBSCURA_TRY([[maybe_unused]] const NatsMessage message,
              connection.ask({.subject = subject, .data = bytes_of(body)}, [&](const NatsMessage& got) {
                if (!got.status().empty()) return false;
                answer = JsonValue::parse(got.data());
                return !is_passing(answer);
              }));
  if (answer.is_null()) {
    return base::fail(ErrorCode::kCorrupt, fmt::format("the answer to {} is no JSON", subject),
                      "another service stands on this subject");
  }
  auto error = error_in(answer);
  return ApiAnswer{.body = error ? JsonValue() : std::move(answer), .error = std::move(error)};
}

Result<JsonValue> call_api_or_fail(NatsConnection& connection, const std::string& call, const std::string& body) {
  OBSCURA_TRY(ApiAnswer answer, call_api(connection, call, body));
  if (!answer.error) return std::move(answer.body);
  const bool missing = answer.error->code == kStreamNotFound || answer.error->code == kConsumerNotFound;
  return base::fail(missing ? ErrorCode::kNotFound : ErrorCode::kIo,
                    fmt::format("the NATS server refuses {}: {}", call, answer.error->text),
                    missing ? "the administrator creates the site's streams first"
                            : "look into the server's log, and at its limits of storage");
}

NatsRequest request_of(const Publication& publication) {
  NatsRequest request{.subject = publication.subject, .data = publication.data, .headers = {}};
  if (publication.message_id) request.headers.emplace_back("Nats-Msg-Id", *publication.message_id);
  if (publication.only_first) request.headers.emplace_back("Nats-Expected-Last-Subject-Sequence", "0");
  if (publication.only_after) {
    request.headers.emplace_back("Nats-Expected-Last-Subject-Sequence", std::to_string(*publication.only_after));
  }
  if (publication.deadline) {
    request.headers.emplace_back(kDeadlineHeader, std::to_string(publication.deadline->time_since_epoch().count()));
  }
  return request;
}

// Code 10077 says that the stream is full, but also that a subject has its message already or that the disk failed. The
// former is asked for by only_first, which has a code of its own.
std::optional<Published> read_acknowledgement(const NatsMessage& answer) {
  if (!answer.status().empty()) return std::nullopt;
  const JsonValue body = JsonValue::parse(answer.data());
  if (const auto error = error_in(body)) {
    if (error->code == kWrongLastSequence) return Published{Stored::kAlreadyThere, last_number(error->text)};
    const bool full =
        error->code == kStoreFailed && (error->text.find("maximum messages exceeded") != std::string::npos ||
                                        error->text.find("maximum bytes exceeded") != std::string::npos);
    const bool no_space = error->code == 10002 || error->code == 10023 || error->code == 10047;
    if (full || no_space) return Published{Stored::kFull, 0};
    if (error->code == 10054) return Published{Stored::kOversized, 0};
    return std::nullopt;
  }
  const std::uint64_t sequence = body.number("seq");
  if (sequence == 0) return std::nullopt;
  return Published{body.flag("duplicate") ? Stored::kAlreadyThere : Stored::kStored, sequence};
}

Result<Published> publish(NatsConnection& connection, const Publication& publication) {
  std::optional<Published> published;
  OBSCURA_TRY([[maybe_unused]] const NatsMessage message,
              connection.ask(request_of(publication), [&](const NatsMessage& answer) {
                published = read_acknowledgement(answer);
                return published.has_value();
              }));
  return *published;
}

Result<std::optional<StoredMessage>> read_message(NatsConnection& connection, const std::string& stream,
                                                  const std::string& by) {
  OBSCURA_TRY(const ApiAnswer answer, call_api(connection, "STREAM.MSG.GET." + stream, by));
  if (answer.error && (answer.error->code == kNoMessageFound || answer.error->code == kSequenceNotFound)) {
    return std::nullopt;
  }
  const JsonValue message = answer.body.member("message");
  if (answer.error || message.is_null()) {
    return base::fail(
        ErrorCode::kIo,
        fmt::format("stream {} cannot be read: {}", stream, answer.error ? answer.error->text : "no message"),
        "look whether the administrator created it");
  }
  auto stored = stored_message(message);
  if (stored) return stored;
  return base::fail(ErrorCode::kCorrupt, fmt::format("a message of stream {} is no base 64", stream));
}

Result<std::optional<StoredMessage>> read_listed(NatsConnection& connection, const std::string& stream,
                                                 const std::string& subject) {
  OBSCURA_TRY(auto newest, read_message(connection, stream, json::object({{"last_by_subj", subject}}).dump()));
  if (newest) return newest;
  return read_message(connection, stream, json::object({{"seq", 1}, {"next_by_subj", subject}}).dump());
}

Result<std::optional<LastMessage>> read_last(NatsConnection& connection, const std::string& stream,
                                             const std::string& subject) {
  const std::string place = fmt::format("{}.DIRECT.GET.{}.{}", connection.options().api_prefix, stream, subject);
  OBSCURA_TRY(const NatsMessage message, connection.ask({.subject = place}, [](const NatsMessage& answer) {
    return answer.status().empty() || answer.status() == "404";
  }));
  if (message.status() == "404") return std::nullopt;
  const std::string sequence = message.header("Nats-Sequence").value_or("");
  return LastMessage{.sequence = std::strtoull(sequence.c_str(), nullptr, 10),
                     .data = {message.data().begin(), message.data().end()}};
}

Result<std::optional<std::vector<std::uint8_t>>> read_directly(NatsConnection& connection, const std::string& stream,
                                                               const std::string& subject) {
  OBSCURA_TRY(auto last, read_last(connection, stream, subject));
  if (!last) return std::nullopt;
  return std::move(last->data);
}

Result<void> delete_message(NatsConnection& connection, const std::string& stream, std::uint64_t sequence) {
  OBSCURA_TRY(const ApiAnswer answer, call_api(connection, "STREAM.MSG.DELETE." + stream,
                                               json::object({{"seq", sequence}, {"no_erase", true}}).dump()));
  // 10057: it could not be deleted, because it is not there; 10043: the sequence is not known.
  if (!answer.error || answer.error->code == 10057 || answer.error->code == kSequenceNotFound ||
      answer.error->code == kNoMessageFound) {
    return {};
  }
  return base::fail(ErrorCode::kIo,
                    fmt::format("message {} of stream {} cannot be deleted: {}", sequence, stream, answer.error->text));
}

Result<Subjects> list_subjects(NatsConnection& connection, const std::string& stream, const std::string& filter) {
  Subjects subjects;
  bool first = true;
  while (true) {
    const json body = {{"subjects_filter", filter}, {"offset", subjects.names.size()}};
    OBSCURA_TRY(const JsonValue info, call_api_or_fail(connection, "STREAM.INFO." + stream, body.dump()));
    const JsonValue state = info.member("state");
    if (std::exchange(first, false)) {
      subjects.last_sequence = state.number("last_seq");
      subjects.messages = state.number("messages");
    }
    const std::vector<std::string> page = state.member("subjects").names();
    subjects.names.insert(subjects.names.end(), page.begin(), page.end());
    if (page.empty() || subjects.names.size() >= info.number("total")) return subjects;
  }
}

}  // namespace obscura::deploy::net::detail
