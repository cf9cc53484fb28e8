#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace obscura::apps::cli {

/// A program that runs beside this one until it is stopped. It has a process group of its own, so that Ctrl-C reaches
/// only this program, and is told to stop when this program dies.
class Service {
 public:
  /// Its standard output and error are ours, or go to the file `log`. Error: kIo.
  [[nodiscard]] static base::Result<Service> start(const std::vector<std::string>& command,
                                                   const std::string& log = {});
  Service(Service&& other) noexcept : name_(std::move(other.name_)), process_(std::exchange(other.process_, -1)) {}
  Service& operator=(Service&&) = delete;
  ~Service() { (void)stop(); }

  [[nodiscard]] const std::string& name() const { return name_; }
  /// Whether it is still there.
  [[nodiscard]] bool is_running();
  /// Asks it to stop, the second time with another signal: two of one kind may count once (base/stop_signals.hpp).
  void ask_to_stop();
  /// Asks it to stop unless that was done, and waits until it has. Returns its exit code (negative: the signal that
  /// killed it).
  int stop();

 private:
  Service(std::string name, pid_t process) : name_(std::move(name)), process_(process) {}
  void note(int status);
  std::string name_;
  pid_t process_;
  int code_ = 0;
  int asked_ = 0;
};

}  // namespace obscura::apps::cli
