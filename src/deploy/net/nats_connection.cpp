#include "deploy/net/nats_connection.hpp"

#include <fmt/format.h>
#include <nats/nats.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "artifact/signature.hpp"
#include "base/file.hpp"
#include "deploy/net/nkey.hpp"

namespace obscura::deploy::net {
namespace {

using base::ErrorCode;
using base::Result;
using SteadyTime = std::chrono::steady_clock::time_point;

// One try of a repeated call, and the pause before the next.
constexpr Milliseconds kTry{2'000};
constexpr Milliseconds kPause{20};
// A server now and then refuses a good key (libnats 3.4.1 with server 2.9.10): it is believed the third time.
constexpr int kRefusals = 3;
constexpr int64_t kConnectTimeoutMs = 2'000;
constexpr int64_t kReconnectWaitMs = 50;
constexpr int64_t kPingEveryMs = 10'000;
constexpr std::uint64_t kMaxSeedFileBytes = 1'000;

struct FreeOptions {
  void operator()(natsOptions* options) const { natsOptions_Destroy(options); }
};
using OptionsHandle = std::unique_ptr<natsOptions, FreeOptions>;

struct FreeMessage {
  void operator()(natsMsg* message) const { natsMsg_Destroy(message); }
};
using MessageHandle = std::unique_ptr<natsMsg, FreeMessage>;

natsMsg* message_of(void* handle) {
  return static_cast<natsMsg*>(handle);
}

Milliseconds left_until(SteadyTime end) {
  return std::max(Milliseconds(1), std::chrono::duration_cast<Milliseconds>(end - std::chrono::steady_clock::now()));
}

std::string place_of(const NatsOptions& options) {
  return fmt::format("the NATS server {}", fmt::join(options.servers, ", "));
}

Result<MessageHandle> make_message(const NatsRequest& request, const char* reply) {
  natsMsg* message = nullptr;
  natsStatus status =
      natsMsg_Create(&message, request.subject.c_str(), reply, reinterpret_cast<const char*>(request.data.data()),
                     static_cast<int>(request.data.size()));
  MessageHandle handle(message);
  for (const auto& [name, value] : request.headers) {
    if (status == NATS_OK) status = natsMsgHeader_Set(message, name, value.c_str());
  }
  if (status == NATS_OK) return handle;
  return base::fail(ErrorCode::kUsage,
                    fmt::format("no message can be made for {}: {}", request.subject, natsStatus_GetText(status)));
}

bool is_refusal(natsStatus status) {
  return status == NATS_CONNECTION_AUTH_FAILED || status == NATS_NOT_PERMITTED || status == NATS_SSL_ERROR;
}

}  // namespace

void NatsMessage::Free::operator()(void* handle) const {
  natsMsg_Destroy(message_of(handle));
}

NatsMessage::NatsMessage(void* handle) : handle_(handle) {}

std::string NatsMessage::subject() const {
  const char* const text = natsMsg_GetSubject(message_of(handle_.get()));
  return text == nullptr ? "" : text;
}

std::string NatsMessage::reply() const {
  const char* const text = natsMsg_GetReply(message_of(handle_.get()));
  return text == nullptr ? "" : text;
}

std::span<const std::uint8_t> NatsMessage::data() const {
  natsMsg* const message = message_of(handle_.get());
  return {reinterpret_cast<const std::uint8_t*>(natsMsg_GetData(message)),
          static_cast<std::size_t>(natsMsg_GetDataLength(message))};
}

std::optional<std::string> NatsMessage::header(const char* name) const {
  const char* value = nullptr;
  if (natsMsgHeader_Get(message_of(handle_.get()), name, &value) != NATS_OK) return std::nullopt;
  return value;
}

class NatsConnection::State {
 public:
  explicit State(NatsOptions to) : options(std::move(to)) {}
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Result<OptionsHandle> make_options();
  Result<void> connect();
  [[nodiscard]] tl::unexpected<base::Error> refused(const std::string& why) const {
    return base::fail(ErrorCode::kUntrusted, fmt::format("{} refuses: {}", place_of(options), why),
                      "look at this user's nkey, its certificate and the permissions of its role");
  }
  // What the server forbade since the last look.
  std::optional<std::string> take_violation() {
    const std::lock_guard lock(mutex);
    return std::exchange(violation, std::nullopt);
  }
  static void on_error(natsConnection*, natsSubscription*, natsStatus status, void* self);
  static void on_loss(natsConnection*, void* self) { ++static_cast<State*>(self)->losses; }
  static void on_end(natsConnection*, void* self);

  NatsOptions options;
  std::string public_key;
  std::string inbox;
  natsConnection* connection = nullptr;
  natsSubscription* answers = nullptr;
  std::atomic<std::uint64_t> losses{0};
  std::mutex mutex;
  std::optional<std::string> violation;
  std::condition_variable end_told;
  bool ended = false;
};

// The library tells of a loss in a thread of its own, also when it is we who close, and possibly later. It tells things
// in their order, and the end last: after that nobody comes back to this object.
NatsConnection::State::~State() {
  natsSubscription_Destroy(answers);
  if (connection == nullptr) return;
  natsConnection_Close(connection);
  {
    std::unique_lock lock(mutex);
    end_told.wait(lock, [this] { return ended; });
  }
  natsConnection_Destroy(connection);
}

// Under the lock to the last: the waiter destroys what is notified.
void NatsConnection::State::on_end(natsConnection*, void* self) {
  State& state = *static_cast<State*>(self);
  const std::lock_guard lock(state.mutex);
  state.ended = true;
  state.end_told.notify_all();
}

// Comes in a thread of the library.
void NatsConnection::State::on_error(natsConnection* connection, natsSubscription*, natsStatus status, void* self) {
  if (status != NATS_NOT_PERMITTED) return;
  const char* text = nullptr;
  (void)natsConnection_GetLastError(connection, &text);
  State& state = *static_cast<State*>(self);
  const std::lock_guard lock(state.mutex);
  state.violation = text == nullptr ? "permission violated" : text;
}

Result<OptionsHandle> NatsConnection::State::make_options() {
  natsOptions* raw = nullptr;
  natsStatus status = natsOptions_Create(&raw);
  OptionsHandle handle(raw);
  std::vector<const char*> servers;
  for (const std::string& server : options.servers) servers.push_back(server.c_str());
  const auto also = [&](natsStatus next) { status = status == NATS_OK ? next : status; };
  also(natsOptions_SetServers(raw, servers.data(), static_cast<int>(servers.size())));
  also(natsOptions_SetTimeout(raw, kConnectTimeoutMs));
  also(natsOptions_SetMaxReconnect(raw, -1));
  also(natsOptions_SetReconnectWait(raw, kReconnectWaitMs));
  also(natsOptions_SetReconnectJitter(raw, kReconnectWaitMs, kReconnectWaitMs));
  also(natsOptions_SetPingInterval(raw, kPingEveryMs));
  also(natsOptions_SetFailRequestsOnDisconnect(raw, true));
  also(natsOptions_SetSendAsap(raw, true));
  also(natsOptions_SetErrorHandler(raw, on_error, this));
  also(natsOptions_SetDisconnectedCB(raw, on_loss, this));
  also(natsOptions_SetClosedCB(raw, on_end, this));
  if (!options.seed_file.empty()) {
    OBSCURA_TRY(const base::SecretBytes seed, base::read_secret_file(options.seed_file, kMaxSeedFileBytes));
    const auto bytes = seed.reveal_secret();
    OBSCURA_TRY(const artifact::SigningKey key,
                read_nkey_seed({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
    public_key = nkey_public(key.verify_key());
    also(natsOptions_SetNKeyFromSeed(raw, public_key.c_str(), options.seed_file.c_str()));
    inbox = "_INBOX_" + public_key;
    also(natsOptions_SetCustomInboxPrefix(raw, inbox.c_str()));
  } else {
    inbox = "_INBOX";
  }
  if (!options.ca_file.empty()) {
    also(natsOptions_SetSecure(raw, true));
    also(natsOptions_LoadCATrustedCertificates(raw, options.ca_file.c_str()));
  }
  if (!options.certificate_file.empty()) {
    also(natsOptions_LoadCertificatesChain(raw, options.certificate_file.c_str(), options.key_file.c_str()));
  }
  if (status == NATS_OK) return handle;
  return base::fail(ErrorCode::kUsage,
                    fmt::format("{} cannot be addressed: {}", place_of(options), natsStatus_GetText(status)),
                    "look at the address and at the files of certificate, key and CA");
}

Result<void> NatsConnection::State::connect() {
  OBSCURA_TRY(const OptionsHandle handle, make_options());
  const SteadyTime end = std::chrono::steady_clock::now() + options.call_timeout;
  int refusals = 0;
  while (true) {
    const natsStatus status = natsConnection_Connect(&connection, handle.get());
    if (status == NATS_OK) break;
    const char* const said = nats_GetLastError(nullptr);
    const std::string why = said == nullptr ? natsStatus_GetText(status) : said;
    if (is_refusal(status) && ++refusals == kRefusals) return refused(why);
    if (std::chrono::steady_clock::now() >= end) {
      if (is_refusal(status)) return refused(why);
      return base::fail(ErrorCode::kIo, fmt::format("{} cannot be reached: {}", place_of(options), why),
                        "look whether it runs, and whether a firewall stands between");
    }
    std::this_thread::sleep_for(kPause);
  }
  uint64_t client = 0;
  (void)natsConnection_GetClientID(connection, &client);
  char server[64] = "";
  (void)natsConnection_GetConnectedServerId(connection, server, sizeof server);
  inbox += fmt::format(".{}_{}.", server, client);
  const natsStatus status = natsConnection_SubscribeSync(&answers, connection, (inbox + ">").c_str());
  if (status != NATS_OK) return refused(natsStatus_GetText(status));
  (void)natsSubscription_SetPendingLimits(answers, -1, -1);
  return {};
}

NatsConnection::NatsConnection(std::unique_ptr<State> state) : state_(std::move(state)) {}
NatsConnection::~NatsConnection() = default;

Result<std::shared_ptr<NatsConnection>> NatsConnection::open(const NatsOptions& options) {
  if (options.servers.empty()) {
    return base::fail(ErrorCode::kUsage, "no NATS server is named", "give at least one, nats://host:4222 for instance");
  }
  auto state = std::make_unique<State>(options);
  OBSCURA_TRY_VOID(state->connect());
  return std::shared_ptr<NatsConnection>(new NatsConnection(std::move(state)));
}

const NatsOptions& NatsConnection::options() const {
  return state_->options;
}

const std::string& NatsConnection::inbox() const {
  return state_->inbox;
}

std::uint64_t NatsConnection::losses() const {
  return state_->losses;
}

Result<std::optional<NatsMessage>> NatsConnection::ask_once(const NatsRequest& request, Milliseconds timeout) {
  OBSCURA_TRY(const MessageHandle message, make_message(request, nullptr));
  (void)state_->take_violation();  // of what was sent before
  natsMsg* answer = nullptr;
  const natsStatus status =
      natsConnection_RequestMsg(&answer, state_->connection, message.get(), std::max<int64_t>(1, timeout.count()));
  if (status == NATS_OK) return NatsMessage(answer);
  if (const auto violation = state_->take_violation()) return state_->refused(*violation);
  if (status == NATS_MAX_PAYLOAD) {
    return base::fail(ErrorCode::kLimit,
                      fmt::format("{} takes no message of {} bytes", place_of(options()), request.data.size()),
                      "set its max_payload to 1 MB or more");
  }
  return std::nullopt;
}

Result<NatsMessage> NatsConnection::ask(const NatsRequest& request, const Accept& accept) {
  const SteadyTime end = std::chrono::steady_clock::now() + options().call_timeout;
  while (true) {
    OBSCURA_TRY(std::optional<NatsMessage> answer, ask_once(request, std::min(kTry, left_until(end))));
    if (answer && (!accept || accept(*answer))) return std::move(*answer);
    if (std::chrono::steady_clock::now() >= end) break;
    std::this_thread::sleep_for(kPause);
  }
  return base::fail(ErrorCode::kIo,
                    fmt::format("{} did not answer a request to {} within {} ms", place_of(options()), request.subject,
                                options().call_timeout.count()),
                    "look whether the site runs and has its streams; a role may also lack this service");
}

Result<void> NatsConnection::send(const NatsRequest& request, const std::string& reply) {
  const std::string place = inbox() + reply;
  OBSCURA_TRY(const MessageHandle message, make_message(request, place.c_str()));
  const bool connected = natsConnection_Status(state_->connection) == NATS_CONN_STATUS_CONNECTED;
  const natsStatus status =
      connected ? natsConnection_PublishMsg(state_->connection, message.get()) : NATS_CONNECTION_DISCONNECTED;
  if (status == NATS_OK) return {};
  return base::fail(ErrorCode::kIo,
                    fmt::format("nothing can be sent to {}: {}", place_of(options()), natsStatus_GetText(status)),
                    "it is tried again while the site comes back");
}

Result<std::optional<NatsMessage>> NatsConnection::next(Milliseconds timeout) {
  natsMsg* answer = nullptr;
  const natsStatus status = natsSubscription_NextMsg(&answer, state_->answers, std::max<int64_t>(1, timeout.count()));
  if (status == NATS_OK) return NatsMessage(answer);
  if (const auto violation = state_->take_violation()) return state_->refused(*violation);
  return std::nullopt;
}

void NatsConnection::drop_answers() {
  natsMsg* answer = nullptr;
  int waiting = 0;
  while (natsSubscription_GetPending(state_->answers, &waiting, nullptr) == NATS_OK && waiting > 0 &&
         natsSubscription_NextMsg(&answer, state_->answers, 1) == NATS_OK) {
    natsMsg_Destroy(answer);
  }
}

}  // namespace obscura::deploy::net
