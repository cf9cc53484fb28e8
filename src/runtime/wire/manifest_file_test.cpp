#include "runtime/wire/manifest_file.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <functional>

#include "base/file.hpp"

namespace obscura::runtime::wire {
namespace {

using fhe::params::Level;
using fhe::params::RotationStep;
using plan::program::KeyKind;

Manifest two_stages() {
  Manifest manifest{artifact::sha256({}), true, {}, {}, {}, {}};
  manifest.plan.bytes[0] = 1;
  manifest.key.bytes[0] = 2;
  manifest.sealing.bytes[0] = 3;
  manifest.stages = {
      {artifact::sha256({}), 1000, 4, 1, {3.5, 10, 20, 30}, {}},
      {artifact::sha256(manifest.plan.bytes),
       2000,
       1,
       2,
       {0.25, 1, 2, 3},
       {{KeyKind::kRelinearize, RotationStep(0), Level(3)}, {KeyKind::kRotate, RotationStep(7), Level(1)}}}};
  return manifest;
}

/// What comes back of a manifest that is written by somebody trusted.
base::Result<SignedManifest> through_a_file(const Manifest& manifest) {
  const auto signer = artifact::SigningKey::generate();
  artifact::TrustSet trust;
  trust.add({signer.verify_key(), "owner"});
  const std::string path = std::filesystem::path(::testing::TempDir()) / "obscura_manifest_file_test.manifest";
  EXPECT_TRUE(write_manifest(path, manifest, signer).has_value());
  const auto bytes = base::read_file(path, std::uint64_t{1} << 26).value();
  std::filesystem::remove(path);
  return read_manifest(bytes, "m.manifest", &trust);
}

/// The second stage in three shards.
Manifest with_shards() {
  Manifest manifest = two_stages();
  for (std::uint32_t i = 0; i < 3; ++i) {
    const std::vector<std::uint8_t> content = {static_cast<std::uint8_t>(i)};
    manifest.stages[1].shards.push_back({artifact::sha256(content),
                                         100 + i,
                                         1 + i,
                                         {0.5, i, 2, 3},
                                         {{KeyKind::kRotateRelinearize, RotationStep(3), Level(2)}}});
  }
  return manifest;
}

TEST(ManifestFile, RoundTripsShards) {
  const auto read = through_a_file(with_shards());
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->manifest, with_shards());
}

TEST(ManifestFile, RefusesShardsThatNoStageHas) {
  const auto refused = [](const std::function<void(ManifestStage&)>& damage) {
    Manifest manifest = with_shards();
    damage(manifest.stages[1]);
    EXPECT_FALSE(through_a_file(manifest).has_value());
  };
  refused([](ManifestStage& stage) { stage.shards.resize(1); });
  refused([](ManifestStage& stage) { stage.shards.resize(65, stage.shards.front()); });
  refused([](ManifestStage& stage) { stage.shards[1].results = 0; });
  refused([](ManifestStage& stage) { stage.shards[1].results = 257; });
  refused([](ManifestStage& stage) { stage.shards[2].cost.latency_ms = -1; });
}

TEST(FilesOf, NamesThemInTheOrderInWhichTheyRun) {
  std::vector<std::string> paths;
  std::vector<std::string> texts;
  for (const ManifestFile& file : files_of(with_shards(), "/models/m.manifest")) {
    paths.push_back(file.path);
    texts.push_back(file.place.text());
  }
  EXPECT_EQ(paths, (std::vector<std::string>{"/models/m.stage1.sealed", "/models/m.stage2.shard1.sealed",
                                             "/models/m.stage2.shard2.sealed", "/models/m.stage2.shard3.sealed",
                                             "/models/m.stage2.merge.sealed"}));
  EXPECT_EQ(texts,
            (std::vector<std::string>{"stage 1 of 2", "shard 1 of 3 of stage 2 of 2", "shard 2 of 3 of stage 2 of 2",
                                      "shard 3 of 3 of stage 2 of 2", "the merge of stage 2 of 2"}));
  EXPECT_EQ(shards_of(with_shards()), (std::vector<std::uint32_t>{1, 3}));
}

TEST(ManifestFile, RoundTrips) {
  const auto read = through_a_file(two_stages());
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->manifest, two_stages());
  EXPECT_EQ(read->signer.name, "owner");
}

TEST(ManifestFile, RefusesWhatNoSealingWrites) {
  const auto refused = [](const std::function<void(Manifest&)>& damage, const std::string& part) {
    Manifest manifest = two_stages();
    damage(manifest);
    const auto read = through_a_file(manifest);
    ASSERT_FALSE(read.has_value()) << "accepted, expected: " << part;
    EXPECT_EQ(read.error().code, base::ErrorCode::kCorrupt);
    EXPECT_NE(read.error().message.find(part), std::string::npos) << read.error().message;
  };
  refused([](Manifest& m) { m.stages.pop_back(); }, "fewer than two");
  refused([](Manifest& m) { m.stages.resize(65, m.stages[0]); }, "m.manifest");
  refused([](Manifest& m) { m.stages[0].inputs = 0; }, "what none can");
  refused([](Manifest& m) { m.stages[0].inputs = 257; }, "what none can");
  refused([](Manifest& m) { m.stages[1].results = 0; }, "what none can");
  refused([](Manifest& m) { m.stages[1].bytes = ~std::uint64_t{0}; }, "what none can");
  refused([](Manifest& m) { m.stages[1].cost.latency_ms = -1; }, "no time");
  refused([](Manifest& m) { m.stages[1].cost.latency_ms = std::nan(""); }, "no time");
  constexpr auto kPastTheLastKind = static_cast<KeyKind>(static_cast<int>(KeyKind::kDecapsulate) + 1);
  refused([](Manifest& m) { m.stages[1].key_needs[0].kind = kPastTheLastKind; }, "unknown kind");
}

TEST(StagePath, StandsBesideTheManifest) {
  EXPECT_EQ(stage_path("a/b.manifest", 2), "a/b.stage2.sealed");
  EXPECT_EQ(stage_path("m.v2.manifest", 1), "m.v2.stage1.sealed");
}

}  // namespace
}  // namespace obscura::runtime::wire
