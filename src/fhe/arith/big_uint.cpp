#include "fhe/arith/big_uint.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace obscura::fhe::arith {

BigUint::BigUint(std::uint64_t value) {
  if (value != 0) words_.push_back(value);
}

void BigUint::trim() {
  while (!words_.empty() && words_.back() == 0) words_.pop_back();
}

void BigUint::multiply_add(std::uint64_t factor, std::uint64_t term) {
  u128 carry = term;
  for (std::uint64_t& word : words_) {
    carry += u128{word} * factor;
    word = static_cast<std::uint64_t>(carry);
    carry >>= 64;
  }
  if (carry != 0) words_.push_back(static_cast<std::uint64_t>(carry));
  trim();
}

void BigUint::add(const BigUint& other) {
  words_.resize(std::max(words_.size(), other.words_.size()) + 1);
  u128 carry = 0;
  for (std::size_t i = 0; i < words_.size(); ++i) {
    carry += words_[i];
    if (i < other.words_.size()) carry += other.words_[i];
    words_[i] = static_cast<std::uint64_t>(carry);
    carry >>= 64;
  }
  trim();
}

void BigUint::subtract(const BigUint& other) {
  OBSCURA_CHECK(compare(other) >= 0, "a natural number stays natural");
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < words_.size(); ++i) {
    const u128 taken = u128{i < other.words_.size() ? other.words_[i] : 0} + borrow;
    borrow = u128{words_[i]} < taken ? 1 : 0;
    words_[i] -= static_cast<std::uint64_t>(taken);
  }
  trim();
}

BigUint BigUint::half() const {
  BigUint result = *this;
  std::uint64_t carry = 0;
  for (std::size_t i = words_.size(); i-- > 0;) {
    result.words_[i] = (words_[i] >> 1) | (carry << 63);
    carry = words_[i] & 1;
  }
  result.trim();
  return result;
}

int BigUint::compare(const BigUint& other) const {
  if (words_.size() != other.words_.size()) return words_.size() < other.words_.size() ? -1 : 1;
  for (std::size_t i = words_.size(); i-- > 0;) {
    if (words_[i] != other.words_[i]) return words_[i] < other.words_[i] ? -1 : 1;
  }
  return 0;
}

int BigUint::bit_length() const {
  if (words_.empty()) return 0;
  return static_cast<int>(64 * (words_.size() - 1)) + static_cast<int>(std::bit_width(words_.back()));
}

long double BigUint::to_long_double() const {
  long double result = 0;
  const std::size_t first = words_.size() > 3 ? words_.size() - 3 : 0;
  for (std::size_t i = first; i < words_.size(); ++i) {
    result += std::ldexp(static_cast<long double>(words_[i]), static_cast<int>(64 * i));
  }
  return result;
}

CrtComposer::CrtComposer(std::span<const Modulus> moduli)
    : moduli_(moduli.begin(), moduli.end()), product_(BigUint(1)) {
  OBSCURA_CHECK(!moduli.empty(), "composing needs a modulus");
  for (std::size_t i = 0; i < moduli_.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const std::uint64_t residue = reduce(moduli_[j].value(), moduli_[i]);
      OBSCURA_CHECK(residue != 0, "moduli differ");
      steps_.push_back(make_shoup(inv_mod(residue, moduli_[i]), moduli_[i]));
    }
    product_.multiply_add(moduli_[i].value(), 0);
  }
  half_product_ = product_.half();
}

BigUint CrtComposer::compose_centered(std::span<const std::uint64_t> residues, bool& negative) const {
  OBSCURA_CHECK(residues.size() == moduli_.size(), "one residue per modulus");
  std::vector<std::uint64_t> digits(residues.size());
  auto step = steps_.begin();
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const Modulus& q = moduli_[i];
    std::uint64_t digit = residues[i];
    for (std::size_t j = 0; j < i; ++j) digit = mul_shoup(sub_mod(digit, reduce(digits[j], q), q), *step++, q);
    digits[i] = digit;
  }
  BigUint value(digits.back());
  for (std::size_t i = digits.size() - 1; i-- > 0;) value.multiply_add(moduli_[i].value(), digits[i]);
  negative = value.compare(half_product_) > 0;
  if (!negative) return value;
  BigUint magnitude = product_;
  magnitude.subtract(value);
  return magnitude;
}

long double CrtComposer::compose_centered(std::span<const std::uint64_t> residues) const {
  bool negative = false;
  const long double magnitude = compose_centered(residues, negative).to_long_double();
  return negative ? -magnitude : magnitude;
}

double CrtComposer::log2_product() const {
  double bits = 0;
  for (const Modulus& q : moduli_) bits += std::log2(static_cast<double>(q.value()));
  return bits;
}

}  // namespace obscura::fhe::arith
