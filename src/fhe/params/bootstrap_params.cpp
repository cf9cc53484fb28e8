#include "fhe/params/bootstrap_params.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>
#include <span>
#include <string>
#include <utility>

#include "fhe/arith/modulus.hpp"
#include "fhe/params/failure_probability.hpp"

namespace obscura::fhe::params {
namespace {

constexpr auto kUnsupported = base::ErrorCode::kUnsupported;

struct Limit {
  const char* what;
  int value;
  int low;
  int high;
};

/// The first number that is out of its range, and why.
base::Result<void> check_limits(std::span<const Limit> limits) {
  const auto wrong = std::ranges::find_if(
      limits, [](const Limit& limit) { return limit.value < limit.low || limit.value > limit.high; });
  if (wrong == limits.end()) return {};
  return base::fail(kUnsupported,
                    std::string("bootstrap: ") + wrong->what + " is " + std::to_string(wrong->value) + ", not in " +
                        std::to_string(wrong->low) + ".." + std::to_string(wrong->high),
                    "change it in the literal of the bootstrap");
}

bool adds_up(const std::vector<int>& stages, int log_slots) {
  return std::ranges::all_of(stages, [](int count) { return count >= 1; }) &&
         std::accumulate(stages.begin(), stages.end(), 0) == log_slots;
}

base::Result<void> check_literal(const ParamSet& params, const BootstrapLiteral& literal) {
  const std::array<Limit, 6> limits = {{
      {"log2 of the slots", literal.log_slots, 1, params.log_n() - 1},
      {"the number of baby steps", literal.baby_steps, 1, 256},
      {"log2 of the message ratio", literal.message_ratio_bits, 2, 30},
      {"the range of EvalMod", literal.range, (kSparseWeight + 4) / 4, kSparseWeight},
      {"the degree of the cosine", literal.cosine_degree, 4, 62},
      {"the number of double angles", literal.double_angles, 0, 6},
  }};
  OBSCURA_TRY_VOID(check_limits(limits));
  if (literal.cosine_degree % 2 != 0) {
    return base::fail(kUnsupported, "bootstrap: the degree of the cosine is odd", "a cosine is even: choose one less");
  }
  if (adds_up(literal.slots_to_coeffs, literal.log_slots) && adds_up(literal.coeffs_to_slots, literal.log_slots)) {
    return {};
  }
  return base::fail(kUnsupported, "bootstrap: the stages of the matrices do not add up to log2 of the slots",
                    "divide them among the matrices, at least one each");
}

/// Scales of EvalMod, from `level` down to `output`, must not drift: every power of T_4 doubles what they are off by.
base::Result<void> check_scales(const ParamSet& params, int level, int output) {
  constexpr double kMostDrift = 0.1;
  const auto log2_prime = [&](int i) {
    return std::log2(static_cast<double>(params.q()[static_cast<std::size_t>(i)].value()));
  };
  for (int i = level - 4; i > output; --i) {
    if (std::abs(log2_prime(i) - log2_prime(level - 3)) <= kMostDrift) continue;
    return base::fail(kUnsupported,
                      "bootstrap: the prime at level " + std::to_string(i) + " has another size than that at level " +
                          std::to_string(level - 3),
                      "give all primes of EvalMod but its first three the same bits");
  }
  const double fourfold = 2 * log2_prime(level) + log2_prime(level - 1) + log2_prime(level - 2) + log2_prime(level - 3);
  if (std::abs(fourfold - 4 * std::round(fourfold / 4)) <= kMostDrift) return {};
  return base::fail(
      kUnsupported,
      "bootstrap: no power of two is a scale of EvalMod's input, since its primes at levels " +
          std::to_string(level - 3) + ".." + std::to_string(level) + " do not suit each other",
      "choose their bits so that 4 divides 2 a + b + c + d, from above, and sizes with primes near 2^bits");
}

}  // namespace

int cosine_levels(const BootstrapLiteral& literal) {
  return std::bit_width(static_cast<unsigned>(literal.cosine_degree / 2));
}

base::Result<void> check_sparse_secret(const ParamSet& params) {
  constexpr int kLogN = 16;
  static_assert(2 * arith::kMaxModulusBits <= kMaxSparseModulusBits, "q_0 p_0 is too large for a sparse secret");
  if (params.insecure() || (params.log_n() == kLogN && params.literal().security == Security::k128)) return {};
  return base::fail(base::ErrorCode::kInsecure,
                    "bootstrap: a sparse secret of weight 32 is secure at N = 2^16 and 128 bits only",
                    "choose these parameters");
}

int BootstrapParams::eval_mod_depth() const {
  return 2 + cosine_levels(literal_) + literal_.double_angles;
}

Scale BootstrapParams::bottom_scale() const {
  return Scale::power_of_two(-literal_.message_ratio_bits).times_prime(PrimeIndex(0));
}

base::Result<BootstrapParams> BootstrapParams::create(const ParamSet& params, const BootstrapLiteral& literal) {
  auto checked = check_literal(params, literal).and_then([&] { return check_sparse_secret(params); });
  if (!checked) return base::forward_error(checked);
  BootstrapParams made;
  made.literal_ = literal;
  made.log_n_ = params.log_n();
  made.top_ = params.max_level();
  const int coefficients = (literal.real ? 1 : 2) << literal.log_slots;
  made.log2_failure_ = log2_bootstrap_failure(kSparseWeight, literal.range, coefficients);
  if (made.log2_failure_ > kMaxLog2Failure) {
    return base::fail(base::ErrorCode::kLimit,
                      "bootstrap: the failure probability of 2^" +
                          std::to_string(static_cast<int>(std::ceil(made.log2_failure_))) + " is above 2^-64",
                      "choose a larger range of EvalMod");
  }
  if (made.usable_levels() < 1) {
    return base::fail(kUnsupported,
                      "bootstrap: of " + std::to_string(made.top_.value()) + " levels none would be left to use",
                      "choose a longer chain");
  }
  auto suited = check_scales(params, made.eval_mod_level().value(), made.output_level().value());
  if (!suited) return base::forward_error(suited);
  return made;
}

}  // namespace obscura::fhe::params
