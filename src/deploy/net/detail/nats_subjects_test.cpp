#include "deploy/net/detail/nats_subjects.hpp"

#include <gtest/gtest.h>

#include <string>

#include "deploy/net/testing/pipeline.hpp"

namespace obscura::deploy::net::testing {
namespace {

using namespace detail;

Task task_at(const Step& step) {
  const Lane lane = all_lanes(1).front();
  return {.key = {"tenant", "job-1", 2},
          .step = step,
          .model = lane.model,
          .eval_key = lane.eval_key,
          .deadline = {},
          .message = {}};
}

TEST(NatsSubjects, ATaskIsReadBackFromItsSubject) {
  for (const Step& step : {Step{0, 0}, Step{0, 3}, Step{0, kMergeShard}, Step{5, 0}, Step{5, kMergeShard}}) {
    const Task task = task_at(step);
    for (const std::string& subject : {task_subject(task), revived_subject(task)}) {
      const auto read = task_of_subject(subject);
      ASSERT_TRUE(read) << subject;
      EXPECT_EQ(read->id(), task.id());
      EXPECT_EQ(read->lane(), task.lane());
    }
  }
}

// Submitters may publish beneath obscura.job only, workers beneath obscura.step only.
TEST(NatsSubjects, OnlyWhatASubmitterPublishesIsAJob) {
  EXPECT_TRUE(task_subject(task_at({0, 3})).starts_with("obscura.job."));
  EXPECT_EQ(stream_of(task_at({0, 3})), "JOBS_2");
  for (const Step& step : {Step{0, kMergeShard}, Step{1, 0}, Step{1, kMergeShard}}) {
    EXPECT_TRUE(task_subject(task_at(step)).starts_with("obscura.step."));
    EXPECT_EQ(stream_of(task_at(step)), "STEPS_2");
  }
}

TEST(NatsSubjects, WhatNobodyWroteIsNoTask) {
  const std::string good = task_subject(task_at({1, 0}));
  ASSERT_TRUE(task_of_subject(good));
  EXPECT_FALSE(task_of_subject(""));
  EXPECT_FALSE(task_of_subject(good + ".r2"));
  EXPECT_FALSE(task_of_subject(good.substr(0, good.size() - 1)));
  EXPECT_FALSE(task_of_subject(good.substr(0, good.size() - 2) + "r02"));
  EXPECT_FALSE(task_of_subject("obscura.part" + good.substr(good.find('.', 8))));
  std::string first_job = good;
  first_job.replace(first_job.find("step"), 4, "job");
  EXPECT_FALSE(task_of_subject(first_job)) << "a later stage among the jobs";
  std::string upper = good;
  for (char& symbol : upper) symbol = symbol == 'a' ? 'A' : symbol;
  EXPECT_FALSE(task_of_subject(upper));
}

TEST(NatsSubjects, ALaneIsReadBackFromItsConsumer) {
  Lane lane = all_lanes(3).back();
  lane.replica = 4;
  for (const std::uint32_t shard : {0u, 7u, kMergeShard}) {
    lane.shard = shard;
    EXPECT_EQ(lane_of_consumer(consumer_name(lane)), lane);
  }
  EXPECT_FALSE(lane_of_consumer("some_other_consumer"));
}

TEST(NatsSubjects, LaterStepsFindMoreRoomAndTheLastAllOfIt) {
  double before = step_share({0, kMergeShard});
  EXPECT_LT(before, 0.08);
  for (std::uint32_t stage = 1; stage < 64; ++stage) {
    EXPECT_GT(step_share({stage, 0}), before);
    before = step_share({stage, kMergeShard});
    EXPECT_GT(before, step_share({stage, 0}));
  }
  EXPECT_LE(before, 1);
  EXPECT_GT(before, 0.98);
}

}  // namespace
}  // namespace obscura::deploy::net::testing
