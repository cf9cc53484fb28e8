#include <cmath>
#include <limits>
#include <string>

#include "plan/program/limits.hpp"
#include "tests/malformed/vectors.hpp"

/// Specifications whose program is well-formed in its container and breaks a rule.
namespace obscura::fuzz {
namespace {

using plan::program::Program;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Vector program(const std::string& name, const std::function<void(Program&)>& change, const std::string& words) {
  return {name, "spec", [=](Workshop& workshop) { return spec_of(workshop, change); }, words};
}

/// The bytes of the program changed.
Vector bytes(const std::string& name, const std::function<void(Bytes&)>& change, const std::string& words) {
  return {name, "spec",
          [=](Workshop& workshop) { return with_section(workshop, good(workshop, "spec", "whole"), 1, change); },
          words};
}

Vectors of_bytes() {
  return {bytes(
              "a program of version 2", [](Bytes& p) { p[0] = 2; }, "format version 2"),
          bytes(
              "a program of version 65535", [](Bytes& p) { p[0] = p[1] = 0xff; }, "format version 65535"),
          bytes(
              "a program cut short", [](Bytes& p) { p.pop_back(); }, "bytes are needed"),
          bytes(
              "a program of no byte", [](Bytes& p) { p.clear(); }, "bytes are needed"),
          bytes(
              "a program with a byte behind its end", [](Bytes& p) { p.push_back(0); }, "1 bytes are left over"),
          bytes(
              "a program whose security is none", [](Bytes& p) { p[3] = 129; }, "security level is not 128"),
          bytes(
              "a program whose mark of insecurity is neither 0 nor 1", [](Bytes& p) { p[5] = 2; }, "neither 0 nor 1")};
}

Vectors of_parameters() {
  return {program(
              "a ring of a size that there is not", [](Program& p) { p.params.log_n = 3; }, "ring degree 2^3"),
          program(
              "a ring that is too large", [](Program& p) { p.params.log_n = 18; }, "ring degree 2^18"),
          program(
              "parameters above the security cap",
              [](Program& p) {
                p.insecure = false;
                p.params.log_n = 11;
              },
              "52"),
          program(
              "a chain of no primes", [](Program& p) { p.params.q_bits.clear(); }, "ask for 0 q primes"),
          program(
              "a chain of 65 primes", [](Program& p) { p.params.q_bits.assign(65, 30); }, "ask for 65 q primes"),
          program(
              "parameters without a special prime", [](Program& p) { p.params.p_bits.clear(); }, "ask for 0 p primes"),
          program(
              "a prime of 19 bits", [](Program& p) { p.params.q_bits[0] = 19; }, "a q prime of 19 bits"),
          program(
              "a prime of 51 bits", [](Program& p) { p.params.p_bits[0] = 51; }, "a p prime of 51 bits"),
          program(
              "more primes of a size than there are",
              [](Program& p) {
                p.params.log_n = 17;
                p.params.q_bits.assign(64, 20);
              },
              "there are fewer than")};
}

Vectors of_input() {
  return {
      program(
          "an input without pixels", [](Program& p) { p.input_spec.height = 0; }, "the input shape 1x0x4"),
      program(
          "an input of 2^48 pixels", [](Program& p) { p.input_spec.height = p.input_spec.width = 1 << 24; },
          "is empty or too large"),
      program(
          "a mean per channel too many",
          [](Program& p) {
            p.input_spec.mean = {1, 2};
          },
          "one value per channel"),
      program(
          "a standard deviation of zero", [](Program& p) { p.input_spec.std = {0}; }, "a std is not positive"),
      program(
          "an input scale that is no number", [](Program& p) { p.input_spec.scale = kNan; }, "not a finite number"),
      program(
          "a calibrated range that is empty", [](Program& p) { p.input_spec.minimum = 3; }, "calibrated range"),
      program(
          "a calibrated range without end", [](Program& p) { p.input_spec.maximum = HUGE_VAL; }, "calibrated range"),
      program(
          "a grey input in the order of BGR", [](Program& p) { p.input_spec.bgr = true; }, "BGR"),
      program(
          "a program for requests of no ciphertext", [](Program& p) { p.input_packing.ciphertexts = 0; },
          "packed into 0"),
      program(
          "a program for requests of 257 ciphertexts", [](Program& p) { p.input_packing.ciphertexts = 257; },
          "packed into 257"),
      program(
          "a packing of too few places", [](Program& p) { p.input_packing.element.pop_back(); }, "places, not"),
      program(
          "a packing of an element that there is not", [](Program& p) { p.input_packing.element[0] = 12; },
          "names element 12 of 12"),
      program(
          "a packing of element -2", [](Program& p) { p.input_packing.element[0] = -2; }, "names element -2")};
}

Vectors of_outputs() {
  return {program(
              "a program without results", [](Program& p) { p.results.clear(); }, "no results"),
          program(
              "a result that there is not", [](Program& p) { p.results = {plan::program::ValueId(99)}; },
              "result %99 does not exist"),
          program(
              "a result that is returned twice", [](Program& p) { p.results.push_back(p.results[0]); },
              "is returned twice"),
          program(
              "a program without an output", [](Program& p) { p.outputs.clear(); }, "no output"),
          program(
              "an output without scores", [](Program& p) { p.outputs[0].element.clear(); }, "no scores"),
          program(
              "a score in a slot that there is not", [](Program& p) { p.outputs[0].element[0].slot = 8; },
              "slot 8 is outside 0..7"),
          program(
              "a score in a result that there is not", [](Program& p) { p.outputs[0].element[0].result = 1; },
              "result number 1 does not exist"),
          program(
              "two scores in a slot", [](Program& p) { p.outputs[0].element[1] = p.outputs[0].element[0]; },
              "holds two scores"),
          program(
              "a factor of zero", [](Program& p) { p.outputs[0].factor = 0; }, "not a positive number"),
          program(
              "a factor that is no number", [](Program& p) { p.outputs[0].factor = kNan; }, "not a positive number"),
          program(
              "an output finished in an unknown way",
              [](Program& p) { p.outputs[0].finish = static_cast<plan::program::Finish>(4); }, "in an unknown way"),
          program(
              "an output with a name that cannot be printed", [](Program& p) { p.outputs[0].name = "a\nb"; },
              "not printable"),
          program(
              "a stage with a name of 257 characters",
              [](Program& p) { p.stages[0].name.assign(plan::program::kMaxNameBytes + 1, 'x'); }, "at most 256"),
          program(
              "an error that is negative", [](Program& p) { p.error.score_error_sd = -1; }, "negative or not finite"),
          program(
              "a latency that is no number", [](Program& p) { p.cost.latency_ms = kNan; }, "negative or not finite")};
}

}  // namespace

Vectors program_vectors() {
  Vectors all;
  for (const Vectors& some : {of_bytes(), of_parameters(), of_input(), of_outputs()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  all.push_back({"a specification with labels for other scores", "spec",
                 [](Workshop& workshop) {
                   return with_section(workshop, good(workshop, "spec", "whole"), 3,
                                       [](Bytes& labels) { labels = {1, 0, 0, 0, 1, 0, 0, 0, 'a'}; });
                 },
                 "labels for 3 outputs"});
  all.push_back({"a specification with a label that cannot be printed", "spec",
                 [](Workshop& workshop) {
                   return with_section(workshop, good(workshop, "spec", "whole"), 3,
                                       [](Bytes& labels) { labels[8] = 27; });
                 },
                 "not printable"});
  all.push_back({"a specification whose header names other parameters", "spec",
                 [](Workshop& workshop) {
                   return with_pieces(workshop, good(workshop, "spec", "whole"),
                                      [](Pieces& pieces) { pieces.params.bytes[0] ^= 1; });
                 },
                 "other parameters"});
  all.push_back({"a specification whose header hides that it is insecure", "spec",
                 [](Workshop& workshop) {
                   return with_pieces(workshop, good(workshop, "spec", "whole"),
                                      [](Pieces& pieces) { pieces.flags = 0; });
                 },
                 "other parameters"});
  return all;
}

}  // namespace obscura::fuzz
