#include "compiler/simulate/execute.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "plan/program/operation.hpp"

namespace obscura::compiler::simulate {
namespace {

namespace program = plan::program;
using Complex = std::complex<double>;

std::size_t slot_count(const program::Program& program) {
  return std::size_t{1} << (program.params.log_n - 1);
}

std::size_t left_shift(std::size_t slots, int step) {
  const auto n = static_cast<std::int64_t>(slots);
  return static_cast<std::size_t>(((step % n) + n) % n);
}

// sum[s] += weight[s] * x[s + shift], without the cost of std::complex's treatment of infinities.
void multiply_add(const Slots& weight, const Slots& x, std::size_t shift, Slots& sum) {
  const std::size_t n = x.size();
  for (std::size_t s = 0; s < n; ++s) {
    const Complex& a = weight[s];
    const Complex& b = x[s + shift < n ? s + shift : s + shift - n];
    sum[s] += Complex(a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real());
  }
}

/// Runs one instruction on the results before it.
struct Step {
  const plan::weights::Weights& weights;
  const std::vector<Slots>& inputs;
  const Trace& values;
  bool keeps_imaginary;  ///< in a Bootstrap

  const Slots& at(program::ValueId id) const { return values[static_cast<std::size_t>(id.value())]; }
  const Slots& at(program::WeightId id) const { return weights.values[static_cast<std::size_t>(id.value())]; }

  Slots operator()(const program::Input& input) const { return inputs[static_cast<std::size_t>(input.index)]; }

  Slots operator()(const program::Linear& linear) const {
    const std::size_t n = at(linear.operands.front()).size();
    Slots sum(n);
    for (const program::GiantStep& giant : linear.steps) {
      Slots inner(n);
      for (const program::Term& term : giant.terms) {
        multiply_add(at(term.weight), at(linear.operands[static_cast<std::size_t>(term.input)]),
                     left_shift(n, term.baby.value()), inner);
      }
      const std::size_t shift = left_shift(n, giant.giant.value());
      for (std::size_t s = 0; s < n; ++s) sum[s] += inner[(s + shift) % n];
    }
    return sum;
  }

  Slots operator()(const program::Join& join) const {
    Slots sum = at(join.operands.front());
    for (std::size_t i = 1; i < join.operands.size(); ++i) {
      const Slots& part = at(join.operands[i]);
      for (std::size_t s = 0; s < sum.size(); ++s) sum[s] += part[s];
    }
    return sum;
  }

  Slots operator()(const program::AddBias& add) const {
    Slots result = at(add.operand);
    const Slots& bias = at(add.bias);
    for (std::size_t s = 0; s < result.size(); ++s) result[s] += bias[s];
    return result;
  }

  Slots operator()(const program::Square& square) const {
    Slots result = at(square.operand);
    for (Complex& x : result) {
      x = Complex(x.real() * x.real() - x.imag() * x.imag(), 2 * x.real() * x.imag());
    }
    return result;
  }

  Slots operator()(const program::Rotate& rotation) const {
    return rotate(at(rotation.operand), rotation.step.value());
  }

  Slots operator()(const program::Conjugate& conjugate) const {
    Slots result = at(conjugate.operand);
    for (Complex& x : result) x = std::conj(x);
    return result;
  }

  Slots operator()(const program::MultiplyByI& multiply) const {
    Slots result = at(multiply.operand);
    for (Complex& x : result) {
      for (int i = 0; i < multiply.power; ++i) x = Complex(-x.imag(), x.real());
    }
    return result;
  }

  Slots operator()(const program::Add& add) const {
    Slots result = at(add.left);
    const Slots& right = at(add.right);
    for (std::size_t s = 0; s < result.size(); ++s) result[s] += right[s];
    return result;
  }

  Slots operator()(const program::Multiply& multiply) const {
    Slots result(at(multiply.left).size());
    multiply_add(at(multiply.left), at(multiply.right), 0, result);
    return result;
  }

  Slots operator()(const program::ChangeScale& change) const { return at(change.operand); }

  Slots operator()(const program::Bootstrap& bootstrap) const {
    Slots result = at(bootstrap.operand);
    if (!keeps_imaginary) {
      for (Complex& x : result) x = x.real();
    }
    return result;
  }
};

// [ciphertexts][slots] of zeros
std::vector<Slots> empty_input(const program::Program& program) {
  const std::size_t n = slot_count(program);
  const program::InputPacking& packing = program.input_packing;
  const auto count = static_cast<std::size_t>(packing.ciphertexts);
  OBSCURA_CHECK(packing.element.size() * static_cast<std::size_t>(packing.lanes()) == count * 2 * n,
                "the input packing does not fill its ciphertexts");
  return std::vector<Slots>(count, Slots(n));
}

void put_image(const program::InputPacking& packing, std::size_t image, std::span<const double> input,
               std::vector<Slots>& packed) {
  const auto lanes = static_cast<std::size_t>(packing.lanes());
  OBSCURA_CHECK(image < lanes, "more images than the program has room for");
  const auto element = [&](std::size_t index) {
    const std::int32_t e = packing.element[index];
    return e == program::InputPacking::kZero ? 0.0 : input[static_cast<std::size_t>(e)];
  };
  for (std::size_t c = 0; c < packed.size(); ++c) {
    const std::size_t places = packed[c].size() / lanes;
    for (std::size_t s = 0; s < places; ++s) {
      packed[c][s * lanes + image] = {element(c * 2 * places + s), element((c * 2 + 1) * places + s)};
    }
  }
}

}  // namespace

std::vector<Slots> pack_input(const program::Program& program, std::span<const double> input) {
  std::vector<Slots> packed = empty_input(program);
  put_image(program.input_packing, 0, input, packed);
  return packed;
}

std::vector<Slots> pack_inputs(const program::Program& program, std::span<const std::vector<double>> inputs) {
  std::vector<Slots> packed = empty_input(program);
  for (std::size_t b = 0; b < inputs.size(); ++b) put_image(program.input_packing, b, inputs[b], packed);
  return packed;
}

Trace execute(const program::Program& program, const plan::weights::Weights& weights, const std::vector<Slots>& inputs,
              const Tamper& tamper) {
  Trace values;
  values.reserve(program.instructions.size());
  const bool keeps_imaginary = program.bootstrap && !program.bootstrap->real;
  for (const program::Instruction& instruction : program.instructions) {
    values.push_back(std::visit(Step{weights, inputs, values, keeps_imaginary}, instruction.operation));
    if (tamper) tamper(program::ValueId(static_cast<int>(values.size()) - 1), values.back());
  }
  return values;
}

std::vector<double> read_scores(const program::Program& program, const Trace& trace, std::size_t image) {
  std::vector<double> scores;
  scores.reserve(program::score_count(program));
  for (const program::Output& output : program.outputs) {
    for (const program::OutputSlot& element : output.element) {
      const program::ValueId result = program.results[static_cast<std::size_t>(element.result)];
      const Slots& slots = trace[static_cast<std::size_t>(result.value())];
      scores.push_back(slots[static_cast<std::size_t>(element.slot) + image].real() * output.factor);
    }
  }
  return scores;
}

Slots rotate(const Slots& x, int step) {
  Slots result = x;
  std::rotate(result.begin(), result.begin() + static_cast<std::ptrdiff_t>(left_shift(x.size(), step)), result.end());
  return result;
}

}  // namespace obscura::compiler::simulate
