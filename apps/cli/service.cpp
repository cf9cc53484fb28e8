#include "apps/cli/service.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/file.hpp"

namespace obscura::apps::cli {

namespace {

constexpr int kNotStarted = 127;

/// In the child: nothing here allocates.
[[noreturn]] void become(char* const* arguments, int log, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(kNotStarted);
  if (log >= 0 && (dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0)) _exit(kNotStarted);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execv(arguments[0], arguments);
  _exit(kNotStarted);
}

}  // namespace

base::Result<Service> Service::start(const std::vector<std::string>& command, const std::string& log) {
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const int file = log.empty() ? -1 : open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, base::kPublicMode);
  if (!log.empty() && file < 0) {
    return base::fail(base::ErrorCode::kIo, fmt::format("cannot write {}: {}", log, std::strerror(errno)));
  }
  const pid_t parent = getpid();
  const pid_t process = fork();
  if (process == 0) become(arguments.data(), file, parent);
  if (file >= 0) close(file);
  if (process > 0) return Service(command.front(), process);
  return base::fail(base::ErrorCode::kIo, fmt::format("cannot start {}: {}", command.front(), std::strerror(errno)),
                    "are there too many processes?");
}

void Service::note(int status) {
  code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  process_ = -1;
}

bool Service::is_running() {
  int status = 0;
  if (process_ > 0 && waitpid(process_, &status, WNOHANG) == process_) note(status);
  return process_ > 0;
}

void Service::ask_to_stop() {
  if (is_running()) kill(process_, asked_++ == 0 ? SIGTERM : SIGINT);
}

int Service::stop() {
  if (!is_running()) return code_;
  if (asked_ == 0) ask_to_stop();
  int status = 0;
  while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  note(status);
  return code_;
}

}  // namespace obscura::apps::cli
