#include "fhe/circuits/linear_transform.hpp"

#include <vector>

#include "fhe/circuits/running_transform.hpp"

namespace obscura::fhe::circuits {
namespace {

template <class Diagonal, class Source>
ckks::Ciphertext apply_with(const ring::RingContext& ring, const ckks::EvaluationKeys& keys,
                            const LinearTransform& transform, std::span<const ckks::Ciphertext* const> inputs,
                            const Source& source, bool rescale) {
  RunningTransform running(ring, keys, transform, inputs);
  std::vector<const Diagonal*> diagonals;
  for (const GiantStep& step : transform.steps) {
    for (const DiagonalTerm& term : step.terms) diagonals.push_back(&source(term.diagonal));
  }
  running.multiply(std::span<const Diagonal* const>(diagonals));
  return running.finish(rescale);
}

}  // namespace

ckks::Ciphertext apply(const ring::RingContext& ring, const ckks::EvaluationKeys& keys,
                       const LinearTransform& transform, std::span<const ckks::Ciphertext* const> inputs,
                       const EncryptedDiagonals& diagonals, bool rescale) {
  return apply_with<ckks::Ciphertext>(ring, keys, transform, inputs, diagonals, rescale);
}

ckks::Ciphertext apply(const ring::RingContext& ring, const ckks::EvaluationKeys& keys,
                       const LinearTransform& transform, std::span<const ckks::Ciphertext* const> inputs,
                       const ClearDiagonals& diagonals, bool rescale) {
  return apply_with<ckks::Plaintext>(ring, keys, transform, inputs, diagonals, rescale);
}

}  // namespace obscura::fhe::circuits
