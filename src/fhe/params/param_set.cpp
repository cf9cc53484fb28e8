#include "fhe/params/param_set.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <string>

#include "base/check.hpp"
#include "fhe/arith/big_uint.hpp"
#include "fhe/arith/primes.hpp"

namespace obscura::fhe::params {
namespace {

constexpr int kMinLogN = 11;
constexpr int kMinInsecureLogN = 4;
constexpr int kMaxLogN = 17;
constexpr int kMinPrimeBits = 20;
constexpr int kMaxPrimeBits = 50;

using CapRow = std::array<int, kMaxLogN - kMinLogN + 1>;
constexpr CapRow kCap128 = {52, 104, 210, 424, 855, 1721, 3470};
constexpr CapRow kCap192 = {36, 73, 147, 297, 597, 1199, 2411};
constexpr CapRow kCap256 = {27, 56, 114, 230, 462, 929, 1866};

const CapRow* cap_row(Security security) {
  switch (security) {
    case Security::k128:
      return &kCap128;
    case Security::k192:
      return &kCap192;
    case Security::k256:
      return &kCap256;
  }
  return nullptr;
}

std::string two_decimals(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f", value);
  return text.data();
}

std::string range_text(int low, int high) {
  return std::to_string(low) + ".." + std::to_string(high);
}

double log2_of(std::span<const arith::Modulus> primes) {
  double sum = 0;
  for (const arith::Modulus& prime : primes) sum += std::log2(static_cast<double>(prime.value()));
  return sum;
}

base::Result<void> check_bits(const std::vector<int>& bits, const char* name) {
  const auto unsupported = base::ErrorCode::kUnsupported;
  if (bits.empty() || bits.size() > static_cast<std::size_t>(kMaxPrimes)) {
    return base::fail(unsupported,
                      "parameters ask for " + std::to_string(bits.size()) + " " + name + " primes; " +
                          range_text(1, kMaxPrimes) + " are supported",
                      "every set has a chain q and at least one special prime p");
  }
  for (const int size : bits) {
    if (size < kMinPrimeBits || size > kMaxPrimeBits) {
      return base::fail(unsupported,
                        std::string("parameters ask for a ") + name + " prime of " + std::to_string(size) +
                            " bits; sizes are " + range_text(kMinPrimeBits, kMaxPrimeBits),
                        "choose every prime of q and p between 20 and 50 bits");
    }
  }
  return {};
}

base::Result<void> check_literal(const ParamLiteral& literal, bool insecure) {
  const int low = insecure ? kMinInsecureLogN : kMinLogN;
  if (literal.log_n < low || literal.log_n > kMaxLogN) {
    return base::fail(base::ErrorCode::kUnsupported,
                      "ring degree 2^" + std::to_string(literal.log_n) + " is not supported",
                      "log_n is " + range_text(low, kMaxLogN));
  }
  if (!insecure && cap_row(literal.security) == nullptr) {
    return base::fail(base::ErrorCode::kUnsupported,
                      "security of " + std::to_string(static_cast<int>(literal.security)) + " bits is not offered",
                      "choose 128, 192 or 256");
  }
  OBSCURA_TRY_VOID(check_bits(literal.q_bits, "q"));
  OBSCURA_TRY_VOID(check_bits(literal.p_bits, "p"));
  return {};
}

/// The primes of each size, largest first.
base::Result<std::map<int, std::vector<std::uint64_t>>> primes_by_size(const ParamLiteral& literal) {
  std::map<int, int> wanted;
  for (const int bits : literal.p_bits) ++wanted[bits];
  for (const int bits : literal.q_bits) ++wanted[bits];
  std::map<int, std::vector<std::uint64_t>> primes;
  for (const auto& [bits, count] : wanted) {
    auto found = arith::ntt_primes(bits, literal.log_n, count);
    if (!found) {
      return base::fail(base::ErrorCode::kUnsupported,
                        "there are fewer than " + std::to_string(count) + " primes of " + std::to_string(bits) +
                            " bits for ring degree 2^" + std::to_string(literal.log_n),
                        "ask for fewer primes of this size, or for larger ones");
    }
    primes.emplace(bits, std::move(*found));
  }
  return primes;
}

std::vector<arith::Modulus> take(const std::vector<int>& bits, const std::map<int, std::vector<std::uint64_t>>& primes,
                                 std::map<int, std::size_t>& used) {
  std::vector<arith::Modulus> taken;
  taken.reserve(bits.size());
  for (const int size : bits) taken.emplace_back(primes.at(size).at(used[size]++));
  return taken;
}

arith::BigUint product_of(std::span<const arith::Modulus> primes) {
  arith::BigUint product(1);
  for (const arith::Modulus& prime : primes) product.multiply_add(prime.value(), 0);
  return product;
}

std::vector<DigitRange> cut_digits(std::span<const arith::Modulus> q, const arith::BigUint& p) {
  std::vector<DigitRange> digits;
  arith::BigUint product;
  for (int i = 0; i < static_cast<int>(q.size()); ++i) {
    arith::BigUint extended = product;
    extended.multiply_add(q[static_cast<std::size_t>(i)].value(), 0);
    if (!digits.empty() && extended.compare(p) <= 0) {
      ++digits.back().count;
      product = std::move(extended);
    } else {
      digits.push_back({i, 1});
      product = arith::BigUint(q[static_cast<std::size_t>(i)].value());
    }
  }
  return digits;
}

std::string degree_hint(Security security, double log2_qp) {
  for (int log_n = kMinLogN; log_n <= kMaxLogN; ++log_n) {
    const int cap = max_log_qp(security, log_n);
    if (log2_qp <= cap) {
      return "use N = 2^" + std::to_string(log_n) + " (up to " + std::to_string(cap) +
             " bits), or fewer or smaller primes";
    }
  }
  return "no supported ring degree allows so many bits: use fewer or smaller primes";
}

base::Result<void> check_cap(const ParamSet& params) {
  const Security security = params.literal().security;
  const int cap = max_log_qp(security, params.log_n());
  const double log2_qp = params.log2_qp();
  if (log2_qp <= cap) return {};
  return base::fail(base::ErrorCode::kInsecure,
                    "log2(QP) = " + two_decimals(log2_qp) + " exceeds the cap of " + std::to_string(cap) +
                        " for N = 2^" + std::to_string(params.log_n()) + " at " +
                        std::to_string(static_cast<int>(security)) + " bits of security",
                    degree_hint(security, log2_qp));
}

base::Result<void> check_primes_below_p(const ParamSet& params) {
  const arith::BigUint p = product_of(params.p());
  for (std::size_t i = 0; i < params.q().size(); ++i) {
    if (arith::BigUint(params.q()[i].value()).compare(p) <= 0) continue;
    return base::fail(base::ErrorCode::kUnsupported,
                      "prime q_" + std::to_string(i) + " = " + std::to_string(params.q()[i].value()) + " (log2 " +
                          two_decimals(log2_of(params.q().subspan(i, 1))) + ") exceeds P (log2 " +
                          two_decimals(params.log2_p()) + "), so key switching would drown in noise",
                      "make the special primes together at least as large as every prime of the chain");
  }
  return {};
}

}  // namespace

int max_log_qp(Security security, int log_n) {
  const CapRow* row = cap_row(security);
  if (row == nullptr || log_n < kMinLogN || log_n > kMaxLogN) return 0;
  return (*row)[static_cast<std::size_t>(log_n - kMinLogN)];
}

base::Result<ParamSet> ParamSet::build(const ParamLiteral& literal, bool insecure) {
  OBSCURA_TRY_VOID(check_literal(literal, insecure));
  OBSCURA_TRY(const auto primes, primes_by_size(literal));
  ParamSet params;
  params.literal_ = literal;
  params.insecure_ = insecure;
  std::map<int, std::size_t> used;
  params.p_ = take(literal.p_bits, primes, used);
  params.q_ = take(literal.q_bits, primes, used);
  if (!insecure) {
    OBSCURA_TRY_VOID(check_cap(params));
  }
  OBSCURA_TRY_VOID(check_primes_below_p(params));
  params.digits_ = cut_digits(params.q_, product_of(params.p_));
  return params;
}

base::Result<ParamSet> ParamSet::create(const ParamLiteral& literal) {
  return build(literal, false);
}

base::Result<ParamSet> ParamSet::create_insecure(const InsecureParamLiteral& literal) {
  return build(literal.literal, true);
}

double ParamSet::log2_q(Level level) const {
  OBSCURA_CHECK(level >= Level(0) && level <= max_level(), "the level is outside the chain");
  return log2_of(q().first(static_cast<std::size_t>(level.value()) + 1));
}

double ParamSet::log2_p() const {
  return log2_of(p());
}

double ParamSet::log2_qp() const {
  return log2_of(q()) + log2_of(p());
}

int ParamSet::digit_count(Level level) const {
  OBSCURA_CHECK(level >= Level(0) && level <= max_level(), "the level is outside the chain");
  return static_cast<int>(std::count_if(digits_.begin(), digits_.end(),
                                        [&](const DigitRange& digit) { return digit.first <= level.value(); }));
}

}  // namespace obscura::fhe::params
