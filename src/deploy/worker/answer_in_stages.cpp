#include "deploy/worker/answer_in_stages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <utility>

#include "base/file.hpp"
#include "deploy/worker/belongs_to.hpp"
#include "runtime/wire/limits.hpp"
#include "runtime/wire/manifest_file.hpp"

namespace obscura::deploy::worker {

namespace {

namespace wire = runtime::wire;
using Clock = std::chrono::steady_clock;
using Bytes = std::vector<std::uint8_t>;
using runtime::session::LoadedModel;

/// Everything that is the same for all batches.
class Stages {
 public:
  Stages(const runtime::session::ModelFiles& files, const artifact::TrustSet& trust,
         const fhe::ckks::EngineOptions& engine, const runtime::session::SessionLimits& limits,
         const AnswerOptions& options)
      : files_(files), trust_(trust), engine_(engine), limits_(limits), options_(options) {}

  base::Result<void> read_manifest() {
    OBSCURA_TRY(const auto bytes, base::read_file(files_.sealed_model, wire::kMaxManifestBytes));
    OBSCURA_TRY(auto read, wire::read_manifest(bytes, files_.sealed_model, &trust_));
    manifest_ = std::move(read.manifest);
    answers_.stage_ms.resize(manifest_.stages.size());
    for (std::size_t number = 1; number <= manifest_.stages.size(); ++number) {
      const std::string path = wire::stage_path(files_.sealed_model, number);
      std::error_code error;
      if (!std::filesystem::exists(path, error)) {
        return missing(number, fmt::format("{} {}", path, error ? error.message() : "is not there"));
      }
    }
    return {};
  }

  /// Takes the jobs' requests through all stages.
  base::Result<void> answer(std::span<const FileJob> jobs) {
    std::vector<Bytes> content;
    for (const FileJob& job : jobs) {
      OBSCURA_TRY(auto request, base::read_file(job.input, wire::kMaxRequestBytes));
      content.push_back(std::move(request));
    }
    const std::size_t first = answers_.latency_ms.size();
    answers_.latency_ms.resize(first + jobs.size());
    for (std::size_t number = 1; number <= manifest_.stages.size(); ++number) {
      OBSCURA_TRY_VOID(run_stage(number, jobs, content, std::span(answers_.latency_ms).subspan(first)));
    }
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      OBSCURA_TRY_VOID(base::write_file_atomically(jobs[i].output, content[i]));
    }
    return {};
  }

  Answers take_answers() {
    const auto jobs = static_cast<double>(std::max<std::size_t>(1, answers_.latency_ms.size()));
    for (double& ms : answers_.stage_ms) ms /= jobs;
    for (const wire::ManifestStage& stage : manifest_.stages) answers_.sealed_model_bytes += stage.bytes;
    return std::move(answers_);
  }

 private:
  tl::unexpected<base::Error> missing(std::size_t number, const std::string& why) const {
    return base::fail(base::ErrorCode::kMismatch,
                      fmt::format("stage missing: {}, which is to hold stage {} of {} of {}", why, number,
                                  manifest_.stages.size(), files_.sealed_model),
                      "put all stage files of one sealing beside its manifest");
  }

  base::Result<std::unique_ptr<LoadedModel>> open(std::size_t number) const {
    const std::string path = wire::stage_path(files_.sealed_model, number);
    OBSCURA_TRY(auto stage, LoadedModel::open_stage({path, files_.evaluation_keys}, trust_, engine_, limits_));
    if (!belongs_to(stage->model(), manifest_, number)) {
      const wire::StagePlace& place = stage->model().place();
      return missing(number, fmt::format("{} is stage {} of {} of sealing {}", path, place.number, place.count,
                                         artifact::fingerprint(place.sealing)));
    }
    return stage;
  }

  base::Result<void> run_stage(std::size_t number, std::span<const FileJob> jobs, std::vector<Bytes>& content,
                               std::span<double> latency_ms) {
    OBSCURA_TRY(const auto stage, open(number));
    answers_.kernels = stage->context().ring().kernels().name;
    answers_.evaluation_key_bytes = stage->evaluation_key_bytes();
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      const std::string name =
          number == 1 ? jobs[i].input : fmt::format("what stage {} made of {}", number - 1, jobs[i].input);
      const bool is_first = i == 0 && latency_ms.data() == answers_.latency_ms.data();
      for (int warm_up = 0; is_first && warm_up < options_.warm_ups; ++warm_up) {
        OBSCURA_TRY_VOID(stage->session().answer(content[i], name, {}));
      }
      const auto start = Clock::now();
      OBSCURA_TRY(content[i], stage->session().answer(content[i], name, options_.exec));
      const double ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
      if (options_.made) {
        options_.made(static_cast<std::size_t>(latency_ms.data() - answers_.latency_ms.data()) + i, content[i]);
      }
      latency_ms[i] += ms;
      answers_.stage_ms[number - 1] += ms;
    }
    return {};
  }

  const runtime::session::ModelFiles& files_;
  const artifact::TrustSet& trust_;
  const fhe::ckks::EngineOptions& engine_;
  const runtime::session::SessionLimits& limits_;
  const AnswerOptions& options_;
  wire::Manifest manifest_;
  Answers answers_;
};

}  // namespace

base::Result<Answers> answer_in_stages(const runtime::session::ModelFiles& files, const artifact::TrustSet& trust,
                                       const fhe::ckks::EngineOptions& engine,
                                       const runtime::session::SessionLimits& limits, std::span<const FileJob> jobs,
                                       const AnswerOptions& options) {
  Stages stages(files, trust, engine, limits, options);
  OBSCURA_TRY_VOID(stages.read_manifest());
  for (std::size_t done = 0; done < jobs.size(); done += kStageBatch) {
    const std::size_t count = std::min(kStageBatch, jobs.size() - done);
    OBSCURA_TRY_VOID(stages.answer(jobs.subspan(done, count)));
    if (options.progress) options.progress(done + count, jobs.size());
  }
  return stages.take_answers();
}

}  // namespace obscura::deploy::worker
