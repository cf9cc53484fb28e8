#include "apps/cli/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

extern char** environ;

namespace obscura::apps::cli {

namespace {

using base::ErrorCode;

std::string read_all(int descriptor) {
  std::string text;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t size = read(descriptor, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

/// Starts the command with its standard output in a pipe; returns the process and sets the reading end.
base::Result<pid_t> start(const std::vector<std::string>& command, int& output) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return base::fail(ErrorCode::kIo, "cannot make a pipe", std::strerror(errno));
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  pid_t child = 0;
  const int status = posix_spawn(&child, command.front().c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  output = ends[0];
  if (status == 0) return child;
  close(ends[0]);
  return base::fail(ErrorCode::kIo, fmt::format("cannot start {}: {}", command.front(), std::strerror(status)),
                    "is it built and executable?");
}

}  // namespace

base::Result<std::string> run_child(const std::vector<std::string>& command) {
  int output = -1;
  OBSCURA_TRY(const pid_t child, start(command, output));
  std::string text = read_all(output);
  close(output);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return text;
  if (WIFEXITED(status)) {
    return base::fail(static_cast<ErrorCode>(WEXITSTATUS(status)),
                      fmt::format("{} failed with exit code {}", command.front(), WEXITSTATUS(status)),
                      "its own message stands above");
  }
  return base::fail(ErrorCode::kIo, fmt::format("{} died of a signal", command.front()), "please report this");
}

base::Result<std::string> sibling_program(const std::string& name) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto path = self.parent_path() / name;
  if (!error && std::filesystem::exists(path)) return path.string();
  return base::fail(base::ErrorCode::kNotFound, fmt::format("{} is not beside {}", name, self.string()),
                    "build or install both programs together");
}

}  // namespace obscura::apps::cli
