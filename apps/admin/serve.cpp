#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>
#include <utility>

#include "apps/admin/command.hpp"
#include "apps/admin/dead_letters.hpp"
#include "apps/admin/serve_metrics.hpp"
#include "apps/http/http_status.hpp"
#include "artifact/identity.hpp"
#include "base/stop_signals.hpp"
#include "deploy/net/site.hpp"
#include "deploy/net/supervise.hpp"
#include "deploy/net/trust_folder.hpp"

namespace obscura::apps::admin {

namespace {

namespace net = deploy::net;

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPause{100};
// How often it is looked how full the site is: on NATS a call per stream.
constexpr std::chrono::seconds kFiguresEvery{5};
constexpr std::chrono::minutes kSweepEvery{1};
// A look that is not over by then never will be.
constexpr std::chrono::minutes kHangs{10};

struct ServeOptions {
  std::string site;
  std::string identity;
  std::string dead;
  std::string http;
  int every_ms = 1000;
};

void print(const nlohmann::json& line) {
  std::fprintf(stderr, "%s\n", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

/// Orphans that a supervisor answers are gone, also when nobody believes it: then their jobs are never answered.
base::Result<void> check_is_trusted(const net::Site& site, const artifact::SecretIdentity& identity,
                                    const std::string& path) {
  OBSCURA_TRY(const auto trust, net::load_site_trust(site.trust_folder));
  const auto& supervisors = trust.jobs.supervisors;
  if (std::find(supervisors.begin(), supervisors.end(), identity.key.verify_key()) != supervisors.end()) return {};
  return base::fail(
      base::ErrorCode::kUntrusted,
      fmt::format("{} is not among the supervisors in {}: nobody would take its answers", path, site.trust_folder),
      fmt::format("copy {}.pub to {}/supervisors", path, site.trust_folder));
}

/// What monitors see: `signs` outlives the server.
struct Signs {
  ServeMetrics metrics;
  std::atomic<bool> ready = false;
  std::atomic<Clock::rep> last{Clock::now().time_since_epoch().count()};
};

base::Result<std::unique_ptr<http::HttpStatus>> start_http(const std::string& address, Signs& signs) {
  if (address.empty()) return nullptr;
  http::HttpPages pages;
  pages.is_healthy = [&signs] { return Clock::now() - Clock::time_point(Clock::duration(signs.last.load())) < kHangs; };
  pages.is_ready = [&signs] { return signs.ready.load(); };
  pages.metrics = [&signs] { return signs.metrics.text(); };
  OBSCURA_TRY(auto server, http::HttpStatus::start(address, std::move(pages)));
  print({{"listening", server->port()}});
  return server;
}

/// One round. What cannot be done now is done in the next one. The orphans are gone already: a letter that cannot be
/// written is no reason to leave the others out. Error: the first.
base::Result<void> look(net::Site& site, const artifact::SecretIdentity& identity, DeadLetters& letters,
                        net::Clock& clock, ServeMetrics& metrics) {
  OBSCURA_TRY(const auto done, net::supervise(*site.queue, identity.key));
  metrics.count(done);
  base::Result<void> kept;
  for (const net::Orphan& orphan : done.ended) {
    print(letter_of(orphan));
    auto added = letters.add(orphan, clock.now());
    if (kept) kept = std::move(added);
  }
  if (!kept) return kept;
  if (done.full) return base::fail(base::ErrorCode::kFull, "there is no room for results: some jobs stay unanswered");
  return {};
}

base::Result<Report> run_serve(const ServeOptions& options) {
  base::StopSignals signals;
  net::SystemClock clock;
  OBSCURA_TRY_VOID(net::prepare_site(options.site));
  OBSCURA_TRY(auto site, net::open_site(options.site, clock));
  if (site.trust_folder.empty()) {
    return base::fail(base::ErrorCode::kUsage, options.site + " has no line `trust`", "name a trust folder in it");
  }
  OBSCURA_TRY(const auto identity, artifact::load_secret_identity(options.identity));
  OBSCURA_TRY_VOID(check_is_trusted(site, identity, options.identity));
  if (options.dead.empty() && site.folder.empty()) {
    return base::fail(base::ErrorCode::kUsage, "say where dead letters are kept", "add --dead FILE");
  }
  DeadLetters letters(options.dead.empty() ? site.folder + "/dead.jsonl" : options.dead);
  Signs signs;
  OBSCURA_TRY(const auto server, start_http(options.http, signs));
  const std::chrono::milliseconds every(options.every_ms);
  auto next = Clock::now();
  auto next_figures = next;
  auto next_sweep = next;
  while (signals.seen() == 0) {
    const auto now = Clock::now();
    signs.last = now.time_since_epoch().count();
    if (now >= next) {
      next = now + every;
      const auto looked = look(site, identity, letters, clock, signs.metrics);
      signs.ready = looked.has_value();
      if (!looked) {
        signs.metrics.count_trouble();
        print({{"trouble", looked.error().message}});
      }
    }
    if (server && now >= next_figures) {
      next_figures = now + kFiguresEvery;
      if (const auto status = site.queue->status()) signs.metrics.show(*status);
    }
    if (site.forget_old && now >= next_sweep) {
      next_sweep = now + kSweepEvery;
      if (const auto swept = site.forget_old(); !swept) print({{"trouble", swept.error().message}});
    }
    std::this_thread::sleep_for(std::min(kPause, every));
  }
  return Report{};
}

}  // namespace

void add_serve(CLI::App& app, Action& action) {
  auto options = std::make_shared<ServeOptions>();
  auto* command = app.add_subcommand("serve", "Answer jobs that no worker can end: failed or expired, until SIGTERM");
  command->add_option("--site", options->site, "The site: its folder, or the administrator's site file")->required();
  command->add_option("--identity", options->identity, "Secret identity of a supervisor that the submitters trust")
      ->required();
  command->add_option("--dead", options->dead, "File for dead letters; left out: dead.jsonl of the site");
  command->add_option("--http", options->http, "HOST:PORT of /healthz, /readyz and /metrics; port 0 = a free one");
  command->add_option("--every-ms", options->every_ms, "How often it looks")->check(CLI::Range(10, 3'600'000));
  command->callback([&action, options] { action = [options] { return run_serve(*options); }; });
}

}  // namespace obscura::apps::admin
