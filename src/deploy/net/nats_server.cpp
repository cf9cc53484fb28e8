#include "deploy/net/nats_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <thread>
#include <utility>

#include "base/file.hpp"

namespace obscura::deploy::net {
namespace {

using base::ErrorCode;
using base::Result;
using SteadyClock = std::chrono::steady_clock;

constexpr std::array kPrograms = {"/usr/sbin/nats-server", "/usr/local/bin/nats-server", "/usr/bin/nats-server"};
constexpr Milliseconds kLook{10};
constexpr Milliseconds kPatienceAtTheEnd{3'000};
constexpr std::uint64_t kMaxLogBytes = 1 << 20;
constexpr std::size_t kTailBytes = 600;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool listens(std::uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  const sockaddr_in address = loopback(port);
  const bool connected = ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(descriptor);
  return connected;
}

const char* program() {
  for (const char* path : kPrograms) {
    if (::access(path, X_OK) == 0) return path;
  }
  return nullptr;
}

std::string tail_of(const std::string& log_file) {
  const auto bytes = base::read_file(log_file, kMaxLogBytes);
  if (!bytes) return "it said nothing";
  const std::string text(bytes->begin(), bytes->end());
  return text.size() > kTailBytes ? text.substr(text.size() - kTailBytes) : text;
}

// Only calls that are safe between fork and exec.
[[noreturn]] void become(const char* path, const char* config, int log, pid_t parent) {
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  (void)::setpgid(0, 0);
  sigset_t none;
  (void)::sigemptyset(&none);
  (void)::sigprocmask(SIG_SETMASK, &none, nullptr);
  (void)::dup2(log, STDOUT_FILENO);
  (void)::dup2(log, STDERR_FILENO);
  ::execl(path, path, "-c", config, static_cast<char*>(nullptr));
  ::_exit(127);
}

}  // namespace

Result<std::unique_ptr<NatsServer>> NatsServer::start(const std::string& config_file, std::uint16_t port,
                                                      const std::string& log_file, Milliseconds patience) {
  const char* const path = program();
  if (path == nullptr) {
    return base::fail(ErrorCode::kNotFound, "there is no nats-server on this machine",
                      "install it: apt-get install nats-server");
  }
  if (listens(port)) {
    return base::fail(ErrorCode::kIo, fmt::format("something listens on port {} of this machine already", port),
                      "is this site up in another terminal? Otherwise end what uses the port");
  }
  const int log = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, base::kPublicMode);
  if (log < 0) return base::fail(ErrorCode::kIo, fmt::format("{} cannot be written", log_file));
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) become(path, config_file.c_str(), log, parent);
  ::close(log);
  if (pid < 0) return base::fail(ErrorCode::kIo, "no process can be started for nats-server");
  auto server = std::unique_ptr<NatsServer>(new NatsServer(pid));
  const SteadyClock::time_point end = SteadyClock::now() + patience;
  while (!listens(port)) {
    int status = 0;
    const bool ended = ::waitpid(pid, &status, WNOHANG) == pid;
    if (ended) server->pid_ = 0;
    if (ended || SteadyClock::now() >= end) {
      return base::fail(ErrorCode::kIo,
                        fmt::format("nats-server with {} {}: {}", config_file,
                                    ended ? "ended at once" : "does not listen", tail_of(log_file)),
                        "run nats-server -t -c with this file");
    }
    std::this_thread::sleep_for(kLook);
  }
  return server;
}

bool NatsServer::is_running() {
  int status = 0;
  if (pid_ != 0 && ::waitpid(pid_, &status, WNOHANG) == pid_) pid_ = 0;
  return pid_ != 0;
}

void NatsServer::kill_now() {
  if (pid_ == 0) return;
  (void)::kill(pid_, SIGKILL);
  int status = 0;
  (void)::waitpid(std::exchange(pid_, 0), &status, 0);
}

NatsServer::~NatsServer() {
  if (pid_ == 0) return;
  (void)::kill(pid_, SIGTERM);
  const SteadyClock::time_point end = SteadyClock::now() + kPatienceAtTheEnd;
  int status = 0;
  bool alive = ::waitpid(pid_, &status, WNOHANG) == 0;
  while (alive && SteadyClock::now() < end) {
    std::this_thread::sleep_for(kLook);
    alive = ::waitpid(pid_, &status, WNOHANG) == 0;
  }
  if (alive) kill_now();
}

Result<std::uint16_t> free_loopback_port() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  const bool found =
      descriptor >= 0 && ::bind(descriptor, generic, size) == 0 && ::getsockname(descriptor, generic, &size) == 0;
  if (descriptor >= 0) ::close(descriptor);
  if (!found) return base::fail(ErrorCode::kIo, "no port of the loopback interface is free");
  return ntohs(address.sin_port);
}

}  // namespace obscura::deploy::net
