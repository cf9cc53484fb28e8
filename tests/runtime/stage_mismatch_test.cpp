#include <gtest/gtest.h>

#include <functional>

#include "base/bytes.hpp"
#include "plan/weights/testing/branched_plan.hpp"
#include "runtime/session/session.hpp"
#include "runtime/wire/intermediate_file.hpp"
#include "runtime/wire/manifest_file.hpp"
#include "tests/runtime/owner_files.hpp"

/// Well-formed files that belong to another stage, sealing, plan or key: one clear sentence each.
namespace obscura::tests {
namespace {

using plan::weights::testing::branched_plan;

constexpr std::uint64_t kMost = std::uint64_t{1} << 30;

void expect_refused(const base::Result<Bytes>& result, base::ErrorCode code, const std::string& part) {
  ASSERT_FALSE(result.has_value()) << "accepted, expected: " << part;
  EXPECT_EQ(result.error().code, code) << result.error().message;
  EXPECT_NE(result.error().message.find(part), std::string::npos) << result.error().message;
  EXPECT_FALSE(result.error().hint.empty());
}

/// One owner's model in stages.
class StagedOwner {
 public:
  explicit StagedOwner(plan::weights::Plan plan, const std::vector<std::size_t>& cuts = {6, 8})
      : owner_(std::move(plan)) {
    (void)owner_.sealed_in_stages(cuts, owner_.file("m.manifest"));
  }
  [[nodiscard]] OwnerFiles& owner() { return owner_; }
  [[nodiscard]] Bytes stage_file(std::size_t number) const {
    return base::read_file(wire::stage_path(owner_.file("m.manifest"), number), kMost).value();
  }
  [[nodiscard]] base::Result<Bytes> answer(std::size_t number, const Bytes& input) const {
    const Bytes file = stage_file(number);
    const auto stage = wire::SealedModel::open_stage(file, "stage", &owner_.trust()).value();
    auto session =
        runtime::session::Session::create(owner_.context(), stage, owner_.evaluation_keys(), "eval", {}).value();
    return session->answer(input, "x.mid", {});
  }
  [[nodiscard]] Bytes request() { return owner_.request(owner_.encrypt(owner_.draw_inputs(5))); }
  [[nodiscard]] Bytes first() { return answer(1, request()).value(); }
  [[nodiscard]] wire::StagePlace place(std::size_t number) const {
    const Bytes file = stage_file(number);
    return wire::SealedModel::open_stage(file, "stage", &owner_.trust()).value().place();
  }

 private:
  OwnerFiles owner_;
};

plan::weights::Plan other_plan() {
  plan::weights::Plan plan = branched_plan({5, false});
  plan.program.stages[0].name = "conv2";
  return plan;
}

class StageMismatch : public ::testing::Test {
 protected:
  StagedOwner staged_{branched_plan({5, false})};
};

TEST_F(StageMismatch, RequestsThatReachALaterStage) {
  for (std::size_t number = 2; number <= 3; ++number) {
    expect_refused(staged_.answer(number, staged_.request()), base::ErrorCode::kMismatch,
                   "stage missing: x.mid is a request, but this is stage " + std::to_string(number) + " of 3");
  }
}

TEST_F(StageMismatch, IntermediatesThatReachAnotherStage) {
  const Bytes first = staged_.first();
  const Bytes second = staged_.answer(2, first).value();
  const auto mismatch = base::ErrorCode::kMismatch;
  expect_refused(staged_.answer(3, first), mismatch, "was made by stage 1 of 3; stage 3 of 3");
  expect_refused(staged_.answer(2, second), mismatch, "was made by stage 2 of 3; stage 2 of 3");
  expect_refused(staged_.answer(1, first), mismatch, "what one stage hands to the next, but an encrypted input");
  const Bytes result = staged_.answer(3, second).value();
  expect_refused(staged_.answer(2, result), mismatch, "is an encrypted result");
}

TEST_F(StageMismatch, IntermediatesOfAnotherPlanKeySealingOrParameters) {
  const auto mismatch = base::ErrorCode::kMismatch;
  expect_refused(staged_.answer(2, StagedOwner(other_plan()).first()), mismatch, "made for another plan");
  expect_refused(staged_.answer(2, StagedOwner(branched_plan({5, false})).first()), mismatch, "made for another key");
  expect_refused(staged_.answer(2, StagedOwner(branched_plan({6, false})).first()), mismatch, "other parameters");
  const Bytes before = staged_.first();
  (void)staged_.owner().sealed_in_stages(std::vector<std::size_t>{6, 8}, staged_.owner().file("m.manifest"));
  expect_refused(staged_.answer(2, before), mismatch, "made for another sealing");
}

TEST_F(StageMismatch, IntermediatesWithOtherCiphertextsThanAreLive) {
  OwnerFiles& owner = staged_.owner();
  const auto stage =
      plan::program::cut(owner.plan().program, std::vector<std::size_t>{6, 8}, owner.plan().predicted_ms).value()[1];
  const auto expected = wire::expect_stage(stage.program, owner.key(), owner.expected().plan);
  auto values = wire::read_intermediate(staged_.first(), "x", owner.ring(), expected, staged_.place(2)).value();
  const auto rewritten = [&] {
    return wire::write_intermediate(owner.ring(), expected.params, true, {expected.plan, expected.key, values.request},
                                    staged_.place(1), values.ciphertexts);
  };
  EXPECT_TRUE(staged_.answer(2, rewritten()).has_value());
  std::swap(values.ciphertexts[0], values.ciphertexts[1]);
  expect_refused(staged_.answer(2, rewritten()), base::ErrorCode::kMismatch, "is at level 3");
  std::swap(values.ciphertexts[0], values.ciphertexts[1]);
  values.ciphertexts.pop_back();
  expect_refused(staged_.answer(2, rewritten()), base::ErrorCode::kMismatch, "holds 3 ciphertexts");
}

TEST_F(StageMismatch, IntermediatesThatNoStageWrites) {
  const auto expected = staged_.owner().expected();
  const auto written = [&](std::uint32_t stage, std::uint32_t stages, std::uint32_t ciphertexts) {
    base::ByteWriter info;
    for (const artifact::Digest& digest : {expected.plan, expected.key, expected.plan, staged_.place(1).sealing}) {
      info.bytes(digest.bytes);
    }
    for (const std::uint32_t number : {stage, stages, ciphertexts}) info.u32(number);
    artifact::ContainerWriter file(artifact::ArtifactKind::kIntermediate, expected.params, true);
    file.add(2, info.take());
    return file.finish();
  };
  const auto corrupt = base::ErrorCode::kCorrupt;
  expect_refused(staged_.answer(2, written(0, 3, 1)), corrupt, "hands nothing on");
  expect_refused(staged_.answer(2, written(3, 3, 1)), corrupt, "hands nothing on");
  expect_refused(staged_.answer(2, written(1, 65, 1)), corrupt, "hands nothing on");
  expect_refused(staged_.answer(2, written(1, 3, 4)), corrupt, "x.mid");
  expect_refused(staged_.answer(2, written(1, 3, 0)), base::ErrorCode::kLimit, "holds 0 ciphertexts");
  expect_refused(staged_.answer(2, written(1, 3, 257)), base::ErrorCode::kLimit, "holds 257 ciphertexts");
}

TEST_F(StageMismatch, StagesAndManifestsOfUnknownSigners) {
  StagedOwner stranger(branched_plan({5, false}));
  const Bytes stage = stranger.stage_file(1);
  const auto opened = wire::SealedModel::open_stage(stage, "s.sealed", &staged_.owner().trust());
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, base::ErrorCode::kUntrusted);
  EXPECT_TRUE(wire::SealedModel::open_stage(stage, "s.sealed", nullptr).has_value()) << "inspect takes any signer";
  const Bytes manifest = base::read_file(stranger.owner().file("m.manifest"), kMost).value();
  EXPECT_EQ(wire::read_manifest(manifest, "m", &staged_.owner().trust()).error().code, base::ErrorCode::kUntrusted);
}

TEST_F(StageMismatch, KeysOfAnotherKeyOrPlan) {
  const auto stage = plan::program::cut(staged_.owner().plan().program, std::vector<std::size_t>{6, 8},
                                        staged_.owner().plan().predicted_ms)
                         .value()[0];
  const auto read = [&](const OwnerFiles& of) {
    const auto expected = wire::expect_stage(stage.program, staged_.owner().key(), staged_.owner().expected().plan);
    return wire::read_evaluation_keys(of.evaluation_keys(), "eval", staged_.owner().ring(), expected);
  };
  EXPECT_TRUE(read(staged_.owner()).has_value());
  const auto of_other_key = read(OwnerFiles(branched_plan({5, false})));
  ASSERT_FALSE(of_other_key.has_value());
  EXPECT_NE(of_other_key.error().message.find("another key"), std::string::npos);
  const auto of_other_plan = read(OwnerFiles(other_plan()));
  ASSERT_FALSE(of_other_plan.has_value());
  EXPECT_NE(of_other_plan.error().message.find("another plan"), std::string::npos);
}

}  // namespace
}  // namespace obscura::tests
