#include "fhe/random/sampler.hpp"
#include "fhe/random/stream.hpp"
#include "fhe/ring/sample.hpp"
#include "tests/reference/cases.hpp"

namespace obscura::tests::reference {
namespace {

Bytes answer_small(const Vector& vector) {
  const std::string& op = vector.text("op");
  std::vector<std::int8_t> values(vector.word("count"));
  const std::uint64_t index = op == "ternary" ? 1 : op == "centred_binomial" ? 2 : 3;
  random::Stream stream(seed_of("small"), random::Domain::kTest, index);
  if (op == "ternary") random::ternary(stream, values);
  if (op == "centred_binomial") random::centred_binomial(stream, values);
  if (op == "sparse_ternary") random::sparse_ternary(stream, values, vector.number("weight"));
  return {values.begin(), values.end()};
}

}  // namespace

Bytes answer_sampling(const Vector& vector) {
  const std::string& op = vector.text("op");
  if (op == "derive_seed") {
    const random::Seed256 seed = random::derive_seed(seed_of("stream"), vector.word("index"));
    return {seed.bytes.begin(), seed.bytes.end()};
  }
  if (op != "stream") return answer_small(vector);
  random::Stream stream(seed_of("stream"), static_cast<random::Domain>(vector.number("domain")), vector.word("index"));
  Bytes bytes(vector.word("count"));
  stream.fill(bytes);
  return bytes;
}

Bytes answer_uniform(const Bench& bench, const Vector& vector) {
  const ring::Basis basis = bench.ring().basis_qp(params::Level(vector.number("level")));
  const ring::EvaluationPoly poly = ring::uniform(bench.ring(), basis, seed_of("uniform"), vector.word("index"));
  return words_of({&poly});
}

}  // namespace obscura::tests::reference
