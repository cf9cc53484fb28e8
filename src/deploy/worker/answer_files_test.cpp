#include "deploy/worker/answer_files.hpp"

#include <gtest/gtest.h>

namespace obscura::deploy::worker {
namespace {

TEST(PlanJobs, OneRequestToOneFile) {
  const std::string inputs[] = {"a/x.ct"};
  const auto jobs = plan_jobs(inputs, "out", "");
  ASSERT_TRUE(jobs.has_value());
  ASSERT_EQ(jobs->size(), 1U);
  EXPECT_EQ(jobs->front().output, "out");
}

TEST(PlanJobs, ManyRequestsToAFolder) {
  const std::string inputs[] = {"a/x.ct", "b/y.ct"};
  const auto jobs = plan_jobs(inputs, "", "results");
  ASSERT_TRUE(jobs.has_value());
  EXPECT_EQ((*jobs)[0].output, "results/x.result");
  EXPECT_EQ((*jobs)[1].output, "results/y.result");
}

TEST(PlanJobs, RefusesTwoResultsOfOneName) {
  const std::string inputs[] = {"a/x.ct", "b/x.ct"};
  const auto jobs = plan_jobs(inputs, "", "results");
  ASSERT_FALSE(jobs.has_value());
  EXPECT_EQ(jobs.error().code, base::ErrorCode::kUsage);
}

TEST(PlanJobs, RefusesNoneOrBothDestinations) {
  const std::string inputs[] = {"a/x.ct"};
  EXPECT_FALSE(plan_jobs(inputs, "", "").has_value());
  EXPECT_FALSE(plan_jobs(inputs, "out", "results").has_value());
  const std::string several[] = {"a/x.ct", "a/y.ct"};
  EXPECT_FALSE(plan_jobs(several, "out", "").has_value());
}

}  // namespace
}  // namespace obscura::deploy::worker
