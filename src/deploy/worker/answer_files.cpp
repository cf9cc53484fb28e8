#include "deploy/worker/answer_files.hpp"

#include <chrono>
#include <filesystem>
#include <set>

#include "base/file.hpp"
#include "runtime/wire/limits.hpp"

namespace obscura::deploy::worker {

namespace {
using Clock = std::chrono::steady_clock;
}

base::Result<std::vector<FileJob>> plan_jobs(std::span<const std::string> inputs, const std::string& output,
                                             const std::string& folder) {
  if (output.empty() == folder.empty()) {
    return base::fail(base::ErrorCode::kUsage, "say where results go: either -o FILE or --out-dir FOLDER",
                      "-o is for one request, --out-dir for any number");
  }
  if (!output.empty() && inputs.size() != 1) {
    return base::fail(base::ErrorCode::kUsage, "-o takes the result of one request, but there are several",
                      "use --out-dir FOLDER");
  }
  if (!output.empty()) return std::vector<FileJob>{{inputs.front(), output}};
  std::vector<FileJob> jobs;
  std::set<std::string> names;
  for (const auto& input : inputs) {
    const std::filesystem::path path =
        std::filesystem::path(folder) / (std::filesystem::path(input).stem().string() + ".result");
    if (!names.insert(path.string()).second) {
      return base::fail(base::ErrorCode::kUsage, "two requests would give one result file: " + path.string(),
                        "give the request files different names, or run them into different folders");
    }
    jobs.push_back({input, path.string()});
  }
  return jobs;
}

runtime::exec::ExecOptions watched(const AnswerOptions& options, std::size_t job, double start, double part) {
  runtime::exec::ExecOptions exec;
  exec.trace = options.trace;
  if (options.progress) {
    exec.progress = [&options, job, start, part](const runtime::exec::Progress& now) {
      options.progress({start + part * now.share, job, now.name});
    };
  }
  return exec;
}

base::Result<std::vector<double>> answer_files(runtime::session::Session& session, std::span<const FileJob> jobs,
                                               const AnswerOptions& options) {
  std::vector<double> latency_ms;
  for (const auto& job : jobs) {
    OBSCURA_TRY(const auto request, base::read_file(job.input, runtime::wire::kMaxRequestBytes));
    for (int i = 0; latency_ms.empty() && i < options.warm_ups; ++i) {
      OBSCURA_TRY_VOID(session.answer(request, job.input, {}));
    }
    const double part = 1.0 / static_cast<double>(jobs.size());
    const std::size_t number = latency_ms.size();
    const auto exec = watched(options, number, part * static_cast<double>(number), part);
    const auto start = Clock::now();
    OBSCURA_TRY(const auto result, session.answer(request, job.input, exec));
    latency_ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
    if (options.made) options.made(number, result);
    OBSCURA_TRY_VOID(base::write_file_atomically(job.output, result));
  }
  return latency_ms;
}

}  // namespace obscura::deploy::worker
