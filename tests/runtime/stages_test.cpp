#include <fmt/format.h>
#include <gtest/gtest.h>

#include "artifact/digest.hpp"
#include "deploy/worker/answer_in_stages.hpp"
#include "plan/program/schedule.hpp"
#include "plan/weights/testing/branched_plan.hpp"
#include "plan/weights/testing/tiny_plan.hpp"
#include "runtime/session/loaded_model.hpp"
#include "runtime/wire/intermediate_file.hpp"
#include "runtime/wire/manifest_file.hpp"
#include "tests/runtime/owner_files.hpp"

/// A model sealed in stages, through its files: the same bytes come out as from the whole model.
namespace obscura::tests {
namespace {

using plan::program::SealingKey;
using plan::weights::testing::branched_plan;
using plan::weights::testing::tiny_plan;
using runtime::session::LoadedModel;
using runtime::session::SessionLimits;

// Where the branched program is cut: behind the gate, with four values live, and behind the sum.
const std::vector<std::size_t> kCuts = {6, 8};

/// An owner's files on disk: a whole model, its stages and manifest, and the evaluation keys of all.
struct Site {
  explicit Site(plan::weights::Plan plan, const std::vector<std::size_t>& cuts = kCuts,
                const ckks::EngineOptions& options = {})
      : engine(options), owner(std::move(plan), options) {
    write(owner.file("m.sealed"), owner.sealed_in_stages(cuts, manifest()));
    write(keys(), owner.evaluation_keys());
  }
  static void write(const std::string& path, const Bytes& bytes) {
    EXPECT_TRUE(base::write_file_atomically(path, bytes).has_value());
  }
  [[nodiscard]] std::string manifest() const { return owner.file("m.manifest"); }
  [[nodiscard]] std::string keys() const { return owner.file("m.eval"); }
  [[nodiscard]] std::string stage_file(std::size_t number) const { return wire::stage_path(manifest(), number); }
  [[nodiscard]] Bytes request(std::uint64_t seed) { return owner.request(owner.encrypt(owner.draw_inputs(seed))); }

  [[nodiscard]] Bytes answer_whole(const Bytes& request) const {
    auto model = LoadedModel::open({owner.file("m.sealed"), keys()}, owner.trust(), engine, {}).value();
    return model->session().answer(request, "x.ct", {}).value();
  }
  [[nodiscard]] base::Result<Bytes> answer(std::size_t number, const Bytes& input,
                                           const SessionLimits& limits = {}) const {
    auto stage = LoadedModel::open_stage({stage_file(number), keys()}, owner.trust(), engine, limits).value();
    return stage->session().answer(input, "x.ct", {});
  }

  ckks::EngineOptions engine;
  OwnerFiles owner;
};

TEST(Stages, GiveTheResultOfTheWholeModelForAnyNumberOfThreads) {
  for (const int threads : {1, 2}) {
    for (const SealingKey sealed_with : {SealingKey::kSecret, SealingKey::kPublic}) {
      Site site(branched_plan({8, threads == 2, true, sealed_with}), kCuts, {threads, ""});
      const Bytes request = site.request(31);
      Bytes bytes = request;
      for (std::size_t number = 1; number <= 3; ++number) bytes = site.answer(number, bytes).value();
      EXPECT_EQ(bytes, site.answer_whole(request));
    }
  }
}

TEST(Stages, AreTheSameForOneThreadAndTwo) {
  Site one(branched_plan({8, true}));
  const Bytes request = one.request(32);
  Bytes by_one = request;
  Bytes by_two = request;
  for (std::size_t number = 1; number <= 3; ++number) {
    by_one = one.answer(number, by_one).value();
    one.engine.threads = 2;
    by_two = one.answer(number, by_two).value();
    one.engine.threads = 1;
    EXPECT_EQ(by_one, by_two) << "stage " << number;
  }
}

TEST(Stages, StreamTheirWeightsWhereMemoryIsShort) {
  Site site(tiny_plan({8, true}), {4, 5});
  const Bytes request = site.request(33);
  Bytes bytes = request;
  for (std::size_t number = 1; number <= 3; ++number) {
    const Bytes file = base::read_file(site.stage_file(number), std::uint64_t{1} << 30).value();
    const auto stage = wire::SealedModel::open_stage(file, "s", &site.owner.trust()).value();
    const auto memory = plan::program::estimate_memory(stage.program(), site.owner.context().params());
    const Bytes streamed = site.answer(number, bytes, {memory.total_bytes(true)}).value();
    bytes = site.answer(number, bytes).value();
    EXPECT_EQ(streamed, bytes) << "stage " << number;
  }
  EXPECT_EQ(bytes, site.answer_whole(request));
}

TEST(Stages, HandOnWhatIsLiveAndNameWhereItComesFrom) {
  Site site(branched_plan({8, false}));
  const Bytes request = site.request(34);
  const Bytes first = site.answer(1, request).value();
  const auto info = wire::inspect_intermediate(first, "x.mid").value();
  EXPECT_EQ(info.content.levels, (std::vector{Level(4), Level(3), Level(2), Level(2)}));
  EXPECT_EQ(info.content.provenance.plan, site.owner.expected().plan);
  EXPECT_EQ(info.content.provenance.key, site.owner.key());
  EXPECT_EQ(info.content.provenance.request, wire::request_digest(request, "x.ct").value());
  EXPECT_EQ(info.stage, 1u);
  EXPECT_EQ(info.stages, 3u);
  const auto second = wire::inspect_intermediate(site.answer(2, first).value(), "x.mid").value();
  EXPECT_EQ(second.content.provenance.request, info.content.provenance.request);
  EXPECT_EQ(second.sealing, info.sealing);
}

TEST(Stages, LoadOnlyTheKeysThatTheyNeedAndOnlyAsHighAsTheyNeedThem) {
  Site site(branched_plan({8, true}));
  const auto params = site.owner.context().params();
  const Bytes file = site.owner.evaluation_keys();
  bool one_is_lower = false;
  const auto stages = plan::program::cut(site.owner.plan().program, kCuts, site.owner.plan().predicted_ms).value();
  for (const auto& stage : stages) {
    const auto expected = wire::expect_stage(stage.program, site.owner.key(), site.owner.expected().plan);
    const auto keys = wire::read_evaluation_keys(file, "eval", site.owner.ring(), expected).value();
    EXPECT_EQ(keys.all().size(), stage.program.key_needs.size());
    std::uint64_t bytes = 0;
    for (const auto& [id, key] : keys.all()) {
      for (const auto& half : key.b()) bytes += 2 * half.words().size() * sizeof(std::uint64_t);
      const auto& whole = *site.owner.switching_keys().find(id);
      one_is_lower = one_is_lower || key.level() < whole.level();
      EXPECT_TRUE(std::ranges::equal(key.b()[0].limb(0), whole.b()[0].limb(0)));
      EXPECT_TRUE(
          std::ranges::equal(key.a()[0].limb(key.a()[0].limbs() - 1), whole.a()[0].limb(whole.a()[0].limbs() - 1)));
    }
    EXPECT_EQ(bytes, plan::program::estimate_memory(stage.program, params).evaluation_key_bytes);
  }
  EXPECT_TRUE(one_is_lower);
}

TEST(Stages, StandInTheManifestWithTheDigestsOfTheirFiles) {
  Site site(branched_plan({5, false}));
  const Bytes bytes = base::read_file(site.manifest(), std::uint64_t{1} << 20).value();
  const auto read = wire::read_manifest(bytes, "m.manifest", &site.owner.trust()).value();
  EXPECT_EQ(read.signer.name, "owner");
  const wire::Manifest& manifest = read.manifest;
  EXPECT_EQ(manifest.plan, site.owner.expected().plan);
  EXPECT_EQ(manifest.key, site.owner.key());
  EXPECT_EQ(manifest.params, site.owner.expected().params);
  EXPECT_TRUE(manifest.insecure);
  ASSERT_EQ(manifest.stages.size(), 3u);
  const auto stages = plan::program::cut(site.owner.plan().program, kCuts, site.owner.plan().predicted_ms).value();
  for (std::size_t i = 0; i < 3; ++i) {
    const Bytes file = base::read_file(site.stage_file(i + 1), std::uint64_t{1} << 30).value();
    EXPECT_EQ(manifest.stages[i].file, artifact::sha256(file));
    EXPECT_EQ(manifest.stages[i].bytes, file.size());
    EXPECT_EQ(manifest.stages[i].key_needs, stages[i].program.key_needs);
    EXPECT_EQ(manifest.stages[i].cost, stages[i].program.cost);
    EXPECT_EQ(manifest.stages[i].results, stages[i].program.results.size());
    const auto stage = wire::SealedModel::open_stage(file, "s", &site.owner.trust()).value();
    EXPECT_EQ(stage.place().sealing, manifest.sealing);
    EXPECT_EQ(stage.program(), stages[i].program);
  }
}

/// Requests from files to results in files by way of the manifest.
class ManifestRuns : public ::testing::Test {
 protected:
  [[nodiscard]] auto run(const std::vector<deploy::worker::FileJob>& jobs) const {
    return deploy::worker::answer_in_stages({site_.manifest(), site_.keys()}, site_.owner.trust(), site_.engine, {},
                                            jobs, {});
  }
  void expect_missing(const std::string& part) {
    Site::write(site_.owner.file("x.ct"), site_.request(40));
    const auto answers = run({{site_.owner.file("x.ct"), site_.owner.file("x.result")}});
    ASSERT_FALSE(answers.has_value());
    EXPECT_EQ(answers.error().code, base::ErrorCode::kMismatch);
    EXPECT_NE(answers.error().message.find("stage missing"), std::string::npos) << answers.error().message;
    EXPECT_NE(answers.error().message.find(part), std::string::npos) << answers.error().message;
    EXPECT_FALSE(std::filesystem::exists(site_.owner.file("x.result")));
  }
  Site site_{branched_plan({5, false})};
};

TEST_F(ManifestRuns, AnswerMoreRequestsThanOneBatch) {
  std::vector<deploy::worker::FileJob> jobs;
  std::vector<Bytes> requests;
  for (std::size_t i = 0; i < deploy::worker::kStageBatch + 2; ++i) {
    requests.push_back(site_.request(i));
    jobs.push_back({site_.owner.file(fmt::format("{}.ct", i)), site_.owner.file(fmt::format("{}.result", i))});
    Site::write(jobs.back().input, requests.back());
  }
  const auto answers = run(jobs).value();
  EXPECT_EQ(answers.latency_ms.size(), jobs.size());
  EXPECT_EQ(answers.stage_ms.size(), 3u);
  double stages_ms = 0;
  double jobs_ms = 0;
  for (const double ms : answers.stage_ms) stages_ms += ms * static_cast<double>(jobs.size());
  for (const double ms : answers.latency_ms) jobs_ms += ms;
  EXPECT_NEAR(stages_ms, jobs_ms, 1e-9 * jobs_ms);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    EXPECT_EQ(base::read_file(jobs[i].output, std::uint64_t{1} << 30).value(), site_.answer_whole(requests[i]));
  }
}

TEST_F(ManifestRuns, NeedEveryStage) {
  std::filesystem::remove(site_.stage_file(2));
  expect_missing("stage 2 of 3");
}

TEST_F(ManifestRuns, NeedEveryStageInItsPlace) {
  std::filesystem::copy_file(site_.stage_file(3), site_.stage_file(2),
                             std::filesystem::copy_options::overwrite_existing);
  expect_missing("stage 2 of 3");
}

TEST_F(ManifestRuns, NeedEveryStageOfOneSealing) {
  (void)site_.owner.sealed_in_stages(kCuts, site_.owner.file("again.manifest"));
  std::filesystem::rename(site_.owner.file("again.stage2.sealed"), site_.stage_file(2));
  expect_missing("of sealing");
}

TEST_F(ManifestRuns, AreRefusedForOneStageAlone) {
  for (std::size_t number = 1; number <= 3; ++number) {
    const auto model =
        LoadedModel::open({site_.stage_file(number), site_.keys()}, site_.owner.trust(), site_.engine, {});
    ASSERT_FALSE(model.has_value());
    EXPECT_EQ(model.error().code, base::ErrorCode::kMismatch);
    const std::string part = fmt::format("stage missing: {} is stage {} of 3", site_.stage_file(number), number);
    EXPECT_NE(model.error().message.find(part), std::string::npos) << model.error().message;
    EXPECT_NE(model.error().hint.find("manifest"), std::string::npos);
  }
}

}  // namespace
}  // namespace obscura::tests
