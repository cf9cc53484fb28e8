#include "fhe/circuits/polynomial.hpp"
#include "tests/reference/cases.hpp"

namespace obscura::tests::reference {

Bytes answer_polynomial(Bench& bench, const Vector& vector) {
  const params::Level level(vector.number("level"));
  const params::Scale scale = params::Scale::power_of_two(20);  // of x, about the size of the primes
  const ckks::Ciphertext x(bench.poly(0, level), bench.poly(1, level), level, scale);
  std::vector<double> coefficients;
  for (const std::string& text : vector.list("coefficients")) coefficients.push_back(std::stod(text));
  return words_of(fhe::circuits::evaluate_chebyshev(bench.ring(), x, coefficients, vector.scale("scale"),
                                                    bench.key("relinearize", "0", level.value())));
}

}  // namespace obscura::tests::reference
