#include "fhe/boot/dft_factors.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <utility>

#include "base/check.hpp"

namespace obscura::fhe::boot {
namespace {

using Values = std::vector<std::complex<double>>;

/// The representative of an offset in (-slots/2, slots/2].
int balanced(int offset, int slots) {
  const int residue = ((offset % slots) + slots) % slots;
  return residue > slots / 2 ? residue - slots : residue;
}

void add_to(DiagonalMatrix& matrix, int offset, const Values& values) {
  Values& diagonal = matrix.diagonals[balanced(offset, matrix.slots)];
  diagonal.resize(static_cast<std::size_t>(matrix.period));
  for (std::size_t j = 0; j < diagonal.size(); ++j) diagonal[j] += values[j];
}

/// w_j for j < block / 2.
Values twiddles(int block) {
  const std::uint64_t order = 4 * static_cast<std::uint64_t>(block);
  Values factors;
  std::uint64_t power = 1;
  for (int j = 0; j < block / 2; ++j) {
    const long double angle =
        2 * std::numbers::pi_v<long double> * static_cast<long double>(power) / static_cast<long double>(order);
    factors.emplace_back(static_cast<double>(std::cos(angle)), static_cast<double>(std::sin(angle)));
    power = power * 5 % order;
  }
  return factors;
}

/// A stage whose blocks are ((top, top_cross), (bottom_cross, bottom)), each by j < block / 2.
template <class Top, class TopCross, class BottomCross, class Bottom>
DiagonalMatrix make_stage(int log_slots, int stage, const Top& top, const TopCross& top_cross,
                          const BottomCross& bottom_cross, const Bottom& bottom) {
  OBSCURA_CHECK(stage >= 0 && stage < log_slots, "there is no such stage");
  const int block = 2 << stage;
  const auto half = static_cast<std::size_t>(block / 2);
  DiagonalMatrix matrix{1 << log_slots, block, {}};
  const Values w = twiddles(block);
  Values same(2 * half);
  Values ahead(2 * half);
  Values behind(2 * half);
  for (std::size_t j = 0; j < half; ++j) {
    same[j] = top(w[j]);
    ahead[j] = top_cross(w[j]);
    behind[half + j] = bottom_cross(w[j]);
    same[half + j] = bottom(w[j]);
  }
  add_to(matrix, 0, same);
  add_to(matrix, block / 2, ahead);
  add_to(matrix, -block / 2, behind);
  return matrix;
}

using Stage = DiagonalMatrix (*)(int log_slots, int stage);

std::vector<DiagonalMatrix> merged(int log_slots, std::span<const int> stages, Stage make, bool ascending) {
  std::vector<DiagonalMatrix> factors;
  int done = 0;
  for (const int count : stages) {
    const auto number = [&](int i) { return ascending ? done + i : log_slots - 1 - done - i; };
    DiagonalMatrix factor = make(log_slots, number(0));
    for (int i = 1; i < count; ++i) factor = multiply(make(log_slots, number(i)), factor);
    factors.push_back(std::move(factor));
    done += count;
  }
  OBSCURA_CHECK(done == log_slots, "the matrices do not hold all stages");
  return factors;
}

}  // namespace

DiagonalMatrix multiply(const DiagonalMatrix& a, const DiagonalMatrix& b) {
  OBSCURA_CHECK(a.slots == b.slots, "the matrices have different sizes");
  DiagonalMatrix product{a.slots, std::max(a.period, b.period), {}};
  const auto period = static_cast<std::size_t>(product.period);
  Values values(period);
  for (const auto& [k, from_a] : a.diagonals) {
    for (const auto& [m, from_b] : b.diagonals) {
      for (std::size_t j = 0; j < period; ++j) {
        const auto moved = j + static_cast<std::size_t>(k + a.slots);
        values[j] = from_a[j % from_a.size()] * from_b[moved % from_b.size()];
      }
      add_to(product, k + m, values);
    }
  }
  return product;
}

DiagonalMatrix butterfly(int log_slots, int stage) {
  using Value = std::complex<double>;
  return make_stage(
      log_slots, stage, [](Value) { return Value(1); }, [](Value w) { return w; }, [](Value) { return Value(1); },
      [](Value w) { return -w; });
}

DiagonalMatrix inverse_butterfly(int log_slots, int stage) {
  using Value = std::complex<double>;
  return make_stage(
      log_slots, stage, [](Value) { return Value(0.5); }, [](Value) { return Value(0.5); },
      [](Value w) { return std::conj(w) / 2.0; }, [](Value w) { return -std::conj(w) / 2.0; });
}

std::vector<DiagonalMatrix> slots_to_coeffs_factors(int log_slots, std::span<const int> stages) {
  return merged(log_slots, stages, butterfly, true);
}

std::vector<DiagonalMatrix> coeffs_to_slots_factors(int log_slots, std::span<const int> stages) {
  return merged(log_slots, stages, inverse_butterfly, false);
}

}  // namespace obscura::fhe::boot
