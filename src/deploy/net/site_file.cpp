#include "deploy/net/site_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "deploy/net/address.hpp"
#include "deploy/net/detail/number_lines.hpp"
#include "deploy/net/nats_config.hpp"
#include "deploy/net/nkey.hpp"
#include "deploy/net/trust_folder.hpp"

namespace obscura::deploy::net {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::Result;

constexpr std::uint64_t kMaxSiteFileBytes = 64 * 1024;
constexpr std::uint32_t kMostGroups = kMaxGroups + 1;
constexpr std::uint64_t kMostCopies = 5;
constexpr std::string_view kScheme = "tls://";

Result<void> check_secret(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) == 0) return {};
  return base::fail(ErrorCode::kUntrusted, fmt::format("others than its owner may read {}", path),
                    fmt::format("chmod 600 {}", path));
}

// What stands in the file, and what there is to say about a line of it.
class Reader {
 public:
  explicit Reader(std::string path);
  Result<SiteFile> read(const std::string& text);

 private:
  Result<void> line(const std::string& said);
  Result<void> add_server(const std::string& url);
  Result<void> set_role(const std::string& word);
  Result<void> set_tenant(const std::string& word);
  [[nodiscard]] Result<void> set_path(std::string& target, const std::string& value) const;
  [[nodiscard]] Result<void> check_once(const std::string& name);
  [[nodiscard]] Result<void> check_places() const;
  [[nodiscard]] Result<void> check_server_files() const;
  [[nodiscard]] Result<void> check() const;
  [[nodiscard]] tl::unexpected<base::Error> wrong(const std::string& what, const std::string& hint) const {
    return base::fail(ErrorCode::kUsage, fmt::format("{}, line {}: {}", path_, number_, what), hint);
  }
  [[nodiscard]] tl::unexpected<base::Error> missing(const std::string& what, const std::string& hint) const {
    return base::fail(ErrorCode::kUsage, fmt::format("{} has no line `{}`", path_, what), hint);
  }

  std::string path_;
  fs::path folder_;
  int number_ = 0;
  std::map<std::string, int> lines_;  // where each name stands
  SiteFile file_;
  std::map<std::string, std::function<Result<void>(const std::string&)>> words_;
  detail::NumberSettings numbers_;
  detail::NumberSettings limits_;  // of an administrator
};

Reader::Reader(std::string path) : path_(std::move(path)), folder_(fs::path(path_).parent_path()) {
  const auto to_path = [this](std::string& target) {
    return [this, &target](const std::string& value) { return set_path(target, value); };
  };
  // Whoever revokes uses these, and says what is missing. Others who read the same file may not look into the server's
  // folder: a supervisor that its unit locks in.
  const auto to_server = [this](std::string& target) {
    return [this, &target](const std::string& value) {
      target = (folder_ / value).string();
      return Result<void>();
    };
  };
  words_ = {{"server", [this](const std::string& url) { return add_server(url); }},
            {"role", [this](const std::string& word) { return set_role(word); }},
            {"tenant", [this](const std::string& word) { return set_tenant(word); }},
            {"ca", to_path(file_.reach.ca_file)},
            {"certificate", to_path(file_.reach.certificate_file)},
            {"certificate_key", to_path(file_.reach.key_file)},
            {"seed", to_path(file_.reach.seed_file)},
            {"trust", to_path(file_.trust_folder)},
            {"server_roles", to_server(file_.server.roles)},
            {"server_accounts", to_server(file_.server.accounts)},
            {"server_pid", to_server(file_.server.pid)}};
  numbers_ = {{"group", detail::number_setting(file_.group, 0, kMostGroups - 1)},
              {"timeout_ms", detail::time_setting<Milliseconds>(file_.reach.call_timeout, 100)}};
  NatsStreamOptions& streams = file_.streams;
  limits_ = {{"groups", detail::number_setting(streams.groups, 1, kMostGroups)},
             {"copies", detail::number_setting(streams.copies, 1, kMostCopies)},
             {"lease_ms", detail::time_setting<Milliseconds>(file_.settings.lease, 100)},
             {"max_job_bytes", detail::number_setting(file_.settings.max_job_bytes, 1)},
             {"max_tasks", detail::number_setting(streams.max_jobs, 1)},
             {"max_task_bytes", detail::number_setting(streams.max_job_bytes, 1)},
             {"max_step_bytes", detail::number_setting(streams.max_step_bytes, 1)},
             {"max_result_bytes", detail::number_setting(streams.max_result_bytes, 1)},
             {"max_part_bytes", detail::number_setting(streams.max_part_bytes, 1)},
             {"max_blob_bytes", detail::number_setting(streams.max_blob_bytes, 1)},
             {"max_model_bytes", detail::number_setting(streams.max_model_bytes, 1)},
             {"retention_s", detail::time_setting<std::chrono::seconds>(streams.retention, 1)},
             {"blob_retention_s", detail::time_setting<std::chrono::seconds>(streams.blob_retention, 1)},
             {"resubmit_after_s", detail::time_setting<std::chrono::seconds>(streams.resubmit_after, 1)}};
}

Result<void> Reader::add_server(const std::string& url) {
  if (url.starts_with(kScheme) && url.find(' ') == std::string::npos && url.size() > kScheme.size()) {
    file_.reach.servers.push_back(url);
    return {};
  }
  return wrong("this is no address of a server", "write tls://HOST:PORT; a site is reached by TLS only");
}

Result<void> Reader::set_role(const std::string& word) {
  for (const SiteRole role : {SiteRole::kClient, SiteRole::kWorker, SiteRole::kOwner, SiteRole::kAdmin}) {
    if (word != name_of(role)) continue;
    file_.role = role;
    if (role == SiteRole::kClient || role == SiteRole::kWorker) file_.reach.api_prefix = kImportedApiPrefix;
    return {};
  }
  return wrong("this is no role", "roles are client, worker, owner and admin");
}

Result<void> Reader::set_tenant(const std::string& word) {
  if (!valid_name(word) || read_nkey_seed(word)) {
    return wrong("this cannot be a tenant", "tenants have up to 64 of A-Z a-z 0-9 _ -, and are no seed");
  }
  file_.tenant = word;
  return {};
}

Result<void> Reader::set_path(std::string& target, const std::string& value) const {
  const std::string path = (folder_ / value).string();
  std::error_code error;
  if (!fs::exists(path, error)) {
    return base::fail(ErrorCode::kNotFound,
                      fmt::format("{}, line {}: the file that it names is not there", path_, number_),
                      "paths are relative to the site file; keep its files beside it");
  }
  target = path;
  return {};
}

// Of two lines with one name, one would be read and not heed.
Result<void> Reader::check_once(const std::string& name) {
  const auto [known, is_new] = lines_.emplace(name, number_);
  if (is_new || name == "server") return {};
  return wrong(fmt::format("`{}` stands in line {} already", name, known->second), "take one of the two lines out");
}

Result<void> Reader::line(const std::string& said) {
  const std::size_t end = said.find_first_of(" \t");
  const std::string name = said.substr(0, end);
  const std::size_t begin = end == std::string::npos ? end : said.find_first_not_of(" \t", end);
  const std::string value = begin == std::string::npos ? "" : said.substr(begin);
  const auto word = words_.find(name);
  if (word == words_.end() && !numbers_.contains(name) && !limits_.contains(name)) {
    std::vector<std::string> names;
    for (const auto& [each, ignored] : words_) names.push_back(each);
    for (const auto& [each, ignored] : numbers_) names.push_back(each);
    return wrong("this begins with no name of anything",
                 fmt::format("lines begin with {}, or an administrator's limit", fmt::join(names, ", ")));
  }
  OBSCURA_TRY_VOID(check_once(name));
  if (value.empty()) return wrong(fmt::format("`{}` has no value", name), "write the value behind the name");
  if (word != words_.end()) return word->second(value);
  const std::string place = fmt::format("{}, line {},", path_, number_);
  return detail::read_number_line(said, numbers_.contains(name) ? numbers_ : limits_, place);
}

// What only one role has, and so would mean nothing to another.
Result<void> Reader::check_places() const {
  const auto role_of = [this](const std::string& name) -> std::optional<SiteRole> {
    if (name == "tenant") return SiteRole::kClient;
    if (name == "group") return SiteRole::kWorker;
    if (limits_.contains(name) || name.starts_with("server_")) return SiteRole::kAdmin;
    return std::nullopt;
  };
  for (const auto& [name, line] : lines_) {
    const auto role = role_of(name);
    if (!role || *role == file_.role) continue;
    return base::fail(
        ErrorCode::kUsage,
        fmt::format("{}, line {}: `{}` in the site file of the role {}", path_, line, name, name_of(file_.role)),
        limits_.contains(name) ? "only the administrator's site file has limits: others take them from the site"
                               : fmt::format("this line is for the role {}", name_of(*role)));
  }
  return {};
}

Result<void> Reader::check_server_files() const {
  const NatsServerFiles& server = file_.server;
  if (server.roles.empty() && server.accounts.empty() && server.pid.empty()) return {};
  if (server.roles.empty()) return missing("server_roles", "name the list of roles that the accounts are written from");
  if (server.accounts.empty()) return missing("server_accounts", "name the file of accounts that the server includes");
  return {};
}

Result<void> Reader::check() const {
  const NatsOptions& reach = file_.reach;
  if (!lines_.contains("role")) return missing("role", "roles are client, worker, owner and admin");
  if (reach.servers.empty()) return missing("server", "write tls://HOST:PORT of any server of the site");
  if (reach.ca_file.empty()) return missing("ca", "name the certificate of whoever signs the servers' certificates");
  if (reach.seed_file.empty()) return missing("seed", "name the file with the nkey seed of this role");
  if (reach.certificate_file.empty() != reach.key_file.empty()) {
    return missing(reach.key_file.empty() ? "certificate_key" : "certificate", "a certificate comes with its key");
  }
  const bool is_client = file_.role == SiteRole::kClient;
  if (is_client && file_.tenant.empty()) return missing("tenant", "a client has the rights of one tenant");
  OBSCURA_TRY_VOID(check_places());
  OBSCURA_TRY_VOID(check_server_files());
  OBSCURA_TRY_VOID(check_secret(reach.seed_file));
  return reach.key_file.empty() ? Result<void>() : check_secret(reach.key_file);
}

Result<SiteFile> Reader::read(const std::string& text) {
  std::istringstream lines(text);
  for (std::string each; std::getline(lines, each);) {
    ++number_;
    const std::string said = detail::without_comment(each);
    if (!said.empty()) OBSCURA_TRY_VOID(line(said));
  }
  OBSCURA_TRY_VOID(check());
  file_.settings.groups = file_.streams.groups;
  file_.settings.copies = file_.streams.copies;
  file_.settings.blob_retention = file_.streams.blob_retention;
  return file_;
}

}  // namespace

const char* name_of(SiteRole role) {
  constexpr std::array kNames = {"client", "worker", "owner", "admin"};
  return kNames[static_cast<std::size_t>(role)];
}

Result<SiteFile> read_site_file(const std::string& path) {
  OBSCURA_TRY(const auto bytes, base::read_file(path, kMaxSiteFileBytes));
  return Reader(path).read(std::string(bytes.begin(), bytes.end()));
}

}  // namespace obscura::deploy::net
