#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <signal.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "deploy/net/answer.hpp"
#include "deploy/net/certificates.hpp"
#include "deploy/net/detail/nats_subjects.hpp"
#include "deploy/net/nats_config.hpp"
#include "deploy/net/nats_roles_file.hpp"
#include "deploy/net/nkey.hpp"
#include "deploy/net/serve_one.hpp"
#include "deploy/net/submit_job.hpp"
#include "deploy/net/testing/forwarding_queue.hpp"
#include "deploy/net/testing/nats_place.hpp"
#include "deploy/net/testing/pipeline.hpp"
#include "deploy/net/testing/web_socket.hpp"

// The configurations of packaging/nats as an administrator fills them in: three servers of a hub, a leaf that dials out
// to them, and the way in for browsers.
namespace obscura::deploy::net::testing {
namespace {

using base::ErrorCode;

const std::string kShipped = OBSCURA_SOURCE_DIR "/packaging/nats/";
constexpr const char* kOrigin = "https://app.example";
constexpr std::array kUsers = {"SUPERVISOR", "OWNER", "SUBMITTER_ACME", "SITE_WORKER", "WORKER_0"};
constexpr const char* kTenant = "acme";
constexpr std::uint32_t kCopies = 3;  // one at each server of the hub

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

using Changes = std::vector<std::pair<std::string, std::string>>;

std::string changed(std::string text, const Changes& changes) {
  for (const auto& [from, to] : changes) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
      text.replace(at, from.size(), to);
    }
  }
  return text;
}

// Ports of one server, of the loopback interface.
struct Ports {
  std::uint16_t client = insist(free_loopback_port());
  std::uint16_t route = insist(free_loopback_port());
  std::uint16_t leaf = insist(free_loopback_port());
  std::uint16_t browser = insist(free_loopback_port());
  std::uint16_t http = insist(free_loopback_port());
};

class PackagedNats : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { site_ = new RunningSite; }
  static void TearDownTestSuite() {
    delete site_;
    site_ = nullptr;
  }

  class RunningSite {
   public:
    RunningSite() {
      const auto authority = insist(CertificateAuthority::create("test", 1));
      const auto server = insist(authority.issue_server("hub", {"127.0.0.1"}, 1));
      const auto client = insist(authority.issue_client("somebody", 1));
      write_text(file("ca.crt"), authority.certificate_pem());
      write_text(file("server.crt"), server.certificate_pem);
      write_text(file("server.key"), server.secret_key_pem);
      write_text(file("client.crt"), client.certificate_pem);
      write_text(file("client.key"), client.secret_key_pem);
      std::uint8_t fill = 20;
      for (const char* user : kUsers) write_text(file(std::string(user) + ".seed"), reveal_nkey_seed(key_of(fill++)));
      for (std::size_t hub = 0; hub < hubs_.size(); ++hub) write_hub(hub);
      for (std::size_t hub = 0; hub < hubs_.size(); ++hub) {
        const std::string name = fmt::format("hub{}", hub + 1);
        servers_.push_back(insist(NatsServer::start(file(name + "/hub.conf"), hubs_[hub].client, file(name + ".log"))));
      }
      std::filesystem::create_directories(file("leaf"));
      write_text(file("leaf.conf"), changed(text_of(kShipped + "leaf.conf"), common("leaf", leaf_)));
      servers_.push_back(insist(NatsServer::start(file("leaf.conf"), leaf_.client, file("leaf.log"))));
      const auto supervisor = connect("SUPERVISOR");
      NatsStreamOptions streams = small_streams(1000);
      streams.groups = 1;
      streams.copies = kCopies;
      insist(create_streams(*supervisor, streams));
      const auto owner = connect("OWNER");
      for (const Lane& lane : all_lanes(3, 2)) insist(create_lane(*owner, lane, Milliseconds(30'000)));
    }
    [[nodiscard]] std::string file(const std::string& name) const { return folder_.path() + "/" + name; }
    [[nodiscard]] NatsOptions options(const std::string& user) const {
      const bool at_leaf = user == "SITE_WORKER";
      const bool inner = user == "SUPERVISOR" || user == "OWNER";
      NatsOptions options{.servers = {},
                          .seed_file = file(user + ".seed"),
                          .ca_file = file("ca.crt"),
                          .certificate_file = file("client.crt"),
                          .key_file = file("client.key"),
                          .call_timeout = Milliseconds(30'000)};
      if (!inner) options.api_prefix = kImportedApiPrefix;
      if (at_leaf) options.servers.push_back(fmt::format("tls://127.0.0.1:{}", leaf_.client));
      for (const Ports& hub : hubs_) {
        if (!at_leaf) options.servers.push_back(fmt::format("tls://127.0.0.1:{}", hub.client));
      }
      return options;
    }
    [[nodiscard]] std::shared_ptr<NatsConnection> connect(const std::string& user) const {
      return insist(NatsConnection::open(options(user)));
    }
    [[nodiscard]] std::uint16_t browser_port() const { return hubs_[1].browser; }
    // As an administrator who has the accounts of all three written anew.
    void revoke() const {
      for (std::size_t hub = 0; hub < hubs_.size(); ++hub) {
        const std::string name = fmt::format("hub{}", hub + 1);
        const auto told = insist(shut_out_group({.roles = file(name + "/roles.conf"),
                                                 .accounts = file(name + "/accounts.conf"),
                                                 .pid = file(name + "/server.pid")},
                                                0));
        EXPECT_EQ(told, Reload::kTold);
      }
    }
    [[nodiscard]] std::string log(std::size_t hub) const { return text_of(file(fmt::format("hub{}.log", hub + 1))); }

   private:
    [[nodiscard]] Changes common(const std::string& name, const Ports& ports) const {
      Changes changes = {{"/etc/obscura/nats", folder_.path()},
                         {"/var/lib/obscura/nats", file(name + ".store")},
                         {"/run/obscura-nats/server.pid", file(name + "/server.pid")},
                         {"$OBSCURA_NATS_NAME", name},
                         {"$OBSCURA_LEAF_0_PASSWORD", "a-password"},
                         {"LEAF_0_PASSWORD", "a-password"},
                         {"0.0.0.0:4222", fmt::format("127.0.0.1:{}", ports.client)},
                         {"0.0.0.0:6222", fmt::format("127.0.0.1:{}", ports.route)},
                         {"0.0.0.0:7422", fmt::format("127.0.0.1:{}", ports.leaf)},
                         {"0.0.0.0:8443", fmt::format("127.0.0.1:{}", ports.browser)},
                         {"127.0.0.1:8222", fmt::format("127.0.0.1:{}", ports.http)}};
      for (std::size_t hub = 0; hub < hubs_.size(); ++hub) {
        const std::string host = fmt::format("hub{}.example", hub + 1);
        changes.emplace_back(host + ":6222", fmt::format("127.0.0.1:{}", hubs_[hub].route));
        changes.emplace_back(host + ":7422", fmt::format("127.0.0.1:{}", hubs_[hub].leaf));
      }
      std::uint8_t fill = 20;
      for (const char* user : kUsers) {
        changes.emplace_back(std::string(user) + "_NKEY", nkey_public(key_of(fill++).verify_key()));
      }
      return changes;
    }
    void write_hub(std::size_t hub) const {
      const std::string name = fmt::format("hub{}", hub + 1);
      std::filesystem::create_directories(file(name));
      for (const char* each : {"hub.conf", "websocket.conf", "roles.conf"}) {
        write_text(file(name + "/" + each), changed(text_of(kShipped + each), common(name, hubs_[hub])));
      }
      EXPECT_TRUE(apply_nats_roles(
          {.roles = file(name + "/roles.conf"), .accounts = file(name + "/accounts.conf"), .pid = {}}));
    }

    TemporaryFolder folder_;
    std::array<Ports, 3> hubs_;
    Ports leaf_;
    std::vector<std::unique_ptr<NatsServer>> servers_;
  };

  [[nodiscard]] static Job job_of_acme(const std::string& name) {
    Job job = make_job(name, {2, 1}, make_inputs(name), SystemClock().now() + std::chrono::hours(1));
    job.key.tenant = kTenant;
    return job;
  }
  // All that a job of two shards, a merge and a stage takes, by a worker at the site's leaf.
  static void work_at_the_leaf(int steps) {
    SystemClock clock;
    const auto connection = site_->connect("SITE_WORKER");
    const auto queue = NatsQueue::open(connection, {.sees_results = false, .copies = kCopies});
    const auto store = NatsBlobs::open(connection);
    const Worker worker{.queue = *queue,
                        .blobs = *store,
                        .clock = clock,
                        .identity = cast().worker,
                        .trust = cast().trust,
                        .evaluate = [](const StepInput& input, const StillMine&) -> base::Result<StepOutput> {
                          return StepOutput{.outputs = pure_step(input.step, input.inputs, 100)};
                        },
                        .max_inline_bytes = 0};
    for (int step = 0; step < steps; ++step) {
      const auto served = serve_one(worker, all_lanes(2, 2), Milliseconds(20'000));
      ASSERT_TRUE(served) << served.error().message;
      ASSERT_TRUE(served->has_value()) << "step " << step;
      EXPECT_EQ((*served)->ending, Ending::kEffect) << (*served)->cause;
    }
  }
  static const Cast& cast() {
    static const Cast people = [] {
      Cast made;
      made.trust.submitters = {{kTenant, made.submitter.verify_key()}};
      return made;
    }();
    return people;
  }
  static void expect_answer(const Job& job, std::span<const std::uint8_t> message, BlobStore& store) {
    const auto answer = open_answer(message, sign_job(job, cast().submitter), cast().trust);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(read_outputs(*answer, store, 1 << 24).value(), expected_answer(job, make_inputs(job.key.job), 100));
  }

  static RunningSite* site_;
};

PackagedNats::RunningSite* PackagedNats::site_ = nullptr;

TEST_F(PackagedNats, SlowAJobGoesFromTheHubThroughTheLeafAndBack) {
  const auto submitters = site_->connect("SUBMITTER_ACME");
  const auto queue = NatsQueue::open(submitters, {.copies = kCopies});
  const auto store = NatsBlobs::open(submitters);
  const Job job = job_of_acme("by-hub");
  ASSERT_EQ(submit_job(*queue, *store, job, cast().submitter, make_inputs("by-hub"), 0).value(), Stored::kStored);
  work_at_the_leaf(4);
  const auto message = queue->result(job.key, Milliseconds(10'000)).value();
  ASSERT_TRUE(message);
  expect_answer(job, *message, *store);
}

// Keeps what is published, for whoever sends it another way.
class Kept final : public ForwardingQueue {
 public:
  using ForwardingQueue::ForwardingQueue;
  base::Result<Stored> publish(const Task& task) override {
    tasks.push_back(task);
    return Stored::kStored;
  }
  std::vector<Task> tasks;
};

// As a browser speaks with a server: its protocol, and the signature that proves the nkey.
class Browser {
 public:
  Browser(std::uint16_t port, const std::string& ca_file, const artifact::SigningKey& key)
      : socket_(port, ca_file, kOrigin), inbox_("_INBOX_" + nkey_public(key.verify_key()) + ".page") {
    if (!socket_.is_open()) return;
    const std::string info = socket_.line();
    const std::string nonce = nlohmann::json::parse(info.substr(info.find('{')))["nonce"];
    const nlohmann::json connect = {{"verbose", false},       {"pedantic", false},
                                    {"headers", true},        {"no_responders", true},
                                    {"protocol", 1},          {"nkey", nkey_public(key.verify_key())},
                                    {"sig", sign(key, nonce)}};
    socket_.send("CONNECT " + connect.dump() + "\r\nSUB " + inbox_ + " 1\r\nPING\r\n");
    for (said_ = socket_.line(); !said_.empty() && said_ != "PONG" && !said_.starts_with("-ERR");) {
      said_ = socket_.line();
    }
  }
  [[nodiscard]] bool is_in() const { return said_ == "PONG"; }
  [[nodiscard]] const std::string& said() const { return said_; }

  // The headers and the body of the one answer.
  std::pair<std::string, std::string> ask(const std::string& subject, const std::string& headers,
                                          const std::string& body) {
    const std::string head = headers.empty() ? "" : "NATS/1.0\r\n" + headers + "\r\n";
    const std::string sizes =
        head.empty() ? fmt::format("PUB {} {} {}", subject, inbox_, body.size())
                     : fmt::format("HPUB {} {} {} {}", subject, inbox_, head.size(), head.size() + body.size());
    socket_.send(sizes + "\r\n" + head + body + "\r\n");
    std::string line = socket_.line();
    while (!line.empty() && !line.starts_with("MSG") && !line.starts_with("HMSG")) line = socket_.line();
    std::istringstream words(line);
    const std::vector<std::string> said{std::istream_iterator<std::string>(words), {}};
    if (said.size() < 4) return {};
    const bool has_headers = said[0] == "HMSG";
    const std::size_t head_bytes = has_headers ? std::stoul(said[said.size() - 2]) : 0;
    const std::string all = socket_.bytes(std::stoul(said.back()) + 2);
    return {all.substr(0, head_bytes), all.substr(head_bytes, all.size() - 2 - head_bytes)};
  }

 private:
  static std::string sign(const artifact::SigningKey& key, const std::string& nonce) {
    const auto& seed = key.reveal_secret();
    EVP_PKEY* const secret = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size());
    EVP_MD_CTX* const context = EVP_MD_CTX_new();
    std::array<std::uint8_t, 64> signature{};
    std::size_t size = signature.size();
    EVP_DigestSignInit(context, nullptr, nullptr, nullptr, secret);
    EVP_DigestSign(context, signature.data(), &size, reinterpret_cast<const std::uint8_t*>(nonce.data()), nonce.size());
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(secret);
    std::string text(89, '\0');  // with the zero that OpenSSL writes
    EVP_EncodeBlock(reinterpret_cast<std::uint8_t*>(text.data()), signature.data(), 64);
    text.resize(86);  // without padding
    for (char& symbol : text) symbol = symbol == '+' ? '-' : symbol == '/' ? '_' : symbol;
    return text;
  }
  WebSocket socket_;
  std::string inbox_;
  std::string said_;
};

TEST_F(PackagedNats, SlowASubmitterInABrowserHandsInAJobAndReadsItsAnswer) {
  const auto submitters = site_->connect("SUBMITTER_ACME");
  const auto queue = NatsQueue::open(submitters, {.copies = kCopies});
  const auto store = NatsBlobs::open(submitters);
  const Job job = job_of_acme("by-browser");
  Kept kept(*queue);
  ASSERT_EQ(submit_job(kept, *store, job, cast().submitter, make_inputs("by-browser")).value(), Stored::kStored);
  Browser browser(site_->browser_port(), site_->file("ca.crt"), key_of(22));
  ASSERT_TRUE(browser.is_in()) << browser.said();
  ASSERT_EQ(kept.tasks.size(), 2u);
  for (const Task& task : kept.tasks) {
    const std::string headers =
        fmt::format("{}: {}\r\n", detail::kDeadlineHeader, task.deadline.time_since_epoch().count());
    const auto answer = browser.ask(detail::task_subject(task), headers, {task.message.begin(), task.message.end()});
    EXPECT_THAT(answer.second, ::testing::HasSubstr("\"stream\":\"JOBS_0\""));
  }
  work_at_the_leaf(4);
  const std::string subject = std::string(kImportedApiPrefix) + ".DIRECT.GET.RESULT." + detail::result_subject(job.key);
  std::string body;
  for (int look = 0; look < 100 && body.empty(); ++look) {  // a server that lags behind may not know it yet
    body = browser.ask(subject, "", "").second;
    SystemClock().sleep(Milliseconds(50));
  }
  expect_answer(job, {reinterpret_cast<const std::uint8_t*>(body.data()), body.size()}, *store);
}

TEST_F(PackagedNats, SlowOnlySubmittersGetInWithoutACertificate) {
  const std::string ca = site_->file("ca.crt");
  for (const std::uint8_t fill : std::array<std::uint8_t, 3>{20, 21, 24}) {  // supervisor, owner, worker
    const Browser browser(site_->browser_port(), ca, key_of(fill));
    EXPECT_FALSE(browser.is_in()) << unsigned{fill};
    EXPECT_THAT(browser.said(), ::testing::HasSubstr("Authorization Violation"));
  }
  EXPECT_FALSE(WebSocket(site_->browser_port(), ca, "https://elsewhere.example").is_open());
  EXPECT_TRUE(WebSocket(site_->browser_port(), ca, kOrigin).is_open());
}

// Last: it cannot be undone. A leaf is bound to the account of its group, so that goes on, empty.
TEST_F(PackagedNats, SlowZARevokedGroupIsShutOutAtItsLeafToo) {
  const auto submitter = NatsQueue::open(site_->connect("SUBMITTER_ACME"), {.copies = kCopies});
  const auto give = [&](const std::string& name) {
    const auto store = NatsBlobs::open(site_->connect("SUBMITTER_ACME"));
    ASSERT_EQ(submit_job(*submitter, *store, job_of_acme(name), cast().submitter, make_inputs(name)).value(),
              Stored::kStored);
  };
  give("before");
  work_at_the_leaf(4);
  give("after");
  NatsOptions hasty = site_->options("SITE_WORKER");
  hasty.call_timeout = Milliseconds(1'000);
  const auto worker = insist(NatsConnection::open(hasty));
  const auto queue = NatsQueue::open(worker, {.sees_results = false, .copies = kCopies});
  site_->revoke();
  SystemClock().sleep(Milliseconds(500));
  for (std::size_t hub = 0; hub < 3; ++hub) {
    EXPECT_THAT(site_->log(hub), ::testing::HasSubstr("Reloaded server configuration"));
  }
  const auto lanes = all_lanes(2, 2);
  const auto fetched = queue->fetch(lanes, Milliseconds(1'000));
  EXPECT_FALSE(fetched && fetched->has_value());
  EXPECT_FALSE(queue->publish_result({kTenant, "after", 0}, Bytes{1}));
  EXPECT_FALSE(NatsBlobs::open(worker)->of_job({kTenant, "after", 0}).put(BlobRef::of(Bytes{1}), Bytes{1}, {}));
  NatsOptions inside = site_->options("WORKER_0");
  inside.call_timeout = Milliseconds(1'000);
  const auto refused = NatsConnection::open(inside);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUntrusted);
  // Others go on as before.
  EXPECT_FALSE(submitter->result({kTenant, "after", 0}, Milliseconds(0)).value());
}

}  // namespace
}  // namespace obscura::deploy::net::testing
