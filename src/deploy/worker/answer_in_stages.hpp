#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "artifact/signature.hpp"
#include "base/result.hpp"
#include "deploy/worker/answer_files.hpp"
#include "runtime/session/loaded_model.hpp"

namespace obscura::deploy::worker {

/// A model that was sealed in stages, on one machine.
struct StagedFiles {
  std::string manifest;         ///< with all stage files beside it (wire::stage_path)
  std::string evaluation_keys;  ///< of the whole model
};

struct StagedAnswers {
  std::vector<double> latency_ms;  ///< [jobs] sum over the stages, as answer_files counts it
  std::vector<double> stage_ms;    ///< [stages] mean over the jobs
  std::string kernels;
  std::uint64_t sealed_model_bytes = 0;  ///< of all stages
  std::uint64_t evaluation_key_bytes = 0;
};

/// The most requests that go through a stage before the next one is loaded.
inline constexpr std::size_t kStageBatch = 16;

/// Answers the requests in one process that holds one stage at a time: memory for the largest stage, its keys and what
/// up to kStageBatch requests have become. Each result appears whole or not at all.
/// Errors: kMismatch "stage missing" when a stage's file is not there or is of another sealing; those of read_manifest,
/// LoadedModel::open_stage and Session::answer. Results of earlier batches stay.
[[nodiscard]] base::Result<StagedAnswers> answer_in_stages(const StagedFiles& files, const artifact::TrustSet& trust,
                                                           const fhe::ckks::EngineOptions& engine,
                                                           const runtime::session::SessionLimits& limits,
                                                           std::span<const FileJob> jobs, const AnswerOptions& options);

}  // namespace obscura::deploy::worker
