#include <array>

#include "fhe/ckks/add.hpp"
#include "fhe/ckks/encrypt.hpp"
#include "fhe/ckks/linear_combination.hpp"
#include "fhe/ckks/multiply.hpp"
#include "fhe/ckks/relinearize.hpp"
#include "fhe/ckks/rescale.hpp"
#include "fhe/ckks/rotate.hpp"
#include "fhe/secret/decrypt.hpp"
#include "tests/reference/cases.hpp"

namespace obscura::tests::reference {
namespace {

using ckks::Ciphertext;
using params::Level;
using params::PrimeIndex;
using params::Scale;

Bytes words_of(const ckks::ProductCiphertext& product) {
  return reference::words_of({&product.d0(), &product.d1(), &product.d2()});
}
Bytes words_of(const Ciphertext& ciphertext) {
  return reference::words_of(ciphertext);
}

/// The text behind a prefix of the operation's name.
std::string after(const std::string& op, const std::string& prefix) {
  return op.starts_with(prefix) ? op.substr(prefix.size()) : "";
}

Bytes answer_simple(const Bench& bench, const std::string& op, Level level) {
  const ring::RingContext& ring = bench.ring();
  const Ciphertext x = bench.ciphertext(0, level);
  const Ciphertext y = bench.ciphertext(1, level);
  if (op == "add") return words_of(ckks::add(ring, x, y));
  if (op == "sub") return words_of(ckks::sub(ring, x, y));
  if (op == "negate") return words_of(ckks::negate(ring, x));
  if (op == "add_plain") return words_of(ckks::add_plain(ring, x, bench.message(42, level, false)));
  if (op == "multiply_plain") return words_of(ckks::multiply_plain(ring, x, bench.message(42, level, false)));
  if (op == "multiply") return words_of(ckks::multiply(ring, x, y));
  if (op == "square") return words_of(ckks::square(ring, x));
  if (op == "rescale") return words_of(ckks::rescale(ring, x));
  if (op == "drop_level") return words_of(ckks::drop_level(ring, x, Level(level.value() - 1)));
  const std::string power = after(op, "multiply_by_i_");
  return power.empty() ? Bytes() : words_of(ckks::multiply_by_i(ring, x, std::stoi(power)));
}

/// As runtime/exec does a ChangeScale.
Ciphertext change_scale(const ring::RingContext& ring, const Ciphertext& a, const Scale& scale) {
  const ckks::WeightedCiphertext term{&a, 1.0};
  return ckks::rescale(ring, ckks::linear_combination(ring, {&term, 1}, 0.0, a.level(),
                                                      scale.times_prime(PrimeIndex(a.level().value()))));
}

Bytes answer_combination(const Bench& bench, const std::string& op, Level level) {
  const ring::RingContext& ring = bench.ring();
  const Ciphertext x = bench.ciphertext(0, level);
  const Ciphertext y = bench.ciphertext(1, level);
  if (op == "linear_combination") {
    const std::array<ckks::WeightedCiphertext, 2> terms{{{&x, 0.375}, {&y, -1.25}}};
    return words_of(ckks::linear_combination(ring, terms, 0.5, level, Scale::power_of_two(55)));
  }
  if (op == "linear_combination_wide") {
    const std::array<ckks::WeightedCiphertext, 2> terms{{{&x, 1.0}, {&y, -3.0}}};
    const Scale grown = Scale::power_of_two(40).times_prime(PrimeIndex(0));
    return words_of(ckks::linear_combination(ring, terms, -0.75, Level(level.value() - 1), grown));
  }
  if (op == "add_constant") return words_of(ckks::add_constant(ring, ckks::clone(ring, x), -1.375));
  if (op == "change_scale") return words_of(change_scale(ring, x, Scale::power_of_two(29)));
  if (op != "change_scale_exact") return {};
  return words_of(change_scale(ring, x, (fresh_scale() * fresh_scale()).divided_by_prime(PrimeIndex(level.value()))));
}

Bytes answer_switched(Bench& bench, const Vector& vector, Level level) {
  const std::string& op = vector.text("op");
  const ring::RingContext& ring = bench.ring();
  const int key_level = vector.number("key_level");
  if (op == "relinearize" || op == "relinearize_and_rescale") {
    const ckks::SwitchingKey& key = bench.key("relinearize", "0", key_level);
    const ckks::ProductCiphertext product = bench.product(4, level);
    if (op == "relinearize") return words_of(ckks::relinearize(ring, product, key));
    return words_of(ckks::relinearize_and_rescale(ring, product, key));
  }
  const Ciphertext x = bench.ciphertext(0, level);
  const std::string hoisted = after(op, "rotate_hoisted_");
  const std::string step = hoisted.empty() ? after(op, "rotate_") : hoisted;
  const ckks::SwitchingKey& key = bench.key("galois", step, key_level);
  const ring::GaloisElement g = bench.galois(step);
  if (hoisted.empty()) return words_of(ckks::apply_galois(ring, x, g, key));
  return words_of(ckks::apply_galois_hoisted(ring, x, ckks::hoist(ring, x), g, key));
}

/// Slots, encrypted, squared, rotated, times a plaintext, rescaled, decrypted.
Bytes answer_network(Bench& bench) {
  const ring::RingContext& ring = bench.ring();
  const Level top = bench.top();
  const std::vector<std::complex<double>> slots = test_slots(77, static_cast<std::size_t>(bench.params().slots()));
  random::Stream masks(seed_of("masks"), random::Domain::kEphemeral, 99);
  const Ciphertext x =
      ckks::encrypt(ring, bench.public_key(), bench.encoder().encode(slots, top, fresh_scale()), masks);
  const Ciphertext y =
      ckks::relinearize_and_rescale(ring, ckks::square(ring, x), bench.key("relinearize", "0", top.value()));
  const ckks::SwitchingKey& rotation = bench.key("galois", "3", top.value());
  const Ciphertext z = ckks::add(ring, y, ckks::apply_galois(ring, y, bench.galois("3"), rotation));
  const ckks::Plaintext factor = bench.encoder().encode(slots, Level(top.value() - 1), fresh_scale());
  const Ciphertext w = ckks::rescale(ring, ckks::multiply_plain(ring, z, factor));
  const ckks::Plaintext opened = fhe::secret::decrypt(ring, bench.secret(), w);
  return reference::words_of({&w.c0(), &w.c1(), &opened.poly()});
}

}  // namespace

Bytes answer_operation(Bench& bench, const Vector& vector) {
  const std::string& op = vector.text("op");
  if (op == "network") return answer_network(bench);
  const Level level(vector.number("level"));
  if (op.starts_with("relinearize") || op.starts_with("rotate")) return answer_switched(bench, vector, level);
  const Bytes simple = answer_simple(bench, op, level);
  return simple.empty() ? answer_combination(bench, op, level) : simple;
}

}  // namespace obscura::tests::reference
