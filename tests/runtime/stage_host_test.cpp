#include "deploy/worker/stage_host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "artifact/digest.hpp"
#include "deploy/net/embedded_blobs.hpp"
#include "plan/program/schedule.hpp"
#include "plan/weights/testing/branched_plan.hpp"
#include "runtime/session/loaded_model.hpp"
#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/manifest_file.hpp"
#include "tests/runtime/owner_files.hpp"

/// Stages as a serving worker holds them, from the store to the bytes of their steps.
namespace obscura::tests {
namespace {

namespace net = deploy::net;
using base::ErrorCode;
using deploy::worker::BlobCache;
using deploy::worker::StageHost;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const std::vector<std::size_t> kStageCuts = {6, 8};

class StageHostTest : public ::testing::Test {
 protected:
  StageHostTest()
      : owner_(plan::weights::testing::branched_plan({8, false, true, plan::program::SealingKey::kSecret})) {
    whole_ = store(owner_.sealed_in_stages(kStageCuts, manifest_path()));
    for (std::size_t number = 1; number <= 3; ++number) {
      (void)store(base::read_file(wire::stage_path(manifest_path(), number), 1 << 26).value());
    }
    entry_ = {store(base::read_file(manifest_path(), 1 << 26).value()), store(owner_.evaluation_keys())};
    request_ = owner_.request(owner_.encrypt(owner_.draw_inputs(7)));
  }
  [[nodiscard]] std::string manifest_path() const { return owner_.file("m.manifest"); }
  net::BlobRef store(const Bytes& bytes) {
    EXPECT_TRUE(blobs_->put(net::BlobRef::of(bytes), bytes, {}).has_value());
    return net::BlobRef::of(bytes);
  }
  [[nodiscard]] net::Job job(const net::BlobRef& model, std::size_t stages) const {
    net::Job job;
    job.key = {"tenant", "job", 0};
    job.model = model.sha256;
    job.eval_key = entry_.eval_keys.sha256;
    job.params = owner_.expected().params;
    job.shards.assign(stages, 1);
    return job;
  }
  [[nodiscard]] StageHost host(std::uint64_t memory_bytes = 0) {
    return {cache_, *blobs_, owner_.trust(), {}, memory_bytes};
  }
  static base::Result<Bytes> step(StageHost& host, const net::Job& job, std::uint32_t stage, const Bytes& input) {
    const auto yes = [] { return true; };
    auto output = host.evaluate({job, {stage, 0}, {input}}, yes, yes);
    if (!output) return base::forward_error(output);
    return output->outputs.at(0);
  }

  OwnerFiles owner_;
  std::unique_ptr<net::BlobStore> blobs_ = net::EmbeddedBlobs::open(owner_.file("blobs"), {}).value();
  BlobCache cache_ = BlobCache::open(owner_.file("cache"), 1 << 28).value();
  net::BlobRef whole_;
  net::CatalogueEntry entry_;
  Bytes request_;
};

TEST_F(StageHostTest, StagesTogetherGiveTheBytesOfTheWholeModel) {
  StageHost whole = host();
  ASSERT_TRUE(whole.add({whole_, entry_.eval_keys}, {}).has_value());
  ASSERT_THAT(whole.lanes(), SizeIs(1));
  const Bytes expected = step(whole, job(whole_, 1), 0, request_).value();
  StageHost staged = host();
  ASSERT_TRUE(staged.add(entry_, {}).has_value());
  ASSERT_THAT(staged.lanes(), SizeIs(3));
  Bytes at_hand = request_;
  for (std::uint32_t stage = 0; stage < 3; ++stage)
    at_hand = step(staged, job(entry_.model, 3), stage, at_hand).value();
  EXPECT_EQ(at_hand, expected);
}

TEST_F(StageHostTest, HoldsOnlyTheStagesThatItWasAskedFor) {
  StageHost second = host();
  const deploy::worker::StageChoice chosen[] = {{2}};
  ASSERT_TRUE(second.add(entry_, chosen).has_value());
  ASSERT_THAT(second.lanes(), SizeIs(1));
  EXPECT_EQ(second.lanes()[0], (net::Lane{entry_.model.sha256, entry_.eval_keys.sha256, 1, 0}));
  const auto other = step(second, job(entry_.model, 3), 0, request_);
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().code, ErrorCode::kNotFound);
  const deploy::worker::StageChoice beyond[] = {{4}};
  EXPECT_EQ(second.add(entry_, beyond).error().code, ErrorCode::kUsage);
}

TEST_F(StageHostTest, RefusesJobsThatAreNotForTheModel) {
  StageHost all = host();
  ASSERT_TRUE(all.add(entry_, {}).has_value());
  net::Job other = job(entry_.model, 2);
  EXPECT_EQ(step(all, other, 0, request_).error().code, ErrorCode::kMismatch);
  other = job(entry_.model, 3);
  other.params = {};
  EXPECT_EQ(step(all, other, 0, request_).error().code, ErrorCode::kMismatch);
  other = job(entry_.model, 3);
  other.shards[1] = 2;
  EXPECT_EQ(step(all, other, 0, request_).error().code, ErrorCode::kMismatch) << "shards that the model does not have";
  EXPECT_EQ(step(all, job(entry_.model, 3), 1, request_).error().code, ErrorCode::kMismatch) << "a request, stage 2";
}

TEST_F(StageHostTest, GivesATaskBackWhenItIsStopped) {
  StageHost all = host();
  ASSERT_TRUE(all.add(entry_, {}).has_value());
  int asked = 0;
  const auto stopped = all.evaluate(
      {job(entry_.model, 3), {0, 0}, {request_}}, [] { return true; }, [&] { return ++asked < 3; });
  ASSERT_FALSE(stopped.has_value());
  EXPECT_EQ(stopped.error().code, ErrorCode::kIo) << "what serve_one takes for a passing reason";
  EXPECT_EQ(asked, 3);
  const auto lost = all.evaluate(
      {job(entry_.model, 3), {0, 0}, {request_}}, [] { return false; }, [] { return true; });
  ASSERT_FALSE(lost.has_value());
}

TEST_F(StageHostTest, LeavesOutWhatDoesNotFitAndSaysWhy) {
  StageHost unlimited = host();
  const deploy::worker::StageChoice first[] = {{1}};
  ASSERT_TRUE(unlimited.add(entry_, first).has_value());
  StageHost limited = host(unlimited.memory_bytes());
  ASSERT_TRUE(limited.add(entry_, {}).has_value());
  ASSERT_THAT(limited.lanes(), SizeIs(1));
  ASSERT_THAT(limited.unserved(), SizeIs(2));
  EXPECT_THAT(limited.unserved()[0].why.message, HasSubstr("stage 2 of 3"));
  EXPECT_THAT(limited.unserved()[0].why.message, HasSubstr("needs"));
  EXPECT_EQ(limited.unserved()[0].why.code, ErrorCode::kLimit);
  EXPECT_TRUE(step(limited, job(entry_.model, 3), 0, request_).has_value());
}

TEST_F(StageHostTest, ServesOnlyOwnersThatItTrusts) {
  const artifact::TrustSet nobody;
  StageHost wary(cache_, *blobs_, nobody, {}, 0);
  EXPECT_EQ(wary.add(entry_, {}).error().code, ErrorCode::kUntrusted);
  ASSERT_TRUE(wary.add({whole_, entry_.eval_keys}, {}).has_value());
  EXPECT_TRUE(wary.lanes().empty());
  ASSERT_THAT(wary.unserved(), SizeIs(1));
  EXPECT_EQ(wary.unserved()[0].why.code, ErrorCode::kUntrusted);
}

TEST_F(StageHostTest, ModelsThatAreNotThereYetCanBeAskedForAgain) {
  ASSERT_TRUE(blobs_->remove(entry_.eval_keys).has_value());
  StageHost early = host();
  ASSERT_TRUE(early.add(entry_, {}).has_value());
  ASSERT_THAT(early.unserved(), SizeIs(3));
  EXPECT_EQ(early.unserved()[0].why.code, ErrorCode::kNotFound);
  EXPECT_EQ(early.memory_bytes(), 0U);
  (void)store(owner_.evaluation_keys());
  ASSERT_TRUE(early.add(entry_, {}).has_value());
  EXPECT_THAT(early.lanes(), SizeIs(3));
  EXPECT_TRUE(early.unserved().empty());
}

}  // namespace
}  // namespace obscura::tests
