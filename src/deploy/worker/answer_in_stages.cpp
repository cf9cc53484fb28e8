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
         const fhe::ckks::EngineOptions& engine, const runtime::session::SessionLimits& limits, std::size_t jobs,
         const AnswerOptions& options)
      : files_(files),
        trust_(trust),
        engine_(engine),
        limits_(limits),
        jobs_(static_cast<double>(jobs)),
        options_(options) {}

  base::Result<void> read_manifest() {
    OBSCURA_TRY(const auto bytes, base::read_file(files_.sealed_model, wire::kMaxManifestBytes));
    OBSCURA_TRY(auto read, wire::read_manifest(bytes, files_.sealed_model, &trust_));
    manifest_ = std::move(read.manifest);
    answers_.stage_ms.resize(manifest_.stages.size());
    all_ = wire::files_of(manifest_, files_.sealed_model);
    for (const wire::ManifestFile& file : all_) {
      std::error_code error;
      if (!std::filesystem::exists(file.path, error)) {
        return missing(file, fmt::format("{} {}", file.path, error ? error.message() : "is not there"));
      }
    }
    return {};
  }

  /// Takes the jobs' requests through all stages.
  base::Result<void> answer(std::span<const FileJob> jobs) {
    std::vector<Way> ways;
    for (const FileJob& job : jobs) {
      OBSCURA_TRY(auto request, base::read_file(job.input, wire::kMaxRequestBytes));
      ways.push_back({answers_.latency_ms.size(), &job, std::move(request), {}});
      answers_.latency_ms.push_back(0);
    }
    part_ = 1 / (jobs_ * static_cast<double>(all_.size()));
    for (const wire::ManifestFile& file : all_) OBSCURA_TRY_VOID(run_file(file, ways));
    for (const Way& way : ways) OBSCURA_TRY_VOID(base::write_file_atomically(way.job->output, way.content));
    return {};
  }

  Answers take_answers() {
    const auto jobs = static_cast<double>(std::max<std::size_t>(1, answers_.latency_ms.size()));
    for (double& ms : answers_.stage_ms) ms /= jobs;
    for (const wire::ManifestFile& file : all_) answers_.sealed_model_bytes += file.bytes;
    return std::move(answers_);
  }

 private:
  /// A request on its way.
  struct Way {
    std::size_t number;  ///< of the job
    const FileJob* job;
    Bytes content;             ///< what the stage takes, or the last one made
    std::vector<Bytes> parts;  ///< of the shards of the stage so far
  };

  tl::unexpected<base::Error> missing(const wire::ManifestFile& file, const std::string& why) const {
    return base::fail(
        base::ErrorCode::kMismatch,
        fmt::format("{} missing: {}, which is to hold {} of {}", file.place.is_split() ? "shard" : "stage", why,
                    file.place.text(), files_.sealed_model),
        "put all stage files of one sealing beside its manifest");
  }

  base::Result<std::unique_ptr<LoadedModel>> open(const wire::ManifestFile& file) const {
    OBSCURA_TRY(auto stage, LoadedModel::open_stage({file.path, files_.evaluation_keys}, trust_, engine_, limits_));
    if (!belongs_to(stage->model(), manifest_.key, file)) {
      const wire::StagePlace& place = stage->model().place();
      return missing(
          file, fmt::format("{} is {} of sealing {}", file.path, place.text(), artifact::fingerprint(place.sealing)));
    }
    return stage;
  }

  static base::Result<Bytes> evaluate(const wire::ManifestFile& file, LoadedModel& stage, const Way& way,
                                      const runtime::exec::ExecOptions& exec) {
    const std::uint32_t before = file.place.number - 1;
    const std::string& input = way.job->input;
    if (!file.place.is_merge()) {
      return stage.session().answer(way.content,
                                    before == 0 ? input : fmt::format("what stage {} made of {}", before, input), exec);
    }
    const std::vector<wire::FileBytes> parts(way.parts.begin(), way.parts.end());
    return stage.session().answer_all(parts, fmt::format("what the shards of {} made of {}", file.place.text(), input),
                                      exec);
  }

  base::Result<void> run_file(const wire::ManifestFile& file, std::vector<Way>& ways) {
    OBSCURA_TRY(const auto stage, open(file));
    answers_.kernels = stage->context().ring().kernels().name;
    answers_.evaluation_key_bytes = stage->evaluation_key_bytes();
    for (Way& way : ways) {
      for (int warm_up = 0; way.number == 0 && warm_up < options_.warm_ups; ++warm_up) {
        OBSCURA_TRY_VOID(evaluate(file, *stage, way, {}));
      }
      const auto exec = watched(options_, way.number, share_, part_);
      const auto start = Clock::now();
      OBSCURA_TRY(Bytes made, evaluate(file, *stage, way, exec));
      const double ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
      share_ += part_;
      if (options_.made) options_.made(way.number, made);
      answers_.latency_ms[way.number] += ms;
      answers_.stage_ms[file.place.number - 1] += ms;
      if (file.place.is_shard()) {
        way.parts.push_back(std::move(made));
        continue;
      }
      way.content = std::move(made);
      way.parts.clear();
    }
    return {};
  }

  const runtime::session::ModelFiles& files_;
  const artifact::TrustSet& trust_;
  const fhe::ckks::EngineOptions& engine_;
  const runtime::session::SessionLimits& limits_;
  const double jobs_;
  const AnswerOptions& options_;
  double share_ = 0;  ///< of the work that is done: all files count as much for a request
  double part_ = 0;   ///< of the work that a file does for a request
  wire::Manifest manifest_;
  std::vector<wire::ManifestFile> all_;
  Answers answers_;
};

}  // namespace

base::Result<Answers> answer_in_stages(const runtime::session::ModelFiles& files, const artifact::TrustSet& trust,
                                       const fhe::ckks::EngineOptions& engine,
                                       const runtime::session::SessionLimits& limits, std::span<const FileJob> jobs,
                                       const AnswerOptions& options) {
  Stages stages(files, trust, engine, limits, jobs.size(), options);
  OBSCURA_TRY_VOID(stages.read_manifest());
  for (std::size_t done = 0; done < jobs.size(); done += kStageBatch) {
    const std::size_t count = std::min(kStageBatch, jobs.size() - done);
    OBSCURA_TRY_VOID(stages.answer(jobs.subspan(done, count)));
  }
  return stages.take_answers();
}

}  // namespace obscura::deploy::worker
