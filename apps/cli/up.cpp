#include <fmt/format.h>

#include <chrono>
#include <iostream>
#include <thread>

#include "apps/cli/child.hpp"
#include "apps/cli/command.hpp"
#include "apps/cli/dev_site.hpp"
#include "apps/cli/service.hpp"
#include "base/stop_signals.hpp"
#include "deploy/net/trust_folder.hpp"

namespace obscura::apps::cli {

namespace {

using base::ErrorCode;

// How often services and signals are looked at.
constexpr std::chrono::milliseconds kLookAround{100};

struct UpOptions {
  std::string folder;
  std::vector<std::string> owners;
  std::string http;
  std::string log = "text";
  std::uint64_t memory_mb = 0;
  bool over_nats = false;
  bool no_worker = false;
  std::uint32_t groups = 0;  // 0: as many as the site has, or one
};

std::string what_next(const std::string& site, const DevAddresses& addresses) {
  return fmt::format(
      "the site {0} is up; Ctrl-C stops it. In another terminal:\n"
      "  cp OWNER.pub {0}/trust/owners/\n"
      "  obscura push MODEL.manifest --eval-keys KEYS/eval --site {1}\n"
      "  obscura submit IMAGE --key KEYS/public --model MODEL.manifest --eval-keys KEYS/eval --secret KEYS/secret "
      "--identity {0}/identities/client --tenant {3} --site {2}\n",
      site, addresses.owner, addresses.client, kDevTenant);
}

std::vector<std::string> worker_command(const std::string& program, const UpOptions& options, const Global& global) {
  const std::string& site = options.folder;
  std::vector<std::string> serve = {program,      "serve",
                                    "--site",     dev_addresses(site, options.over_nats).worker,
                                    "--identity", site + "/identities/worker",
                                    "--cache",    site + "/cache",
                                    "--log",      options.log,
                                    "--threads",  std::to_string(global.engine.threads)};
  if (!options.http.empty()) serve.insert(serve.end(), {"--http", options.http});
  if (!global.engine.kernels.empty()) serve.insert(serve.end(), {"--kernels", global.engine.kernels});
  if (options.memory_mb > 0) serve.insert(serve.end(), {"--memory-mb", std::to_string(options.memory_mb)});
  return serve;
}

base::Result<std::vector<Service>> start(const UpOptions& options, const Global& global) {
  const std::string& site = options.folder;
  OBSCURA_TRY(const auto worker, sibling_program("obscura-worker"));
  OBSCURA_TRY(const auto admin, sibling_program("obscura-admin"));
  std::vector<Service> services;
  OBSCURA_TRY(auto supervisor, Service::start(supervisor_command(admin, site, options.over_nats)));
  services.push_back(std::move(supervisor));
  if (options.no_worker) return services;
  OBSCURA_TRY(auto serving, Service::start(worker_command(worker, options, global)));
  services.push_back(std::move(serving));
  return services;
}

/// Until a signal comes. Error: kIo (one of those that it needs ended by itself).
base::Result<void> wait_for_signal(std::vector<Service>& services, deploy::net::NatsServer* server,
                                   base::StopSignals& signals) {
  while (signals.seen() == 0) {
    std::this_thread::sleep_for(kLookAround);
    for (Service& service : services) {
      if (service.is_running()) continue;
      return base::fail(ErrorCode::kIo, fmt::format("{} ended with {}", service.name(), service.stop()),
                        "its own message stands above");
    }
    if (server != nullptr && !server->is_running()) {
      return base::fail(ErrorCode::kIo, "nats-server ended", "its log is nats/server.log in the site's folder");
    }
  }
  return {};
}

/// Asks a service to stop and waits for it; a signal that comes meanwhile is passed on, so that it stops at once.
int stop(Service& service, base::StopSignals& signals) {
  const int before = signals.seen();
  service.ask_to_stop();
  for (bool insisted = false; service.is_running(); std::this_thread::sleep_for(kLookAround)) {
    if (insisted || signals.seen() == before) continue;
    service.ask_to_stop();
    insisted = true;
  }
  return service.stop();
}

base::Result<Report> run_up(const UpOptions& options, const Global& global) {
  base::StopSignals signals;
  OBSCURA_TRY(const std::uint32_t groups, groups_of_dev_site(options.folder, options.over_nats, options.groups));
  OBSCURA_TRY_VOID(make_dev_site(options.folder, options.owners, groups));
  std::unique_ptr<deploy::net::NatsServer> server;  // outlives who needs it
  if (options.over_nats) {
    OBSCURA_TRY(server, start_dev_server(options.folder, groups));
  }
  OBSCURA_TRY(auto services, start(options, global));
  std::cout << what_next(options.folder, dev_addresses(options.folder, options.over_nats)) << std::flush;
  OBSCURA_TRY_VOID(wait_for_signal(services, server.get(), signals));
  // The worker first: what it finishes, the supervisor need not judge.
  for (auto service = services.rbegin(); service != services.rend(); ++service) {
    const int code = stop(*service, signals);
    if (code != 0) return base::fail(ErrorCode::kIo, fmt::format("{} ended with {}", service->name(), code));
  }
  return Report{};
}

}  // namespace

void add_up(CLI::App& app, const Global& global, Action& action) {
  auto options = std::make_shared<UpOptions>();
  auto* command = app.add_subcommand("up", "Make a site for development in a folder, and run it until Ctrl-C");
  command->add_option("FOLDER", options->folder, "The site; made if it is not there")->required();
  command->add_option("--owner", options->owners, "Public identity whose models are served; may be repeated")
      ->allow_extra_args(false);
  command->add_flag("--nats", options->over_nats,
                    "Over a nats-server on this machine, with a site file per role in the folder");
  command->add_option("--groups", options->groups, "Operator groups of a NATS site that is made now")
      ->check(CLI::Range(1U, deploy::net::kMaxGroups + 1));
  command->add_flag("--no-worker", options->no_worker, "Without a worker: start your own");
  command->add_option("--http", options->http, "HOST:PORT of the worker's /healthz, /readyz and /metrics");
  command->add_option("--log", options->log, "Form of the worker's log")->check(CLI::IsMember({"text", "json"}));
  command->add_option("--memory-mb", options->memory_mb, "Limit for the worker's keys, weights and ciphertexts");
  command->callback([&global, &action, options] { action = [&global, options] { return run_up(*options, global); }; });
}

}  // namespace obscura::apps::cli
