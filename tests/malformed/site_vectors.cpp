#include <string_view>

#include "tests/malformed/vectors.hpp"

/// Files with which a site's people say how it is reached.
namespace obscura::fuzz {
namespace {

constexpr std::string_view kReach = "server tls://hub.example:4222\nca ca.crt\nseed own.seed\n";

Vector site(const std::string& name, const std::string& text, const std::string& words) {
  return {name, "site",
          [=](Workshop&) {
            const std::string all = std::string(kReach) + text;
            return Bytes(all.begin(), all.end());
          },
          words};
}

}  // namespace

Vectors site_vectors() {
  return {
      site("a site file without a role", "", "has no line `role`"),
      site("a site file with a role that there is not", "role king\n", "line 4: this is no role"),
      site("a site file with a line that means nothing", "role worker\ncolour red\n",
           "begins with no name of anything"),
      site("a site file with two roles", "role worker\nrole owner\n", "`role` stands in line 4 already"),
      site("a site file with a name without value", "role worker\ngroup\n", "`group` has no value"),
      site("a site file with a group of 2^64", "role worker\ngroup 18446744073709551616\n",
           "a line that means nothing"),
      site("a site file with group 64", "role worker\ngroup 64\n", "a line that means nothing"),
      site("a site file with a negative group", "role worker\ngroup -1\n", "a line that means nothing"),
      site("a site file of a client without tenant", "role client\n", "has no line `tenant`"),
      site("a site file with a tenant that leads elsewhere", "role client\ntenant ../x\n", "cannot be a tenant"),
      site("a site file with another role's line", "role owner\ntenant clinic\n", "in the site file of the role owner"),
      site("a site file with a certificate without its key", "role worker\ncertificate own.crt\n",
           "has no line `certificate_key`"),
      site("a site file that names a file that is not there", "role worker\ncertificate none.crt\n", "is not there"),
      site("a site file with a server without TLS", "server nats://x\nrole worker\n", "is no address of a server"),
      site("a site file with no copy", "role admin\ncopies 0\n", "a line that means nothing"),
      site("a site file with the accounts of a server alone", "role admin\nserver_accounts a\n",
           "has no line `server_roles`")};
}

}  // namespace obscura::fuzz
