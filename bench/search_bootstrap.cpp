#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bench/operations/bootstrap_work.hpp"
#include "bench/operations/ceilings.hpp"
#include "fhe/boot/bootstrap_keys.hpp"
#include "fhe/params/bootstrap_error.hpp"

/// Searches bootstraps at N = 2^16 and 128 bits: sizes of primes, message ratio, depth of the matrices, baby steps,
/// degree and double angles of EvalMod, number of special primes. Prints those that nothing else beats in latency per
/// usable level, precision, key bytes and levels left, fastest first.
namespace obscura::bench {
namespace {

namespace operations = bench::operations;
namespace params = fhe::params;

constexpr int kLogN = 16;

/// What is chosen. Sizes in bits.
struct Candidate {
  int evaluation_bits;  ///< of the primes of CoeffsToSlots and EvalMod, and of q_0
  int usable_bits;
  int lower_bits;   ///< of the primes of SlotsToCoeffs
  int middle_bits;  ///< of the third prime of EvalMod; the second is what makes its scales fit
  int special;
  int lower_matrices;
  int upper_matrices;
  int babies;
  int ratio;
  int degree;
  int double_angles;
  int range;
};

struct Found {
  Candidate candidate;
  int usable = 0;
  double log2_qp = 0;
  double floor_ms = 0;
  double bits = 0;  ///< of the mean error of values at the end of the range, where the sine is worst
  double key_gb = 0;
  double diagonal_gb = 0;
  double log2_failure = 0;
  [[nodiscard]] double ms_per_level() const { return floor_ms / usable; }
};

/// As even as it can be, larger ones first.
std::vector<int> divided(int stages, int matrices) {
  std::vector<int> parts;
  for (int i = 0; i < matrices; ++i) parts.push_back((stages + matrices - 1 - i) / matrices);
  return parts;
}

/// Bits of q_(l-1), so that x^4 / (q_l^2 q_(l-1) q_(l-2)) is as large as the other primes at a scale that is a power of
/// two.
int second_bits(const Candidate& c) {
  constexpr int kLeast = 23;  // smaller primes are far from a power of two
  int bits = kLeast;
  while ((3 * c.evaluation_bits + c.middle_bits + bits) % 4 != 0) ++bits;
  return bits;
}

params::ParamLiteral chain(const Candidate& c, int usable) {
  params::ParamLiteral literal{.log_n = kLogN, .q_bits = {c.evaluation_bits}, .p_bits = {}};
  const auto append = [&](int count, int bits) {
    literal.q_bits.insert(literal.q_bits.end(), static_cast<std::size_t>(count), bits);
  };
  append(c.lower_matrices, c.lower_bits);
  append(usable, c.usable_bits);
  const int depth = static_cast<int>(std::bit_width(static_cast<unsigned>(c.degree / 2)));
  append(depth - 1 + c.double_angles, c.evaluation_bits);
  append(1, c.middle_bits);
  append(1, second_bits(c));
  append(1 + c.upper_matrices, c.evaluation_bits);
  literal.p_bits.assign(static_cast<std::size_t>(c.special), 50);
  return literal;
}

params::BootstrapLiteral literal_of(const Candidate& c, int log_slots, bool real) {
  params::BootstrapLiteral literal{.log_slots = log_slots, .real = real};
  literal.slots_to_coeffs = divided(log_slots, c.lower_matrices);
  literal.coeffs_to_slots = divided(log_slots, c.upper_matrices);
  std::reverse(literal.coeffs_to_slots.begin(), literal.coeffs_to_slots.end());
  literal.baby_steps = c.babies;
  literal.message_ratio_bits = c.ratio;
  literal.range = c.range;
  literal.cosine_degree = c.degree;
  literal.double_angles = c.double_angles;
  return literal;
}

/// As many usable levels as the cap allows; nothing where one of the checks fails.
std::optional<Found> evaluate(const Candidate& c, int log_slots, bool real, const operations::Ceilings& ceilings) {
  const params::ParamLiteral least = chain(c, 0);
  int bits = 0;
  for (const auto* part : {&least.q_bits, &least.p_bits}) {
    for (const int size : *part) bits += size;
  }
  const int usable = (params::max_log_qp(params::Security::k128, kLogN) - bits) / c.usable_bits;
  if (usable < 1) return std::nullopt;
  const auto set = params::ParamSet::create(chain(c, usable));
  if (!set) return std::nullopt;
  const auto bootstrap = params::BootstrapParams::create(*set, literal_of(c, log_slots, real));
  if (!bootstrap) return std::nullopt;
  const operations::BootstrapWork work = operations::bootstrap_work(*set, *bootstrap);
  const auto scale = params::Scale::power_of_two(c.evaluation_bits - c.ratio);
  constexpr double kMeanOverDeviation = 0.8;
  const double error = params::bootstrap_bias(*bootstrap, 1) + params::bootstrap_truncation(*bootstrap) +
                       kMeanOverDeviation * params::bootstrap_noise_sd(*set, *bootstrap, scale, scale);
  Found found{.candidate = c, .usable = bootstrap->usable_levels(), .log2_qp = set->log2_qp()};
  found.floor_ms = operations::floor_ms(work.total(), ceilings, kLogN, 1);
  found.bits = -std::log2(error);
  found.key_gb = fhe::boot::bootstrap_key_bytes(*set, *bootstrap) / 1e9;
  found.diagonal_gb = work.diagonal_bytes / 1e9;
  found.log2_failure = bootstrap->log2_failure();
  return found;
}

template <class Visit>
void for_each_candidate(const Visit& visit) {
  struct Cosine {
    int degree;
    int double_angles;
  };
  constexpr Cosine kCosines[] = {{30, 3}, {28, 3}, {62, 2}, {62, 3}, {22, 4}, {14, 4}, {30, 4}};
  for (const int evaluation : {48, 49, 50}) {
    for (const int special : {7, 8, 9, 10, 11}) {
      for (const int lower : {2, 3, 4}) {
        for (const int upper : {2, 3, 4}) {
          for (const int babies : {6, 8, 11, 16}) {
            for (int ratio = 9; ratio <= 12; ++ratio) {
              for (const Cosine& cosine : kCosines) {
                for (const int middle : {39, 43}) {
                  const int usable = evaluation - ratio + 1;
                  visit(Candidate{evaluation, usable, usable - 2, middle, special, lower, upper, babies, ratio,
                                  cosine.degree, cosine.double_angles, 15});
                }
              }
            }
          }
        }
      }
    }
  }
}

bool beats(const Found& a, const Found& b) {
  return a.ms_per_level() <= b.ms_per_level() && a.bits >= b.bits && a.key_gb <= b.key_gb && a.usable >= b.usable &&
         (a.ms_per_level() < b.ms_per_level() || a.bits > b.bits || a.key_gb < b.key_gb || a.usable > b.usable);
}

void print(const Found& f) {
  const Candidate& c = f.candidate;
  std::printf("%6.0f %7.1f %6d %6.1f %7.2f %7.2f %7.0f %8.1f   ", f.floor_ms, f.ms_per_level(), f.usable, f.bits,
              f.key_gb, f.diagonal_gb, f.log2_failure, f.log2_qp);
  std::printf(
      "q %d, to coeffs %d x %d, usable %d, EvalMod %d.. %d %d, to slots %d, P %d x 50; babies %d, ratio 2^%d, degree "
      "%d, doublings %d\n",
      c.evaluation_bits, c.lower_matrices, c.lower_bits, c.usable_bits, c.evaluation_bits, c.middle_bits,
      second_bits(c), c.upper_matrices, c.special, c.babies, c.ratio, c.degree, c.double_angles);
}

int search(int log_slots, bool real) {
  constexpr double kLeastBits = 18;
  constexpr double kMostKeyGb = 2;
  constexpr int kLeastLevels = 10;
  const operations::Ceilings ceilings = operations::reference_ceilings();
  std::vector<Found> kept;
  int seen = 0;
  for_each_candidate([&](const Candidate& candidate) {
    ++seen;
    const auto found = evaluate(candidate, log_slots, real, ceilings);
    if (!found || found->bits < kLeastBits || found->key_gb > kMostKeyGb || found->usable < kLeastLevels) return;
    if (std::ranges::any_of(kept, [&](const Found& other) { return beats(other, *found); })) return;
    std::erase_if(kept, [&](const Found& other) { return beats(*found, other); });
    kept.push_back(*found);
  });
  std::ranges::sort(kept, {}, &Found::ms_per_level);
  std::printf("%d candidates; %s, 2^%d slots; at least %.0f bits, %d levels, at most %.0f GB of keys\n", seen,
              real ? "real" : "complex", log_slots, kLeastBits, kLeastLevels, kMostKeyGb);
  std::printf("%6s %7s %6s %6s %7s %7s %7s %8s\n", "ms", "ms/lvl", "levels", "bits", "keys GB", "mats GB", "failure",
              "log2 QP");
  for (const Found& found : kept) print(found);
  return kept.empty() ? 1 : 0;
}

}  // namespace
}  // namespace obscura::bench

int main(int argc, char** argv) {
  const std::string usage = "usage: obscura-search-bootstrap [LOG_SLOTS [real]]\n";
  const int log_slots = argc > 1 ? std::atoi(argv[1]) : 15;
  const bool real = argc > 2 && std::string(argv[2]) == "real";
  if (argc > 3 || log_slots < 4 || log_slots > 15 || (argc > 2 && !real)) {
    std::fputs(usage.c_str(), stderr);
    return 2;
  }
  return obscura::bench::search(log_slots, real);
}
