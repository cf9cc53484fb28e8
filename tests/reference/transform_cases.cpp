#include <algorithm>

#include "fhe/arith/modulus.hpp"
#include "fhe/kernels/ntt_tables.hpp"
#include "fhe/ring/arithmetic.hpp"
#include "tests/reference/cases.hpp"

namespace obscura::tests::reference {

namespace arith = fhe::arith;
namespace kernels = fhe::kernels;

Bytes answer_transform(const kernels::KernelTable& set, const Vector& vector) {
  const std::string& op = vector.text("op");
  const arith::Modulus q(vector.word("q"));
  const auto tables = kernels::NttTables::build(q, vector.number("log_n"));
  const std::size_t n = tables.size();
  const kernels::AlignedWords words = kernels::allocate_words(n);
  std::ranges::copy(test_row(vector.word("row"), q.value(), n), words.get());
  if (op == "ntt_inverse") {
    set.ntt_inverse(words.get(), tables);
  } else if (op == "ntt_inverse_scaled") {
    set.ntt_inverse_scaled(words.get(), words.get(), tables, arith::make_shoup(vector.word("factor") % q.value(), q));
  } else {
    set.ntt_forward(words.get(), tables);
  }
  if (op != "ntt_spots") return bytes_of({words.get(), words.get() + n});
  std::vector<std::uint64_t> spots;
  for (const std::string& spot : vector.list("spots")) spots.push_back(words[std::stoull(spot)]);
  return bytes_of(spots);
}

Bytes answer_transform(const Bench& bench, const Vector& vector) {
  const std::string& op = vector.text("op");
  const ring::EvaluationPoly a = bench.poly(0, bench.top());
  ring::EvaluationPoly result;
  if (op == "automorphism") result = ring::automorphism(bench.ring(), a, ring::GaloisElement(vector.word("g")));
  if (op == "multiply_by_i") result = ring::multiply_by_i(bench.ring(), a);
  if (op == "multiply") result = ring::multiply(bench.ring(), a, bench.poly(1, bench.top()));
  return words_of({&result});
}

}  // namespace obscura::tests::reference
