#include "deploy/net/nkey.hpp"

#include <fmt/format.h>

#include "apps/admin/command.hpp"
#include "base/file.hpp"

namespace obscura::apps::admin {

namespace {

namespace net = deploy::net;

base::Result<Report> run_nkey(const std::string& path) {
  const auto key = artifact::SigningKey::generate();
  std::string seed = net::reveal_nkey_seed(key) + "\n";
  auto* const bytes = reinterpret_cast<std::uint8_t*>(seed.data());
  auto written = base::write_file_atomically(path, {bytes, seed.size()}, base::kSecretMode, base::Existing::kRefuse);
  base::wipe({bytes, seed.size()});
  if (!written) return base::forward_error(written);
  const std::string public_key = net::nkey_public(key.verify_key());
  return Report{public_key + "\n", {{"seed", path}, {"nkey", public_key}}};
}

}  // namespace

void add_nkey(CLI::App& app, Action& action) {
  auto path = std::make_shared<std::string>();
  auto* command =
      app.add_subcommand("nkey", "Make the key by which a NATS server knows a user; prints its public half");
  command->add_option("-o,--output", *path, "File of the secret half, the seed that a site file names")->required();
  command->callback([&action, path] { action = [path] { return run_nkey(*path); }; });
}

}  // namespace obscura::apps::admin
