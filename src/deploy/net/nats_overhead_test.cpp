#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <thread>
#include <vector>

#include "deploy/net/answer.hpp"
#include "deploy/net/serve_one.hpp"
#include "deploy/net/submit_job.hpp"
#include "deploy/net/testing/nats_place.hpp"
#include "deploy/net/testing/pipeline.hpp"

// What the site adds to a job whose steps cost nothing, on the loopback interface.
namespace obscura::deploy::net::testing {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kJobs = 41;

struct Case {
  const char* name;
  std::vector<std::uint32_t> shards;
  std::size_t bytes;  // of input and of each step's output
};

Job job_of(const std::string& name, const Case& test, const Blobs& inputs) {
  return make_job(name, test.shards, inputs, SystemClock().now() + std::chrono::hours(1));
}

// The median from before the inputs are stored until the answer and its outputs are there.
double median_ms(NatsPlace& place, const Case& test) {
  const Cast cast;
  const Bytes input(test.bytes, 1);
  std::jthread worker_thread([&](const std::stop_token& stop) {
    SystemClock clock;
    const auto connection = place.server().connect();
    const auto queue = NatsQueue::open(connection, {.makes_lanes = true});
    const auto blobs = NatsBlobs::open(connection);
    const Worker worker{.queue = *queue,
                        .blobs = *blobs,
                        .clock = clock,
                        .identity = cast.worker,
                        .trust = cast.trust,
                        .evaluate = [](const StepInput& in, const StillMine&) -> base::Result<StepOutput> {
                          return StepOutput{.outputs = {in.inputs.front()}};
                        }};
    while (!stop.stop_requested()) (void)serve_one(worker, all_lanes(3), Milliseconds(200));
  });
  const auto connection = place.server().connect();
  const auto queue = NatsQueue::open(connection, {});
  const auto blobs = NatsBlobs::open(connection);
  std::vector<double> times;
  for (int number = 0; number < kJobs; ++number) {
    Bytes own = input;
    own[0] = static_cast<std::uint8_t>(number);
    const Blobs inputs = {own};
    const Job job = job_of(test.name + std::to_string(number), test, inputs);
    const auto begin = SteadyClock::now();
    EXPECT_EQ(submit_job(*queue, *blobs, job, cast.submitter, inputs).value(), Stored::kStored);
    const auto message = queue->result(job.key, Milliseconds(10'000)).value().value();
    const Answer answer = open_answer(message, sign_job(job, cast.submitter), cast.trust).value();
    EXPECT_EQ(read_outputs(answer, *blobs, 1 << 26).value(), inputs);
    times.push_back(std::chrono::duration<double, std::milli>(SteadyClock::now() - begin).count());
  }
  std::nth_element(times.begin(), times.begin() + kJobs / 2, times.end());
  return times[kJobs / 2];
}

TEST(NatsOverhead, SlowAThreeStageJobCostsLessThanSixtyMilliseconds) {
  NatsPlace place({});
  for (const Case& test : {Case{"small1", {1}, 1'000}, Case{"small3", {1, 1, 1}, 1'000}, Case{"large1", {1}, 4'000'000},
                           Case{"large3", {1, 1, 1}, 4'000'000}}) {
    const double ms = median_ms(place, test);
    std::cout << test.name << ": " << test.shards.size() << " stages, " << test.bytes
              << " bytes in and out of each: " << ms << " ms\n";
    if (test.bytes < kMaxInlineBytes) {
      EXPECT_LT(ms, 60) << test.name;
    }
  }
}

}  // namespace
}  // namespace obscura::deploy::net::testing
