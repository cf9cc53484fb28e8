#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <set>

#include "deploy/worker/answer_in_stages.hpp"
#include "deploy/worker/answer_model.hpp"
#include "plan/program/schedule.hpp"
#include "runtime/wire/part_file.hpp"
#include "tests/runtime/sharded_site.hpp"

/// A stage in shards, through its files: the same bytes come out as from the whole model.
namespace obscura::tests {
namespace {

using ::testing::HasSubstr;

Bytes through_shards(const ShardedSite& site, const Bytes& request) {
  const Bytes merged = site.answer(site.merge_file(), site.parts(request)).value();
  return site.answer(wire::stage_path(site.manifest_path(), 3), {merged}).value();
}

TEST(ShardedStages, GiveTheResultOfTheWholeModelForAnyNumberOfThreads) {
  for (const int threads : {1, 2}) {
    for (const std::size_t shards : {2, 4, 6}) {
      ShardedSite site(wide_plan({8, threads == 2}), shards, {threads, ""});
      const Bytes request = site.request(31);
      EXPECT_EQ(through_shards(site, request), site.answer_whole(request)) << shards << " shards";
    }
  }
}

/// Secure parameters: N = 2^13, 128 bits.
TEST(ShardedStages, GiveTheResultOfTheWholeModelInARingOfRealSize) {
  ShardedSite site(wide_plan({13, true, true, false}), 4, {2, ""});
  const Bytes request = site.request(32);
  EXPECT_EQ(through_shards(site, request), site.answer_whole(request));
}

TEST(ShardedStages, StreamTheirWeightsWhereMemoryIsShort) {
  ShardedSite site(wide_plan({8, true}));
  const Bytes first = site.answer(wire::stage_path(site.manifest_path(), 1), {site.request(33)}).value();
  for (std::size_t shard = 1; shard <= 4; ++shard) {
    const Bytes file = ShardedSite::read(site.shard_file(shard));
    const auto model = wire::SealedModel::open_stage(file, "s", &site.owner.trust()).value();
    const auto memory = plan::program::estimate_memory(model.program(), site.owner.context().params());
    EXPECT_EQ(site.answer(site.shard_file(shard), {first}, {memory.total_bytes(true)}).value(),
              site.answer(site.shard_file(shard), {first}).value());
  }
}

TEST(ShardedStages, HoldEachItsWeightsOnly) {
  ShardedSite site(wide_plan());
  const Bytes whole_file = ShardedSite::read(site.owner.file("m.sealed"));
  const auto whole = wire::SealedModel::open(whole_file, "m", &site.owner.trust()).value();
  const wire::Manifest manifest = site.manifest();
  std::set<std::uint64_t> numbers;
  std::size_t weights = 0;
  for (const wire::ManifestFile& due : wire::files_of(manifest, site.manifest_path())) {
    const Bytes file = ShardedSite::read(due.path);
    EXPECT_EQ(due.file, artifact::sha256(file));
    EXPECT_EQ(due.bytes, file.size());
    const auto model = wire::SealedModel::open_stage(file, due.path, &site.owner.trust()).value();
    EXPECT_EQ(model.place().text(), due.place.text());
    EXPECT_LT(model.weights(), whole.weights());
    weights += model.weights();
    for (std::size_t i = 0; i < model.weights(); ++i) {
      const std::uint64_t number = model.place().number_of_weight(i);
      numbers.insert(number);
      const auto& ring = site.owner.ring();
      const auto here = model.weight(ring, plan::program::WeightId(static_cast<int>(i))).value();
      const auto there = whole.weight(ring, plan::program::WeightId(static_cast<int>(number))).value();
      EXPECT_TRUE(same_words(here, there)) << "weight " << number;
    }
  }
  EXPECT_EQ(weights, whole.weights());
  EXPECT_EQ(numbers.size(), whole.weights());
  EXPECT_EQ(wire::shards_of(manifest), (std::vector<std::uint32_t>{1, 4, 1}));
}

TEST(ShardedStages, SayWhatAPartIs) {
  ShardedSite site(wide_plan());
  const Bytes request = site.request(34);
  const std::vector<Bytes> parts = site.parts(request);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto info = wire::inspect_part(parts[i], "x.part").value();
    EXPECT_EQ(info.stage, 2u);
    EXPECT_EQ(info.stages, 3u);
    EXPECT_EQ(info.shard, i + 1);
    EXPECT_EQ(info.shards, 4u);
    EXPECT_EQ(info.sealing, site.manifest().sealing);
    EXPECT_EQ(info.content.provenance.request, wire::request_digest(request, "x.ct").value());
  }
}

TEST(ShardedStages, RefuseToAnswerAlone) {
  ShardedSite site(wide_plan());
  for (const std::string& file : {site.shard_file(3), site.merge_file()}) {
    const auto model =
        runtime::session::LoadedModel::open({file, site.owner.file("m.eval")}, site.owner.trust(), site.engine, {});
    ASSERT_FALSE(model.has_value());
    EXPECT_EQ(model.error().code, base::ErrorCode::kMismatch);
    EXPECT_THAT(model.error().message, HasSubstr("shard missing: " + file));
    EXPECT_THAT(model.error().hint, HasSubstr("manifest"));
  }
}

class PartMismatch : public ::testing::Test {
 protected:
  void expect_refused(const std::vector<Bytes>& parts, const std::string& words) const {
    const auto merged = site_.answer(site_.merge_file(), parts);
    ASSERT_FALSE(merged.has_value()) << "merged, expected: " << words;
    EXPECT_EQ(merged.error().code, base::ErrorCode::kMismatch);
    EXPECT_THAT(merged.error().message, HasSubstr(words));
  }
  ShardedSite site_{wide_plan()};
  std::vector<Bytes> parts_ = site_.parts(site_.request(35));
};

TEST_F(PartMismatch, PartsThatAreMissingOrOutOfOrder) {
  EXPECT_TRUE(site_.answer(site_.merge_file(), parts_).has_value());
  expect_refused({parts_[0], parts_[1], parts_[2]}, "shard missing");
  expect_refused({site_.request(36)}, "shard missing");
  std::vector<Bytes> swapped = parts_;
  std::swap(swapped[1], swapped[2]);
  expect_refused(swapped, "was made by shard 3 of 4 of stage 2 of 3, where the merge of stage 2 of 3 takes shard 2");
}

TEST_F(PartMismatch, PartsOfTwoRequests) {
  std::vector<Bytes> mixed = site_.parts(site_.request(37));
  mixed[3] = parts_[3];
  expect_refused(mixed, "answer different requests");
}

TEST_F(PartMismatch, PartsOfAnotherSealing) {
  const std::string again = site_.owner.file("again.manifest");
  (void)site_.seal(again);
  const Bytes first = site_.answer(wire::stage_path(again, 1), {site_.request(35)}).value();
  std::vector<Bytes> mixed = parts_;
  mixed[0] = site_.answer(wire::shard_path(again, 2, 1), {first}).value();
  expect_refused(mixed, "another sealing");
}

// A trusted signer's file: the program of a shard in the place of a whole stage.
TEST(PartialSums, StandInNoPlainStage) {
  const ShardedSite site(wide_plan({.sealing_key = plan::program::SealingKey::kPublic}));
  const OwnerFiles& owner = site.owner;
  const Bytes shard = ShardedSite::read(site.shard_file(1));
  const auto model = wire::SealedModel::open_stage(shard, "shard", &owner.trust()).value();
  const auto sealed_at = [&](const wire::StagePlace& place) {
    auto writer = wire::SealedModelWriter::create(owner.file("again.sealed"), owner.ring(), model.program(),
                                                  model.key(), wire::SealedForm::kTwoPart, place)
                      .value();
    for (std::size_t i = 0; i < model.weights(); ++i) {
      const plan::program::WeightId id(static_cast<int>(i));
      EXPECT_TRUE(writer.add(model.weight(owner.ring(), id).value()).has_value());
    }
    EXPECT_TRUE(writer.commit(owner.signer()).has_value());
    return ShardedSite::read(owner.file("again.sealed"));
  };
  const Bytes same = sealed_at(model.place());
  EXPECT_TRUE(wire::SealedModel::open_stage(same, "same", &owner.trust()).has_value());

  wire::StagePlace place = model.place();
  place.shards = 1;
  place.weights = {{0, static_cast<int>(model.weights())}};
  const Bytes plain = sealed_at(place);
  const auto refused = wire::SealedModel::open_stage(plain, "plain", &owner.trust());
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("partial sums"));
}

TEST_F(PartMismatch, AStageOfAnotherSealing) {
  const std::string again = site_.owner.file("again.manifest");
  (void)site_.seal(again);
  const Bytes first = site_.answer(wire::stage_path(site_.manifest_path(), 1), {site_.request(35)}).value();
  const auto other = site_.answer(wire::shard_path(again, 2, 1), {first});
  ASSERT_FALSE(other.has_value()) << "a shard takes what a stage of another sealing made";
  EXPECT_THAT(other.error().message, HasSubstr("another sealing"));
}

TEST_F(PartMismatch, StagesThatAreGivenParts) {
  for (const std::string& file : {wire::stage_path(site_.manifest_path(), 3), site_.shard_file(2)}) {
    EXPECT_FALSE(site_.answer(file, {parts_[0]}).has_value());
    EXPECT_FALSE(site_.answer(file, parts_).has_value());
  }
}

TEST_F(PartMismatch, FlippedBytes) {
  const Bytes part = parts_[1];
  for (std::size_t at = 8; at < part.size(); at += part.size() / 50) {
    parts_[1] = part;
    parts_[1][at] ^= 0x10;
    const auto merged = site_.answer(site_.merge_file(), parts_);
    ASSERT_FALSE(merged.has_value()) << "byte " << at;
  }
}

bool is_whole(const Bytes& file, const ShardedSite& site) {
  const auto opened = wire::SealedModel::open_stage(file, "s", &site.owner.trust());
  if (!opened) return false;
  for (std::size_t i = 0; i < opened->weights(); ++i) {
    if (!opened->weight(site.owner.ring(), plan::program::WeightId(static_cast<int>(i)))) return false;
  }
  return true;
}

TEST(ShardFiles, FlippedBytesAreNoticed) {
  ShardedSite site(wide_plan());
  for (const std::string& path : {site.shard_file(2), site.merge_file()}) {
    const Bytes file = ShardedSite::read(path);
    ASSERT_TRUE(is_whole(file, site));
    for (std::size_t at = 8; at < file.size(); at += 1 + file.size() / 300) {
      Bytes damaged = file;
      damaged[at] ^= 0x10;
      EXPECT_FALSE(is_whole(damaged, site)) << path << " byte " << at;
    }
  }
}

/// Signed by the owner, so that only the numbers are wrong.
TEST(ShardFiles, NumbersThatNoShardHasAreRefused) {
  ShardedSite site(wide_plan({5, false, true, true, plan::program::SealingKey::kPublic}));
  const Bytes file = ShardedSite::read(site.shard_file(2));
  const auto model = wire::SealedModel::open_stage(file, "s", &site.owner.trust()).value();
  const auto signer = artifact::SigningKey::generate();
  artifact::TrustSet trust;
  trust.add({signer.verify_key(), "owner"});
  const auto opens = [&](const std::function<void(wire::StagePlace&)>& change) {
    wire::StagePlace place = model.place();
    change(place);
    auto writer = wire::SealedModelWriter::create(site.owner.file("again"), site.owner.ring(), model.program(),
                                                  model.key(), wire::SealedForm::kTwoPart, place)
                      .value();
    for (std::size_t i = 0; i < model.weights(); ++i) {
      const plan::program::WeightId id(static_cast<int>(i));
      EXPECT_TRUE(writer.add(model.weight(site.owner.ring(), id).value()).has_value());
    }
    EXPECT_TRUE(writer.commit(signer).has_value());
    return wire::SealedModel::open_stage(ShardedSite::read(site.owner.file("again")), "s", &trust).has_value();
  };
  const int count = model.place().weights.at(0).count;
  ASSERT_GT(count, 1);
  EXPECT_TRUE(opens([](wire::StagePlace&) {}));
  EXPECT_TRUE(opens([&](wire::StagePlace& place) { place.weights = {{0, 1}, {7, count - 1}}; }));
  EXPECT_FALSE(opens([](wire::StagePlace& place) { place.shard = 5; }));
  EXPECT_FALSE(opens([](wire::StagePlace& place) { place.shards = 65; }));
  EXPECT_FALSE(opens([](wire::StagePlace& place) { place.number = 4; }));
  EXPECT_FALSE(opens([&](wire::StagePlace& place) { place.weights = {{0, count - 1}}; }));
  EXPECT_FALSE(opens([&](wire::StagePlace& place) { place.weights = {{0, count + 1}}; }));
  EXPECT_FALSE(opens([&](wire::StagePlace& place) { place.weights = {{7, count - 1}, {0, 1}}; }));
  EXPECT_FALSE(opens([&](wire::StagePlace& place) { place.weights = {{0, count - 1}, {0, 1}}; }));
  EXPECT_FALSE(opens([&](wire::StagePlace& place) { place.weights = {{0, count}, {count, 0}}; }));
  EXPECT_FALSE(opens([&](wire::StagePlace& place) { place.weights = {{1 << 20, count}}; }));
}

/// Requests from files to results in files by way of the manifest.
class ShardedRuns : public ::testing::Test {
 protected:
  [[nodiscard]] auto run(const deploy::worker::AnswerOptions& options = {}) {
    ShardedSite::write(site_.owner.file("x.ct"), request_);
    return deploy::worker::answer_model(
        {site_.manifest_path(), site_.owner.file("m.eval")}, site_.owner.trust(), site_.engine, {},
        std::vector<deploy::worker::FileJob>{{site_.owner.file("x.ct"), site_.owner.file("x.result")}}, options);
  }
  void expect_missing(const std::string& part) {
    const auto answers = run();
    ASSERT_FALSE(answers.has_value());
    EXPECT_EQ(answers.error().code, base::ErrorCode::kMismatch);
    EXPECT_THAT(answers.error().message, HasSubstr("shard missing"));
    EXPECT_THAT(answers.error().message, HasSubstr(part));
    EXPECT_FALSE(std::filesystem::exists(site_.owner.file("x.result")));
  }
  ShardedSite site_{wide_plan()};
  Bytes request_ = site_.request(38);
};

TEST_F(ShardedRuns, GiveTheResultOfTheWholeModelAndTellOfEveryStep) {
  std::size_t made = 0;
  deploy::worker::AnswerOptions options;
  options.made = [&](std::size_t job, std::span<const std::uint8_t>) {
    EXPECT_EQ(job, 0u);
    ++made;
  };
  const auto answers = run(options).value();
  EXPECT_EQ(answers.stage_ms.size(), 3u);
  EXPECT_EQ(made, 7u) << "stage 1, four shards, their merge, stage 3";
  EXPECT_EQ(ShardedSite::read(site_.owner.file("x.result")), site_.answer_whole(request_));
}

TEST_F(ShardedRuns, NeedEveryShard) {
  std::filesystem::remove(site_.shard_file(3));
  expect_missing("shard 3 of 4 of stage 2 of 3");
}

TEST_F(ShardedRuns, NeedTheMerge) {
  std::filesystem::remove(site_.merge_file());
  expect_missing("the merge of stage 2 of 3");
}

TEST_F(ShardedRuns, NeedEveryShardInItsPlace) {
  std::filesystem::copy_file(site_.shard_file(1), site_.shard_file(2),
                             std::filesystem::copy_options::overwrite_existing);
  expect_missing("is shard 1 of 4 of stage 2 of 3 of sealing");
}

}  // namespace
}  // namespace obscura::tests
