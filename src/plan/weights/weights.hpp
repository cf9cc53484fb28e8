#pragma once

#include <complex>
#include <string>
#include <vector>

#include "plan/program/program.hpp"

namespace obscura::plan::weights {

/// The clear values of every weight of a program: values[id] has one complex number per slot. Stays with the
/// model owner; the worker program has no code that knows this type.
struct Weights {
  std::vector<std::vector<std::complex<double>>> values;
};

/// A program with its clear weights and what only the owner's side may know: what a .plan file holds.
struct Plan {
  program::Program program;
  Weights weights;
  std::vector<std::string> labels;   ///< class names, may be empty
  std::vector<double> predicted_ms;  ///< [instructions] on one thread: what decides where the program is cut
};

}  // namespace obscura::plan::weights
