#include "deploy/net/nats_config.hpp"

#include <fmt/format.h>

#include "deploy/net/detail/nats_subjects.hpp"

namespace obscura::deploy::net {
namespace {

using Words = std::vector<std::string>;

constexpr std::string_view kApi = "$JS.API";

// A service of HUB, as another account sees it.
struct Service {
  std::string subject;
  bool is_api = false;  // seen under the imported prefix

  [[nodiscard]] std::string there() const { return is_api ? fmt::format("{}.{}", kApi, subject) : subject; }
  [[nodiscard]] std::string here() const {
    return is_api ? fmt::format("{}.{}", kImportedApiPrefix, subject) : subject;
  }
};

std::string quoted_list(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += fmt::format("{}\"{}\"", text.empty() ? "" : ", ", word);
  return "[" + text + "]";
}

// The ways in: without a certificate, over WebSocket, only for who can have none.
constexpr const char* kByCertificate = "\"STANDARD\"";
constexpr const char* kByBrowserToo = "\"STANDARD\", \"WEBSOCKET\"";

std::string user(const std::string& nkey, const Words& may_publish, const char* ways = kByCertificate) {
  return fmt::format(
      "      {{ nkey: {0}, allowed_connection_types: [{2}], permissions: {{\n"
      "          publish: {{ allow: {1} }}\n"
      "          subscribe: {{ allow: [\"_INBOX_{0}.>\"] }} }} }}\n",
      nkey, quoted_list(may_publish), ways);
}

// Everybody's: reading models and keys, and what the site says of itself.
std::vector<Service> shared_services() {
  return {{"DIRECT.GET.MODEL.obscura.model.*.*", true},
          {fmt::format("DIRECT.GET.{}.obscura.site.*", detail::kSiteStream), true}};
}

std::vector<Service> worker_services(std::uint32_t group) {
  std::vector<Service> services = shared_services();
  for (const std::string& stream : {detail::jobs_stream(group), detail::steps_stream(group)}) {
    services.push_back({fmt::format("CONSUMER.MSG.NEXT.{}.*", stream), true});
    services.push_back({fmt::format("$JS.ACK.{}.>", stream)});
  }
  services.push_back({fmt::format("obscura.blob.*.r{}.*.*", group)});
  services.push_back({fmt::format("DIRECT.GET.BLOB.obscura.blob.*.r{}.*.*", group), true});
  services.push_back({fmt::format("obscura.step.*.*.*.*.*.*.r{}", group)});
  services.push_back({fmt::format("obscura.part.*.*.*.*.r{}", group)});
  services.push_back({fmt::format("obscura.result.*.*.r{}", group)});
  services.push_back({fmt::format("STREAM.INFO.{}", detail::steps_stream(group)), true});
  services.push_back({fmt::format("STREAM.INFO.{}", detail::part_stream(group)), true});
  services.push_back({fmt::format("STREAM.MSG.GET.{}", detail::part_stream(group)), true});
  return services;
}

std::vector<Service> tenant_services(const std::string& tenant) {
  std::vector<Service> services = shared_services();
  services.push_back({fmt::format("obscura.blob.{}.*.*.*", tenant)});
  services.push_back({fmt::format("DIRECT.GET.BLOB.obscura.blob.{}.*.*.*", tenant), true});
  services.push_back({fmt::format("obscura.job.*.0.*.{}.*.*.*", tenant)});
  services.push_back({fmt::format("obscura.result.{}.*.*", tenant)});
  services.push_back({fmt::format("DIRECT.GET.RESULT.obscura.result.{}.*.*", tenant), true});
  return services;
}

std::string outer_account(const std::string& name, const Words& members, const std::vector<Service>& services,
                          const char* ways) {
  Words may_publish;
  std::string imports;
  for (const Service& service : services) {
    may_publish.push_back(service.here());
    const std::string to = service.is_api ? fmt::format(", to: \"{}\"", service.here()) : "";
    imports += fmt::format("      {{ service: {{ account: HUB, subject: \"{}\" }}{} }}\n", service.there(), to);
  }
  std::string users;
  for (const std::string& nkey : members) users += user(nkey, may_publish, ways);
  return fmt::format("  {} {{\n    users: [\n{}    ]\n    imports: [\n{}    ]\n  }}\n", name, users, imports);
}

std::string hub(const NatsRoles& roles, const std::string& exports) {
  Words owner = {"obscura.model.*.*", "$JS.API.DIRECT.GET.MODEL.>", "$JS.API.STREAM.PURGE.MODEL",
                 detail::kModelsSubject, fmt::format("$JS.API.DIRECT.GET.{}.obscura.site.*", detail::kSiteStream)};
  for (std::uint32_t group = 0; group < roles.groups.size(); ++group) {
    owner.push_back(fmt::format("$JS.API.CONSUMER.DURABLE.CREATE.{}.*", detail::jobs_stream(group)));
    owner.push_back(fmt::format("$JS.API.CONSUMER.DURABLE.CREATE.{}.*", detail::steps_stream(group)));
  }
  const Words supervisor = {"$JS.API.>", "$JS.ACK.>", "obscura.>"};
  return fmt::format("  HUB {{\n    jetstream: enabled\n    users: [\n{}{}    ]\n    exports: [\n{}    ]\n  }}\n",
                     user(roles.supervisor, supervisor), user(roles.owner, owner), exports);
}

std::string exports_to(const std::string& account, const std::vector<Service>& services) {
  std::string text;
  for (const Service& service : services) {
    text += fmt::format("      {{ service: \"{}\", accounts: [{}] }}\n", service.there(), account);
  }
  return text;
}

}  // namespace

std::string nats_accounts(const NatsRoles& roles) {
  std::string accounts;
  std::string exports;
  std::string all;
  const std::vector<Service> shared = shared_services();
  const auto add = [&](const std::string& name, const Words& members, const std::vector<Service>& services,
                       const char* ways) {
    accounts += outer_account(name, members, services, ways);
    exports += exports_to(name, {services.begin() + static_cast<std::ptrdiff_t>(shared.size()), services.end()});
    all += (all.empty() ? "" : ", ") + name;
  };
  for (std::uint32_t group = 0; group < roles.groups.size(); ++group) {
    const std::string name = fmt::format("WORKERS_{}", group);
    if (roles.groups[group].revoked) {
      accounts += fmt::format("  {} {{ }}\n", name);
    } else {
      add(name, roles.groups[group].workers, worker_services(group), kByCertificate);
    }
  }
  for (const NatsTenant& tenant : roles.tenants) {
    add("TENANT_" + tenant.name, tenant.submitters, tenant_services(tenant.name), kByBrowserToo);
  }
  if (!all.empty()) exports += exports_to(all, shared);
  return fmt::format("system_account: SYS\naccounts {{\n  SYS {{ }}\n{}{}}}\n", hub(roles, exports), accounts);
}

}  // namespace obscura::deploy::net
