#include <fmt/format.h>

#include "apps/admin/command.hpp"
#include "deploy/net/nats_roles_file.hpp"

namespace obscura::apps::admin {

namespace {

namespace net = deploy::net;

std::string about(net::Reload told, const net::NatsServerFiles& files) {
  if (told == net::Reload::kTold) return "the server was told; its log says `Reloaded server configuration`";
  if (told == net::Reload::kNobodyThere) return fmt::format("no nats-server runs that {} names", files.pid);
  return "a server that runs goes on as before until it is told to read it (systemctl reload)";
}

base::Result<Report> run_accounts(const net::NatsServerFiles& files) {
  OBSCURA_TRY(const auto told, net::apply_nats_roles(files));
  Report report;
  report.figures = {{"accounts", files.accounts}, {"server", net::name_of(told)}};
  report.text = fmt::format("{}: written; {}\n", files.accounts, about(told, files));
  return report;
}

}  // namespace

void add_accounts(CLI::App& app, Action& action) {
  auto files = std::make_shared<net::NatsServerFiles>();
  auto* command = app.add_subcommand("accounts", "Make a NATS server's accounts of the list of who may use the site");
  command->add_option("ROLES", files->roles, "Lines supervisor, owner, worker, tenant, revoked with public nkeys")
      ->required();
  command->add_option("-o,--output", files->accounts, "What the server's configuration includes")->required();
  command->add_option("--pid", files->pid, "pid_file of a server on this machine, which is told to read it");
  command->callback([&action, files] { action = [files] { return run_accounts(*files); }; });
}

}  // namespace obscura::apps::admin
