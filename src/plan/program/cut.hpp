#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "plan/program/program.hpp"

/// A program cut into stages that run one after the other, each somewhere else. A stage is a contiguous range of the
/// instructions as a program of its own: it takes the ciphertexts that are live where the range begins and returns
/// those that are live where it ends, so that what crosses a cut is one list of ciphertexts and nothing is sent from
/// further back. A value that a stage does not touch passes through it, as an input that is returned.
namespace obscura::plan::program {

/// One stage. verify_stage() accepts the program: it knows nothing of the network's input and scores. What it states
/// of costs is its own.
struct CutStage {
  Program program;
  int first_weight = 0;                   ///< weight w of the stage is weight first_weight + w of the whole program
  std::vector<double> predicted_ms = {};  ///< [instructions] of the stage; inputs take nothing
};

/// The values that are there before instruction `position` and needed from it on, in the order of their numbers. All
/// inputs count as there from the beginning, wherever the program takes them. `last` is last_uses(program).
[[nodiscard]] std::vector<ValueId> live_at(const Program& program, std::span<const std::size_t> last,
                                           std::size_t position);

/// Cuts the verified program before each of the instructions `cuts`, in ascending order; without any the one stage
/// computes all. The first stage takes the ciphertexts of a request, the last returns the program's results, in its
/// order; stages one after the other compute what the program computes, bit for bit.
/// `predicted_ms` [instructions] goes into the stages' cost statements.
/// Errors: kUsage for cuts that do not ascend within the program; kLimit where more than kMaxInputCiphertexts are live.
[[nodiscard]] base::Result<std::vector<CutStage>> cut(const Program& program, std::span<const std::size_t> cuts,
                                                      std::span<const double> predicted_ms);

}  // namespace obscura::plan::program
