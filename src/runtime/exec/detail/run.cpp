#include "runtime/exec/detail/run.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.hpp"
#include "fhe/boot/running_bootstrap.hpp"
#include "fhe/circuits/partial_sum.hpp"
#include "fhe/ckks/add.hpp"
#include "fhe/ckks/linear_combination.hpp"
#include "fhe/ckks/multiply.hpp"
#include "fhe/ckks/relinearize.hpp"
#include "fhe/ckks/rescale.hpp"
#include "fhe/ckks/rotate.hpp"
#include "plan/program/operation.hpp"
#include "plan/program/schedule.hpp"
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

fhe::boot::BootstrapScales bootstrap_scales(const program::Program& program, const program::Instruction& instruction) {
  const auto& bootstrap = std::get<program::Bootstrap>(instruction.operation);
  const auto operand = static_cast<std::size_t>(bootstrap.operand.value());
  return {program.instructions[operand].scale, instruction.scale, bootstrap.log2_range};
}

Run::Run(const Engine& engine, std::span<const Ciphertext> inputs, WeightSource& weights)
    : engine_(engine),
      inputs_(inputs),
      weights_(&weights),
      owned_(engine.program->instructions.size()),
      values_(engine.program->instructions.size(), nullptr) {}

const Ciphertext& Run::value(program::ValueId id) const {
  const Ciphertext* found = values_[static_cast<std::size_t>(id.value())];
  OBSCURA_CHECK(found != nullptr, "an operand was freed before its last use");
  return *found;
}

base::Result<void> Run::bring_keys(std::size_t phase) const {
  if (!*engine_.bring_keys) return {};
  const base::Span span(engine_.trace, "keys");
  return (*engine_.bring_keys)(index_, phase);
}

fhe::ckks::LowerView Run::operand(program::ValueId id) const {
  return {*engine_.ring, value(id), program::working_level(*running_)};
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

const fhe::ckks::SwitchingKey& Run::key(program::KeyKind kind, RotationStep step) const {
  const program::KeyNeed need{kind, step, program::working_level(*running_)};
  const auto* found = engine_.keys->find(keys::key_id_of(need, engine_.program->params.log_n));
  OBSCURA_CHECK(found != nullptr, "the executor checks all keys when it is built");
  return *found;
}

base::Result<void> Run::execute(std::size_t index, const fhe::circuits::LinearTransform& transform) {
  const auto& instruction = engine_.program->instructions[index];
  index_ = index;
  running_ = &instruction;
  OBSCURA_TRY_VOID(bring_keys(0));
  if (const auto* input = std::get_if<program::Input>(&instruction.operation)) {
    values_[index] = &inputs_[static_cast<std::size_t>(input->index)];
    return {};
  }
  using Computed = base::Result<std::optional<Ciphertext>>;
  auto computed =
      std::visit(program::Match{[&](const program::Input&) -> Computed { return std::nullopt; },
                                [&](const program::Linear& linear) -> Computed { return compute(linear, transform); },
                                [&](const auto& other) -> Computed { return compute(other); }},
                 instruction.operation);
  if (!computed) return base::forward_error(computed);
  owned_[index] = std::move(*computed);
  values_[index] = &*owned_[index];
  OBSCURA_CHECK(values_[index]->level() == instruction.level && values_[index]->scale() == instruction.scale,
                "an operation gave another level or scale than verify() computed");
  return {};
}

base::Result<Ciphertext> Run::compute(const program::Linear& linear, const fhe::circuits::LinearTransform& transform) {
  std::vector<LowerView> views;
  views.reserve(linear.operands.size());
  for (const program::ValueId id : linear.operands) views.push_back(operand(id));
  std::vector<const Ciphertext*> operands;
  for (const LowerView& view : views) operands.push_back(&*view);
  Running running(*engine_.ring, *engine_.keys, transform, operands);
  const std::vector<program::WeightId> weights = program::weights_of(running_->operation);
  for (std::size_t first = 0; first < weights.size();) {
    const std::size_t count = std::min(weights_->most_held(), weights.size() - first);
    const auto batch = std::span(weights).subspan(first, count);
    auto multiplied = multiply_next(running, batch);
    for (const program::WeightId id : batch) weights_->release(id);
    if (!multiplied) return base::forward_error(multiplied);
    first += count;
  }
  return linear.partial ? running.finish_partial() : running.finish(linear.rescale);
}

Ciphertext Run::compute(const program::Join& join) const {
  std::vector<const Ciphertext*> parts;
  for (const program::ValueId id : join.operands) parts.push_back(&value(id));
  return fhe::circuits::join_partial(*engine_.ring, parts, join.rescale);
}

base::Result<void> Run::multiply_next(Running& running, std::span<const program::WeightId> weights) {
  std::vector<const Ciphertext*> encrypted;
  std::vector<const Plaintext*> clear;
  weights_->prefetch(weights);
  for (const program::WeightId id : weights) {
    OBSCURA_TRY(const Weight weight, fetch(id));
    if (weights_->encrypted()) {
      encrypted.push_back(std::get<const Ciphertext*>(weight));
    } else {
      clear.push_back(std::get<const Plaintext*>(weight));
    }
  }
  if (weights_->encrypted()) {
    running.multiply(std::span<const Ciphertext* const>(encrypted));
  } else {
    running.multiply(std::span<const Plaintext* const>(clear));
  }
  return {};
}

base::Result<Ciphertext> Run::compute(const program::AddBias& bias) {
  const LowerView a = operand(bias.operand);
  const auto add = [&]() -> base::Result<Ciphertext> {
    weights_->prefetch({&bias.bias, 1});
    OBSCURA_TRY(const Weight weight, fetch(bias.bias));
    if (const auto* encrypted = std::get_if<const Ciphertext*>(&weight)) {
      return fhe::ckks::add(*engine_.ring, *a, **encrypted);
    }
    return fhe::ckks::add_plain(*engine_.ring, *a, *std::get<const Plaintext*>(weight));
  };
  auto sum = add();
  weights_->release(bias.bias);
  return sum;
}

Ciphertext Run::relinearised(const fhe::ckks::ProductCiphertext& product) const {
  return fhe::ckks::relinearize_and_rescale(*engine_.ring, product,
                                            key(program::KeyKind::kRelinearize, RotationStep(0)));
}

Ciphertext Run::compute(const program::Square& square) const {
  return relinearised(fhe::ckks::square(*engine_.ring, *operand(square.operand)));
}

Ciphertext Run::compute(const program::Multiply& multiply) const {
  return relinearised(fhe::ckks::multiply(*engine_.ring, *operand(multiply.left), *operand(multiply.right)));
}

Ciphertext Run::switched(const Ciphertext& a, program::KeyKind kind, RotationStep step) const {
  const program::KeyNeed need{kind, step, a.level()};
  return fhe::ckks::apply_galois(*engine_.ring, a, keys::key_id_of(need, engine_.program->params.log_n).galois,
                                 key(kind, step));
}

Ciphertext Run::compute(const program::Rotate& rotate) const {
  return switched(*operand(rotate.operand), program::KeyKind::kRotate, rotate.step);
}

Ciphertext Run::compute(const program::Conjugate& conjugate) const {
  return switched(*operand(conjugate.operand), program::KeyKind::kConjugate, RotationStep(0));
}

Ciphertext Run::compute(const program::MultiplyByI& multiply) const {
  return fhe::ckks::multiply_by_i(*engine_.ring, *operand(multiply.operand), multiply.power);
}

Ciphertext Run::compute(const program::Add& add) const {
  return fhe::ckks::add(*engine_.ring, *operand(add.left), *operand(add.right));
}

Ciphertext Run::compute(const program::ChangeScale& change) const {
  const LowerView a = operand(change.operand);
  const fhe::params::Level level = (*a).level();
  const auto before_rescale = running_->scale.times_prime(fhe::params::PrimeIndex(level.value()));
  const fhe::ckks::WeightedCiphertext term{&*a, 1.0};
  return fhe::ckks::rescale(*engine_.ring,
                            fhe::ckks::linear_combination(*engine_.ring, {&term, 1}, 0.0, level, before_rescale));
}

base::Result<Ciphertext> Run::compute(const program::Bootstrap& bootstrap) const {
  OBSCURA_CHECK(engine_.bootstrapper != nullptr, "the executor makes the matrices of bootstraps when it is built");
  const LowerView x = operand(bootstrap.operand);
  fhe::boot::RunningBootstrap running(*engine_.bootstrapper, *engine_.keys, *x,
                                      bootstrap_scales(*engine_.program, *running_), engine_.trace);
  while (!running.done()) {
    if (running.phases_done() > 0) OBSCURA_TRY_VOID(bring_keys(running.phases_done()));
    running.run_next();
  }
  return std::move(running).result();
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

std::vector<Ciphertext> Run::take_results() && {
  std::vector<Ciphertext> results;
  for (const program::ValueId id : engine_.program->results) {
    std::optional<Ciphertext>& owned = owned_[static_cast<std::size_t>(id.value())];
    results.push_back(owned.has_value() ? std::move(*owned) : fhe::ckks::clone(*engine_.ring, value(id)));
  }
  return results;
}

}  // namespace obscura::runtime::exec::detail
