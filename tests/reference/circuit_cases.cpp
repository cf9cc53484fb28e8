#include <span>

#include "fhe/circuits/linear_transform.hpp"
#include "fhe/circuits/running_transform.hpp"
#include "fhe/circuits/sum_rotations.hpp"
#include "tests/reference/cases.hpp"

namespace obscura::tests::reference {
namespace {

namespace circuits = fhe::circuits;

using params::Level;
using params::RotationStep;

/// `terms` of a vector: number of the step, giant step, input, baby step, diagonal, again and again.
circuits::LinearTransform transform_of(const Vector& vector) {
  circuits::LinearTransform transform;
  transform.extended = vector.flag("extended");
  transform.horner = vector.text("op") == "horner";
  const std::vector<std::string>& terms = vector.list("terms");
  for (std::size_t i = 0; i + 4 < terms.size(); i += 5) {
    const auto field = [&](std::size_t k) { return std::stoi(terms[i + k]); };
    if (static_cast<std::size_t>(field(0)) == transform.steps.size()) {
      transform.steps.push_back({RotationStep(field(1)), {}});
    }
    transform.steps.back().terms.push_back(
        {field(2), RotationStep(field(3)), static_cast<std::size_t>(std::stoi(terms[i + 4]))});
  }
  return transform;
}

/// Diagonals of a vector, all of them.
struct Diagonals {
  Diagonals(const Bench& bench, const circuits::LinearTransform& transform, Level level) {
    const params::Scale scale = fresh_scale();
    for (std::uint64_t i = 0; i < 6; ++i) {
      clear.emplace_back(bench.poly(100 + i, level, transform.extended), level, scale);
      encrypted.emplace_back(bench.poly(100 + 2 * i, level, transform.extended),
                             bench.poly(101 + 2 * i, level, transform.extended), level, scale);
    }
  }
  std::vector<ckks::Plaintext> clear;
  std::vector<ckks::Ciphertext> encrypted;
};

/// The transform of encrypted diagonals one term at a time, not divided.
Bytes answer_partial(const ring::RingContext& ring, const ckks::EvaluationKeys& keys,
                     const circuits::LinearTransform& transform, std::span<const ckks::Ciphertext* const> inputs,
                     const Diagonals& diagonals) {
  circuits::RunningTransform running(ring, keys, transform, inputs);
  for (const circuits::GiantStep& step : transform.steps) {
    for (const circuits::DiagonalTerm& term : step.terms) {
      const ckks::Ciphertext* const next[] = {&diagonals.encrypted[term.diagonal]};
      running.multiply(std::span<const ckks::Ciphertext* const>(next));
    }
  }
  return words_of(running.finish_partial());
}

}  // namespace

Bytes answer_circuit(Bench& bench, const Vector& vector) {
  const Level level(vector.number("level"));
  const ckks::EvaluationKeys& keys = bench.transform_keys();
  const ckks::Ciphertext x = bench.ciphertext(0, level);
  const ckks::Ciphertext y = bench.ciphertext(1, level);
  if (vector.text("op") == "sum_rotations") {
    std::vector<RotationStep> steps;
    for (const std::string& step : vector.list("rotations")) steps.emplace_back(std::stoi(step));
    return words_of(circuits::sum_rotations(bench.ring(), keys, x, steps));
  }
  const ckks::Ciphertext* const inputs[] = {&x, &y};
  const circuits::LinearTransform transform = transform_of(vector);
  const Diagonals diagonals(bench, transform, level);
  if (vector.text("op") == "partial_transform") {
    return answer_partial(bench.ring(), keys, transform, inputs, diagonals);
  }
  const bool rescales = vector.flag("rescales");
  if (vector.flag("encrypted")) {
    const circuits::EncryptedDiagonals source = [&](std::size_t i) -> const ckks::Ciphertext& {
      return diagonals.encrypted[i];
    };
    return words_of(circuits::apply(bench.ring(), keys, transform, inputs, source, rescales));
  }
  const circuits::ClearDiagonals source = [&](std::size_t i) -> const ckks::Plaintext& { return diagonals.clear[i]; };
  return words_of(circuits::apply(bench.ring(), keys, transform, inputs, source, rescales));
}

}  // namespace obscura::tests::reference
