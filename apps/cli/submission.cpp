#include "apps/cli/submission.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "apps/cli/release_text.hpp"
#include "base/file.hpp"
#include "deploy/client/open_answer.hpp"
#include "deploy/client/read_input.hpp"
#include "deploy/net/choose_groups.hpp"
#include "runtime/wire/limits.hpp"

namespace obscura::apps::cli {

namespace wire = runtime::wire;
using deploy::submit::NewJob;

base::Result<std::unique_ptr<Submission>> Submission::open(const SubmitOptions& options, const Global& global) {
  std::unique_ptr<Submission> made(new Submission(options));
  OBSCURA_TRY(made->access_, open_site_access(options.site));
  OBSCURA_TRY(made->groups_, deploy::net::choose_groups(made->access_->trust.jobs, options.groups, options.replicas));
  if (!options.model.empty()) {
    OBSCURA_TRY(const auto model, deploy::net::name_blob(options.model));
    OBSCURA_TRY(const auto keys, deploy::net::name_blob(options.eval_keys));
    OBSCURA_TRY(made->model_, deploy::submit::find_model(model, keys, made->access_->site));
  }
  if (!options.key.empty()) {
    OBSCURA_TRY(const auto bytes, base::read_file(options.key, wire::kMaxPublicKeyBytes));
    OBSCURA_TRY(auto writer, deploy::client::RequestWriter::open(bytes, options.key, global.engine));
    made->writer_ = std::move(writer);
  }
  if (!options.secret.empty()) {
    OBSCURA_TRY(auto holder, open_key_holder(options.secret, options.releases, options.passphrase, global.engine));
    made->holder_ = std::move(holder);
  }
  return made;
}

/// Of the bytes together with what they are for.
artifact::Digest Submission::source_of(std::span<const std::uint8_t> bytes) const {
  artifact::Sha256 hash;
  hash.update(model_->model.sha256.bytes).update(model_->eval_keys.sha256.bytes).update(bytes);
  return hash.finish();
}

base::Result<Submission::Input> Submission::read(const std::string& input) const {
  Input read;
  OBSCURA_TRY(read.tensor, deploy::client::read_input(input, writer_->form().input_spec));
  read.source =
      source_of({reinterpret_cast<const std::uint8_t*>(read.tensor.data()), read.tensor.size() * sizeof(float)});
  return read;
}

base::Result<NewJob> Submission::encrypt(const Input& input, const std::string& id) const {
  OBSCURA_TRY(auto request, writer_->write(input.tensor));
  const std::string name = id.empty() ? deploy::submit::job_id_of(request) : id;
  return NewJob{name, input.source, std::move(request), groups_, are_groups_asked()};
}

base::Result<NewJob> Submission::load(const std::string& path, const std::string& id) const {
  OBSCURA_TRY(auto request, base::read_file(path, wire::kMaxRequestBytes));
  const auto source = source_of(request);
  const std::string name = id.empty() ? deploy::submit::job_id_of(request) : id;
  return NewJob{name, source, std::move(request), groups_, are_groups_asked()};
}

base::Result<void> Submission::hand_in(const NewJob& job) {
  return desk().hand_in(job, *model_, std::chrono::seconds(options_->deadline_s));
}

base::Result<void> Submission::decrypt(const std::string& id, std::span<const std::uint8_t> result,
                                       Report& report) const {
  OBSCURA_TRY(const auto releases,
              deploy::client::open_answers(holder_->secret, *holder_->count, result, "the answer to job " + id));
  if (releases.size() == 1) {
    report.figures.update(figures_of(releases.front(), options_->scores));
  } else {
    report.figures["answers"] = figures_of(releases, options_->scores);
  }
  const bool is_numbered = holder_->secret.content.program.input_packing.images > 1;
  report.text = text_of(id, releases, is_numbered, options_->scores);
  return {};
}

namespace {

/// Per stage; of one that is split its slowest shard, and the merge.
std::vector<double> stage_ms_of(const deploy::submit::Done& done) {
  std::vector<double> stages(done.ending.step.stage + 1);
  std::vector<double> slowest(stages.size());
  const auto count = [&](const deploy::net::Receipt& receipt) {
    const double ms = static_cast<double>(receipt.figures.evaluate_us) / 1e3;
    const std::uint32_t stage = receipt.step.stage;
    if (receipt.step.is_merge()) {
      stages[stage] = ms;
    } else {
      slowest[stage] = std::max(slowest[stage], ms);
    }
  };
  for (const auto& receipt : done.trail) count(receipt);
  count(done.ending);
  for (std::size_t i = 0; i < stages.size(); ++i) stages[i] += slowest[i];
  return stages;
}

/// Which groups agree, and which said that they have no answer.
void add_replicas(const deploy::submit::Done& done, Report& report) {
  if (done.replicas.size() < 2) return;
  report.figures["agree"] = nlohmann::json::array();
  report.figures["refused"] = nlohmann::json::array();
  for (const auto& replica : done.replicas) {
    if (replica.answer) {
      report.figures["agree"].push_back(replica.name);
    } else {
      report.figures["refused"].push_back({{"group", replica.name}, {"cause", replica.refusal->message}});
    }
  }
}

}  // namespace

base::Result<Report> Submission::conclude(const std::string& id, const deploy::submit::Done& done,
                                          const std::string& output) {
  Report report;
  report.figures = {{"id", id}, {"status", "done"}, {"stage_ms", stage_ms_of(done)}};
  add_replicas(done, report);
  if (!output.empty()) {
    OBSCURA_TRY_VOID(base::write_file_atomically(output, done.result));
    report.figures["result"] = output;
    report.text = fmt::format("{}: answered, in {}\n", id, output);
  }
  if (holder_) OBSCURA_TRY_VOID(decrypt(id, done.result, report));
  OBSCURA_TRY_VOID(desk().close(id));
  return report;
}

base::Error Submission::conclude(const std::string& id, base::Error error) {
  // The refusal is what matters: a ticket that cannot be closed stays, and may be handed in again.
  if (deploy::submit::is_refusal(error.code)) (void)desk().close(id);
  return error;
}

}  // namespace obscura::apps::cli
