#include "fhe/ring/add_switched.hpp"
#include "fhe/ring/arithmetic.hpp"
#include "fhe/ring/division.hpp"
#include "fhe/ring/encapsulation.hpp"
#include "fhe/ring/gadget.hpp"
#include "fhe/ring/key_switch.hpp"
#include "tests/reference/cases.hpp"

namespace obscura::tests::reference {
namespace {

using params::Level;
using ring::EvaluationPoly;
using ring::PolyPair;

PolyPair wide_pair(const Bench& bench, Level level) {
  return {bench.poly(51, level, true), bench.poly(52, level, true)};
}

Bytes answer_digits(const Bench& bench, const EvaluationPoly& a, const ring::GadgetKey* key) {
  const ring::Digits digits = ring::decompose(bench.ring(), a);
  if (key != nullptr) {
    PolyPair sums;
    ring::inner_product(bench.ring(), digits, *key, sums.c0, sums.c1, false);
    return words_of(sums);
  }
  std::vector<std::uint64_t> words;
  for (const EvaluationPoly& digit : digits.digits) append(digit, words);
  return bytes_of(words);
}

Bytes answer_divisions(const Bench& bench, const std::string& op, Level level) {
  const ring::RingContext& ring = bench.ring();
  const PolyPair wide = wide_pair(bench, level);
  if (op == "divide_pair") return words_of(ring::divide_pair(ring, wide, false));
  if (op == "divide_pair_and_rescale") return words_of(ring::divide_pair(ring, wide, true));
  EvaluationPoly quotient;
  if (op == "mod_down") quotient = ring::mod_down(ring, wide.c0);
  if (op == "mod_down_and_rescale") quotient = ring::mod_down_and_rescale(ring, wide.c0);
  if (op == "divide_by_last_prime") quotient = ring::divide_by_last_prime(ring, bench.poly(50, level));
  return words_of({&quotient});
}

/// Both ways of switching a key: in one go, and from digits.
Bytes answer_switch(const Bench& bench, const Vector& vector, const ring::GadgetKey& key) {
  const Level level(vector.number("level"));
  const EvaluationPoly a = bench.poly(50, level);
  const EvaluationPoly summand0 = bench.poly(54, level);
  const EvaluationPoly summand1 = bench.poly(55, level);
  const int summands = vector.number("summands");
  const ring::SwitchEnd end{.summand0 = summands > 0 ? &summand0 : nullptr,
                            .summand1 = summands > 1 ? &summand1 : nullptr,
                            .rescales = vector.flag("rescales"),
                            .galois = ring::GaloisElement(vector.word("g"))};
  const Bytes at_once = words_of(ring::switch_key(bench.ring(), a, key, end));
  const Bytes from_digits = words_of(ring::switch_key(bench.ring(), ring::decompose(bench.ring(), a), key, end));
  return at_once == from_digits ? at_once : Bytes();
}

/// Into the sparse secret, up to the level, and back.
Bytes answer_bottom(const Bench& bench, const std::string& op, Level level) {
  const ring::RingContext& ring = bench.ring();
  const auto [to_sparse, to_dense] = bench.encapsulation_keys(level);
  const PolyPair pair{bench.poly(60, Level(0)), bench.poly(61, Level(0))};
  const PolyPair switched = ring::switch_at_bottom(ring, pair, to_sparse.halves());
  if (op == "switch_at_bottom") return words_of(switched);
  const PolyPair raised{ring::raise_modulus(ring, switched.c0, level), ring::raise_modulus(ring, switched.c1, level)};
  if (op == "raise_modulus") return words_of(raised);
  return words_of(ring::switch_key(ring, raised.c1, to_dense.halves(), {.summand0 = &raised.c0}));
}

Bytes answer_sums(const Bench& bench, const std::string& op, Level level, const ring::GadgetKey& key) {
  PolyPair wide = wide_pair(bench, level);
  if (op == "gadget_multiple") {
    ring::add_gadget_multiple(bench.ring(), wide.c0, wide.c1, 0);
    return words_of({&wide.c0});
  }
  ring::add_switched(bench.ring(), bench.poly(50, level), key, bench.poly(53, level, true), ring::GaloisElement(5),
                     wide);
  return words_of(wide);
}

}  // namespace

Bytes answer_key_switching(Bench& bench, const Vector& vector) {
  const std::string& op = vector.text("op");
  const Level level(vector.number("level"));
  if (op == "switch_at_bottom" || op == "raise_modulus" || op == "decapsulate") {
    return answer_bottom(bench, op, level);
  }
  const ring::GadgetKey key = bench.key("relinearize", "0", bench.top().value()).halves();
  if (op == "switch_key") return answer_switch(bench, vector, key);
  if (op == "decompose") return answer_digits(bench, bench.poly(50, level), nullptr);
  if (op == "inner_product") return answer_digits(bench, bench.poly(50, level), &key);
  if (op == "gadget_multiple" || op == "add_switched") return answer_sums(bench, op, level, key);
  if (op == "lift_times_p") {
    const EvaluationPoly lifted = ring::lift_times_p(bench.ring(), bench.poly(50, level));
    return words_of({&lifted});
  }
  return answer_divisions(bench, op, level);
}

}  // namespace obscura::tests::reference
