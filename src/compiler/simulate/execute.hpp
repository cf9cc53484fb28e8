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

/// Puts the elements of one input where the packing says; the places of other images stay zero. [ciphertexts][slots]
[[nodiscard]] std::vector<Slots> pack_input(const plan::program::Program& program, std::span<const double> input);
/// The same for several, at most as many as there are lanes.
[[nodiscard]] std::vector<Slots> pack_inputs(const plan::program::Program& program,
                                             std::span<const std::vector<double>> inputs);

/// Runs the program slot by slot in double precision, exactly as the encrypted executor would: the same
/// rotations of the same vectors, wrap-around included. Levels and scales play no part. The program must be
/// well-formed; `tamper` may be empty. Thread-safe. Cost: one complex multiply-add per slot and term.
[[nodiscard]] Trace execute(const plan::program::Program& program, const plan::weights::Weights& weights,
                            const std::vector<Slots>& inputs, const Tamper& tamper);

/// The scores of all outputs of one image, one output after the other, before anything that the key holder makes of
/// them.
[[nodiscard]] std::vector<double> read_scores(const plan::program::Program& program, const Trace& trace,
                                              std::size_t image = 0);

/// rot_step(x), cyclic to the left.
[[nodiscard]] Slots rotate(const Slots& x, int step);

}  // namespace obscura::compiler::simulate
