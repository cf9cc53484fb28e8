#include <gtest/gtest.h>

#include <cmath>

#include "tests/reference/cases.hpp"

namespace obscura::tests::reference {
namespace {

std::vector<std::complex<double>> slots_of(const Vector& vector) {
  return test_slots(vector.word("slots"), vector.word("count"));
}

ckks::Plaintext encode(const Bench& bench, const Vector& vector, bool extended) {
  return bench.encoder().encode(slots_of(vector), params::Level(vector.number("level")), vector.scale("scale"),
                                extended);
}

}  // namespace

Bytes answer_encoding(const Bench& bench, const Vector& vector) {
  if (vector.text("op") == "encode") {
    const ckks::Plaintext plaintext = encode(bench, vector, vector.flag("extended"));
    return words_of({&plaintext.poly()});
  }
  const double scale = vector.scale("scale").value(bench.params());
  const std::vector<std::int64_t> coefficients = bench.encoder().encode_coefficients(slots_of(vector), scale);
  return bytes_of({coefficients.begin(), coefficients.end()});
}

void expect_scale(const Bench& bench, const Vector& vector) {
  const double value = vector.scale("scale").value(bench.params());
  const double expected = vector.real("value");
  EXPECT_LE(std::abs(value - expected), std::abs(expected) * 0x1p-48) << vector.describe();
}

/// The transform adds numbers whose absolute values sum to `largest_sum`, in log2(N) steps of two roundings each, and
/// composing two limbs loses two bits more.
void expect_decoded(const Bench& bench, const Vector& vector) {
  const auto decoded = bench.encoder().decode(encode(bench, vector, false));
  const double tolerance = vector.real("largest_sum") * (2 * bench.params().log_n() + 4) * 0x1p-53;
  const std::vector<std::string>& values = vector.list("values");
  for (std::size_t i = 0; i < values.size() / 2; ++i) {
    const std::size_t slot = i < 4 ? i : decoded.size() + i - values.size() / 2;
    EXPECT_NEAR(decoded[slot].real(), std::stod(values[2 * i]), tolerance) << slot << ", " << vector.describe();
    EXPECT_NEAR(decoded[slot].imag(), std::stod(values[2 * i + 1]), tolerance) << slot << ", " << vector.describe();
  }
}

}  // namespace obscura::tests::reference
