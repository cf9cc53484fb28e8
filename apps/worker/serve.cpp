#include "deploy/worker/serve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <set>

#include "apps/http/http_status.hpp"
#include "apps/worker/command.hpp"
#include "apps/worker/serve_log.hpp"
#include "apps/worker/serve_metrics.hpp"
#include "artifact/identity.hpp"
#include "base/stop_signals.hpp"
#include "deploy/net/choose_groups.hpp"
#include "deploy/net/site.hpp"
#include "deploy/net/trust_folder.hpp"
#include "deploy/worker/stage_host.hpp"

namespace obscura::apps::worker {

namespace {

namespace net = deploy::net;
using base::ErrorCode;
using Clock = std::chrono::steady_clock;

constexpr double kGigabyte = 1e9;
// How often what is pushed, or not there yet, is looked for.
constexpr std::chrono::seconds kLookAgain{2};
// A worker that has not come to its next instruction, or its next look into the queue, for so long hangs.
constexpr std::chrono::minutes kHangs{10};

struct ServeOptions {
  std::string site;
  std::string model;
  std::string eval_keys;
  std::vector<std::string> stages;
  std::string trust;
  std::string identity;
  std::string group;
  std::string cache;
  double cache_gb = 10;
  std::uint64_t memory_mb = 0;
  std::string http;
  std::string log = "text";
  int drain_s = 300;
};

std::string default_cache() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache != 0) {
    return std::string(cache) + "/obscura";
  }
  const char* home = std::getenv("HOME");
  return home == nullptr ? "" : std::string(home) + "/.cache/obscura";
}

/// A worker that serves, from its start to its end.
class Serving {
 public:
  Serving(const ServeOptions& options, const Global& global)
      : options_(options), global_(global), log_(options.log == "json") {}

  base::Result<Report> run();

 private:
  base::Result<void> open();
  base::Result<void> join_group();
  bool is_trusted() const;
  base::Result<void> start_http();
  base::Result<void> load_chosen();
  base::Result<void> take(const net::CatalogueEntry& entry);
  base::Result<void> add(const net::CatalogueEntry& entry);
  void look_for_chosen();
  void look_for_models();
  void reload_trust();
  void note_served(const net::Served& served);
  bool is_stopped();
  bool keep_going();

  const ServeOptions& options_;
  const Global& global_;
  base::StopSignals signals_;  // before anything starts a thread
  ServeLog log_;
  ServeMetrics metrics_;
  net::SystemClock clock_;
  net::Site site_;
  net::SiteTrust trust_;
  std::optional<artifact::SecretIdentity> identity_;
  std::optional<deploy::worker::BlobCache> cache_;
  std::unique_ptr<deploy::worker::StageHost> host_;
  std::vector<deploy::worker::StageChoice> choices_;
  std::optional<net::CatalogueEntry> chosen_;  // until it is served
  std::string trust_folder_;
  std::uint32_t group_ = 0;
  std::string group_name_;
  bool revoked_ = false;
  std::set<net::CatalogueEntry> taken_;  // from the catalogue, unless what failed may pass
  std::set<std::string> told_;           // reasons, each once
  Clock::time_point looked_;
  std::optional<Clock::time_point> drained_since_;
  std::uint64_t tasks_ = 0;
  std::atomic<bool> ready_ = false;
  std::atomic<Clock::rep> last_sign_{Clock::now().time_since_epoch().count()};
  std::unique_ptr<http::HttpStatus> http_;  // its threads use what stands above
};

base::Result<void> Serving::open() {
  for (const std::string& stage : options_.stages) {
    OBSCURA_TRY(const auto choice, deploy::worker::parse_stage_choice(stage));
    choices_.push_back(choice);
  }
  OBSCURA_TRY(site_, net::open_site(options_.site, clock_));
  trust_folder_ = options_.trust.empty() ? site_.trust_folder : options_.trust;
  const std::string& folder = trust_folder_;
  if (folder.empty()) return base::fail(ErrorCode::kUsage, "say whom you trust", "add --trust FOLDER");
  OBSCURA_TRY(trust_, net::load_site_trust(folder));
  OBSCURA_TRY(identity_, artifact::load_secret_identity(options_.identity));
  OBSCURA_TRY_VOID(join_group());
  const std::string cache = options_.cache.empty() ? default_cache() : options_.cache;
  if (cache.empty()) return base::fail(ErrorCode::kUsage, "there is no home folder for a cache", "add --cache FOLDER");
  OBSCURA_TRY(cache_,
              deploy::worker::BlobCache::open(cache, static_cast<std::uint64_t>(options_.cache_gb * kGigabyte)));
  host_ = std::make_unique<deploy::worker::StageHost>(*cache_, *site_.blobs, trust_.owners, global_.engine,
                                                      options_.memory_mb << 20, group_);
  return {};
}

/// Which replicas of jobs this worker does, and that its signature counts for them. Over NATS its nkey settles it.
base::Result<void> Serving::join_group() {
  group_name_ = options_.group.empty() ? net::name_of_group(trust_.jobs, site_.group) : options_.group;
  const auto group = net::find_group(trust_.jobs, group_name_);
  if (!group) {
    return base::fail(
        ErrorCode::kUntrusted, fmt::format("{} has no group {} of workers", trust_folder_, group_name_),
        fmt::format("copy {}.pub to {}/workers/NUMBER-{}", options_.identity, trust_folder_, group_name_));
  }
  group_ = *group;
  if (site_.folder.empty() && group_ != site_.group) {
    return base::fail(ErrorCode::kMismatch,
                      fmt::format("{} is of the operator group {}, and {} is number {} in {}", options_.site,
                                  site_.group, group_name_, group_, trust_folder_),
                      "leave --group out, or use that group's site file");
  }
  if (is_trusted()) return {};
  const bool lone = group_ == 0;
  const std::string where = lone ? "workers" : fmt::format("workers/{}-{}", group_, group_name_);
  return base::fail(ErrorCode::kUntrusted,
                    fmt::format("{} is not among the {} in {}: nobody would take its answers", options_.identity, where,
                                trust_folder_),
                    fmt::format("copy {}.pub to {}/{}{}", options_.identity, trust_folder_, where,
                                lone ? ", or say with --group whose it is" : ""));
}

bool Serving::is_trusted() const {
  const auto workers = net::workers_of(trust_.jobs, group_);
  return std::find(workers.begin(), workers.end(), identity_->key.verify_key()) != workers.end();
}

base::Result<void> Serving::start_http() {
  if (options_.http.empty()) return {};
  http::HttpPages pages;
  pages.is_healthy = [this] {
    const Clock::time_point last{Clock::duration(last_sign_.load())};
    return Clock::now() - last < kHangs;
  };
  pages.is_ready = [this] { return ready_.load(); };
  pages.metrics = [this] { return metrics_.text(); };
  OBSCURA_TRY(http_, http::HttpStatus::start(options_.http, std::move(pages)));
  log_.info("listening", {{"port", http_->port()}});
  return {};
}

/// What is not there yet, or cannot be reached, may be there at the next look.
bool may_pass(const base::Error& error) {
  return error.code == ErrorCode::kNotFound || error.code == ErrorCode::kIo;
}

/// Error: why not all that was asked for of a model is served, and if that may pass, why it may.
base::Result<void> Serving::add(const net::CatalogueEntry& entry) {
  OBSCURA_TRY_VOID(host_->add(entry, choices_));
  const base::Error* why = nullptr;
  for (const auto& unserved : host_->unserved()) {
    if (unserved.lane.model != entry.model.sha256 || unserved.lane.eval_key != entry.eval_keys.sha256) continue;
    if (why == nullptr || (may_pass(unserved.why) && !may_pass(*why))) why = &unserved.why;
  }
  if (why != nullptr) return tl::make_unexpected(*why);
  return {};
}

/// The same, shown and told: each reason once.
base::Result<void> Serving::take(const net::CatalogueEntry& entry) {
  const std::size_t before = host_->lanes().size();
  auto added = add(entry);
  metrics_.show(cache_->counts());
  metrics_.show(*host_);
  for (const net::Lane& lane : host_->lanes().subspan(before)) {
    log_.info("serving", {{"model", lane.model.hex()},
                          {"eval_keys", lane.eval_key.hex()},
                          {"stage", lane.stage + 1},
                          {"holds", host_->text_of(lane)}});
  }
  const auto tell = [&](const artifact::Digest& model, const base::Error& why) {
    if (told_.insert(why.message).second) log_.warn("unserved", {{"model", model.hex()}, {"reason", why.message}});
  };
  for (const auto& unserved : host_->unserved()) tell(unserved.lane.model, unserved.why);
  if (!added) tell(entry.model.sha256, added.error());
  return added;
}

/// The model that was named. What of it may be served later is looked for then.
base::Result<void> Serving::load_chosen() {
  if (options_.model.empty() != options_.eval_keys.empty()) {
    return base::fail(ErrorCode::kUsage, "a model is served with evaluation keys", "give both --model and --eval-keys");
  }
  if (options_.model.empty()) return {};
  net::CatalogueEntry entry;
  OBSCURA_TRY(entry.model, net::name_blob(options_.model));
  OBSCURA_TRY(entry.eval_keys, net::name_blob(options_.eval_keys));
  auto taken = take(entry);
  if (taken) return {};
  if (may_pass(taken.error())) {
    log_.warn("waiting", {{"reason", taken.error().message}});
    chosen_ = entry;
    return {};
  }
  return host_->lanes().empty() ? taken : base::Result<void>();
}

/// Until it is there, and by somebody who is trusted by then.
void Serving::look_for_chosen() {
  const auto taken = take(*chosen_);
  if (taken || !(may_pass(taken.error()) || taken.error().code == ErrorCode::kUntrusted)) chosen_.reset();
}

/// Who is added to the trust folder counts from here on; what was refused before is looked at anew. Who is taken out
/// of it counts no more, this worker too: it takes no task until it is trusted again.
void Serving::reload_trust() {
  auto trust = net::load_site_trust(trust_folder_);
  if (!trust) return log_.warn("trouble", {{"error", trust.error().message}});
  const auto before = trust_.owners.identities();
  const auto after = trust->owners.identities();
  const bool same = std::equal(before.begin(), before.end(), after.begin(), after.end(),
                               [](const auto& a, const auto& b) { return a.key == b.key; });
  if (!same) taken_.clear();
  trust_ = std::move(*trust);
  const bool revoked = !is_trusted();
  if (revoked && !revoked_) log_.warn("revoked", {{"identity", options_.identity}, {"group", group_name_}});
  if (!revoked && revoked_) log_.info("trusted", {{"identity", options_.identity}, {"group", group_name_}});
  revoked_ = revoked;
}

void Serving::look_for_models() {
  const auto now = Clock::now();
  if (now - looked_ < kLookAgain) return;
  looked_ = now;
  reload_trust();
  if (chosen_) look_for_chosen();
  if (!options_.model.empty()) return;
  const auto listed = site_.catalogue->list();
  if (!listed) return log_.warn("trouble", {{"error", listed.error().message}});
  for (const net::CatalogueEntry& entry : *listed) {
    if (!taken_.insert(entry).second) continue;
    if (const auto taken = take(entry); !taken && may_pass(taken.error())) taken_.erase(entry);
  }
}

void Serving::note_served(const net::Served& served) {
  ++tasks_;
  metrics_.count(served);
  nlohmann::json facts = {{"job", served.key.text()},
                          {"step", served.step.text()},
                          {"ending", name_of(served.ending)},
                          {"delivery", served.deliveries},
                          {"evaluate_ms", static_cast<double>(served.figures.evaluate_us) / 1e3},
                          {"bytes_in", served.input_bytes},
                          {"bytes_out", served.output_bytes}};
  if (served.waited) facts["waited_ms"] = served.waited->count();
  if (!served.cause.empty()) facts["cause"] = served.cause;
  served.ending == net::Ending::kEffect ? log_.info("task", facts) : log_.warn("task", facts);
}

bool Serving::is_stopped() {
  last_sign_ = Clock::now().time_since_epoch().count();
  if (signals_.seen() == 0) return false;
  if (!drained_since_) {
    drained_since_ = Clock::now();
    ready_ = false;
    log_.info("draining", nlohmann::json::object());
  }
  return true;
}

/// A task in work goes on while the worker drains, until that takes too long or the user insists.
bool Serving::keep_going() {
  return !is_stopped() ||
         (signals_.seen() == 1 && Clock::now() - *drained_since_ < std::chrono::seconds(options_.drain_s));
}

base::Result<Report> Serving::run() {
  OBSCURA_TRY_VOID(open());
  OBSCURA_TRY_VOID(start_http());
  OBSCURA_TRY_VOID(load_chosen());
  const net::Worker worker{.queue = *site_.queue,
                           .blobs = *site_.blobs,
                           .clock = clock_,
                           .identity = identity_->key,
                           .trust = trust_.jobs,
                           .evaluate =
                               [this](const net::StepInput& input, const net::StillMine& still_mine) {
                                 return host_->evaluate(input, still_mine, [this] { return keep_going(); });
                               },
                           .max_input_bytes = site_.max_job_bytes,
                           .heartbeat_every = site_.lease / 3};
  deploy::worker::ServeEvents events;
  events.served = [this](const net::Served& served) { note_served(served); };
  events.trouble = [this](const base::Error& error) {
    metrics_.count_trouble();
    log_.warn("trouble", {{"error", error.message}});
  };
  events.is_stopped = [this] { return is_stopped(); };
  events.lanes = [this] {
    look_for_models();
    const auto lanes = revoked_ ? std::span<const net::Lane>() : host_->lanes();
    ready_ = !lanes.empty();
    return lanes;
  };
  deploy::worker::serve(worker, events);
  log_.info("stopped", {{"tasks", tasks_}});
  return Report{{}, {{"tasks", tasks_}}};
}

}  // namespace

void add_serve(CLI::App& app, const Global& global, Action& action) {
  auto options = std::make_shared<ServeOptions>();
  auto* command = app.add_subcommand("serve", "Take tasks from a site and answer them, until SIGTERM or Ctrl-C");
  command->add_option("--site", options->site, "The site: its folder, or a worker's site file")->required();
  command->add_option("--identity", options->identity, "Secret identity that signs what this worker states")
      ->required();
  command->add_option("--group", options->group, "Operator group of that identity: whose replicas of jobs it does");
  command->add_option(
      "--model", options->model,
      "Manifest, sealed model, or the name that push printed; left out: all that is pushed to the site");
  command->add_option("--eval-keys", options->eval_keys, "Evaluation keys for --model, or their name");
  command
      ->add_option(
          "--stage", options->stages,
          "Stage to serve, from 1, or a shard of one (2.3) or its merge (2.merge); may be repeated; left out: all")
      ->allow_extra_args(false);
  command->add_option("--trust", options->trust, "Trust folder; left out: the site's own");
  command->add_option("--cache", options->cache, "Folder for models and keys; left out: ~/.cache/obscura");
  command->add_option("--cache-gb", options->cache_gb, "Limit of that folder")->check(CLI::Range(0.001, 1e6));
  command->add_option("--memory-mb", options->memory_mb, "Limit for keys, weights and ciphertexts; 0 = none");
  command->add_option("--http", options->http, "HOST:PORT of /healthz, /readyz and /metrics; port 0 = a free one");
  command->add_option("--log", options->log, "Form of the log on standard error")
      ->check(CLI::IsMember({"text", "json"}));
  command->add_option("--drain-s", options->drain_s, "Seconds that the task in work may take after the first signal")
      ->check(CLI::Range(0, 86400));
  command->callback(
      [&global, &action, options] { action = [&global, options] { return Serving(*options, global).run(); }; });
}

}  // namespace obscura::apps::worker
