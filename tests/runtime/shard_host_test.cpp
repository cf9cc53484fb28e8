#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deploy/net/embedded_blobs.hpp"
#include "deploy/worker/stage_host.hpp"
#include "tests/runtime/sharded_site.hpp"

/// Shards as serving workers hold them, from the store to the bytes of their steps.
namespace obscura::tests {
namespace {

namespace net = deploy::net;
using base::ErrorCode;
using deploy::worker::BlobCache;
using deploy::worker::StageChoice;
using deploy::worker::StageHost;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class ShardHostTest : public ::testing::Test {
 protected:
  ShardHostTest() {
    for (const wire::ManifestFile& file : wire::files_of(site_.manifest(), site_.manifest_path())) {
      (void)store(ShardedSite::read(file.path));
    }
    entry_ = {store(ShardedSite::read(site_.manifest_path())), store(site_.owner.evaluation_keys())};
  }
  net::BlobRef store(const Bytes& bytes) {
    EXPECT_TRUE(blobs_->put(net::BlobRef::of(bytes), bytes, {}).has_value());
    return net::BlobRef::of(bytes);
  }
  [[nodiscard]] net::Job job(std::vector<std::uint32_t> shards = {1, 4, 1}) const {
    net::Job job;
    job.key = {"tenant", "job", 0};
    job.model = entry_.model.sha256;
    job.eval_key = entry_.eval_keys.sha256;
    job.params = site_.owner.expected().params;
    job.shards = std::move(shards);
    return job;
  }
  [[nodiscard]] std::unique_ptr<StageHost> host(const std::vector<StageChoice>& choices) {
    auto host = std::make_unique<StageHost>(cache_, *blobs_, site_.owner.trust(), site_.engine, 0);
    EXPECT_TRUE(host->add(entry_, choices).has_value());
    EXPECT_TRUE(host->unserved().empty());
    return host;
  }
  static base::Result<Bytes> step(StageHost& host, const net::Job& job, const net::Step& step,
                                  const std::vector<Bytes>& inputs) {
    const auto yes = [] { return true; };
    auto output = host.evaluate({job, step, inputs}, yes, yes);
    if (!output) return base::forward_error(output);
    return output->outputs.at(0);
  }

  ShardedSite site_{wide_plan({8, true})};
  std::unique_ptr<net::BlobStore> blobs_ = net::EmbeddedBlobs::open(site_.owner.file("blobs"), {}).value();
  BlobCache cache_ = BlobCache::open(site_.owner.file("cache"), 1 << 28).value();
  net::CatalogueEntry entry_;
};

TEST_F(ShardHostTest, HostsOfAnyShardsTogetherGiveTheBytesOfTheWholeModel) {
  const auto odd = host({{1}, {2, 1}, {2, 3}});
  const auto even = host({{2, 2}, {2, 4}});
  const auto rest = host({{2, wire::kMergeFile}, {3}});
  const Bytes request = site_.request(41);
  const Bytes first = step(*odd, job(), {0, 0}, {request}).value();
  std::vector<Bytes> parts;
  for (std::uint32_t shard = 0; shard < 4; ++shard) {
    parts.push_back(step(shard % 2 == 0 ? *odd : *even, job(), {1, shard}, {first}).value());
  }
  const Bytes merged = step(*rest, job(), {1, net::kMergeShard}, parts).value();
  EXPECT_EQ(step(*rest, job(), {2, 0}, {merged}).value(), site_.answer_whole(request));
}

TEST_F(ShardHostTest, TakesTasksOfWhatItHolds) {
  const auto some = host({{2, 3}, {2, wire::kMergeFile}});
  const artifact::Digest& model = entry_.model.sha256;
  const artifact::Digest& keys = entry_.eval_keys.sha256;
  ASSERT_THAT(some->lanes(), SizeIs(2));
  EXPECT_EQ(some->lanes()[0], (net::Lane{model, keys, 1, 0, 2}));
  EXPECT_EQ(some->lanes()[1], (net::Lane{model, keys, 1, 0, net::kMergeShard}));
  EXPECT_EQ(some->text_of(some->lanes()[0]), "shard 3 of 4 of stage 2 of 3");
  EXPECT_EQ(some->text_of(some->lanes()[1]), "the merge of stage 2 of 3");
  const auto other = step(*some, job(), {1, 0}, {{}});
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(host({{2}})->lanes(), SizeIs(5)) << "a stage with all its shards and the merge";
  EXPECT_THAT(host({})->lanes(), SizeIs(7));
}

TEST_F(ShardHostTest, RefusesWhatTheModelDoesNotHave) {
  StageHost all(cache_, *blobs_, site_.owner.trust(), site_.engine, 0);
  for (const StageChoice& choice : {StageChoice{2, 5}, StageChoice{1, 1}, StageChoice{3, wire::kMergeFile}}) {
    const auto added = all.add(entry_, {{choice}});
    ASSERT_FALSE(added.has_value()) << choice.text();
    EXPECT_EQ(added.error().code, ErrorCode::kUsage);
    EXPECT_THAT(added.error().message, HasSubstr(choice.text()));
  }
  const auto whole = host({});
  for (const auto& shards : {std::vector<std::uint32_t>{1, 1, 1}, {1, 3, 1}, {1, 4}, {4, 4, 1}}) {
    const auto refused = step(*whole, job(shards), {0, 0}, {site_.request(42)});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::kMismatch) << "the job is for another split";
  }
}

}  // namespace
}  // namespace obscura::tests
