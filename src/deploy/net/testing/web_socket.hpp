#pragma once

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "deploy/net/testing/nats_place.hpp"

namespace obscura::deploy::net::testing {

/// A client of a NATS server over WebSocket (RFC 6455) and TLS, as a browser is one: without a certificate. Bytes in
/// frames, nothing more.
class WebSocket {
 public:
  /// To 127.0.0.1:`port`, whose certificate must be of `ca_file`.
  WebSocket(std::uint16_t port, const std::string& ca_file, const std::string& origin)
      : context_(SSL_CTX_new(TLS_client_method())) {
    descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    (void)::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool reached = ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    SSL_CTX_load_verify_locations(context_.get(), ca_file.c_str(), nullptr);
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    tls_.reset(SSL_new(context_.get()));
    SSL_set_fd(tls_.get(), descriptor_);
    if (!reached || SSL_connect(tls_.get()) != 1) return;
    write("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: " + origin +
          "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
          "Sec-WebSocket-Version: 13\r\n\r\n");
    std::string answer;
    for (char symbol = 0; !answer.ends_with("\r\n\r\n") && read_raw(&symbol, 1); answer += symbol) continue;
    open_ = answer.starts_with("HTTP/1.1 101");
  }
  ~WebSocket() {
    tls_.reset();
    ::close(descriptor_);
  }
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;

  /// Whether the server took the connection.
  [[nodiscard]] bool is_open() const { return open_; }

  /// One binary frame, masked with zeros.
  void send(const std::string& bytes) {
    std::string frame = "\x82";
    const auto size = bytes.size();
    if (size < 126) {
      frame += static_cast<char>(0x80 | size);
    } else {
      frame += "\xff";
      for (int shift = 56; shift >= 0; shift -= 8) frame += static_cast<char>(std::uint64_t{size} >> shift & 0xff);
    }
    write(frame + std::string(4, '\0') + bytes);
  }

  /// A line of the protocol, without its end; empty when the server says nothing more.
  std::string line() {
    while (true) {
      const std::size_t end = come_.find("\r\n");
      if (end == std::string::npos) {
        if (!read_frame()) return {};
        continue;
      }
      std::string text = come_.substr(0, end);
      come_.erase(0, end + 2);
      if (text != "PING") return text;
      send("PONG\r\n");
    }
  }
  std::string bytes(std::size_t count) {
    while (come_.size() < count && read_frame()) continue;
    std::string text = come_.substr(0, count);
    come_.erase(0, count);
    return text;
  }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* tls) const { SSL_free(tls); }
  };
  void write(const std::string& bytes) { (void)SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size())); }
  bool read_raw(char* to, std::size_t count) {
    for (std::size_t have = 0; have < count;) {
      const int got = SSL_read(tls_.get(), to + have, static_cast<int>(count - have));
      if (got <= 0) return false;
      have += static_cast<std::size_t>(got);
    }
    return true;
  }
  bool read_frame() {
    std::array<char, 8> head{};
    if (!open_ || !read_raw(head.data(), 2)) return false;
    std::uint64_t size = static_cast<unsigned char>(head[1]) & 0x7fU;
    const std::size_t more = size == 126 ? 2 : size == 127 ? 8 : 0;
    const bool is_close = (head[0] & 0x0f) == 8;
    if (!read_raw(head.data(), more)) return false;
    if (more > 0) size = 0;
    for (std::size_t i = 0; i < more; ++i) size = size << 8 | static_cast<unsigned char>(head[i]);
    std::string payload(size, '\0');
    if (!read_raw(payload.data(), size) || is_close) return false;
    come_ += payload;
    return true;
  }

  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> tls_;
  int descriptor_ = -1;
  bool open_ = false;
  std::string come_;
};

}  // namespace obscura::deploy::net::testing
