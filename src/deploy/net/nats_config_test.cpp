#include "deploy/net/nats_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "deploy/net/certificates.hpp"
#include "deploy/net/nats_roles_file.hpp"
#include "deploy/net/nkey.hpp"
#include "deploy/net/testing/nats_place.hpp"
#include "deploy/net/testing/pipeline.hpp"

// The configurations that are shipped say what the code says, and the server takes them.
namespace obscura::deploy::net::testing {
namespace {

const std::string kShipped = OBSCURA_SOURCE_DIR "/packaging/nats/";

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

NatsRoles example_roles() {
  return {.supervisor = "SUPERVISOR_NKEY",
          .owner = "OWNER_NKEY",
          .tenants = {{.name = "acme", .submitters = {"SUBMITTER_ACME_NKEY"}}},
          .groups = {{.workers = {"WORKER_0_NKEY"}}}};
}

// A folder with the shipped files as an administrator would have filled them in.
class NatsConfigs : public ::testing::Test {
 protected:
  NatsConfigs() {
    const auto authority = insist(CertificateAuthority::create("test", 1));
    const auto server = insist(authority.issue_server("hub", {"hub1.example", "127.0.0.1", "::1"}, 1));
    write_text(folder_.path() + "/ca.crt", authority.certificate_pem());
    write_text(folder_.path() + "/server.crt", server.certificate_pem);
    write_text(folder_.path() + "/server.key", server.secret_key_pem);
    std::uint8_t fill = 10;
    for (const char* file : {"hub.conf", "accounts.conf", "websocket.conf", "leaf.conf"}) {
      std::string text = text_of(kShipped + file);
      for (const char* user : {"SUPERVISOR", "OWNER", "SUBMITTER_ACME", "SITE_WORKER", "WORKER_0"}) {
        text = replaced(text, std::string(user) + "_NKEY", nkey_public(key_of(fill++).verify_key()));
      }
      text = replaced(text, "/etc/obscura/nats", folder_.path());
      text = replaced(text, "/run/obscura-nats", folder_.path());
      write_text(folder_.path() + "/" + file, replaced(text, "/var/lib/obscura/nats", folder_.path() + "/store"));
    }
  }
  // What `nats-server -t` says about a file; empty when it is content.
  [[nodiscard]] std::string complaint(const std::string& file) const {
    const std::string log = folder_.path() + "/check.log";
    const std::string command =
        "OBSCURA_NATS_NAME=hub1 OBSCURA_LEAF_0_PASSWORD=secret PATH=$PATH:/usr/sbin nats-server -t -c '" +
        folder_.path() + "/" + file + "' > '" + log + "' 2>&1";
    return std::system(command.c_str()) == 0 ? "" : text_of(log);
  }
  TemporaryFolder folder_;
};

TEST_F(NatsConfigs, TheServerTakesTheHub) {
  EXPECT_EQ(complaint("hub.conf"), "");
}

TEST_F(NatsConfigs, TheServerTakesTheLeaf) {
  EXPECT_EQ(complaint("leaf.conf"), "");
}

std::size_t count_of(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

// No block inherits the suites of another.
TEST(NatsConfig, EveryWayInAndOutNamesItsCipherSuites) {
  for (const auto& [file, ways] :
       {std::pair("hub.conf", 3u), std::pair("websocket.conf", 1u), std::pair("leaf.conf", 2u)}) {
    const std::string text = text_of(kShipped + file);
    EXPECT_EQ(count_of(text, "tls {"), ways) << file;
    EXPECT_EQ(count_of(text, "cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]\n"), ways) << file;
  }
}

TEST_F(NatsConfigs, TheServerComplainsAboutWhatIsWrong) {
  write_text(folder_.path() + "/hub.conf", text_of(folder_.path() + "/hub.conf") + "\nunknown_word: 1\n");
  EXPECT_THAT(complaint("hub.conf"), ::testing::HasSubstr("unknown_word"));
}

TEST(NatsConfig, TheShippedAccountsAreWhatTheCodeWrites) {
  const std::string shipped = text_of(kShipped + "accounts.conf");
  const std::string wanted = nats_accounts(example_roles());
  EXPECT_THAT(shipped, ::testing::EndsWith(wanted)) << "wanted:\n" << wanted;
}

TEST(NatsConfig, TheShippedRolesAreThoseOfTheShippedAccounts) {
  const std::string shipped = text_of(kShipped + "roles.conf");
  std::string said = nats_roles_text(example_roles());
  said.erase(0, said.find('\n') + 1);  // a comment
  EXPECT_THAT(shipped, ::testing::EndsWith(said));
}

}  // namespace
}  // namespace obscura::deploy::net::testing
