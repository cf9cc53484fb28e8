#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "apps/cli/command.hpp"
#include "base/result.hpp"

namespace obscura::apps::cli {

/// Inferences that are not counted, before those that are.
inline constexpr int kWarmUps = 5;

/// How many stages prepare() cuts the model into.
inline constexpr int kDemoStages = 3;

/// A folder of the demo's own under the system's temporary one, gone when the demo ends.
class Scratch {
 public:
  /// Error: kIo.
  [[nodiscard]] static base::Result<Scratch> create();
  Scratch(Scratch&& other) noexcept : folder_(std::exchange(other.folder_, {})) {}
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch();
  [[nodiscard]] std::string path(const std::string& name) const;

 private:
  explicit Scratch(std::string folder) : folder_(std::move(folder)) {}
  std::string folder_;
};

/// The steps of one inference, each a process of its own, as the guide walks through them. In the scratch folder:
/// vendor(.pub), model.spec, model.plan, model.sealed, keys/, requests/, results/; in stages also model.manifest.
class Story {
 public:
  /// `scratch` must outlive it. Error: kNotFound (a program that is not beside this one).
  [[nodiscard]] static base::Result<Story> open(const Scratch& scratch, const Global& global);

  /// Errors of these: the exit code of the program that failed; kCorrupt, when it did not print JSON.
  [[nodiscard]] base::Result<void> prepare(const std::string& model, const std::string& calibration, int security,
                                           bool in_stages) const;
  [[nodiscard]] base::Result<nlohmann::json> encrypt(const std::vector<std::string>& images) const;
  /// Milliseconds of a whole worker process that answers one request, from its start to its end.
  [[nodiscard]] base::Result<double> cold_ms(const std::string& request) const;
  [[nodiscard]] base::Result<nlohmann::json> compute(const std::vector<std::string>& requests) const;
  [[nodiscard]] base::Result<nlohmann::json> push(const std::string& site) const;

  [[nodiscard]] std::string path(const std::string& name) const { return scratch_->path(name); }
  [[nodiscard]] const std::string& worker() const { return worker_; }
  /// What every program is told of threads and kernels.
  [[nodiscard]] std::vector<std::string> engine_words() const;

 private:
  Story(const Scratch& scratch, std::string obscura, std::string worker, const Global& global);
  [[nodiscard]] base::Result<nlohmann::json> run_worker(const std::vector<std::string>& requests,
                                                        const std::vector<std::string>& more) const;
  [[nodiscard]] base::Result<nlohmann::json> step(const std::string& program,
                                                  const std::vector<std::string>& words) const;

  const Scratch* scratch_;
  std::string obscura_;
  std::string worker_;
  std::string threads_;
  std::string kernels_;
};

}  // namespace obscura::apps::cli
