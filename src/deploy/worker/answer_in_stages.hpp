#pragma once

#include <cstddef>
#include <span>

#include "artifact/signature.hpp"
#include "base/result.hpp"
#include "deploy/worker/answer_files.hpp"
#include "runtime/session/loaded_model.hpp"

namespace obscura::deploy::worker {

/// The most requests that go through a stage before the next one is loaded.
inline constexpr std::size_t kStageBatch = 16;

/// Answers the requests with a model in stages: `files.sealed_model` is its manifest, with all stage files beside it
/// (wire::files_of), `files.evaluation_keys` has the keys of the whole model. One process that holds one stage at a
/// time: memory for the largest stage, its keys and what up to kStageBatch requests have become. Each result appears
/// whole or not at all. Errors: kMismatch "stage missing" (or "shard missing") when a stage's file is not there or is
/// of another sealing; those of read_manifest, LoadedModel::open_stage and Session::answer. Results of earlier batches
/// stay.
[[nodiscard]] base::Result<Answers> answer_in_stages(const runtime::session::ModelFiles& files,
                                                     const artifact::TrustSet& trust,
                                                     const fhe::ckks::EngineOptions& engine,
                                                     const runtime::session::SessionLimits& limits,
                                                     std::span<const FileJob> jobs, const AnswerOptions& options);

}  // namespace obscura::deploy::worker
