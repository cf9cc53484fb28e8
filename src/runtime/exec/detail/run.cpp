#include "runtime/exec/detail/run.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.hpp"
#include "fhe/ckks/add.hpp"
#include "fhe/ckks/multiply.hpp"
#include "fhe/ckks/relinearize.hpp"
#include "fhe/ckks/rotate.hpp"
#include "plan/program/operation.hpp"
#include "runtime/keys/key_id_of.hpp"

namespace obscura::runtime::exec::detail {
namespace {

namespace program = plan::program;
using fhe::ckks::Ciphertext;
using fhe::ckks::Plaintext;
using fhe::params::RotationStep;

template <class Encoded>
bool is_as_stated(const Encoded& encoded, const fhe::ring::Basis& basis, const program::WeightInfo& info) {
  return encoded.level() == info.level && encoded.scale() == info.scale && basis.q_count == info.level.value() + 1 &&
         (basis.p_count > 0) == info.extended;
}

bool fits(const Weight& weight, const program::WeightInfo& info) {
  if (const auto* encrypted = std::get_if<const Ciphertext*>(&weight)) {
    return is_as_stated(**encrypted, (*encrypted)->c0().basis(), info) &&
           (*encrypted)->c1().basis() == (*encrypted)->c0().basis();
  }
  const Plaintext& clear = *std::get<const Plaintext*>(weight);
  return is_as_stated(clear, clear.poly().basis(), info);
}

}  // namespace

Run::Run(const Engine& engine, std::span<const Ciphertext> inputs, WeightSource& weights)
    : engine_(engine),
      inputs_(inputs),
      weights_(&weights),
      owned_(engine.program->instructions.size()),
      values_(engine.program->instructions.size(), nullptr) {
  prefetch_after(0);
}

const Ciphertext& Run::value(program::ValueId id) const {
  const Ciphertext* found = values_[static_cast<std::size_t>(id.value())];
  OBSCURA_CHECK(found != nullptr, "an operand was freed before its last use");
  return *found;
}

base::Result<Weight> Run::fetch(program::WeightId id) {
  OBSCURA_TRY(const Weight weight, weights_->fetch(id));
  const auto& info = engine_.program->weights[static_cast<std::size_t>(id.value())];
  const bool side_fits = std::holds_alternative<const Ciphertext*>(weight) == weights_->encrypted();
  if (side_fits && fits(weight, info)) return weight;
  return base::fail(
      base::ErrorCode::kMismatch,
      "weight " + std::to_string(id.value()) + " is at another level, scale or basis than the program states",
      "seal the model again from its .plan");
}

void Run::prefetch_after(std::size_t index) {
  const auto& instructions = engine_.program->instructions;
  for (std::size_t next = index; next < instructions.size(); ++next) {
    const std::vector<program::WeightId> weights = program::weights_of(instructions[next].operation);
    if (weights.empty()) continue;
    for (const program::WeightId id : weights) weights_->prefetch(id);
    return;
  }
}

const fhe::ckks::SwitchingKey& Run::key(const program::KeyNeed& need) const {
  const auto* found = engine_.keys->find(keys::key_id_of(need, engine_.program->params.log_n));
  OBSCURA_CHECK(found != nullptr, "the executor checks all keys when it is built");
  return *found;
}

base::Result<void> Run::execute(std::size_t index, const fhe::circuits::LinearTransform& transform) {
  const auto& instruction = engine_.program->instructions[index];
  const std::vector<program::WeightId> weights = program::weights_of(instruction.operation);
  if (!weights.empty()) prefetch_after(index + 1);
  using Computed = base::Result<std::optional<Ciphertext>>;
  auto computed =
      std::visit(program::Match{[&](const program::Input&) -> Computed { return std::nullopt; },
                                [&](const program::Linear& linear) -> Computed { return compute(linear, transform); },
                                [&](const auto& other) -> Computed { return compute(other); }},
                 instruction.operation);
  for (const program::WeightId id : weights) weights_->release(id);
  if (!computed) return base::forward_error(computed);
  if (const auto* input = std::get_if<program::Input>(&instruction.operation)) {
    values_[index] = &inputs_[static_cast<std::size_t>(input->index)];
    return {};
  }
  owned_[index] = std::move(*computed);
  values_[index] = &*owned_[index];
  OBSCURA_CHECK(values_[index]->level() == instruction.level && values_[index]->scale() == instruction.scale,
                "an operation gave another level or scale than verify() computed");
  return {};
}

base::Result<Ciphertext> Run::compute(const program::Linear& linear, const fhe::circuits::LinearTransform& transform) {
  std::vector<const Ciphertext*> operands;
  for (const program::ValueId operand : linear.operands) operands.push_back(&value(operand));
  std::vector<Weight> fetched(engine_.program->weights.size());
  for (const program::WeightId id : program::weights_of(linear)) {
    OBSCURA_TRY(fetched[static_cast<std::size_t>(id.value())], fetch(id));
  }
  const auto& ring = *engine_.ring;
  if (weights_->encrypted()) {
    const fhe::circuits::EncryptedDiagonals diagonals = [&](std::size_t id) -> const Ciphertext& {
      return *std::get<const Ciphertext*>(fetched[id]);
    };
    return fhe::circuits::apply(ring, *engine_.keys, transform, operands, diagonals, linear.rescale);
  }
  const fhe::circuits::ClearDiagonals diagonals = [&](std::size_t id) -> const Plaintext& {
    return *std::get<const Plaintext*>(fetched[id]);
  };
  return fhe::circuits::apply(ring, *engine_.keys, transform, operands, diagonals, linear.rescale);
}

base::Result<Ciphertext> Run::compute(const program::AddBias& bias) {
  OBSCURA_TRY(const Weight weight, fetch(bias.bias));
  const Ciphertext& operand = value(bias.operand);
  if (const auto* encrypted = std::get_if<const Ciphertext*>(&weight)) {
    return fhe::ckks::add(*engine_.ring, operand, **encrypted);
  }
  return fhe::ckks::add_plain(*engine_.ring, operand, *std::get<const Plaintext*>(weight));
}

Ciphertext Run::compute(const program::Square& square) const {
  const Ciphertext& operand = value(square.operand);
  const auto& relinearization = key({program::KeyKind::kRelinearize, RotationStep(0), operand.level()});
  return fhe::ckks::relinearize_and_rescale(*engine_.ring, fhe::ckks::square(*engine_.ring, operand), relinearization);
}

Ciphertext Run::compute(const program::Rotate& rotate) const {
  const Ciphertext& operand = value(rotate.operand);
  const program::KeyNeed need{program::KeyKind::kRotate, rotate.step, operand.level()};
  return fhe::ckks::apply_galois(*engine_.ring, operand, keys::key_id_of(need, engine_.program->params.log_n).galois,
                                 key(need));
}

Ciphertext Run::compute(const program::Conjugate& conjugate) const {
  const Ciphertext& operand = value(conjugate.operand);
  const program::KeyNeed need{program::KeyKind::kConjugate, RotationStep(0), operand.level()};
  return fhe::ckks::apply_galois(*engine_.ring, operand, keys::key_id_of(need, engine_.program->params.log_n).galois,
                                 key(need));
}

Ciphertext Run::compute(const program::MultiplyByI& multiply) const {
  return fhe::ckks::multiply_by_i(*engine_.ring, value(multiply.operand), multiply.power);
}

Ciphertext Run::compute(const program::Add& add) const {
  return fhe::ckks::add(*engine_.ring, value(add.left), value(add.right));
}

void Run::free_after(std::size_t index, const std::vector<std::size_t>& last_uses) {
  const auto drop = [&](std::size_t id) {
    if (last_uses[id] != index) return;
    values_[id] = nullptr;
    owned_[id].reset();
  };
  drop(index);
  for (const program::ValueId operand : program::operands_of(engine_.program->instructions[index].operation)) {
    drop(static_cast<std::size_t>(operand.value()));
  }
}

Ciphertext Run::take_result() && {
  if (owned_.back().has_value()) return std::move(*owned_.back());
  return fhe::ckks::clone(*engine_.ring, *values_.back());
}

}  // namespace obscura::runtime::exec::detail
