#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "artifact/digest.hpp"
#include "fhe/params/param_set.hpp"
#include "fhe/params/scale.hpp"
#include "fhe/random/seed.hpp"

/// The known answers of vectors/, which make_vectors.py writes: README.md says what they are independent of.
namespace obscura::tests::reference {

using Bytes = std::vector<std::uint8_t>;

/// One vector: fields by name. A field that is missing, or not what is asked for, throws and so fails the test.
class Vector {
 public:
  explicit Vector(std::map<std::string, std::vector<std::string>> fields) : fields_(std::move(fields)) {}

  [[nodiscard]] const std::string& text(const std::string& name) const { return fields_.at(name).at(0); }
  [[nodiscard]] const std::vector<std::string>& list(const std::string& name) const { return fields_.at(name); }
  [[nodiscard]] std::uint64_t word(const std::string& name) const { return std::stoull(text(name)); }
  [[nodiscard]] int number(const std::string& name) const { return std::stoi(text(name)); }
  [[nodiscard]] double real(const std::string& name) const { return std::stod(text(name)); }
  [[nodiscard]] bool flag(const std::string& name) const { return text(name) == "true"; }
  /// [exponent of two, exponents of the primes].
  [[nodiscard]] fhe::params::Scale scale(const std::string& name) const;
  /// For messages.
  [[nodiscard]] std::string describe() const;

 private:
  std::map<std::string, std::vector<std::string>> fields_;
};

struct Vectors {
  std::map<std::string, fhe::params::ParamLiteral> rings;
  std::vector<Vector> cases;
};

/// Those of vectors/KIND.json.
[[nodiscard]] Vectors read_vectors(const std::string& kind);

/// SHA-256 of a text: how the vectors name seeds.
[[nodiscard]] fhe::random::Seed256 seed_of(std::string_view text);

/// Words as the vectors digest them: little-endian.
[[nodiscard]] Bytes bytes_of(const std::vector<std::uint64_t>& words);

/// Whether this is the answer that the vector states, by its digest; expects it to be.
void expect_answer(const Vector& vector, const Bytes& answer, std::string_view kernels);

/// Uniform residues modulo q of test row `index`, with the edges 0, q - 1 and both sides of q / 2 among the first five.
[[nodiscard]] std::vector<std::uint64_t> test_row(std::uint64_t index, std::uint64_t q, std::size_t n);

}  // namespace obscura::tests::reference
