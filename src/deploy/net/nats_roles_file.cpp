#include "deploy/net/nats_roles_file.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "deploy/net/address.hpp"
#include "deploy/net/detail/number_lines.hpp"
#include "deploy/net/nkey.hpp"
#include "deploy/net/trust_folder.hpp"

namespace obscura::deploy::net {
namespace {

using base::ErrorCode;
using base::Result;

constexpr std::uint64_t kMaxRolesBytes = 1 << 20;
constexpr std::uint64_t kMaxPidBytes = 64;
constexpr const char* kServerName = "nats-server";

using Words = std::vector<std::string>;

// What stands in the file, and what there is to say about a line of it. What a line says is not repeated: it may be a
// seed, where its key should stand or where nobody would think of.
class Reader {
 public:
  explicit Reader(std::string path) : path_(std::move(path)) {}
  Result<NatsRoles> read(const std::string& text);

 private:
  Result<void> line(const Words& words);
  Result<void> set_only(std::string& target, const Words& words) const;
  Result<void> add_tenant(const Words& words);
  Result<NatsGroup*> group(const std::string& number);
  [[nodiscard]] Result<void> check_key(const std::string& key) const;
  [[nodiscard]] Result<void> check() const;
  [[nodiscard]] tl::unexpected<base::Error> wrong(const std::string& what, const std::string& hint) const {
    return base::fail(ErrorCode::kUsage, fmt::format("{}, line {}: {}", path_, number_, what), hint);
  }

  std::string path_;
  int number_ = 0;
  NatsRoles roles_;
};

Result<void> Reader::check_key(const std::string& key) const {
  if (!is_public_nkey(key)) {
    return wrong("this is no public nkey of a user",
                 "it has 56 characters and begins with U; `obscura-admin nkey` prints it");
  }
  const auto has = [&](const std::vector<std::string>& keys) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  };
  const bool known =
      key == roles_.supervisor || key == roles_.owner ||
      std::any_of(roles_.groups.begin(), roles_.groups.end(), [&](const NatsGroup& g) { return has(g.workers); }) ||
      std::any_of(roles_.tenants.begin(), roles_.tenants.end(), [&](const NatsTenant& t) { return has(t.submitters); });
  if (!known) return {};
  return wrong(fmt::format("{} stands above already", key), "every role and every user has a key of its own");
}

Result<void> Reader::set_only(std::string& target, const Words& words) const {
  if (!target.empty()) return wrong(fmt::format("a second {}", words[0]), "a site has one");
  OBSCURA_TRY_VOID(check_key(words[1]));
  target = words[1];
  return {};
}

Result<NatsGroup*> Reader::group(const std::string& number) {
  std::uint32_t value = 0;
  const char* const end = number.data() + number.size();
  const auto read = std::from_chars(number.data(), end, value);
  if (read.ec != std::errc() || read.ptr != end || value > kMaxGroups) {
    return wrong("this is no number of an operator group", fmt::format("groups count from 0 to {}", kMaxGroups));
  }
  if (value >= roles_.groups.size()) roles_.groups.resize(value + 1);
  return &roles_.groups[value];
}

Result<void> Reader::add_tenant(const Words& words) {
  if (!valid_name(words[1]) || read_nkey_seed(words[1])) {
    return wrong("this cannot be a tenant", "tenants have up to 64 of A-Z a-z 0-9 _ -, and are no seed");
  }
  OBSCURA_TRY_VOID(check_key(words[2]));
  const auto known = std::find_if(roles_.tenants.begin(), roles_.tenants.end(),
                                  [&](const NatsTenant& tenant) { return tenant.name == words[1]; });
  if (known != roles_.tenants.end()) {
    known->submitters.push_back(words[2]);
  } else {
    roles_.tenants.push_back({.name = words[1], .submitters = {words[2]}});
  }
  return {};
}

Result<void> Reader::line(const Words& words) {
  const std::string& name = words.front();
  if (name == "supervisor" && words.size() == 2) return set_only(roles_.supervisor, words);
  if (name == "owner" && words.size() == 2) return set_only(roles_.owner, words);
  if (name == "tenant" && words.size() == 3) return add_tenant(words);
  if (name == "worker" && words.size() == 3) {
    OBSCURA_TRY_VOID(check_key(words[2]));
    OBSCURA_TRY(NatsGroup* const of, group(words[1]));
    of->workers.push_back(words[2]);
    return {};
  }
  if (name == "revoked" && words.size() == 2) {
    OBSCURA_TRY(NatsGroup* const of, group(words[1]));
    of->revoked = true;
    return {};
  }
  return wrong("this means nothing",
               "lines are supervisor KEY, owner KEY, worker GROUP KEY, tenant NAME KEY, revoked GROUP");
}

Result<void> Reader::check() const {
  const auto missing = [&](const std::string& what, const std::string& hint) {
    return base::fail(ErrorCode::kUsage, fmt::format("{} has no {}", path_, what), hint);
  };
  if (roles_.supervisor.empty()) return missing("supervisor", "add a line `supervisor KEY`");
  if (roles_.owner.empty()) return missing("owner", "add a line `owner KEY`");
  if (roles_.groups.empty()) return missing("worker", "add a line `worker 0 KEY`");
  for (std::size_t group = 0; group < roles_.groups.size(); ++group) {
    if (roles_.groups[group].workers.empty()) {
      return missing(fmt::format("worker of the operator group {}", group), "groups count from 0, without a gap");
    }
  }
  return {};
}

Result<NatsRoles> Reader::read(const std::string& text) {
  std::istringstream lines(text);
  for (std::string each; std::getline(lines, each);) {
    ++number_;
    std::istringstream said(detail::without_comment(each));
    Words words;
    for (std::string word; said >> word;) words.push_back(word);
    if (!words.empty()) OBSCURA_TRY_VOID(line(words));
  }
  OBSCURA_TRY_VOID(check());
  return roles_;
}

Result<void> write(const std::string& path, const std::string& text) {
  return base::write_file_atomically(path, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

// A number that a server left behind may be somebody else's by now. Nothing: whose it is, is hidden from this user.
std::optional<bool> is_server(pid_t pid) {
  const auto name = base::read_file(fmt::format("/proc/{}/comm", pid), kMaxPidBytes);
  if (name) return std::string(name->begin(), name->end()) == fmt::format("{}\n", kServerName);
  if (::kill(pid, 0) != 0 && errno == ESRCH) return false;
  return std::nullopt;
}

tl::unexpected<base::Error> not_told(const std::string& pid_file, const std::string& why) {
  return base::fail(ErrorCode::kIo,
                    fmt::format("the accounts are written, but the {} of {} cannot be told to read them: {}",
                                kServerName, pid_file, why),
                    "send it SIGHUP as the user that it runs as, or `systemctl reload` it");
}

Result<Reload> reload(const std::string& pid_file) {
  if (pid_file.empty()) return Reload::kNotAsked;
  auto text = base::read_file(pid_file, kMaxPidBytes);
  if (!text && text.error().code == ErrorCode::kNotFound) return Reload::kNobodyThere;
  if (!text) return not_told(pid_file, text.error().message);
  const auto* const begin = reinterpret_cast<const char*>(text->data());
  pid_t pid = 0;
  if (std::from_chars(begin, begin + text->size(), pid).ec != std::errc() || pid <= 0) return Reload::kNobodyThere;
  const auto server = is_server(pid);
  if (!server) return not_told(pid_file, fmt::format("process {} is hidden from this user", pid));
  if (!*server) return Reload::kNobodyThere;
  if (::kill(pid, SIGHUP) == 0) return Reload::kTold;
  return not_told(pid_file, std::generic_category().message(errno));
}

Result<std::string> text_in(const std::string& path) {
  OBSCURA_TRY(const auto bytes, base::read_file(path, kMaxRolesBytes));
  return std::string(bytes.begin(), bytes.end());
}

}  // namespace

Result<NatsRoles> read_nats_roles(const std::string& path) {
  OBSCURA_TRY(const std::string text, text_in(path));
  return Reader(path).read(text);
}

std::string nats_roles_text(const NatsRoles& roles) {
  std::string text =
      "# Who may use this site, by public nkeys. `obscura-admin accounts` makes a server's accounts of it.\n";
  text += fmt::format("supervisor {}\nowner {}\n", roles.supervisor, roles.owner);
  for (std::size_t group = 0; group < roles.groups.size(); ++group) {
    for (const std::string& key : roles.groups[group].workers) text += fmt::format("worker {} {}\n", group, key);
    if (roles.groups[group].revoked) text += fmt::format("revoked {}\n", group);
  }
  for (const NatsTenant& tenant : roles.tenants) {
    for (const std::string& key : tenant.submitters) text += fmt::format("tenant {} {}\n", tenant.name, key);
  }
  return text;
}

const char* name_of(Reload reload) {
  constexpr std::array kNames = {"told", "not running", "not asked"};
  return kNames[static_cast<std::size_t>(reload)];
}

Result<Reload> apply_nats_roles(const NatsServerFiles& files) {
  OBSCURA_TRY(const NatsRoles roles, read_nats_roles(files.roles));
  OBSCURA_TRY_VOID(
      write(files.accounts, "# Written by obscura-admin from the site's list of roles.\n" + nats_accounts(roles)));
  return reload(files.pid);
}

Result<Reload> shut_out_group(const NatsServerFiles& files, std::uint32_t group) {
  OBSCURA_TRY(std::string text, text_in(files.roles));
  OBSCURA_TRY(const NatsRoles roles, Reader(files.roles).read(text));
  if (group >= roles.groups.size()) {
    return base::fail(ErrorCode::kNotFound, fmt::format("{} has no operator group {}", files.roles, group),
                      "the number of a group is that of its folder workers/NUMBER-NAME");
  }
  if (!roles.groups[group].revoked) {
    if (!text.ends_with('\n')) text += '\n';
    OBSCURA_TRY_VOID(write(files.roles, text + fmt::format("revoked {}\n", group)));
  }
  return apply_nats_roles(files);
}

}  // namespace obscura::deploy::net
