#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <iostream>
#include <thread>

#include "apps/cli/child.hpp"
#include "apps/cli/command.hpp"
#include "apps/cli/service.hpp"
#include "artifact/identity.hpp"
#include "base/file.hpp"
#include "base/stop_signals.hpp"

namespace obscura::apps::cli {

namespace {

namespace fs = std::filesystem;
using base::ErrorCode;

// How often services and signals are looked at.
constexpr std::chrono::milliseconds kLook{100};
constexpr const char* kTenant = "dev";
constexpr std::uint64_t kMaxIdentityBytes = 64 * 1024;

struct Options {
  std::string folder;
  std::vector<std::string> owners;
  std::string http;
  std::string log = "text";
  std::uint64_t memory_mb = 0;
};

base::Result<void> create_folders(const std::string& site) {
  for (const std::string& name :
       {std::string("identities"), std::string("trust/workers"), std::string("trust/supervisors"),
        std::string("trust/owners"), std::string("trust/submitters/") + kTenant}) {
    std::error_code error;
    fs::create_directories(fs::path(site) / name, error);
    if (error) {
      return base::fail(ErrorCode::kIo, fmt::format("cannot create {}/{}: {}", site, name, error.message()),
                        "give a folder that you may write to");
    }
  }
  return {};
}

base::Result<void> copy_public(const std::string& from, const std::string& folder) {
  OBSCURA_TRY([[maybe_unused]] const auto identity, artifact::load_public_identity(from));
  OBSCURA_TRY(const auto bytes, base::read_file(from, kMaxIdentityBytes));
  return base::write_file_atomically((fs::path(folder) / fs::path(from).filename()).string(), bytes);
}

/// Makes the identity of a role unless it is there, and has it trusted in that role.
base::Result<void> create_role(const std::string& site, const std::string& name, const std::string& trusted) {
  const std::string path = fmt::format("{}/identities/{}", site, name);
  std::error_code error;
  const bool known = fs::exists(path, error);
  if (error) return base::fail(ErrorCode::kIo, fmt::format("cannot look at {}: {}", path, error.message()));
  if (!known) {
    OBSCURA_TRY([[maybe_unused]] const auto made, artifact::create_identity(path, name));
  }
  return copy_public(path + ".pub", fmt::format("{}/trust/{}", site, trusted));
}

base::Result<void> make_site(const Options& options) {
  const std::string& site = options.folder;
  OBSCURA_TRY_VOID(create_folders(site));
  OBSCURA_TRY_VOID(create_role(site, "worker", "workers"));
  OBSCURA_TRY_VOID(create_role(site, "supervisor", "supervisors"));
  OBSCURA_TRY_VOID(create_role(site, "client", std::string("submitters/") + kTenant));
  for (const std::string& owner : options.owners) OBSCURA_TRY_VOID(copy_public(owner, site + "/trust/owners"));
  return {};
}

std::string what_next(const std::string& site) {
  return fmt::format(
      "the site {0} is up; Ctrl-C stops it. In another terminal:\n"
      "  cp OWNER.pub {0}/trust/owners/\n"
      "  obscura push MODEL.manifest --eval-keys KEYS/eval --site {0}\n"
      "  obscura submit IMAGE --key KEYS/public --model MODEL.manifest --eval-keys KEYS/eval --secret KEYS/secret "
      "--identity {0}/identities/client --tenant {1} --site {0}\n",
      site, kTenant);
}

base::Result<std::vector<Service>> start(const Options& options, const Global& global) {
  const std::string& site = options.folder;
  OBSCURA_TRY(const auto worker, sibling_program("obscura-worker"));
  OBSCURA_TRY(const auto admin, sibling_program("obscura-admin"));
  std::vector<std::string> serve = {
      worker,    "serve",         "--site", site,        "--identity", site + "/identities/worker",
      "--cache", site + "/cache", "--log",  options.log, "--threads",  std::to_string(global.engine.threads)};
  if (!options.http.empty()) serve.insert(serve.end(), {"--http", options.http});
  if (!global.engine.kernels.empty()) serve.insert(serve.end(), {"--kernels", global.engine.kernels});
  if (options.memory_mb > 0) serve.insert(serve.end(), {"--memory-mb", std::to_string(options.memory_mb)});
  std::vector<Service> services;
  OBSCURA_TRY(auto supervisor,
              Service::start({admin, "serve", "--site", site, "--identity", site + "/identities/supervisor"}));
  services.push_back(std::move(supervisor));
  OBSCURA_TRY(auto serving, Service::start(serve));
  services.push_back(std::move(serving));
  return services;
}

/// Asks a service to stop and waits for it; a signal that comes meanwhile is passed on, so that it stops at once.
int stop(Service& service, base::StopSignals& signals) {
  const int before = signals.seen();
  service.ask_to_stop();
  for (bool insisted = false; service.is_running(); std::this_thread::sleep_for(kLook)) {
    if (insisted || signals.seen() == before) continue;
    service.ask_to_stop();
    insisted = true;
  }
  return service.stop();
}

base::Result<Report> run_up(const Options& options, const Global& global) {
  base::StopSignals signals;
  OBSCURA_TRY_VOID(make_site(options));
  OBSCURA_TRY(auto services, start(options, global));
  std::cout << what_next(options.folder) << std::flush;
  while (signals.seen() == 0) {
    std::this_thread::sleep_for(kLook);
    for (Service& service : services) {
      if (service.is_running()) continue;
      return base::fail(ErrorCode::kIo, fmt::format("{} ended with {}", service.name(), service.stop()),
                        "its own message stands above");
    }
  }
  // The worker first: what it finishes, the supervisor need not judge.
  for (auto service = services.rbegin(); service != services.rend(); ++service) {
    const int code = stop(*service, signals);
    if (code != 0) return base::fail(ErrorCode::kIo, fmt::format("{} ended with {}", service->name(), code));
  }
  return Report{};
}

}  // namespace

void add_up(CLI::App& app, const Global& global, Action& action) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("up", "Make a site for development in a folder, and run it until Ctrl-C");
  command->add_option("FOLDER", options->folder, "The site; made if it is not there")->required();
  command->add_option("--owner", options->owners, "Public identity whose models are served; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--http", options->http, "HOST:PORT of the worker's /healthz, /readyz and /metrics");
  command->add_option("--log", options->log, "Form of the worker's log")->check(CLI::IsMember({"text", "json"}));
  command->add_option("--memory-mb", options->memory_mb, "Limit for the worker's keys, weights and ciphertexts");
  command->callback([&global, &action, options] { action = [&global, options] { return run_up(*options, global); }; });
}

}  // namespace obscura::apps::cli
