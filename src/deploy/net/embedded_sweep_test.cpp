#include "deploy/net/embedded_sweep.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

#include "deploy/net/embedded_blobs.hpp"
#include "deploy/net/embedded_queue.hpp"
#include "deploy/net/site.hpp"
#include "deploy/net/testing/nats_place.hpp"
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
    for (const auto& entry : fs::recursive_directory_iterator(place_of(key))) {
      if (entry.is_regular_file())
        fs::last_write_time(entry, fs::file_time_type::clock::now() - std::chrono::hours(24));
    }
  }
  [[nodiscard]] std::string place_of(const JobKey& key) const { return job_blobs_folder(folder_.path(), key); }
  [[nodiscard]] base::Result<std::uint64_t> sweep_by(const IsOpenJob& is_open) const {
    return sweep_job_blobs(folder_.path(), is_open, SystemClock().now() - std::chrono::hours(1));
  }
  [[nodiscard]] base::Result<std::uint64_t> try_sweep() const {
    return sweep_by([this](const JobKey& key) -> base::Result<bool> { return open_.contains(key); });
  }
  [[nodiscard]] std::uint64_t sweep() const { return try_sweep().value(); }

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
  EXPECT_EQ(sweep_by([&](const JobKey&) -> base::Result<bool> { return ++asked > 1; }).value(), 0u);
  EXPECT_EQ(asked, 2);
  EXPECT_TRUE(has(key));
  EXPECT_EQ(blobs_->of_job(key).get(kRef, kRef.size).value(), kBytes);
}

// As a sweep that was killed between its steps leaves it.
TEST_F(EmbeddedSweep, WhatAnInterruptedSweepTookAwayIsThereAgain) {
  const JobKey open{"tenant", "open", 0};
  const JobKey done{"tenant", "done", 0};
  for (const JobKey& key : {open, done}) {
    put(key);
    age(key);
    fs::rename(place_of(key), place_of(key) + ".leaving");
  }
  open_ = {open};
  EXPECT_EQ(sweep(), 1u);
  EXPECT_EQ(blobs_->of_job(open).get(kRef, kRef.size).value(), kBytes);
  EXPECT_FALSE(has(done));
  for (const JobKey& key : {open, done}) EXPECT_FALSE(fs::exists(place_of(key) + ".leaving"));
  open_.clear();
  EXPECT_EQ(sweep(), 1u);  // it was not stored anew: it is as old as before
}

TEST_F(EmbeddedSweep, WhatCannotBePutBackIsKeptAndTheOthersAreSwept) {
  const JobKey open{"tenant", "open", 0};
  const JobKey done{"tenant", "xdone", 0};
  for (const JobKey& key : {open, done}) put(key);
  age(done);
  const std::string leaving = place_of(open) + ".leaving";
  fs::rename(place_of(open), leaving);
  write_text(place_of(open), "a file where a folder is to be");
  open_ = {open};
  const auto swept = try_sweep();
  ASSERT_FALSE(swept);
  EXPECT_EQ(swept.error().code, base::ErrorCode::kIo);
  EXPECT_TRUE(fs::exists(leaving));
  EXPECT_FALSE(has(done));
  fs::remove(place_of(open));
  EXPECT_EQ(sweep(), 0u);
  EXPECT_EQ(blobs_->of_job(open).get(kRef, kRef.size).value(), kBytes);
  EXPECT_FALSE(fs::exists(leaving));
}

TEST_F(EmbeddedSweep, WhatCannotBeLookedAtIsInUse) {
  const JobKey key{"tenant", "odd", 0};
  put(key);
  age(key);
  fs::create_symlink(folder_.path() + "/nowhere", place_of(key) + "/link");
  EXPECT_EQ(sweep(), 0u);
  EXPECT_TRUE(has(key));
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
