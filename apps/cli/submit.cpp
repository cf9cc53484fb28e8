#include <fmt/format.h>

#include <chrono>

#include "apps/cli/canaries.hpp"
#include "apps/cli/command.hpp"
#include "apps/cli/output_names.hpp"
#include "apps/cli/progress.hpp"
#include "apps/cli/submission.hpp"

namespace obscura::apps::cli {

namespace {

using base::ErrorCode;
using Clock = std::chrono::steady_clock;
using deploy::submit::NewJob;

constexpr deploy::net::Milliseconds kLook{500};

struct Submitted {
  std::string id;
  std::string input;
  Clock::time_point since;
};

/// What is to be submitted, or, when nothing is, whose answer is to be read.
std::vector<std::string> inputs_of(const SubmitOptions& options) {
  if (!options.requests.empty()) return options.requests;
  return options.inputs.empty() ? std::vector<std::string>{options.id} : options.inputs;
}

/// What has to be so for canaries to look like any other job, and to be of use.
base::Result<void> check_canaries(const SubmitOptions& options) {
  if (options.canary_rate == 0 && options.canaries.empty()) return {};
  if (options.canary_rate == 0 || options.canaries.empty()) {
    return base::fail(ErrorCode::kUsage, "canaries come from a stock and at a rate",
                      "give both --canaries FOLDER and --canary RATE");
  }
  if (!options.id.empty()) {
    return base::fail(ErrorCode::kUsage, "jobs that you name stand apart from canaries",
                      "leave --id out: each is named after its request, as canaries are");
  }
  if (options.no_wait) {
    return base::fail(ErrorCode::kUsage, "the answers to canaries are what is tested", "leave --no-wait out");
  }
  if (options.inputs.empty() && options.requests.empty() && options.watch.empty()) {
    return base::fail(ErrorCode::kUsage, "canaries go along with other jobs", "give INPUT, --ct or --watch");
  }
  return {};
}

base::Result<void> check(const SubmitOptions& options) {
  const bool any = !options.inputs.empty() || !options.requests.empty() || !options.watch.empty();
  if (!options.inputs.empty() + !options.requests.empty() + !options.watch.empty() > 1) {
    return base::fail(ErrorCode::kUsage, "inputs come from one place", "give INPUT, --ct or --watch");
  }
  if (!any && options.id.empty()) {
    return base::fail(ErrorCode::kUsage, "nothing to submit",
                      "give INPUT, --ct or --watch, or --id of a job to wait for");
  }
  if ((!options.inputs.empty() || !options.watch.empty()) && options.key.empty()) {
    return base::fail(ErrorCode::kUsage, "inputs in the clear are encrypted first", "add --key with the public key");
  }
  if (any && (options.model.empty() || options.eval_keys.empty())) {
    return base::fail(ErrorCode::kUsage, "say for which model and evaluation keys", "add --model and --eval-keys");
  }
  if (!options.no_wait && options.output.empty() && options.folder.empty() && options.secret.empty()) {
    return base::fail(ErrorCode::kUsage, "say where answers go",
                      "add -o or --out-dir, --secret to decrypt them at once, or --no-wait");
  }
  if (options.no_wait && !options.watch.empty()) {
    return base::fail(ErrorCode::kUsage, "frames that are watched are answered", "leave --no-wait out");
  }
  if (!options.id.empty() && !options.watch.empty()) {
    return base::fail(ErrorCode::kUsage, "many frames do not have one name", "leave --id out: each is named by itself");
  }
  return check_canaries(options);
}

/// NAME for one input, NAME-1, NAME-2 for several; "": each is named after its request.
std::string id_of(const SubmitOptions& options, std::size_t index, std::size_t count) {
  if (options.id.empty() || count == 1) return options.id;
  return fmt::format("{}-{}", options.id, index + 1);
}

/// Hands one in, or in again if it is known by this name.
base::Result<std::string> submit_one(Submission& submission, const SubmitOptions& options, const std::string& input,
                                     const std::string& id) {
  if (!options.requests.empty()) {
    OBSCURA_TRY(const NewJob job, submission.load(input, id));
    OBSCURA_TRY_VOID(submission.hand_in(job));
    return job.id;
  }
  OBSCURA_TRY(const auto read, submission.read(input));
  std::optional<deploy::submit::Ticket> ticket;
  if (!id.empty()) {
    OBSCURA_TRY(ticket, submission.desk().find(id));
  }
  if (ticket) {
    OBSCURA_TRY_VOID(submission.desk().hand_in_again(*ticket, read.source, submission.asked_groups()));
    return id;
  }
  OBSCURA_TRY(const NewJob job, submission.encrypt(read, id));
  OBSCURA_TRY_VOID(submission.hand_in(job));
  return job.id;
}

base::Result<std::vector<Submitted>> submit_all(Submission& submission, const SubmitOptions& options,
                                                const std::vector<std::string>& inputs, Canaries& canaries) {
  std::vector<Submitted> submitted;
  if (options.inputs.empty() && options.requests.empty()) {
    OBSCURA_TRY(const auto ticket, submission.desk().find(options.id));
    if (ticket) {
      OBSCURA_TRY_VOID(submission.desk().hand_in_again(*ticket, std::nullopt, submission.asked_groups()));
    }
    return std::vector<Submitted>{{options.id, options.id, Clock::now()}};
  }
  Progress progress("submitting", inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    OBSCURA_TRY_VOID(canaries.draw(std::chrono::milliseconds(0)));
    // Before or after, so that neither the first nor the last job of a batch is known to be no canary.
    const bool first = canaries.tails();
    if (first) OBSCURA_TRY_VOID(canaries.hand_in_due());
    OBSCURA_TRY(const std::string id, submit_one(submission, options, inputs[i], id_of(options, i, inputs.size())));
    if (!first) OBSCURA_TRY_VOID(canaries.hand_in_due());
    submitted.push_back({id, inputs[i], Clock::now()});
    progress.update(i + 1);
  }
  return submitted;
}

Report report_of_waiting(const std::vector<Submitted>& submitted) {
  Report report;
  report.figures = {{"jobs", nlohmann::json::array()}};
  for (const Submitted& job : submitted) {
    report.figures["jobs"].push_back({{"id", job.id}, {"input", job.input}, {"status", "submitted"}});
    report.text += fmt::format("{}: submitted\n", job.id);
  }
  return report;
}

/// Until all have an end: no other answer is looked at before. Error: the first fault, or why one cannot be looked at.
base::Result<void> await_canaries(Canaries& canaries) {
  while (canaries.any_outstanding()) {
    OBSCURA_TRY(const auto faults, canaries.look(kLook));
    if (!faults.empty()) return tl::make_unexpected(faults.front().error);
  }
  return {};
}

base::Result<Report> run_submit(const SubmitOptions& options, const Global& global) {
  OBSCURA_TRY_VOID(check(options));
  if (!options.watch.empty()) return watch(options, global);
  const std::vector<std::string> inputs = inputs_of(options);
  std::vector<std::string> outputs(inputs.size());
  if (!options.output.empty() || !options.folder.empty()) {
    OBSCURA_TRY(outputs, output_paths(inputs, options.output, options.folder, ".result", "result"));
  }
  OBSCURA_TRY(const auto submission, Submission::open(options, global));
  OBSCURA_TRY(const auto canaries, Canaries::open(options, *submission));
  OBSCURA_TRY(const auto submitted, submit_all(*submission, options, inputs, *canaries));
  if (options.no_wait) return report_of_waiting(submitted);
  OBSCURA_TRY_VOID(await_canaries(*canaries));
  Report report;
  report.figures = {{"jobs", nlohmann::json::array()}};
  Progress progress("waiting", submitted.size());
  for (std::size_t i = 0; i < submitted.size(); ++i) {
    const auto done = submission->desk().wait(submitted[i].id);
    if (!done) return tl::make_unexpected(submission->conclude(submitted[i].id, done.error()));
    const double ms = std::chrono::duration<double, std::milli>(Clock::now() - submitted[i].since).count();
    OBSCURA_TRY(auto one, submission->conclude(submitted[i].id, *done, outputs[i]));
    one.figures.update({{"input", submitted[i].input}, {"ms", ms}});
    report.figures["jobs"].push_back(std::move(one.figures));
    report.text += one.text;
    progress.update(i + 1);
  }
  OBSCURA_TRY(const auto tested, canaries->figures());
  if (!tested.is_null()) report.figures["canaries"] = tested;
  return report;
}

void add_replica_options(CLI::App& command, SubmitOptions& options) {
  command
      .add_option("--replicas", options.replicas,
                  "Operator groups that each do the whole job; an answer counts if they agree to the last bit")
      ->check(CLI::Range(1, 64));
  command
      .add_option("--groups", options.groups, "Names of those groups, A,B,...; left out: the first in the trust folder")
      ->delimiter(',')
      ->allow_extra_args(false);
  command.add_option("--canaries", options.canaries, "Folder of requests with known answers (`obscura canary make`)");
  command.add_option("--canary", options.canary_rate, "Share of them among all jobs, as chance has it")
      ->check(CLI::Range(0.0, 0.9));
}

void add_watch_options(CLI::App& command, SubmitOptions& options) {
  command.add_option("--watch", options.watch,
                     "Folder of a camera: every frame that appears is answered, as one JSON line, in order");
  command
      .add_option("--when-behind", options.when_behind,
                  "When frames come faster than answers: wait (none is lost) or drop-oldest")
      ->check(CLI::IsMember({"wait", "drop-oldest"}));
  command.add_option("--max-waiting", options.max_waiting, "Frames that may wait")->check(CLI::Range(1, 1'000'000));
  command.add_option("--max-in-work", options.max_in_work, "Frames that may be at the site")
      ->check(CLI::Range(1, 1000));
  command.add_option("--frames", options.frames, "End after so many frames; 0 = never");
}

}  // namespace

void add_submit(CLI::App& app, const Global& global, Action& action) {
  auto options = std::make_shared<SubmitOptions>();
  auto* command = app.add_subcommand("submit", "Have inputs answered by the workers of a site");
  command->add_option("INPUT", options->inputs, "Images or tensors, as `obscura encrypt` takes them");
  command->add_option("--ct", options->requests, "Requests that are encrypted already");
  command->add_option("--key", options->key, "Public key that INPUTs are encrypted under");
  command->add_option("--model", options->model, "Manifest, sealed model, or the name that push printed");
  command->add_option("--eval-keys", options->eval_keys, "Evaluation keys, or the name that push printed");
  add_site_options(*command, options->site, true);
  command->add_option("--id", options->id, "Name of the job; the same again gives the same answer");
  command->add_flag("--no-wait,!--wait", options->no_wait, "Return once it is submitted");
  command->add_option("-o,--output", options->output, "Result file, for one input");
  command->add_option("--out-dir", options->folder, "Folder for results");
  command->add_option("--secret", options->secret, "Secret key: decrypts the answers at once");
  add_releases_option(*command, options->releases);
  command->add_flag("--scores", options->scores, "With --secret: all scores too");
  add_passphrase_options(*command, options->passphrase, false);
  command
      ->add_option("--deadline", options->deadline_s,
                   "Seconds that the site has; over NATS at most its blob_retention_s")
      ->check(CLI::Range(1, 10'000'000));
  add_replica_options(*command, *options);
  add_watch_options(*command, *options);
  command->callback(
      [&global, &action, options] { action = [&global, options] { return run_submit(*options, global); }; });
}

}  // namespace obscura::apps::cli
