#include "runtime/session/session.hpp"

#include <gtest/gtest.h>

#include "deploy/client/open_answer.hpp"
#include "plan/program/schedule.hpp"
#include "plan/weights/testing/branched_plan.hpp"
#include "plan/weights/testing/tiny_plan.hpp"
#include "tests/runtime/owner_files.hpp"
#include "tests/runtime/reference.hpp"

namespace obscura::tests {
namespace {

using plan::weights::testing::tiny_plan;
using runtime::session::Session;
using runtime::session::SessionLimits;

class SessionAnswers : public ::testing::TestWithParam<bool> {
 protected:
  SessionAnswers() : owner_(tiny_plan({8, GetParam()})) {}

  Bytes answer(const Bytes& model_bytes, const Bytes& request, const SessionLimits& limits) {
    const auto model = wire::SealedModel::open(model_bytes, "m.sealed", &owner_.trust()).value();
    auto session = Session::create(owner_.context(), model, owner_.evaluation_keys(), "eval", limits).value();
    return session->answer(request, "x.ct", {}).value();
  }
  OwnerFiles owner_;
};

TEST_P(SessionAnswers, WithThePredictedErrorAndNamesTheRequest) {
  const auto inputs = owner_.draw_inputs(21);
  const Bytes request = owner_.request(owner_.encrypt(inputs));
  const Bytes result = answer(owner_.sealed_model(), request, {});
  const auto results = wire::read_result(result, "x.result", owner_.ring(), owner_.expected()).value().ciphertexts;
  const std::vector<Predicted> predicted = Reference(owner_.plan(), owner_.context().params(), true).run(inputs);
  EXPECT_LT(largest_difference(owner_.decrypt(results[0]), predicted[0].slots),
            8 * std::sqrt(2.0) * predicted[0].error_sd);
  EXPECT_EQ(wire::inspect_result(result, "x.result").value().provenance.request,
            wire::request_digest(request, "x.ct").value());
}

TEST_P(SessionAnswers, TheSameBytesFromStreamedWeights) {
  const Bytes model = owner_.sealed_model();
  const Bytes request = owner_.request(owner_.encrypt(owner_.draw_inputs(22)));
  const auto memory = program::estimate_memory(owner_.plan().program, owner_.context().params());
  ASSERT_LT(memory.total_bytes(true), memory.total_bytes(false));
  EXPECT_EQ(answer(model, request, {}), answer(model, request, {memory.total_bytes(true)}));
}

// A second request finds some keys held, others not.
TEST_P(SessionAnswers, TheSameBytesFromStreamedKeys) {
  const Bytes bytes = owner_.sealed_model();
  const Bytes request = owner_.request(owner_.encrypt(owner_.draw_inputs(23)));
  const Bytes expected = answer(bytes, request, {});
  const auto model = wire::SealedModel::open(bytes, "m.sealed", &owner_.trust()).value();
  const Bytes keys = owner_.evaluation_keys();
  const auto memory = program::estimate_memory(owner_.plan().program, owner_.context().params());
  ASSERT_LT(memory.least_bytes(), memory.total_bytes(true));
  for (const std::uint64_t limit : {memory.least_bytes(), memory.total_bytes(true) - 1}) {
    auto session = Session::create(owner_.context(), model, keys, "eval", {limit}).value();
    for (int round = 0; round < 2; ++round) EXPECT_EQ(session->answer(request, "x.ct", {}).value(), expected);
  }
}

TEST_P(SessionAnswers, NothingBeyondTheMemory) {
  const Bytes bytes = owner_.sealed_model();
  const auto model = wire::SealedModel::open(bytes, "m.sealed", &owner_.trust()).value();
  const auto memory = program::estimate_memory(owner_.plan().program, owner_.context().params());
  const auto session =
      Session::create(owner_.context(), model, owner_.evaluation_keys(), "eval", {memory.least_bytes() - 1});
  ASSERT_FALSE(session.has_value());
  EXPECT_EQ(session.error().code, base::ErrorCode::kLimit);
}

INSTANTIATE_TEST_SUITE_P(Extended, SessionAnswers, ::testing::Bool());

TEST(SessionOfBranches, AnswersEveryOutputFromStreamedWeightsToo) {
  OwnerFiles owner(plan::weights::testing::branched_plan({8, true}));
  const plan::program::Program& p = owner.plan().program;
  const Bytes bytes = owner.sealed_model();
  const auto model = wire::SealedModel::open(bytes, "m.sealed", &owner.trust()).value();
  const auto inputs = owner.draw_inputs(24);
  const Bytes request = owner.request(owner.encrypt(inputs));
  const std::uint64_t least = program::estimate_memory(p, owner.context().params()).total_bytes(true);
  for (const SessionLimits& limits : {SessionLimits{}, SessionLimits{least}}) {
    auto session = Session::create(owner.context(), model, owner.evaluation_keys(), "eval", limits).value();
    const Bytes result = session->answer(request, "x.ct", {}).value();
    EXPECT_EQ(wire::inspect_result(result, "x.result").value().levels,
              (std::vector{Level(1), Level(1), Level(2), Level(4)}));
    const auto answer = wire::read_result(result, "x.result", owner.ring(), owner.expected()).value().ciphertexts;
    const std::vector<Predicted> predicted = Reference(owner.plan(), owner.context().params(), true).run(inputs);
    std::vector<double> scores;
    for (const auto& output : p.outputs) {
      for (const auto& element : output.element) {
        const Slots& slots = predicted[static_cast<std::size_t>(element.result)].slots;
        scores.push_back(slots[static_cast<std::size_t>(element.slot)].real() * output.factor);
      }
    }
    const auto& secret = owner.keys().secret;
    EXPECT_LT(deploy::client::answer_error(owner.context(), secret, p, answer, scores).value(),
              8 * std::sqrt(2.0) * 2 * predicted[0].error_sd);
    auto& count = owner.release_count();
    const auto released =
        deploy::client::open_answer(owner.context(), secret, p, count, answer, owner.plan().labels).value();
    ASSERT_EQ(released.outputs.size(), 2u);
    for (std::size_t j = 0; j < 3; ++j) EXPECT_NEAR(released.outputs[0].values[j], scores[j], released.step);
    EXPECT_NEAR(released.outputs[1].values[0] + released.outputs[1].values[1], 1, 1e-12);
    const auto part = std::span(answer).first(3);
    EXPECT_EQ(deploy::client::open_answer(owner.context(), secret, p, count, part, {}).error().code,
              base::ErrorCode::kMismatch);
  }
}

class SessionOfPublicKeyModels : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Extended, SessionOfPublicKeyModels, ::testing::Bool());

TEST_P(SessionOfPublicKeyModels, AnswersWithinThePredictedError) {
  OwnerFiles owner(tiny_plan({8, GetParam(), true, plan::program::SealingKey::kPublic}));
  const Bytes bytes = owner.sealed_under_public_key();
  const auto model = wire::SealedModel::open(bytes, "m.sealed", &owner.trust()).value();
  auto session = Session::create(owner.context(), model, owner.evaluation_keys(), "eval", {}).value();
  const auto inputs = owner.draw_inputs(23);
  const Bytes result = session->answer(owner.request(owner.encrypt(inputs)), "x.ct", {}).value();
  const auto results = wire::read_result(result, "x.result", owner.ring(), owner.expected()).value().ciphertexts;
  const std::vector<Predicted> predicted = Reference(owner.plan(), owner.context().params(), true).run(inputs);
  const params::NoiseModel noise(owner.context().params());
  const double growth = std::max(
      1.0, (GetParam() ? noise.encrypt_public_extended() : noise.encrypt_public(Level(3))) / noise.encrypt_symmetric());
  EXPECT_LT(largest_difference(owner.decrypt(results[0]), predicted[0].slots),
            8 * std::sqrt(2.0) * growth * predicted[0].error_sd);
}

}  // namespace
}  // namespace obscura::tests
