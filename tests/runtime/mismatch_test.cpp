#include <gtest/gtest.h>

#include <functional>

#include "plan/program/serialize.hpp"
#include "plan/weights/testing/branched_plan.hpp"
#include "plan/weights/testing/tiny_plan.hpp"
#include "tests/runtime/owner_files.hpp"

/// Files that are well-formed and belong to something else: one clear sentence each, naming the file.
namespace obscura::tests {
namespace {

using plan::weights::testing::tiny_plan;

template <class T>
void expect_refused(const base::Result<T>& result, base::ErrorCode code, const std::string& part) {
  ASSERT_FALSE(result.has_value()) << "accepted, expected: " << part;
  EXPECT_EQ(result.error().code, code) << result.error().message;
  EXPECT_NE(result.error().message.find(part), std::string::npos) << result.error().message;
  EXPECT_FALSE(result.error().hint.empty());
}

/// The tiny plan with one instruction's stage renamed: another plan, same parameters.
plan::weights::Plan other_plan() {
  plan::weights::Plan plan = tiny_plan();
  plan.program.stages[0].name = "conv2";
  return plan;
}

class Mismatch : public ::testing::Test {
 protected:
  [[nodiscard]] auto read_request(const Bytes& bytes) const {
    return wire::read_request(bytes, "x.ct", owner_.ring(), owner_.expected());
  }
  OwnerFiles owner_{tiny_plan()};
};

TEST_F(Mismatch, ModelsOfUnknownSignersOrWithoutSignature) {
  OwnerFiles stranger(tiny_plan());
  const Bytes model = stranger.sealed_model();
  expect_refused(wire::SealedModel::open(model, "m.sealed", &owner_.trust()), base::ErrorCode::kUntrusted, "m.sealed");
  EXPECT_TRUE(wire::SealedModel::open(model, "m.sealed", nullptr).has_value()) << "inspect takes any signer";

  artifact::ContainerWriter unsigned_file(artifact::ArtifactKind::kSealedModel, owner_.expected().params, true);
  unsigned_file.add(1, {1, 2, 3});
  expect_refused(wire::SealedModel::open(unsigned_file.finish(), "m.sealed", &owner_.trust()),
                 base::ErrorCode::kUntrusted, "not signed");
  expect_refused(wire::SealedModel::open(unsigned_file.finish(), "m.sealed", nullptr), base::ErrorCode::kUntrusted,
                 "not signed");
}

TEST_F(Mismatch, EvaluationKeysOfAnotherKeyPlanOrParameters) {
  const auto read = [this](const Bytes& bytes) {
    return wire::read_evaluation_keys(bytes, "eval", owner_.ring(), owner_.expected());
  };
  expect_refused(read(OwnerFiles(tiny_plan()).evaluation_keys()), base::ErrorCode::kMismatch,
                 "eval was made for another key");
  expect_refused(read(OwnerFiles(other_plan()).evaluation_keys()), base::ErrorCode::kMismatch,
                 "eval was made for another plan");
  expect_refused(read(OwnerFiles(tiny_plan({6, false})).evaluation_keys()), base::ErrorCode::kMismatch, "parameters");
}

TEST_F(Mismatch, RequestsForAnotherKeyPlanOrParameters) {
  const auto request_of = [](OwnerFiles owner) { return owner.request(owner.encrypt(owner.draw_inputs(1))); };
  expect_refused(read_request(request_of(OwnerFiles(tiny_plan()))), base::ErrorCode::kMismatch,
                 "x.ct was made for another key");
  expect_refused(read_request(request_of(OwnerFiles(other_plan()))), base::ErrorCode::kMismatch,
                 "x.ct was made for another plan");
  expect_refused(read_request(request_of(OwnerFiles(tiny_plan({6, false})))), base::ErrorCode::kMismatch,
                 "other parameters");
}

TEST_F(Mismatch, RequestsWithAnotherCountLevelOrScale) {
  const auto inputs = owner_.encrypt(owner_.draw_inputs(1));
  expect_refused(read_request(owner_.request(std::span(inputs).first(1))), base::ErrorCode::kMismatch,
                 "holds 1 ciphertexts");
  const auto with_scale = [&](const Scale& scale) {
    std::vector<ckks::Ciphertext> moved;
    for (const auto& input : inputs) moved.push_back(clone(owner_.ring(), input, input.level(), scale));
    return owner_.request(moved);
  };
  for (const Scale& scale :
       {Scale::power_of_two(29), Scale::power_of_two(31), Scale::power_of_two(30).times_prime(params::PrimeIndex(3)),
        Scale::power_of_two(30).divided_by_prime(params::PrimeIndex(0))}) {
    expect_refused(read_request(with_scale(scale)), base::ErrorCode::kMismatch, "scale");
  }
  EXPECT_TRUE(read_request(with_scale(Scale::power_of_two(30))).has_value());

  std::vector<ckks::Ciphertext> lower;
  for (const auto& input : inputs) {
    lower.emplace_back(ring::restrict_to(owner_.ring(), input.c0(), owner_.ring().basis_q(Level(2))),
                       ring::restrict_to(owner_.ring(), input.c1(), owner_.ring().basis_q(Level(2))), Level(2),
                       input.scale());
  }
  expect_refused(read_request(owner_.request(lower)), base::ErrorCode::kMismatch, "level 2");
}

TEST_F(Mismatch, RequestsWithResiduesThatAreNoneOrTransparentCiphertexts) {
  const auto damaged = [this](const std::function<void(ring::EvaluationPoly & c0, ring::EvaluationPoly & c1)>& damage) {
    auto inputs = owner_.encrypt(owner_.draw_inputs(1));
    const Level level = inputs[1].level();
    const Scale scale = inputs[1].scale();
    auto [c0, c1] = std::move(inputs[1]).release();
    damage(c0, c1);
    inputs.pop_back();
    inputs.emplace_back(std::move(c0), std::move(c1), level, scale);
    return read_request(owner_.request(inputs));
  };
  EXPECT_TRUE(damaged([](auto&, auto&) {}).has_value());
  for (int limb = 0; limb < 4; ++limb) {
    const std::uint64_t q = owner_.context().params().q()[static_cast<std::size_t>(limb)].value();
    expect_refused(damaged([&](auto& c0, auto&) { c0.limb(limb)[31] = q; }), base::ErrorCode::kCorrupt, "residue");
    EXPECT_TRUE(damaged([&](auto&, auto& c1) { c1.limb(limb)[0] = q - 1; }).has_value());
  }
  expect_refused(damaged([](auto&, auto& c1) { std::ranges::fill(c1.words(), 0); }), base::ErrorCode::kCorrupt, "zero");
}

TEST_F(Mismatch, ResultsWithAnotherScaleOrForAnotherKey) {
  const auto read = [this](const Bytes& bytes) {
    return wire::read_result(bytes, "x.result", owner_.ring(), owner_.expected());
  };
  auto answer = owner_.draw_answer();
  EXPECT_TRUE(read(owner_.result(answer)).has_value());
  OwnerFiles other(tiny_plan());
  expect_refused(read(other.result(answer)), base::ErrorCode::kMismatch, "another key");
  answer[0] = clone(owner_.ring(), answer[0], answer[0].level(), answer[0].scale() * Scale::power_of_two(1));
  expect_refused(read(owner_.result(answer)), base::ErrorCode::kMismatch, "scale");
}

TEST(MismatchOfSeveralResults, InNumberOrderLevelOrScale) {
  OwnerFiles owner(plan::weights::testing::branched_plan());
  const auto read = [&](std::span<const ckks::Ciphertext> answer) {
    return wire::read_result(owner.result(answer), "x.result", owner.ring(), owner.expected());
  };
  auto answer = owner.draw_answer();
  const auto back = read(answer);
  ASSERT_TRUE(back.has_value()) << back.error().message;
  ASSERT_EQ(back->ciphertexts.size(), 4u);
  for (std::size_t i = 0; i < answer.size(); ++i) EXPECT_TRUE(same_words(back->ciphertexts[i], answer[i]));
  expect_refused(read(std::span(answer).first(3)), base::ErrorCode::kMismatch, "holds 3 ciphertexts");
  std::swap(answer[1], answer[2]);
  expect_refused(read(answer), base::ErrorCode::kMismatch, "level 2");
  std::swap(answer[1], answer[2]);
  answer[3] = clone(owner.ring(), answer[3], answer[3].level(), answer[3].scale() * Scale::power_of_two(1));
  expect_refused(read(answer), base::ErrorCode::kMismatch, "scale");
}

TEST_F(Mismatch, FilesWithSectionsThatNobodyAskedFor) {
  const auto& program = owner_.plan().program;
  artifact::ContainerWriter file(artifact::ArtifactKind::kSpec, owner_.expected().params, true);
  file.add(1, plan::program::serialize(program));
  file.add(3, {0, 0, 0, 0});
  EXPECT_TRUE(wire::read_spec(file.finish(), "spec").has_value());
  file.add(9, {1});
  expect_refused(wire::read_spec(file.finish(), "spec"), base::ErrorCode::kCorrupt, "3 sections");
}

TEST_F(Mismatch, FilesWhoseHeaderNamesOtherParameters) {
  artifact::ContainerWriter file(artifact::ArtifactKind::kSpec, owner_.expected().key, true);
  file.add(1, plan::program::serialize(owner_.plan().program));
  file.add(3, {0, 0, 0, 0});
  expect_refused(wire::read_spec(file.finish(), "spec"), base::ErrorCode::kMismatch, "header");
}

}  // namespace
}  // namespace obscura::tests
