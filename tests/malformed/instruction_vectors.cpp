#include <algorithm>
#include <array>

#include "plan/program/testing/branched_program.hpp"
#include "runtime/wire/spec_file.hpp"
#include "tests/malformed/vectors.hpp"

/// Programs of which one instruction breaks a rule. Those of the whole model: 0 and 1 input, 2 linear, 3 add_bias,
/// 4 square, 5 linear, 6 rotate, 7 conjugate, 8 multiply by i, 9 add; of the branched one see branched_program.hpp.
namespace obscura::fuzz {
namespace {

using fhe::params::Level;
using fhe::params::PrimeIndex;
using fhe::params::RotationStep;
using fhe::params::Scale;
using plan::program::Program;
using plan::program::ValueId;
using plan::program::WeightId;
namespace ir = plan::program;

template <class Operation>
Operation& operation(Program& program, std::size_t index) {
  return std::get<Operation>(program.instructions[index].operation);
}

Vector program(const std::string& name, const std::function<void(Program&)>& change, const std::string& words) {
  return {name, "spec", [=](Workshop& workshop) { return spec_of(workshop, change); }, words};
}

Vector branched(const std::string& name, const std::function<void(Program&)>& change, const std::string& words) {
  return {name, "spec",
          [=](Workshop&) {
            Program program = ir::testing::branched_program({4, false});
            change(program);
            return runtime::wire::write_spec(program, {});
          },
          words};
}

/// A number at a place of an instruction in the bytes: no type holds it.
Vector opcode(const std::string& name, std::uint8_t number, const std::string& words) {
  return {name, "spec",
          [=](Workshop& workshop) {
            return with_section(workshop, good(workshop, "spec", "whole"), 1, [=](Bytes& bytes) {
              // The square of value 3, of which there is one: u8 operation, u32 operand.
              const std::array<std::uint8_t, 5> square = {3, 3, 0, 0, 0};
              const auto at = std::search(bytes.begin() + 200, bytes.end(), square.begin(), square.end());
              *at = number;
            });
          },
          words};
}

Vectors of_places() {
  return {
      program(
          "an instruction above the chain", [](Program& p) { p.instructions[0].level = Level(4); },
          "level 4 is outside the chain"),
      program(
          "a scale of more bits than its level", [](Program& p) { p.instructions[0].scale = Scale::power_of_two(200); },
          "does not fit the"),
      program(
          "a scale of no bits", [](Program& p) { p.instructions[0].scale = Scale::power_of_two(0); },
          "does not fit the"),
      program(
          "a scale with an exponent of 2001", [](Program& p) { p.instructions[0].scale = Scale::power_of_two(2001); },
          "the exponents of its scale are too large"),
      program(
          "a scale of a prime that the chain lacks",
          [](Program& p) { p.instructions[0].scale = Scale::power_of_two(30).times_prime(PrimeIndex(7)); },
          "the exponents of its scale are too large"),
      program(
          "an instruction of a layer that there is not", [](Program& p) { p.instructions[0].stage = 3; },
          "stage 3 does not exist"),
      program(
          "inputs at two places", [](Program& p) { p.instructions[1].level = Level(2); },
          "differs from that of the other inputs"),
      program(
          "an input that is taken twice", [](Program& p) { operation<ir::Input>(p, 1).index = 0; },
          "input 0 is taken twice"),
      program(
          "an input that there is not", [](Program& p) { operation<ir::Input>(p, 1).index = 2; },
          "input 2 does not exist"),
      program(
          "an input that is never taken",
          [](Program& p) {
            p.input_packing.ciphertexts = 3;
            p.input_packing.element.resize(48);
          },
          "takes 2 of its 3 input ciphertexts"),
      program(
          "a partial input in a whole program", [](Program& p) { operation<ir::Input>(p, 1).partial = true; },
          "a whole program has no partial sums"),
      program(
          "a program without instructions", [](Program& p) { p.instructions.clear(); }, "no instructions")};
}

Vectors of_operands() {
  return {program(
              "an operand from the future", [](Program& p) { operation<ir::Square>(p, 4).operand = ValueId(4); },
              "operand %4 is not defined before it"),
          program(
              "an operand that there is not", [](Program& p) { operation<ir::Square>(p, 4).operand = ValueId(99); },
              "operand %99 is not defined before it"),
          program(
              "an operand at a lower level",
              [](Program& p) {
                operation<ir::Rotate>(p, 6).operand = ValueId(4);
                p.instructions[6].level = Level(3);
              },
              "it computes at level 3"),
          program(
              "a product that states another scale",
              [](Program& p) { p.instructions[4].scale = Scale::power_of_two(30); }, "states scale"),
          program(
              "a rotation by nothing", [](Program& p) { operation<ir::Rotate>(p, 6).step = RotationStep(0); },
              "rotation step 0 is outside 1..7"),
          program(
              "a rotation by all slots", [](Program& p) { operation<ir::Rotate>(p, 6).step = RotationStep(8); },
              "rotation step 8 is outside 1..7"),
          program(
              "a rotation backwards", [](Program& p) { operation<ir::Rotate>(p, 6).step = RotationStep(-1); },
              "rotation step -1 is outside 1..7"),
          program(
              "a product with i^4", [](Program& p) { operation<ir::MultiplyByI>(p, 8).power = 4; },
              "power 4 is outside 1..3"),
          program(
              "a sum of two scales", [](Program& p) { operation<ir::Add>(p, 9).right = ValueId(4); }, "it adds scale"),
          program(
              "a bias that is no weight", [](Program& p) { operation<ir::AddBias>(p, 3).bias = WeightId(77); },
              "weight 77 does not exist"),
          program(
              "a bias of another scale", [](Program& p) { p.weights[4].scale = Scale::power_of_two(31); },
              "the bias has scale"),
          branched(
              "a change of scale by a fraction", [](Program& p) { p.instructions[6].scale = Scale::power_of_two(5); },
              "it multiplies by an integer of"),
          opcode("an instruction of no known operation", 99, "unknown operation"),
          opcode("an instruction that is read as a join of three", 17, "a flag is neither 0 nor 1")};
}

Vectors of_linears() {
  return {
      program(
          "a linear layer without operands", [](Program& p) { operation<ir::Linear>(p, 2).operands.clear(); },
          "no operands or no steps"),
      program(
          "a linear layer without steps", [](Program& p) { operation<ir::Linear>(p, 2).steps.clear(); },
          "no operands or no steps"),
      program(
          "a giant step without terms", [](Program& p) { operation<ir::Linear>(p, 2).steps[0].terms.clear(); },
          "a giant step has no terms"),
      program(
          "a giant step that occurs twice",
          [](Program& p) { operation<ir::Linear>(p, 2).steps[1].giant = RotationStep(0); },
          "a giant step occurs twice"),
      program(
          "a giant step beyond the slots",
          [](Program& p) { operation<ir::Linear>(p, 2).steps[1].giant = RotationStep(8); },
          "rotation step 8 is outside 0..7"),
      program(
          "a term of an operand that there is not",
          [](Program& p) { operation<ir::Linear>(p, 2).steps[0].terms[0].input = 2; }, "names operand 2 of 2"),
      program(
          "a term of a weight that there is not",
          [](Program& p) { operation<ir::Linear>(p, 2).steps[0].terms[0].weight = WeightId(8); },
          "weight 8 does not exist"),
      program(
          "weights in another order",
          [](Program& p) { operation<ir::Linear>(p, 2).steps[0].terms[0].weight = WeightId(1); },
          "is used where weight 0 is due"),
      program(
          "a weight at another level than its use", [](Program& p) { p.weights[0].level = Level(2); },
          "weight 0 is at level 2"),
      program(
          "a weight above the chain", [](Program& p) { p.weights[0].level = Level(4); },
          "weight 0: level 4 is outside the chain"),
      program(
          "a weight over another basis", [](Program& p) { p.weights[0].extended = true; }, "another basis"),
      program(
          "a weight of 62 bits", [](Program& p) { p.weights[0].scale = Scale::power_of_two(62); }, "a scale of 62"),
      program(
          "weights of two scales in a layer", [](Program& p) { p.weights[1].scale = Scale::power_of_two(29); },
          "its weights differ in scale"),
      program(
          "a weight that is never used", [](Program& p) { p.weights.push_back(p.weights[0]); },
          "weight 8 is never used"),
      program(
          "a partial linear layer in a whole program", [](Program& p) { operation<ir::Linear>(p, 2).partial = true; },
          "partial sum"),
      program(
          "a list of keys without the last", [](Program& p) { p.key_needs.pop_back(); },
          "differs from what the instructions need"),
      program(
          "a list of keys with a key of another kind",
          [](Program& p) { p.key_needs[0].kind = ir::KeyKind::kConjugate; }, "differs from what the instructions need"),
      program(
          "a list of keys with a key of no known kind",
          [](Program& p) { p.key_needs[0].kind = static_cast<ir::KeyKind>(6); }, "unknown kind"),
      program(
          "a program that says what its bootstraps do and has none",
          [](Program& p) { p.bootstrap = fhe::params::BootstrapLiteral{.log_slots = 3}; }, "bootstrap")};
}

}  // namespace

Vectors instruction_vectors() {
  Vectors all;
  for (const Vectors& some : {of_places(), of_operands(), of_linears()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

}  // namespace obscura::fuzz
