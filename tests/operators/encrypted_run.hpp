#pragma once

#include <cstdint>
#include <vector>

#include "base/result.hpp"
#include "compiler/compile/compile.hpp"
#include "tests/operators/operator_case.hpp"

namespace obscura::tests::operators {

/// What encrypted runs of one compiled network showed.
struct EncryptedRun {
  double sd = 0;                      ///< stated error of a score
  double bound = 0;                   ///< what no score's error may exceed
  std::vector<double> errors_sealed;  ///< |error| with encrypted weights, all inputs and scores one after the other
  std::vector<double> errors_clear;   ///< the same with clear weights
  /// Of errors_sealed, those of scores that depend on the input: a padded constant has next to no error.
  std::vector<double> errors_computed;
  double compile_seconds = 0;
  double run_seconds = 0;
};

/// Compiles the network, runs it over encrypted inputs and holds every score against the float interpreter of the
/// network; where it has activations, of the network with polynomials in their place. Keys, weights' encryptions and
/// inputs are drawn from the seed. Errors: those of the compiler and the executor.
[[nodiscard]] base::Result<EncryptedRun> run_encrypted(const OperatorCase& one, std::uint64_t seed);

}  // namespace obscura::tests::operators
