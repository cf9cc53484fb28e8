#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nats/nats.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "deploy/net/answer.hpp"
#include "deploy/net/detail/nats_api.hpp"
#include "deploy/net/detail/nats_subjects.hpp"
#include "deploy/net/nats_site.hpp"
#include "deploy/net/nkey.hpp"
#include "deploy/net/serve_one.hpp"
#include "deploy/net/submit_job.hpp"
#include "deploy/net/supervise.hpp"
#include "deploy/net/testing/nats_place.hpp"
#include "deploy/net/testing/pipeline.hpp"

// A real server with the roles of a site. Everybody in these tests has valid credentials, of the wrong role.
namespace obscura::deploy::net::testing {
namespace {

using base::ErrorCode;

constexpr Milliseconds kNoWait{0};
// What is refused is silence, or a violation that is told at the end of a try.
constexpr Milliseconds kShort{150};

class NatsRolesTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { site_ = new RunningSite; }
  static void TearDownTestSuite() {
    delete site_;
    site_ = nullptr;
  }

  struct RunningSite {
    RunningSite() : port(free_loopback_port().value()) {
      insist(write_nats_site({.folder = folder.path(), .port = port, .tenants = {"tenant", "other"}, .groups = 2}));
      const NatsSiteFiles files = nats_site_files(folder.path());
      server = insist(NatsServer::start(files.config_file, port, files.log_file));
      const auto supervisor = insist(NatsConnection::open(insist(nats_site_role(folder.path(), "supervisor"))));
      insist(create_streams(*supervisor, small_streams(1000)));
      const auto owner = insist(NatsConnection::open(insist(nats_site_role(folder.path(), "owner"))));
      for (Lane lane : all_lanes(3, 2)) {
        for (lane.replica = 0; lane.replica < 2; ++lane.replica) {
          insist(create_lane(*owner, lane, Milliseconds(30'000)));
        }
      }
    }
    TemporaryFolder folder;
    std::uint16_t port;
    std::unique_ptr<NatsServer> server;
  };

  [[nodiscard]] static NatsOptions options(const std::string& role, Milliseconds timeout = Milliseconds(5'000)) {
    NatsOptions options = nats_site_role(site_->folder.path(), role).value();
    options.call_timeout = timeout;
    return options;
  }
  [[nodiscard]] static std::shared_ptr<NatsConnection> connect(const std::string& role,
                                                               Milliseconds timeout = Milliseconds(5'000)) {
    return insist(NatsConnection::open(options(role, timeout)));
  }
  [[nodiscard]] static std::unique_ptr<JobQueue> queue(const std::string& role,
                                                       Milliseconds timeout = Milliseconds(5'000)) {
    return NatsQueue::open(connect(role, timeout),
                           {.makes_lanes = role == "supervisor", .sees_results = !role.starts_with("worker")});
  }
  [[nodiscard]] static Task task(const std::string& tenant, const std::string& job, const Step& step = {}) {
    const Lane lane = all_lanes(1).front();
    return {.key = {tenant, job, 0},
            .step = step,
            .model = lane.model,
            .eval_key = lane.eval_key,
            .deadline = SystemClock().now() + std::chrono::hours(1),
            .message = {1}};
  }
  // Whether a request is refused or nobody is there to hear it.
  static void expect_unheard(NatsConnection& connection, const std::string& subject) {
    const auto answer =
        connection.ask({.subject = subject}, [](const NatsMessage& got) { return got.status() != "503"; });
    ASSERT_FALSE(answer) << subject << " was answered";
    EXPECT_THAT(answer.error().code, ::testing::AnyOf(ErrorCode::kUntrusted, ErrorCode::kIo)) << subject;
  }
  [[nodiscard]] static std::uint64_t messages_in(const std::string& stream) {
    const auto supervisor = connect("supervisor");
    const detail::JsonValue info = detail::call_api_or_fail(*supervisor, "STREAM.INFO." + stream).value();
    return info.member("state").number("messages");
  }
  // Sends as `role`, with any place for the answer.
  static void send_with_reply(const std::string& role, const std::string& subject, const std::string& reply,
                              const std::string& body) {
    const NatsOptions as = options(role);
    const auto seed = base::read_file(as.seed_file, 1000).value();
    const auto key = read_nkey_seed({reinterpret_cast<const char*>(seed.data()), seed.size()}).value();
    natsOptions* raw = nullptr;
    natsConnection* connection = nullptr;
    ASSERT_EQ(natsOptions_Create(&raw), NATS_OK);
    natsOptions_SetURL(raw, as.servers.front().c_str());
    natsOptions_SetSecure(raw, true);
    natsOptions_LoadCATrustedCertificates(raw, as.ca_file.c_str());
    natsOptions_LoadCertificatesChain(raw, as.certificate_file.c_str(), as.key_file.c_str());
    natsOptions_SetNKeyFromSeed(raw, nkey_public(key.verify_key()).c_str(), as.seed_file.c_str());
    EXPECT_EQ(natsConnection_Connect(&connection, raw), NATS_OK);
    EXPECT_EQ(natsConnection_PublishRequestString(connection, subject.c_str(), reply.c_str(), body.c_str()), NATS_OK);
    EXPECT_EQ(natsConnection_FlushTimeout(connection, 1000), NATS_OK);
    natsConnection_Destroy(connection);
    natsOptions_Destroy(raw);
    SystemClock().sleep(kShort);
  }

  static RunningSite* site_;
};

NatsRolesTest::RunningSite* NatsRolesTest::site_ = nullptr;

// Each role can do what it is there for: otherwise the refusals below would say nothing.
TEST_F(NatsRolesTest, AJobGoesItsWholeWay) {
  const Cast cast;
  SystemClock clock;
  const auto submitters = connect("submitter-tenant");
  const auto submitter = NatsQueue::open(submitters, {});
  const auto store = NatsBlobs::open(submitters);
  const auto workers = connect("worker-0");
  const auto worker_queue = NatsQueue::open(workers, {.sees_results = false});
  const auto worker_store = NatsBlobs::open(workers);
  const Job job = make_job("whole", {2, 1}, make_inputs("whole"), clock.now() + std::chrono::hours(1));
  ASSERT_EQ(submit_job(*submitter, *store, job, cast.submitter, make_inputs("whole"), 0).value(), Stored::kStored);
  const Worker worker{.queue = *worker_queue,
                      .blobs = *worker_store,
                      .clock = clock,
                      .identity = cast.worker,
                      .trust = cast.trust,
                      .evaluate = [](const StepInput& input, const StillMine&) -> base::Result<StepOutput> {
                        return StepOutput{.outputs = pure_step(input.step, input.inputs, 100)};
                      },
                      .max_inline_bytes = 0};
  for (int step = 0; step < 4; ++step) {
    const auto served = serve_one(worker, all_lanes(2, 2), Milliseconds(2'000));
    ASSERT_TRUE(served) << served.error().message;
    ASSERT_TRUE(served->has_value());
    EXPECT_EQ((*served)->ending, Ending::kEffect) << (*served)->cause;
  }
  const auto message = submitter->result(job.key, Milliseconds(2'000)).value().value();
  const Answer answer = open_answer(message, sign_job(job, cast.submitter), cast.trust).value();
  EXPECT_EQ(read_outputs(answer, *store, 1 << 24).value(), expected_answer(job, make_inputs("whole"), 100));
  EXPECT_EQ(supervise(*queue("supervisor"), cast.supervisor).value().failed, 0u);
}

TEST_F(NatsRolesTest, WhatWasForbiddenBeforeIsNotBlamedOnTheNextRequest) {
  const auto worker = connect("worker-0");
  ASSERT_TRUE(worker->send({.subject = "obscura.job.forged"}, "nowhere"));
  SystemClock().sleep(kShort);  // by then the server has said so
  const auto silence = worker->ask_once({.subject = "JS.OBSCURA.API.CONSUMER.MSG.NEXT.JOBS_0.nobody"}, kShort);
  ASSERT_TRUE(silence) << silence.error().message;
  EXPECT_FALSE(*silence);
  const auto forbidden = worker->ask_once({.subject = "obscura.job.forged"}, kShort);
  ASSERT_FALSE(forbidden);
  EXPECT_EQ(forbidden.error().code, ErrorCode::kUntrusted);
}

TEST_F(NatsRolesTest, AWorkerCannotInjectAJob) {
  const std::uint64_t before = messages_in("JOBS_0");
  const auto stored = queue("worker-0", kShort)->publish(task("tenant", "injected"));
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, ErrorCode::kUntrusted);
  EXPECT_EQ(messages_in("JOBS_0"), before);
}

// A server answers wherever it is asked to, with its own rights: inside the account of the streams that would store the
// answer as a job.
TEST_F(NatsRolesTest, SlowAWorkerCannotInjectThroughTheReplySubject) {
  for (const char* bait : {"bait1", "bait2", "bait3"}) {
    ASSERT_EQ(queue("submitter-tenant")->publish(task("tenant", bait)).value(), Stored::kStored);
  }
  const std::uint64_t jobs = messages_in("JOBS_0");
  const std::uint64_t steps = messages_in("STEPS_0");
  const std::uint64_t results = messages_in("RESULT");
  const std::string pull = "JS.OBSCURA.API.CONSUMER.MSG.NEXT.JOBS_0." + detail::consumer_name(all_lanes(1).front());
  for (const std::string& reply :
       {detail::task_subject(task("tenant", "forged")), detail::result_subject({"other", "forged", 0})}) {
    send_with_reply("worker-0", pull, reply, R"({"batch": 1, "no_wait": true})");
  }
  EXPECT_EQ(messages_in("JOBS_0"), jobs);
  EXPECT_EQ(messages_in("STEPS_0"), steps);
  EXPECT_EQ(messages_in("RESULT"), results);
  // The same from inside that account does fall there: this is the hole, and why nobody who is not trusted lives in it.
  send_with_reply("supervisor", "$JS.API.CONSUMER.MSG.NEXT.JOBS_0." + detail::consumer_name(all_lanes(1).front()),
                  detail::result_subject({"other", "forged", 0}), R"({"batch": 1, "no_wait": true})");
  EXPECT_EQ(messages_in("RESULT"), results + 1);
  insist([&]() -> base::Result<void> {
    const auto supervisor = connect("supervisor");
    OBSCURA_TRY([[maybe_unused]] const auto purged, detail::call_api_or_fail(*supervisor, "STREAM.PURGE.JOBS_0"));
    return {};
  }());
}

TEST_F(NatsRolesTest, SlowAWorkerCannotReadResults) {
  const JobKey key{"other", "secret", 0};
  ASSERT_EQ(queue("supervisor")->publish_result(key, Bytes{1}).value(), Stored::kStored);
  const auto worker = connect("worker-0", kShort);
  expect_unheard(*worker, "JS.OBSCURA.API.DIRECT.GET.RESULT." + detail::result_subject(key));
  expect_unheard(*worker, "$JS.API.DIRECT.GET.RESULT." + detail::result_subject(key));
  expect_unheard(*worker, "JS.OBSCURA.API.STREAM.MSG.GET.RESULT");
}

// Where blobs lie stands in their subjects before what a wildcard could stand for. Permissions take one that is asked
// with for a word like any other, and the server looks it up as a wildcard.
TEST_F(NatsRolesTest, NobodyReadsOthersBlobsNotEvenByWildcards) {
  const auto put = [&](const std::string& role, const JobKey& key, const Bytes& bytes) {
    const auto store = NatsBlobs::open(connect(role));
    insist(store->of_job(key).put(BlobRef::of(bytes), bytes, {}));
  };
  put("submitter-tenant", {"tenant", "own", 1}, {1, 1});
  put("worker-1", {"tenant", "own", 1}, {1, 2});
  put("submitter-other", {"other", "secret", 0}, {2, 1});
  put("worker-0", {"other", "secret", 0}, {2, 2});  // the newest of all
  const auto newest = [&](const std::string& role, const std::string& subject) {
    const auto answer =
        connect(role, kShort)->ask_once({.subject = "JS.OBSCURA.API.DIRECT.GET.BLOB.obscura.blob." + subject}, kShort);
    if (!answer || !*answer) return std::string("unheard");
    return (*answer)->header("Nats-Subject").value_or((*answer)->status());
  };
  for (const char* subject :
       {">", "*.>", "*.*.*.meta", "*.*.*.*", "*.r0.*.meta", "other.r0.*.*", "other.>", "*.r0.>"}) {
    EXPECT_EQ(newest("worker-1", subject), "unheard") << subject;
    EXPECT_EQ(newest("submitter-tenant", subject), "unheard") << subject;
  }
  // What they may ask for with wildcards is their own.
  EXPECT_EQ(newest("worker-1", "*.r1.*.meta"),
            detail::job_place({"tenant", "own", 1}).subject(BlobRef::of(Bytes{1, 2}).sha256, "meta"));
  EXPECT_EQ(newest("submitter-tenant", "tenant.*.*.meta"),
            detail::job_place({"tenant", "own", 1}).subject(BlobRef::of(Bytes{1, 2}).sha256, "meta"));
}

TEST_F(NatsRolesTest, SlowNobodyWritesOthersBlobsAndOnlyTheOwnerModels) {
  const Bytes bytes{3, 3};
  const auto refused = [&](const std::string& role, const JobKey& key) {
    const auto store = NatsBlobs::open(connect(role, kShort));
    EXPECT_FALSE(store->of_job(key).put(BlobRef::of(bytes), bytes, {})) << role;
  };
  refused("worker-1", {"tenant", "own", 0});
  refused("submitter-tenant", {"other", "secret", 0});
  for (const char* role : {"worker-0", "submitter-tenant"}) {
    EXPECT_FALSE(NatsBlobs::open(connect(role, kShort))->put(BlobRef::of(bytes), bytes, {})) << role;
  }
  insist(NatsBlobs::open(connect("owner"))->put(BlobRef::of(bytes), bytes, {}));
  EXPECT_EQ(NatsBlobs::open(connect("worker-0"))->get(BlobRef::of(bytes), 10).value(), bytes);
}

// Otherwise one of them could say what is served, or that leases last a millisecond.
TEST_F(NatsRolesTest, OnlyOwnerAndSupervisorWriteWhatTheSiteSaysOfItself) {
  ASSERT_TRUE(connect("supervisor")->ask({.subject = "obscura.site.settings"}));
  ASSERT_TRUE(connect("owner")->ask({.subject = "obscura.site.models"}));
  const auto forbidden = [](const std::string& role, const std::string& subject) {
    const auto answer = connect(role, kShort)->ask_once({.subject = subject}, kShort);
    ASSERT_FALSE(answer) << role << " may write " << subject;
    EXPECT_EQ(answer.error().code, ErrorCode::kUntrusted);
  };
  forbidden("owner", "obscura.site.settings");
  for (const char* role : {"worker-0", "submitter-tenant"}) {
    forbidden(role, "obscura.site.models");
    forbidden(role, "obscura.site.settings");
    forbidden(role, "JS.OBSCURA.API.STREAM.PURGE.SITE");
  }
  EXPECT_EQ(messages_in("SITE"), 2u);
}

TEST_F(NatsRolesTest, SlowAWorkerCannotUseTheApi) {
  const auto worker = connect("worker-0", kShort);
  for (const std::string call : {"INFO", "STREAM.INFO.JOBS_0", "STREAM.DELETE.JOBS_0", "STREAM.PURGE.RESULT",
                                 "STREAM.NAMES", "CONSUMER.LIST.JOBS_0"}) {
    expect_unheard(*worker, "$JS.API." + call);
    expect_unheard(*worker, "JS.OBSCURA.API." + call);
  }
  EXPECT_FALSE(create_lane(*worker, all_lanes(1).front(), Milliseconds(1'000)));
}

TEST_F(NatsRolesTest, SlowAWorkerCannotTakeOrForgeWhatIsAnotherGroups) {
  Task first = task("tenant", "of-group-0");
  ASSERT_EQ(queue("submitter-tenant")->publish(first).value(), Stored::kStored);
  const auto worker = queue("worker-1", kShort);
  const Lane lane = first.lane();
  const auto fetched = worker->fetch({&lane, 1}, kNoWait);
  EXPECT_FALSE(fetched && fetched->has_value());
  EXPECT_FALSE(worker->publish_part(first.key, {0, 0}, Bytes{1}));
  EXPECT_FALSE(worker->publish_result(first.key, Bytes{1}));
  EXPECT_FALSE(worker->publish(task("tenant", "of-group-0", {1, 0})));
  EXPECT_FALSE(worker->parts(first.key, 0));
  const auto own = queue("worker-0")->fetch({&lane, 1}, kNoWait);
  ASSERT_TRUE(own && own->has_value());
}

TEST_F(NatsRolesTest, ASubmitterCannotReadOthersResults) {
  const JobKey key{"other", "private", 0};
  ASSERT_EQ(queue("supervisor")->publish_result(key, Bytes{1}).value(), Stored::kStored);
  const auto read = queue("submitter-tenant", kShort)->result(key, kNoWait);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kUntrusted);
  EXPECT_EQ(queue("submitter-other")->result(key, kNoWait).value(), Bytes{1});
  expect_unheard(*connect("submitter-tenant", kShort), "JS.OBSCURA.API.STREAM.MSG.GET.RESULT");
}

TEST_F(NatsRolesTest, SlowASubmitterCannotSubmitForOthersNorLaterSteps) {
  const auto submitter = queue("submitter-tenant", kShort);
  EXPECT_EQ(submitter->publish(task("other", "foreign")).error().code, ErrorCode::kUntrusted);
  EXPECT_EQ(submitter->publish(task("tenant", "later", {1, 0})).error().code, ErrorCode::kUntrusted);
  EXPECT_EQ(submitter->publish_result({"other", "foreign", 0}, Bytes{1}).error().code, ErrorCode::kUntrusted);
  EXPECT_EQ(submitter->publish_part({"tenant", "own", 0}, {0, 0}, Bytes{1}).error().code, ErrorCode::kUntrusted);
}

// The acknowledgement of one's own job, sent to where another tenant's result is to stand, would take its place.
TEST_F(NatsRolesTest, SlowASubmitterCannotInjectThroughTheReplySubject) {
  const std::uint64_t results = messages_in("RESULT");
  send_with_reply("submitter-tenant", detail::task_subject(task("tenant", "loud")),
                  detail::result_subject({"other", "silenced", 0}), "job");
  EXPECT_EQ(messages_in("RESULT"), results);
  // The same from inside the account of the streams.
  send_with_reply("supervisor", detail::task_subject(task("tenant", "louder")),
                  detail::result_subject({"other", "silenced", 0}), "job");
  EXPECT_EQ(messages_in("RESULT"), results + 1);
}

TEST_F(NatsRolesTest, AnUnknownKeyIsRefused) {
  NatsOptions stranger = options("worker-0", kShort);
  stranger.seed_file = site_->folder.path() + "/stranger.seed";
  write_text(stranger.seed_file, reveal_nkey_seed(key_of(99)));
  const auto refused = NatsConnection::open(stranger);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUntrusted);
}

TEST_F(NatsRolesTest, SlowWithoutAKeyOrACertificateNobodyEnters) {
  NatsOptions keyless = options("worker-0", kShort);
  keyless.seed_file.clear();
  EXPECT_FALSE(NatsConnection::open(keyless));
  NatsOptions bare = options("worker-0", kShort);
  bare.certificate_file.clear();
  bare.key_file.clear();
  EXPECT_FALSE(NatsConnection::open(bare));
}

// Whether the server agrees to this version of TLS, after its greeting in the clear.
bool agrees_to(std::uint16_t port, int version, const NatsOptions& as) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  for (char symbol = 0; symbol != '\n' && ::read(descriptor, &symbol, 1) == 1;) continue;
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_max_proto_version(context, version);
  SSL_CTX_use_certificate_chain_file(context, as.certificate_file.c_str());
  SSL_CTX_use_PrivateKey_file(context, as.key_file.c_str(), SSL_FILETYPE_PEM);
  SSL* const connection = SSL_new(context);
  SSL_set_fd(connection, descriptor);
  const bool agreed = SSL_connect(connection) == 1;
  SSL_free(connection);
  SSL_CTX_free(context);
  ::close(descriptor);
  return agreed;
}

TEST_F(NatsRolesTest, OnlyTls13IsSpoken) {
  EXPECT_TRUE(agrees_to(site_->port, TLS1_3_VERSION, options("worker-0")));
  EXPECT_FALSE(agrees_to(site_->port, TLS1_2_VERSION, options("worker-0")));
}

TEST_F(NatsRolesTest, SlowAServerOfAnotherAuthorityIsRefused) {
  const TemporaryFolder other;
  insist(write_nats_site({.folder = other.path(), .port = site_->port, .tenants = {}}));
  NatsOptions fooled = options("worker-0", kShort);
  fooled.ca_file = other.path() + "/ca.crt";
  const auto refused = NatsConnection::open(fooled);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUntrusted);
}

}  // namespace
}  // namespace obscura::deploy::net::testing
