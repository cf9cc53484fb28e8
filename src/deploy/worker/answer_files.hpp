#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/trace.hpp"
#include "runtime/session/session.hpp"

namespace obscura::deploy::worker {

/// One request file and where its result goes.
struct FileJob {
  std::string input;
  std::string output;
};

/// The jobs for `obscura run IN... -o OUT` (one input) or `--out-dir DIR` (any number; the result of a/b.ct is
/// DIR/b.result). Exactly one of `output` and `folder` is given. Error: kUsage, also when two results would
/// have one name.
[[nodiscard]] base::Result<std::vector<FileJob>> plan_jobs(std::span<const std::string> inputs,
                                                           const std::string& output, const std::string& folder);

/// How far answers are.
struct AnswerProgress {
  double share;            ///< estimated, of all the work, 0 to 1
  std::size_t job;         ///< number of the request that is being answered
  std::string_view layer;  ///< that is being computed
};

struct AnswerOptions {
  int warm_ups = 0;              ///< answers to the first request that are neither timed, traced, told of nor written
  base::Trace* trace = nullptr;  ///< as ExecOptions::trace
  /// Called before each instruction.
  std::function<void(const AnswerProgress&)> progress;
  /// Told what a request (by its number) became: of a model in stages once per stage, in their order;
  /// of a stage that is split once per shard, and then of the merge.
  std::function<void(std::size_t job, std::span<const std::uint8_t> bytes)> made;
};

/// Of an answer that is a part of the work: from `start` on, this `part` of it all.
[[nodiscard]] runtime::exec::ExecOptions watched(const AnswerOptions& options, std::size_t job, double start,
                                                 double part);

/// How long answers took, and with what.
struct Answers {
  std::vector<double> latency_ms;  ///< [jobs] from a request's bytes in memory to those of its result, stages added up
  std::vector<double> stage_ms;    ///< [stages] mean over the jobs; empty for a model that is not in stages
  std::string kernels;
  std::uint64_t sealed_model_bytes = 0;
  std::uint64_t evaluation_key_bytes = 0;
};

/// Answers the requests one after the other; each result appears whole or not at all. Returns, per request, the
/// milliseconds from its bytes in memory to the result's bytes in memory.
/// Errors: those of Session::answer; results of earlier requests stay.
[[nodiscard]] base::Result<std::vector<double>> answer_files(runtime::session::Session& session,
                                                             std::span<const FileJob> jobs,
                                                             const AnswerOptions& options);

}  // namespace obscura::deploy::worker
