#include "deploy/net/nats_site.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "artifact/signature.hpp"
#include "base/file.hpp"
#include "deploy/net/address.hpp"
#include "deploy/net/certificates.hpp"
#include "deploy/net/nats_config.hpp"
#include "deploy/net/nkey.hpp"

namespace obscura::deploy::net {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::Result;

constexpr int kDays = 365;
constexpr std::uint64_t kMaxUrlBytes = 1'000;

std::string role_path(const std::string& folder, const std::string& role, const char* kind) {
  return fmt::format("{}/roles/{}.{}", folder, role, kind);
}

Result<void> write(const std::string& path, std::string text, mode_t mode) {
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  auto written = base::write_file_atomically(path, {bytes, text.size()}, mode);
  base::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return written;
}

Result<void> write(const std::string& stem, Certificate certificate) {
  OBSCURA_TRY_VOID(write(stem + ".crt", std::move(certificate.certificate_pem), base::kPublicMode));
  return write(stem + ".key", std::move(certificate.secret_key_pem), base::kSecretMode);
}

// The role's public nkey.
Result<std::string> add_role(const std::string& folder, const std::string& role,
                             const CertificateAuthority& authority) {
  const artifact::SigningKey key = artifact::SigningKey::generate();
  OBSCURA_TRY_VOID(write(role_path(folder, role, "seed"), reveal_nkey_seed(key) + "\n", base::kSecretMode));
  OBSCURA_TRY(Certificate certificate, authority.issue_client(role, kDays));
  OBSCURA_TRY_VOID(write(fmt::format("{}/roles/{}", folder, role), std::move(certificate)));
  return nkey_public(key.verify_key());
}

Result<NatsRoles> add_roles(const NatsSiteOptions& options, const CertificateAuthority& authority) {
  NatsRoles roles;
  OBSCURA_TRY(roles.supervisor, add_role(options.folder, "supervisor", authority));
  OBSCURA_TRY(roles.owner, add_role(options.folder, "owner", authority));
  for (std::uint32_t group = 0; group < options.groups; ++group) {
    OBSCURA_TRY(std::string nkey, add_role(options.folder, fmt::format("worker-{}", group), authority));
    roles.groups.push_back({.workers = {std::move(nkey)}});
  }
  for (const std::string& tenant : options.tenants) {
    OBSCURA_TRY(std::string nkey, add_role(options.folder, "submitter-" + tenant, authority));
    roles.tenants.push_back({.name = tenant, .submitters = {std::move(nkey)}});
  }
  return roles;
}

// The one cipher suite of TLS 1.2 that is left needs an RSA certificate, which this server has not: so TLS 1.3 is all
// that remains. Servers before 2.11 have no option that says so.
std::string server_config(const NatsSiteOptions& options) {
  return fmt::format(
      "# Written by Obscura for a site on this machine.\n"
      "server_name: site\n"
      "listen: \"127.0.0.1:{0}\"\n"
      "max_payload: 1MB\n"
      "pid_file: \"{1}/server.pid\"\n"
      "jetstream {{ store_dir: \"{1}/store\", max_file_store: {2} }}\n"
      "tls {{\n"
      "  cert_file: \"{1}/server.crt\"\n"
      "  key_file: \"{1}/server.key\"\n"
      "  ca_file: \"{1}/ca.crt\"\n"
      "  verify: true\n"
      "  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]\n"
      "}}\n"
      "include \"accounts.conf\"\n",
      options.port, options.folder, options.max_store_bytes);
}

Result<void> check(const NatsSiteOptions& options) {
  const bool names = std::all_of(options.tenants.begin(), options.tenants.end(),
                                 [](const std::string& tenant) { return valid_name(tenant); });
  if (names && options.groups > 0 && options.folder.find('"') == std::string::npos) return {};
  return base::fail(ErrorCode::kUsage, "a site needs an operator group, and tenants' names of A-Z a-z 0-9 _ -",
                    "name the tenants otherwise, at most 64 characters each");
}

}  // namespace

NatsSiteFiles nats_site_files(const std::string& folder) {
  return {.config_file = folder + "/server.conf",
          .log_file = folder + "/server.log",
          .accounts = {
              .roles = folder + "/roles.conf", .accounts = folder + "/accounts.conf", .pid = folder + "/server.pid"}};
}

Result<void> write_nats_site(const NatsSiteOptions& options) {
  OBSCURA_TRY_VOID(check(options));
  std::error_code error;
  fs::create_directories(options.folder + "/roles", error);
  if (!error) fs::permissions(options.folder + "/roles", fs::perms::owner_all, error);
  if (error) {
    return base::fail(ErrorCode::kIo, fmt::format("{} cannot be created: {}", options.folder, error.message()));
  }
  OBSCURA_TRY(const CertificateAuthority authority, CertificateAuthority::create("Obscura site", kDays));
  OBSCURA_TRY_VOID(write(options.folder + "/ca.crt", authority.certificate_pem(), base::kPublicMode));
  OBSCURA_TRY(Certificate server, authority.issue_server("site", {"127.0.0.1", "localhost"}, kDays));
  OBSCURA_TRY_VOID(write(options.folder + "/server", std::move(server)));
  OBSCURA_TRY(const NatsRoles roles, add_roles(options, authority));
  OBSCURA_TRY_VOID(
      write(options.folder + "/url", fmt::format("tls://127.0.0.1:{}\n", options.port), base::kPublicMode));
  const NatsSiteFiles files = nats_site_files(options.folder);
  OBSCURA_TRY_VOID(write(files.accounts.roles, nats_roles_text(roles), base::kPublicMode));
  OBSCURA_TRY([[maybe_unused]] const Reload told, apply_nats_roles(files.accounts));
  return write(files.config_file, server_config(options), base::kPublicMode);
}

Result<NatsOptions> nats_site_role(const std::string& folder, const std::string& role) {
  OBSCURA_TRY(const std::vector<std::uint8_t> url, base::read_file(folder + "/url", kMaxUrlBytes));
  NatsOptions options{.servers = {std::string(url.begin(), std::find(url.begin(), url.end(), '\n'))},
                      .seed_file = role_path(folder, role, "seed"),
                      .ca_file = folder + "/ca.crt",
                      .certificate_file = role_path(folder, role, "crt"),
                      .key_file = role_path(folder, role, "key")};
  std::error_code ignored;
  if (!fs::exists(options.seed_file, ignored)) {
    return base::fail(ErrorCode::kNotFound, fmt::format("the site in {} has no role {}", folder, role),
                      "roles are supervisor, owner, worker-0 and on, submitter-TENANT");
  }
  if (role != "supervisor" && role != "owner") options.api_prefix = kImportedApiPrefix;
  return options;
}

}  // namespace obscura::deploy::net
