#pragma once

#include <complex>
#include <functional>
#include <span>
#include <vector>

#include "plan/program/program.hpp"
#include "plan/weights/weights.hpp"

namespace obscura::compiler::simulate {

/// The slots of one ciphertext in the clear.
using Slots = std::vector<std::complex<double>>;

/// What every instruction yields. [instructions][slots]
using Trace = std::vector<Slots>;

/// May change the result of an instruction before anything reads it: to poison slots of which a layout says
/// nothing, or to inject noise. The slots stay where they are until execute() returns.
using Tamper = std::function<void(plan::program::ValueId value, Slots& slots)>;

/// Puts the input elements where the packing says. [ciphertexts][slots]
[[nodiscard]] std::vector<Slots> pack_input(const plan::program::Program& program, std::span<const double> input);

/// Runs the program slot by slot in double precision, exactly as the encrypted executor would: the same
/// rotations of the same vectors, wrap-around included. Levels and scales play no part. The program must be
/// well-formed; `tamper` may be empty. Thread-safe. Cost: one complex multiply-add per slot and term.
[[nodiscard]] Trace execute(const plan::program::Program& program, const plan::weights::Weights& weights,
                            const std::vector<Slots>& inputs, const Tamper& tamper);

/// The scores of all outputs, one output after the other, before anything that the key holder makes of them.
[[nodiscard]] std::vector<double> read_scores(const plan::program::Program& program, const Trace& trace);

/// rot_step(x), cyclic to the left.
[[nodiscard]] Slots rotate(const Slots& x, int step);

}  // namespace obscura::compiler::simulate
