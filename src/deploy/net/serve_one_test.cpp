#include "deploy/net/serve_one.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "deploy/net/answer.hpp"
#include "deploy/net/message.hpp"
#include "deploy/net/simulated_broker.hpp"
#include "deploy/net/simulated_time.hpp"
#include "deploy/net/submit_job.hpp"
#include "deploy/net/testing/forwarding_queue.hpp"
#include "deploy/net/testing/pipeline.hpp"

// What a worker refuses, and what it says: everything that reaches it comes from people it does not trust.
namespace obscura::deploy::net::testing {
namespace {

using ::testing::HasSubstr;

struct Site {
  Site() : session(broker.connect(clock)) {}

  [[nodiscard]] Job job(std::vector<std::uint32_t> shards) const {
    return make_job("job", std::move(shards), make_inputs("job"), clock.now() + std::chrono::hours(1));
  }
  void submit(const Job& job) { ASSERT_EQ(try_submit(job), Stored::kStored); }
  Stored try_submit(const Job& job) {
    return submit_job(session->queue(), session->blobs(), job, cast.submitter, make_inputs("job")).value();
  }
  // The task as submit_job would publish it, to be spoilt.
  [[nodiscard]] Task task_of(const Job& job, const Message& message) const {
    return {.key = job.key,
            .step = {},
            .model = job.model,
            .eval_key = job.eval_key,
            .deadline = job.deadline,
            .message = encode(message).value()};
  }
  [[nodiscard]] Message message_of(const Job& job, const artifact::SigningKey& signer) const {
    return {.job = sign_job(job, signer), .receipts = {}, .attachments = make_inputs("job")};
  }
  std::optional<Served> serve(std::size_t output_bytes = 100) {
    const Worker worker{.queue = session->queue(),
                        .blobs = session->blobs(),
                        .clock = clock,
                        .identity = cast.worker,
                        .trust = cast.trust,
                        .evaluate = [&](const StepInput& input, const StillMine&) -> base::Result<StepOutput> {
                          ++evaluated;
                          return StepOutput{.outputs = pure_step(input.step, input.inputs, output_bytes)};
                        }};
    return serve_one(worker, lanes, Milliseconds(0)).value();
  }
  // Refused, unevaluated, with a result that says so.
  void expect_invalid(const JobKey& key, const std::string& cause) {
    const auto served = serve();
    ASSERT_TRUE(served);
    EXPECT_EQ(served->ending, Ending::kRefused);
    EXPECT_THAT(served->cause, HasSubstr(cause));
    EXPECT_EQ(evaluated, 0);
    const auto bytes = session->queue().result(key, Milliseconds(0)).value();
    ASSERT_TRUE(bytes);
    const Receipt receipt = open_receipt(decode(*bytes, "result").value().receipts.back()).value();
    EXPECT_EQ(receipt.status, Status::kInvalid);
    EXPECT_THAT(receipt.cause, HasSubstr(cause));
    EXPECT_EQ(session->queue().status().value().tasks, 0u);
  }

  Cast cast;
  ManualClock clock;
  SimulatedBroker broker{1, {}, {}};
  std::unique_ptr<SimulatedBroker::Session> session;
  std::vector<Lane> lanes = all_lanes(3, 3);
  int evaluated = 0;
};

TEST(ServeOne, RefusesAJobOfASignerItDoesNotTrust) {
  for (const bool stranger : {true, false}) {
    Site site;
    const Job job = site.job({1});
    const auto& signer = stranger ? site.cast.stranger : site.cast.other_submitter;
    ASSERT_TRUE(site.session->queue().publish(site.task_of(job, site.message_of(job, signer))));
    site.expect_invalid(job.key, stranger ? "no trusted submitter" : "may not submit for the tenant");
  }
}

TEST(ServeOne, RefusesAJobThatWasAlteredOnItsWay) {
  Site site;
  const Job job = site.job({1});
  Message message = site.message_of(job, site.cast.submitter);
  message.job->body.back() ^= 1;
  ASSERT_TRUE(site.session->queue().publish(site.task_of(job, message)));
  site.expect_invalid(job.key, "signature");
}

TEST(ServeOne, RefusesNonsense) {
  Site site;
  const Job job = site.job({1});
  Task task = site.task_of(job, site.message_of(job, site.cast.submitter));
  task.message.assign(100, 7);
  ASSERT_TRUE(site.session->queue().publish(task));
  site.expect_invalid(job.key, "no message");
}

// A good job, queued where it does not belong: under another evaluation key, model, job, step or deadline.
TEST(ServeOne, RefusesATaskThatLiesWhereItsJobDoesNot) {
  const std::vector<std::function<void(Task&)>> moves = {
      [](Task& task) { task.eval_key = digest_of_text("another key"); },
      [](Task& task) { task.model = digest_of_text("another model"); },
      [](Task& task) { task.key.job = "another"; },
      [](Task& task) { task.key.tenant = "other"; },
      [](Task& task) { task.key.replica = 1; },
      [](Task& task) { task.step.shard = 1; },
      [](Task& task) { task.step.stage = 1; },
      [](Task& task) { task.step.shard = kMergeShard; },
      [](Task& task) { task.deadline += Milliseconds(1); }};
  for (const auto& move : moves) {
    Site site;
    const Job job = site.job({1});
    Task task = site.task_of(job, site.message_of(job, site.cast.submitter));
    move(task);
    site.lanes = {task.lane()};
    ASSERT_TRUE(site.session->queue().publish(task));
    site.expect_invalid(task.key, "under another address");
  }
}

// A task as it once was, put back when the site has forgotten its answer: until the deadline it is the same job with
// the same answer, and afterwards it is none.
TEST(ServeOne, AJobThatIsReplayedIsTheSameUntilItsDeadlineAndThenRefused) {
  Site site;
  const Job job = site.job({1});
  const Task task = site.task_of(job, site.message_of(job, site.cast.submitter));
  Bytes results[2];
  for (Bytes& result : results) {
    SimulatedBroker fresh(1, {}, {});
    site.session = fresh.connect(site.clock);
    ASSERT_TRUE(site.session->queue().publish(task));
    EXPECT_EQ(site.serve()->ending, Ending::kEffect);
    EXPECT_EQ(site.session->queue().publish(task).value(), Stored::kAlreadyThere);
    EXPECT_FALSE(site.serve()) << "replayed while its answer is there";
    result = site.session->queue().result(job.key, Milliseconds(0)).value().value();
  }
  const auto outputs = [](const Bytes& result) {
    return open_receipt(decode(result, "result").value().receipts.back()).value().outputs;
  };
  EXPECT_EQ(outputs(results[0]), outputs(results[1]));
  SimulatedBroker fresh(1, {}, {});
  site.session = fresh.connect(site.clock);
  site.clock.sleep(std::chrono::hours(2));
  ASSERT_TRUE(site.session->queue().publish(task));
  site.evaluated = 0;
  const auto served = site.serve();
  ASSERT_TRUE(served);
  EXPECT_EQ(served->ending, Ending::kRefused);
  EXPECT_THAT(served->cause, HasSubstr("deadline"));
  EXPECT_EQ(site.evaluated, 0);
}

// Serves stage 0 of a job, then spoils the message of the task of stage 1 before it is served.
void expect_spoilt_trail_refused(const std::function<void(Site&, Message&)>& spoil, const std::string& cause) {
  Site site;
  const Job job = site.job({1, 1});
  site.submit(job);
  ASSERT_TRUE(site.serve());
  const auto lease = site.session->queue().fetch(site.lanes, Milliseconds(0)).value();
  ASSERT_TRUE(lease);
  Message message = decode(lease->task.message, "task").value();
  spoil(site, message);
  Task task = lease->task;
  task.message = encode(message).value();
  SimulatedBroker fresh(1, {}, {});
  site.session = fresh.connect(site.clock);
  ASSERT_TRUE(site.session->queue().publish(task));
  site.evaluated = 0;
  site.expect_invalid(job.key, cause);
}

TEST(ServeOne, RefusesStepsBeforeItThatDoNotHoldTogether) {
  expect_spoilt_trail_refused([](Site&, Message& message) { message.receipts.clear(); }, "has 0 receipts");
  expect_spoilt_trail_refused([](Site&, Message& message) { message.receipts[0].body.back() ^= 1; }, "signature");
  const auto resign = [](Message& message, const artifact::SigningKey& key,
                         const std::function<void(Receipt&)>& change) {
    Receipt receipt = open_receipt(message.receipts[0]).value();
    change(receipt);
    message.receipts[0] = sign_receipt(receipt, key);
  };
  expect_spoilt_trail_refused([&](Site& site, Message& m) { resign(m, site.cast.stranger, [](Receipt&) {}); },
                              "nobody who is trusted");
  expect_spoilt_trail_refused([&](Site& site, Message& m) { resign(m, site.cast.submitter, [](Receipt&) {}); },
                              "may not state");
  const auto by_worker = [&](const std::function<void(Receipt&)>& change, const std::string& cause) {
    expect_spoilt_trail_refused([&](Site& site, Message& m) { resign(m, site.cast.worker, change); }, cause);
  };
  const auto by_another_group = [&](Site& site, Message& m) {
    site.cast.trust.groups = {{.number = 1, .name = "acme", .workers = {key_of(20).verify_key()}}};
    resign(m, key_of(20), [](Receipt&) {});
  };
  expect_spoilt_trail_refused(by_another_group, "may not state");
  by_worker([](Receipt& receipt) { receipt.job = digest_of_text("another"); }, "about another job");
  by_worker([](Receipt& receipt) { receipt.key.job = "another"; }, "about another job");
  by_worker([](Receipt& receipt) { receipt.step.stage = 1; }, "where that of step 0/0 belongs");
  by_worker([](Receipt& receipt) { receipt.status = Status::kFailed; }, "is not done");
  by_worker([](Receipt& receipt) { receipt.inputs = digest_of_text("another"); }, "read other inputs");
}

// A part that a stranger managed to store first ends the job with a cause instead of leaving it to hang.
TEST(ServeOne, AForgedPartFailsTheJob) {
  Site site;
  const Job job = site.job({2});
  site.submit(job);
  const Receipt forged{.job = sign_job(job, site.cast.submitter).digest(), .key = job.key, .step = {0, 1}};
  const Message part{.receipts = {sign_receipt(forged, site.cast.stranger)}};
  ASSERT_TRUE(site.session->queue().publish_part(job.key, {0, 1}, encode(part).value()));
  ASSERT_EQ(site.serve().value().ending, Ending::kRefused);
  const auto bytes = site.session->queue().result(job.key, Milliseconds(0)).value().value();
  const Answer answer = open_answer(bytes, sign_job(job, site.cast.submitter), site.cast.trust).value();
  EXPECT_EQ(answer.ending.status, Status::kFailed);
  EXPECT_THAT(answer.ending.cause, HasSubstr("nobody who is trusted"));
}

TEST(ServeOne, InputsThatAreMissingAreWaitedFor) {
  Site site;
  const Job job = site.job({1});
  Message message = site.message_of(job, site.cast.submitter);
  message.attachments[0][0] ^= 1;  // another blob now
  ASSERT_TRUE(site.session->queue().publish(site.task_of(job, message)));
  const auto served = site.serve();
  EXPECT_EQ(served.value().ending, Ending::kGivenBack);
  EXPECT_THAT(served.value().cause, HasSubstr(job.inputs[0].sha256.hex()));
  const Bytes input = make_inputs("job")[0];
  ASSERT_TRUE(site.session->blobs().put(BlobRef::of(input), input, {}));
  EXPECT_FALSE(site.serve()) << "not before its delay";
  site.clock.sleep(std::chrono::minutes(1));
  EXPECT_EQ(site.serve().value().ending, Ending::kEffect);
}

TEST(ServeOne, LargeOutputsGoThroughTheStoreAndSmallOnesAlong) {
  for (const std::size_t size : {std::size_t{1000}, std::size_t{3'000'000}}) {
    Site site;
    const Job job = site.job({3, 1});
    site.submit(job);
    while (site.serve(size)) {
    }
    const auto bytes = site.session->queue().result(job.key, Milliseconds(0)).value().value();
    const Answer answer = open_answer(bytes, sign_job(job, site.cast.submitter), site.cast.trust).value();
    EXPECT_EQ(find_attachment(answer.message, answer.ending.outputs[1]) != nullptr, size == 1000);
    EXPECT_EQ(read_outputs(answer, site.session->blobs(), 1u << 24).value(),
              expected_answer(job, make_inputs("job"), size));
    EXPECT_EQ(read_outputs(answer, site.session->blobs(), size - 1).error().code, base::ErrorCode::kLimit);
  }
}

// Its last delivery would make an orphan of the task, whose cause says that workers died of it.
TEST(ServeOne, AQueueThatStaysFullEndsTheJobWithThatCause) {
  class FullForSteps final : public ForwardingQueue {
   public:
    using ForwardingQueue::ForwardingQueue;
    base::Result<Stored> publish(const Task&) override { return Stored::kFull; }
  };
  Site site;
  const Job job = site.job({1, 1});
  site.submit(job);
  FullForSteps full(site.session->queue());
  const Worker worker{.queue = full,
                      .blobs = site.session->blobs(),
                      .clock = site.clock,
                      .identity = site.cast.worker,
                      .trust = site.cast.trust,
                      .evaluate = [](const StepInput& input, const StillMine&) -> base::Result<StepOutput> {
                        return StepOutput{.outputs = pure_step(input.step, input.inputs, 100)};
                      }};
  for (std::uint32_t delivery = 1; delivery <= kMaxDeliveries; ++delivery) {
    const Served served = serve_one(worker, site.lanes, Milliseconds(0)).value().value();
    EXPECT_EQ(served.deliveries, delivery);
    EXPECT_EQ(served.ending, delivery < kMaxDeliveries ? Ending::kGivenBack : Ending::kRefused);
    EXPECT_EQ(served.cause, "the queue is full");
    site.clock.sleep(std::chrono::minutes(2));  // the longest delay of a retry is 80 s
  }
  const auto bytes = site.session->queue().result(job.key, Milliseconds(0)).value().value();
  const Answer answer = open_answer(bytes, sign_job(job, site.cast.submitter), site.cast.trust).value();
  EXPECT_EQ(answer.ending.status, Status::kFailed);
  EXPECT_EQ(answer.ending.cause, "the queue is full");
}

class CountsHeartbeats final : public ForwardingQueue {
 public:
  using ForwardingQueue::ForwardingQueue;
  base::Result<LeaseState> heartbeat(const Lease& lease) override {
    ++beats;
    return next_.heartbeat(lease);
  }
  int beats = 0;
};

// Storing large outputs is progress too. Twenty chunks take ten seconds each on average.
TEST(ServeOne, RenewsItsLeaseWhileItStoresOutputs) {
  Site site;
  SimulatedBroker slow(1, {.max_latency = Milliseconds(20'000)}, {});
  site.session = slow.connect(site.clock);
  site.submit(site.job({1}));
  CountsHeartbeats queue(site.session->queue());
  const Worker worker{.queue = queue,
                      .blobs = site.session->blobs(),
                      .clock = site.clock,
                      .identity = site.cast.worker,
                      .trust = site.cast.trust,
                      .evaluate = [](const StepInput&, const StillMine&) -> base::Result<StepOutput> {
                        return StepOutput{.outputs = {Bytes(20 * kMaxChunkBytes, 1)}};
                      }};
  EXPECT_EQ(serve_one(worker, site.lanes, Milliseconds(0)).value().value().ending, Ending::kEffect);
  EXPECT_GE(queue.beats, 5);
}

// By the clock of this machine it is long until the next heartbeat; the queue's may be another.
TEST(ServeOne, RenewsItsLeaseWhenTheClockIsSetBack) {
  Site site;
  site.submit(site.job({1}));
  CountsHeartbeats queue(site.session->queue());
  const Worker worker{.queue = queue,
                      .blobs = site.session->blobs(),
                      .clock = site.clock,
                      .identity = site.cast.worker,
                      .trust = site.cast.trust,
                      .evaluate = [&](const StepInput&, const StillMine& mine) -> base::Result<StepOutput> {
                        site.clock.set(-std::chrono::hours(1));
                        EXPECT_TRUE(mine());
                        return StepOutput{.outputs = {Bytes{1}}};
                      }};
  EXPECT_EQ(serve_one(worker, site.lanes, Milliseconds(0)).value().value().ending, Ending::kEffect);
  EXPECT_EQ(queue.beats, 1);
}

TEST(ServeOne, TooManyOutputsAreRefused) {
  Site site;
  const Job job = site.job({1});
  site.submit(job);
  const Worker worker{.queue = site.session->queue(),
                      .blobs = site.session->blobs(),
                      .clock = site.clock,
                      .identity = site.cast.worker,
                      .trust = site.cast.trust,
                      .evaluate = [](const StepInput&, const StillMine&) -> base::Result<StepOutput> {
                        return StepOutput{.outputs = Blobs(kMaxBlobs + 1)};
                      }};
  EXPECT_EQ(serve_one(worker, site.lanes, Milliseconds(0)).value().value().ending, Ending::kRefused);
}

}  // namespace
}  // namespace obscura::deploy::net::testing
