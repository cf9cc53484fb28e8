#pragma once

#include <span>

#include "artifact/signature.hpp"
#include "base/result.hpp"
#include "deploy/worker/answer_files.hpp"
#include "runtime/session/loaded_model.hpp"

namespace obscura::deploy::worker {

/// Answers the requests with whatever `files.sealed_model` is: a whole sealed model, or the manifest of one in stages
/// (answer_in_stages). Errors: those of LoadedModel::open, answer_files and answer_in_stages; kMismatch "stage missing"
/// for the file of one stage.
[[nodiscard]] base::Result<Answers> answer_model(const runtime::session::ModelFiles& files,
                                                 const artifact::TrustSet& trust,
                                                 const fhe::ckks::EngineOptions& engine,
                                                 const runtime::session::SessionLimits& limits,
                                                 std::span<const FileJob> jobs, const AnswerOptions& options);

}  // namespace obscura::deploy::worker
