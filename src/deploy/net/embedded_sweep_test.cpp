#include "deploy/net/embedded_sweep.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

#include "deploy/net/embedded_blobs.hpp"
#include "deploy/net/embedded_queue.hpp"
#include "deploy/net/site.hpp"
#include "deploy/net/testing/pipeline.hpp"
#include "deploy/net/testing/temporary_folder.hpp"

namespace obscura::deploy::net::testing {
namespace {

namespace fs = std::filesystem;

const Bytes kBytes(5000, 7);
const BlobRef kRef = BlobRef::of(kBytes);

class EmbeddedSweep : public ::testing::Test {
 protected:
  void put(const JobKey& key) { ASSERT_TRUE(blobs_->of_job(key).put(kRef, kBytes, {})); }
  [[nodiscard]] bool has(const JobKey& key) { return blobs_->of_job(key).has(kRef).value(); }
  // As if nobody had used what the job has for a day.
  void age(const JobKey& key) const {
    for (const auto& entry : fs::recursive_directory_iterator(job_blobs_folder(folder_.path(), key))) {
      if (entry.is_regular_file())
        fs::last_write_time(entry, fs::file_time_type::clock::now() - std::chrono::hours(24));
    }
  }
  [[nodiscard]] std::uint64_t sweep(const IsOpenJob& is_open) const {
    return sweep_job_blobs(folder_.path(), is_open, SystemClock().now() - std::chrono::hours(1)).value();
  }
  [[nodiscard]] std::uint64_t sweep() const {
    return sweep([this](const JobKey& key) -> base::Result<bool> { return open_.contains(key); });
  }

  TemporaryFolder folder_;
  std::unique_ptr<BlobStore> blobs_ = EmbeddedBlobs::open(folder_.path(), {}).value();
  std::set<JobKey> open_;
};

TEST_F(EmbeddedSweep, RemovesWhatIsOldAndNobodysAnyMore) {
  const JobKey old{"tenant", "old", 0};
  const JobKey young{"tenant", "young", 0};
  const JobKey open{"tenant", "open", 2};
  for (const JobKey& key : {old, young, open}) put(key);
  ASSERT_TRUE(blobs_->put(kRef, kBytes, {}));  // a model of the same bytes
  age(old);
  age(open);
  open_ = {open};
  EXPECT_EQ(sweep(), 1u);
  EXPECT_FALSE(has(old));
  EXPECT_TRUE(has(young));
  EXPECT_TRUE(has(open));
  EXPECT_TRUE(blobs_->has(kRef).value());
  open_.clear();
  EXPECT_EQ(sweep(), 1u);
  EXPECT_FALSE(has(open));
}

TEST_F(EmbeddedSweep, WhatIsHandedInAgainIsNotOld) {
  const JobKey key{"tenant", "again", 0};
  put(key);
  age(key);
  put(key);  // it is there already
  EXPECT_EQ(sweep(), 0u);
  EXPECT_TRUE(has(key));
}

// A submitter stores, and then there is a task: a sweep may look between the two.
TEST_F(EmbeddedSweep, AJobThatIsHandedInMeanwhileKeepsWhatItHas) {
  const JobKey key{"tenant", "meanwhile", 0};
  put(key);
  age(key);
  int asked = 0;
  EXPECT_EQ(sweep([&](const JobKey&) -> base::Result<bool> { return ++asked > 1; }), 0u);
  EXPECT_EQ(asked, 2);
  EXPECT_TRUE(has(key));
  EXPECT_EQ(blobs_->of_job(key).get(kRef, kRef.size).value(), kBytes);
}

TEST_F(EmbeddedSweep, NoNameLeadsOutOfItsFolder) {
  for (const JobKey& key : {JobKey{"..", "job", 0}, JobKey{"tenant", "../../x", 0}, JobKey{"", "", 0}}) {
    EXPECT_EQ(job_blobs_folder(folder_.path(), key), "");
  }
}

// A whole site: what its queue says is open is open.
TEST(EmbeddedSweepOfASite, KeepsTheBlobsOfTasksThatWait) {
  const TemporaryFolder folder;
  SystemClock clock;
  Site site = open_site(folder.path(), clock).value();
  const Lane lane = all_lanes(1).front();
  const Task task{.key = {"tenant", "waits", 0},
                  .step = {},
                  .model = lane.model,
                  .eval_key = lane.eval_key,
                  .deadline = clock.now() + std::chrono::hours(1),
                  .message = {1}};
  for (const std::string job : {"waits", "gone"}) {
    ASSERT_TRUE(site.blobs->of_job({"tenant", job, 0}).put(kRef, kBytes, {}));
    for (const auto& entry : fs::recursive_directory_iterator(folder.path() + "/blobs/jobs")) {
      if (entry.is_regular_file())
        fs::last_write_time(entry, fs::file_time_type::clock::now() - std::chrono::hours(1000));
    }
  }
  ASSERT_EQ(site.queue->publish(task).value(), Stored::kStored);
  ASSERT_TRUE(site.forget_old);
  ASSERT_TRUE(site.forget_old());
  EXPECT_TRUE(site.blobs->of_job(task.key).has(kRef).value());
  EXPECT_FALSE(site.blobs->of_job({"tenant", "gone", 0}).has(kRef).value());
  ASSERT_TRUE(site.queue->withdraw(task.key));
  ASSERT_TRUE(site.forget_old());
  EXPECT_FALSE(site.blobs->of_job(task.key).has(kRef).value());
}

}  // namespace
}  // namespace obscura::deploy::net::testing
