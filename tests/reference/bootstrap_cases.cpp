#include "fhe/boot/bootstrapper.hpp"
#include "fhe/boot/mod_raise.hpp"
#include "fhe/ckks/key_id.hpp"
#include "fhe/params/bootstrap_rotations.hpp"
#include "tests/reference/cases.hpp"

namespace obscura::tests::reference {
namespace {

namespace boot = fhe::boot;

using ckks::Ciphertext;
using params::Level;
using params::Scale;

std::vector<int> numbers(const Vector& vector, const std::string& name) {
  std::vector<int> values;
  for (const std::string& text : vector.list(name)) values.push_back(std::stoi(text));
  return values;
}

params::BootstrapParams bootstrap_of(const params::ParamSet& params, const Vector& vector) {
  return params::BootstrapParams::create(params, {.log_slots = vector.number("log_slots"),
                                                  .real = vector.flag("real"),
                                                  .slots_to_coeffs = numbers(vector, "slots_to_coeffs"),
                                                  .coeffs_to_slots = numbers(vector, "coeffs_to_slots"),
                                                  .baby_steps = vector.number("baby_steps"),
                                                  .message_ratio_bits = vector.number("message_ratio_bits"),
                                                  .range = vector.number("range"),
                                                  .cosine_degree = vector.number("cosine_degree"),
                                                  .double_angles = vector.number("double_angles")})
      .value();
}

/// Each under the name that the reference gives it, up to the top level.
ckks::EvaluationKeys keys_of(const Bench& bench, const params::BootstrapParams& bootstrap) {
  const int log_n = bootstrap.log_n();
  const int top = bench.top().value();
  ckks::EvaluationKeys keys;
  for (const auto& [step, level] : params::bootstrap_rotations(bootstrap.literal(), log_n, bench.top())) {
    keys.insert(ckks::rotation_key_id(step, log_n), bench.make_key("galois", std::to_string(step.value()), top));
  }
  keys.insert(ckks::conjugation_key_id(log_n), bench.make_key("galois", "conjugate", top));
  keys.insert(ckks::relinearization_key_id(), bench.make_key("relinearize", "0", top));
  auto [to_sparse, to_dense] = bench.encapsulation_keys(bench.top());
  keys.insert(ckks::encapsulation_key_id(), std::move(to_sparse));
  keys.insert(ckks::decapsulation_key_id(), std::move(to_dense));
  return keys;
}

/// Uniform polynomials 2 index and 2 index + 1.
Ciphertext operand(const Bench& bench, std::uint64_t index, Level level, const Scale& scale) {
  return {bench.poly(2 * index, level), bench.poly(2 * index + 1, level), level, scale};
}

}  // namespace

Bytes answer_bootstrap(const Bench& bench, const Vector& vector) {
  const std::string& op = vector.text("op");
  const params::BootstrapParams bootstrap = bootstrap_of(bench.params(), vector);
  const ckks::EvaluationKeys keys = keys_of(bench, bootstrap);
  const boot::BootstrapScales scales{fresh_scale(), Scale::power_of_two(21), 1};
  const boot::Bootstrapper bootstrapper(bench.context(), bootstrap, {scales});
  const Scale q0 = Scale::power_of_two(0).times_prime(params::PrimeIndex(0));
  const Level input = bootstrap.input_level();
  const Level above(input.value() + 1);
  if (op == "slots_to_coeffs") {
    return words_of(bootstrapper.slots_to_coeffs(keys, operand(bench, 0, input, scales.input), scales));
  }
  if (op == "mod_raise") {
    return words_of(boot::mod_raise(bench.ring(), keys, operand(bench, 1, Level(0), q0), bench.top()));
  }
  if (op == "coeffs_to_slots") return words_of(bootstrapper.coeffs_to_slots(keys, operand(bench, 2, bench.top(), q0)));
  if (op == "eval_mod") {
    const boot::EvalMod& eval_mod = bootstrapper.eval_mod(scales);
    Ciphertext x = operand(bench, 3, bootstrap.eval_mod_level(), eval_mod.input_scale());
    return words_of(eval_mod.apply(std::move(x), *keys.find(ckks::relinearization_key_id())));
  }
  if (op == "bootstrap") {
    return words_of(bootstrapper.bootstrap(keys, operand(bench, 4, above, scales.input), scales));
  }
  const auto [a, b] = bootstrapper.bootstrap_pair(keys, operand(bench, 5, above, scales.input),
                                                  operand(bench, 6, above, scales.input), scales);
  return words_of({&a.c0(), &a.c1(), &b.c0(), &b.c1()});
}

}  // namespace obscura::tests::reference
