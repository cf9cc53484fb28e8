#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include "bench/operations/detail/groups.hpp"
#include "bench/operations/detail/matrices.hpp"
#include "fhe/ckks/add.hpp"
#include "fhe/ckks/key_id.hpp"
#include "fhe/ckks/rotate.hpp"

namespace obscura::bench::operations {

namespace {

namespace ckks = fhe::ckks;
namespace circuits = fhe::circuits;
using detail::Matrix;
using fhe::params::Level;
using fhe::params::PrimeIndex;
using fhe::params::Scale;

/// Scale and level of a transform's operands.
struct Scales {
  explicit Scales(const Engine& engine)
      : input(Scale::power_of_two(35)),
        weight(Scale::power_of_two(engine.params().literal().q_bits.back())),
        output((input * weight).divided_by_prime(PrimeIndex(engine.top().value()))) {}
  Scale input;
  Scale weight;
  Scale output;
};

/// Everything that a run needs, made beforehand.
struct Prepared {
  Engine* engine;
  Matrix matrix;
  std::unique_ptr<ckks::Ciphertext> input;
  std::vector<ckks::Plaintext> clear;
  std::vector<ckks::Ciphertext> encrypted;

  [[nodiscard]] ckks::Ciphertext run() const {
    const ckks::Ciphertext* const inputs[] = {input.get()};
    const circuits::ClearDiagonals plain = [&](std::size_t i) -> const ckks::Plaintext& { return clear[i]; };
    const circuits::EncryptedDiagonals sealed = [&](std::size_t i) -> const ckks::Ciphertext& { return encrypted[i]; };
    const auto& ring = engine->ring();
    ckks::Ciphertext y = clear.empty() ? circuits::apply(ring, engine->keys(), matrix.transform, inputs, sealed, true)
                                       : circuits::apply(ring, engine->keys(), matrix.transform, inputs, plain, true);
    for (const int step : matrix.folds) {
      const auto g = fhe::ring::galois_of_rotation(fhe::params::RotationStep(step), engine->params().log_n());
      y = ckks::add(ring, y, ckks::apply_galois(ring, y, g, engine->rotation_key(step)));
    }
    return y;
  }
};

void make_keys(Engine& engine, const Matrix& matrix, bool encrypted) {
  const int log_n = engine.params().log_n();
  if (encrypted) engine.key(ckks::relinearization_key_id());
  for (const circuits::GiantStep& step : matrix.transform.steps) {
    if (step.giant.value() != 0) {
      engine.rotation_key(step.giant.value());
      if (encrypted) engine.key(ckks::rotation_relinearization_key_id(step.giant, log_n));
    }
    for (const circuits::DiagonalTerm& term : step.terms) {
      if (term.baby.value() != 0) engine.rotation_key(term.baby.value());
    }
  }
  for (const int step : matrix.folds) engine.rotation_key(step);
}

/// Of a coefficient of the result. Per term the rotated input's error times the diagonal and the other way round, both
/// at most 1; per giant step what is switched, and rounded from Q P (s^2 has variance 2 N (2/3)^2); then the rescale,
/// and the folds, each of which doubles the variance.
double result_sd(const Engine& engine, const Matrix& matrix, bool encrypted, const Scales& scales) {
  const auto& params = engine.params();
  const double n = params.degree();
  const double switching = engine.key_switch_sd(engine.top());
  const double input = std::hypot(engine.fresh_sd(), switching) * scales.weight.value(params);
  const double error = encrypted ? engine.noise().encrypt_symmetric() : 0;
  const double diagonal = std::hypot(engine.noise().encode(), error) * scales.input.value(params);
  const double rounding = std::sqrt(n / 12 * (n * 8.0 / 9.0 + 2.0 / 3.0));
  const auto terms = static_cast<double>(matrix.diagonals.size());
  double variance =
      terms * (input * input + diagonal * diagonal) +
      static_cast<double>(matrix.transform.steps.size()) * (2 * switching * switching + rounding * rounding);
  const double prime = (scales.input * scales.weight / scales.output).value(params);
  variance = variance / (prime * prime) + std::pow(engine.noise().division_rounding(), 2);
  const double fold = std::pow(engine.key_switch_sd(Level(engine.top().value() - 1)), 2);
  for (std::size_t i = 0; i < matrix.folds.size(); ++i) variance = 2 * variance + fold;
  return std::sqrt(variance);
}

Work work_of(const Engine& engine, const Matrix& matrix, bool encrypted) {
  const WorkModel model(engine.params(), engine.top());
  const WorkModel below(engine.params(), Level(engine.top().value() - 1));
  const Work fold = below.key_switch(false) + below.memory(4 * below.limbs());
  return model.extended_transform(matrix.transform, encrypted) + model.memory(2 * model.limbs()) +
         below.memory(2 * below.limbs()) + static_cast<double>(matrix.folds.size()) * fold;
}

Case prepare(Engine& engine, Matrix matrix, bool encrypted) {
  const Scales scales(engine);
  make_keys(engine, matrix, encrypted);
  const auto p = std::make_shared<Prepared>();
  p->engine = &engine;
  p->matrix = std::move(matrix);
  p->input = std::make_unique<ckks::Ciphertext>(engine.encrypt(p->matrix.input, scales.input));
  for (const Slots& diagonal : p->matrix.diagonals) {
    if (encrypted) {
      p->encrypted.push_back(engine.encrypt_symmetric(diagonal, scales.weight, true));
    } else {
      p->clear.push_back(engine.encode(diagonal, scales.weight, true));
    }
  }
  Case made;
  made.level = engine.top().value();
  made.work = work_of(engine, p->matrix, encrypted);
  made.right = [p, scales, encrypted] {
    const double tolerance = p->engine->tolerance(result_sd(*p->engine, p->matrix, encrypted, scales), scales.output);
    return p->engine->close(p->run(), p->matrix.expected, tolerance, p->matrix.stride);
  };
  made.run = [p] { static_cast<void>(p->run()); };
  return made;
}

void add_both(const Shape& shape, const std::string& name, Matrix (*make)(int slots), std::vector<Operation>& to) {
  for (const bool encrypted : {false, true}) {
    to.push_back(
        {Group::kCircuits, name + (encrypted ? ", encrypted" : ", clear"), shape,
         [make, encrypted](Engine& engine) { return prepare(engine, make(engine.params().slots()), encrypted); }});
  }
}

}  // namespace

void detail::add_dense(const Shape& shape, std::vector<Operation>& to) {
  const std::string side = std::to_string(dense_side(1 << (shape.literal.log_n - 1)));
  add_both(shape, "matrix " + side + "x" + side, dense_matrix, to);
}

void detail::add_convolution(const Shape& shape, std::vector<Operation>& to) {
  const std::string side = std::to_string(image_side(1 << (shape.literal.log_n - 1)));
  add_both(shape, "convolution 3x3, 16 to 16, " + side + "x" + side, convolution, to);
}

}  // namespace obscura::bench::operations
