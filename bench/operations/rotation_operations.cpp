#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "bench/operations/detail/at_level.hpp"
#include "bench/operations/detail/groups.hpp"
#include "fhe/circuits/sum_rotations.hpp"
#include "fhe/ckks/rotate.hpp"

namespace obscura::bench::operations {

namespace {

namespace ckks = fhe::ckks;
using fhe::params::Level;
using fhe::params::RotationStep;
using fhe::params::Scale;

constexpr int kRotations = 16;

/// A ciphertext and the keys for steps 1 .. kRotations.
struct Rotated {
  Engine* engine;
  Level level;
  Scale scale;
  Slots message;
  ckks::Ciphertext ciphertext;
  std::vector<RotationStep> steps;

  [[nodiscard]] fhe::ring::GaloisElement galois(int step) const {
    return fhe::ring::galois_of_rotation(RotationStep(step), engine->params().log_n());
  }
  [[nodiscard]] Slots expected(int step) const {
    Slots slots = message;
    std::rotate(slots.begin(), slots.begin() + step, slots.end());
    return slots;
  }
  /// Of `count` rotations, summed.
  [[nodiscard]] double tolerance(int count) const {
    const double once = std::hypot(engine->fresh_sd(), engine->key_switch_sd(level));
    return engine->tolerance(std::sqrt(count) * once, scale);
  }
  [[nodiscard]] bool right(const ckks::Ciphertext& got, int step) const {
    return engine->close(got, expected(step), tolerance(1));
  }
};

std::shared_ptr<Rotated> make_rotated(Engine& engine, Level level, int rotations) {
  const Scale scale = Scale::power_of_two(engine.params().literal().q_bits.back() - 3);
  Slots message = sample_slots(static_cast<std::size_t>(engine.params().slots()));
  auto ciphertext = engine.encrypt(message, level, scale);
  std::vector<RotationStep> steps;
  for (int step = 1; step <= rotations; ++step) {
    engine.rotation_key(step);
    steps.emplace_back(step);
  }
  return std::make_shared<Rotated>(
      Rotated{&engine, level, scale, std::move(message), std::move(ciphertext), std::move(steps)});
}

Case prepare_hoisted(Engine& engine) {
  const auto r = make_rotated(engine, engine.top(), kRotations);
  const WorkModel model(engine.params(), engine.top());
  // Hands every result to `take`, which drops it.
  const auto rotate = [r](const auto& take) {
    const auto digits = ckks::hoist(r->engine->ring(), r->ciphertext);
    for (const RotationStep step : r->steps) {
      take(ckks::apply_galois_hoisted(r->engine->ring(), r->ciphertext, digits, r->galois(step.value()),
                                      r->engine->rotation_key(step.value())),
           step.value());
    }
  };
  Case made;
  made.level = engine.top().value();
  made.work = model.mod_up() + kRotations * (model.key_product() + 2 * model.mod_down(false)) +
              model.memory(2 * model.limbs() * (1 + kRotations));
  made.right = [r, rotate] {
    bool right = true;
    rotate([&](const ckks::Ciphertext& got, int step) { right = right && r->right(got, step); });
    return right;
  };
  made.run = [rotate] { rotate([](const ckks::Ciphertext&, int) {}); };
  return made;
}

}  // namespace

Case detail::prepare_rotate(Engine& engine, Level level) {
  const auto r = make_rotated(engine, level, 1);
  const WorkModel model(engine.params(), level);
  const auto rotate = [r] {
    return ckks::apply_galois(r->engine->ring(), r->ciphertext, r->galois(1), r->engine->rotation_key(1));
  };
  Case made;
  made.level = level.value();
  made.work = model.key_switch(false) + model.memory(4 * model.limbs());
  made.right = [r, rotate] { return r->right(rotate(), 1); };
  made.run = [rotate] { static_cast<void>(rotate()); };
  return made;
}

Case detail::prepare_summed_rotations(Engine& engine, Level level) {
  const auto r = make_rotated(engine, level, kRotations);
  const WorkModel model(engine.params(), level);
  const auto sum = [r] {
    return fhe::circuits::sum_rotations(r->engine->ring(), r->engine->keys(), r->ciphertext, r->steps);
  };
  Case made;
  made.level = level.value();
  made.work = model.mod_up() + kRotations * model.key_product() + 2 * model.mod_down(false) +
              model.memory(4 * model.limbs()) + Work{.lane_ops = model.limbs() * kScaling} +
              (kRotations - 1) * Work{.lane_ops = 2 * model.extended_limbs() * kModularSum};
  made.right = [r, sum] {
    Slots expected(r->message.size());
    for (const RotationStep step : r->steps) {
      const Slots once = r->expected(step.value());
      std::transform(once.begin(), once.end(), expected.begin(), expected.begin(), std::plus<>());
    }
    return r->engine->close(sum(), expected, r->tolerance(kRotations));
  };
  made.run = [sum] { static_cast<void>(sum()); };
  return made;
}

void detail::add_rotations(const Shape& shape, std::vector<Operation>& to) {
  to.push_back(
      {Group::kCiphertexts, "rotate", shape, [](Engine& engine) { return prepare_rotate(engine, engine.top()); }});
  to.push_back({Group::kCiphertexts, "16 hoisted rotations", shape, prepare_hoisted});
  to.push_back({Group::kCiphertexts, "16 hoisted rotations, summed", shape,
                [](Engine& engine) { return prepare_summed_rotations(engine, engine.top()); }});
}

}  // namespace obscura::bench::operations
