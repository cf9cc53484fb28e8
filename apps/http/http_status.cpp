#include "apps/http/http_status.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <atomic>
#include <charconv>
#include <thread>
#include <utility>

namespace obscura::apps::http {

namespace {

using base::ErrorCode;

constexpr std::size_t kThreads = 2;
constexpr std::size_t kMaxRequestBytes = 64 * 1024;
constexpr int kMaxPort = 65535;

struct Address {
  std::string host;
  int port = 0;
};

base::Result<Address> parse(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  Address address;
  if (colon != std::string::npos && colon > 0) {
    address.host = text.substr(0, colon);
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + colon + 1, end, address.port);
    if (read.ec == std::errc() && read.ptr == end && address.port >= 0 && address.port <= kMaxPort) return address;
  }
  return base::fail(ErrorCode::kUsage, fmt::format("{} is no address to listen at", text),
                    "give HOST:PORT, such as 127.0.0.1:9464");
}

void answer(httplib::Response& response, bool good) {
  response.status = good ? 200 : 503;
  response.set_content(good ? "ok\n" : "not now\n", "text/plain");
}

class Server final : public HttpStatus {
 public:
  explicit Server(HttpPages pages) : pages_(std::move(pages)) {
    server_.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    server_.set_payload_max_length(kMaxRequestBytes);
    server_.Get("/healthz", [this](const httplib::Request&, httplib::Response& response) {
      answer(response, pages_.is_healthy());
    });
    server_.Get("/readyz",
                [this](const httplib::Request&, httplib::Response& response) { answer(response, pages_.is_ready()); });
    server_.Get("/metrics", [this](const httplib::Request&, httplib::Response& response) {
      response.set_content(pages_.metrics(), "text/plain; version=0.0.4");
    });
  }
  ~Server() override {
    if (!thread_.joinable()) return;
    while (!server_.is_running() && !ended_) std::this_thread::yield();  // stop() before that would be overlooked
    server_.stop();
    thread_.join();
  }

  base::Result<void> listen(const Address& address) {
    const bool any = address.port == 0;
    port_ = any ? server_.bind_to_any_port(address.host.c_str()) : address.port;
    if (port_ <= 0 || (!any && !server_.bind_to_port(address.host.c_str(), port_))) {
      return base::fail(ErrorCode::kIo, fmt::format("cannot listen at {}:{}", address.host, address.port),
                        "is the port taken by another program?");
    }
    thread_ = std::thread([this] {
      server_.listen_after_bind();
      ended_ = true;
    });
    return {};
  }
  [[nodiscard]] int port() const override { return port_; }

 private:
  HttpPages pages_;
  httplib::Server server_;
  std::thread thread_;
  std::atomic<bool> ended_ = false;  // by an error, or by stop()
  int port_ = 0;
};

}  // namespace

base::Result<std::unique_ptr<HttpStatus>> HttpStatus::start(const std::string& address, HttpPages pages) {
  OBSCURA_TRY(const Address parsed, parse(address));
  auto server = std::make_unique<Server>(std::move(pages));
  OBSCURA_TRY_VOID(server->listen(parsed));
  return server;
}

}  // namespace obscura::apps::http
