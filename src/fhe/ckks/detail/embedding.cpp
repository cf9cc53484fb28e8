#include "fhe/ckks/detail/embedding.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/check.hpp"

namespace obscura::fhe::ckks::detail {
namespace {

// Exponents of zeta, the primitive 2N-th root. A node of the transform stands for X^length - zeta^exponent; its
// children are X^(length/2) - zeta^(exponent/2) and X^(length/2) - zeta^(exponent/2 + N).
std::vector<std::size_t> children_of(const std::vector<std::size_t>& exponents, std::size_t degree) {
  std::vector<std::size_t> children;
  children.reserve(exponents.size() * 2);
  for (const std::size_t exponent : exponents) {
    children.push_back(exponent / 2);
    children.push_back(exponent / 2 + degree);
  }
  return children;
}

// (x0, x1, x2, x3), quarters of length t, to their residues modulo X^t - w, X^t + w, X^t - i w and X^t + i w.
void forward(double* __restrict r0, double* __restrict r1, double* __restrict r2, double* __restrict r3,
             double* __restrict i0, double* __restrict i1, double* __restrict i2, double* __restrict i3, std::size_t t,
             const RadixFourTwiddles& w) {
  for (std::size_t k = 0; k < t; ++k) {
    const double b1r = r1[k] * w.one_re - i1[k] * w.one_im;
    const double b1i = r1[k] * w.one_im + i1[k] * w.one_re;
    const double b2r = r2[k] * w.two_re - i2[k] * w.two_im;
    const double b2i = r2[k] * w.two_im + i2[k] * w.two_re;
    const double b3r = r3[k] * w.three_re - i3[k] * w.three_im;
    const double b3i = r3[k] * w.three_im + i3[k] * w.three_re;
    const double even_r = r0[k] + b2r;
    const double even_i = i0[k] + b2i;
    const double odd_r = r0[k] - b2r;
    const double odd_i = i0[k] - b2i;
    r0[k] = even_r + (b1r + b3r);
    i0[k] = even_i + (b1i + b3i);
    r1[k] = even_r - (b1r + b3r);
    i1[k] = even_i - (b1i + b3i);
    r2[k] = odd_r - (b1i - b3i);
    i2[k] = odd_i + (b1r - b3r);
    r3[k] = odd_r + (b1i - b3i);
    i3[k] = odd_i - (b1r - b3r);
  }
}

// Four times the inverse of forward().
void inverse(double* __restrict r0, double* __restrict r1, double* __restrict r2, double* __restrict r3,
             double* __restrict i0, double* __restrict i1, double* __restrict i2, double* __restrict i3, std::size_t t,
             const RadixFourTwiddles& w) {
  for (std::size_t k = 0; k < t; ++k) {
    const double even_r = r0[k] + r1[k];
    const double even_i = i0[k] + i1[k];
    const double odd_r = r2[k] + r3[k];
    const double odd_i = i2[k] + i3[k];
    const double sum_r = r0[k] - r1[k];
    const double sum_i = i0[k] - i1[k];
    const double diff_r = i2[k] - i3[k];
    const double diff_i = r3[k] - r2[k];
    r0[k] = even_r + odd_r;
    i0[k] = even_i + odd_i;
    r1[k] = (sum_r + diff_r) * w.one_re + (sum_i + diff_i) * w.one_im;
    i1[k] = (sum_i + diff_i) * w.one_re - (sum_r + diff_r) * w.one_im;
    r2[k] = (even_r - odd_r) * w.two_re + (even_i - odd_i) * w.two_im;
    i2[k] = (even_i - odd_i) * w.two_re - (even_r - odd_r) * w.two_im;
    r3[k] = (sum_r - diff_r) * w.three_re + (sum_i - diff_i) * w.three_im;
    i3[k] = (sum_i - diff_i) * w.three_re - (sum_r - diff_r) * w.three_im;
  }
}

}  // namespace

Embedding::Embedding(int log_n) {
  OBSCURA_CHECK(log_n >= 3 && log_n <= 17, "the ring degree is out of range");
  const std::size_t degree = std::size_t{1} << log_n;
  const auto root = [degree](std::size_t exponent) {
    const long double angle =
        std::numbers::pi_v<long double> * static_cast<long double>(exponent) / static_cast<long double>(degree);
    return std::complex<double>(static_cast<double>(std::cos(angle)), static_cast<double>(std::sin(angle)));
  };
  std::vector<std::size_t> exponents{degree / 2};
  odd_ = (log_n - 1) % 2 != 0;
  top_ = root(degree / 4);
  if (odd_) exponents = children_of(exponents, degree);
  while (exponents.size() < degree / 2) {
    std::vector<RadixFourTwiddles>& step = steps_.emplace_back();
    for (const std::size_t exponent : exponents) {
      const std::complex<double> one = root(exponent / 4);
      const std::complex<double> two = root(exponent / 2);
      const std::complex<double> three = root(exponent / 4 * 3);
      step.push_back({one.real(), one.imag(), two.real(), two.imag(), three.real(), three.imag()});
    }
    exponents = children_of(children_of(exponents, degree), degree);
  }
  std::vector<std::uint32_t> place(2 * degree);
  for (std::size_t i = 0; i < exponents.size(); ++i) place[exponents[i]] = static_cast<std::uint32_t>(i);
  std::size_t power = 1;
  for (std::size_t j = 0; j < degree / 2; ++j) {
    slot_position_.push_back(place[power]);
    power = power * 5 % (2 * degree);
  }
}

void Embedding::to_slots(std::span<double> re, std::span<double> im, std::span<std::complex<double>> slots) const {
  const std::size_t n = slot_position_.size();
  OBSCURA_CHECK(re.size() == n && im.size() == n && slots.size() == n, "the embedding works on N/2 numbers");
  if (odd_) {
    const std::size_t t = n / 2;
    for (std::size_t k = 0; k < t; ++k) {
      const double br = re[t + k] * top_.real() - im[t + k] * top_.imag();
      const double bi = re[t + k] * top_.imag() + im[t + k] * top_.real();
      re[t + k] = re[k] - br;
      im[t + k] = im[k] - bi;
      re[k] += br;
      im[k] += bi;
    }
  }
  for (const std::vector<RadixFourTwiddles>& step : steps_) {
    const std::size_t t = n / step.size() / 4;
    for (std::size_t g = 0; g < step.size(); ++g) {
      double* const r = re.data() + g * 4 * t;
      double* const i = im.data() + g * 4 * t;
      forward(r, r + t, r + 2 * t, r + 3 * t, i, i + t, i + 2 * t, i + 3 * t, t, step[g]);
    }
  }
  for (std::size_t j = 0; j < n; ++j) slots[j] = {re[slot_position_[j]], im[slot_position_[j]]};
}

void Embedding::from_slots(std::span<const std::complex<double>> slots, std::span<double> re,
                           std::span<double> im) const {
  const std::size_t n = slot_position_.size();
  OBSCURA_CHECK(re.size() == n && im.size() == n && slots.size() <= n, "the embedding works on N/2 numbers");
  std::ranges::fill(re, 0.0);
  std::ranges::fill(im, 0.0);
  for (std::size_t j = 0; j < slots.size(); ++j) {
    re[slot_position_[j]] = slots[j].real();
    im[slot_position_[j]] = slots[j].imag();
  }
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
    const std::size_t t = n / step->size() / 4;
    for (std::size_t g = 0; g < step->size(); ++g) {
      double* const r = re.data() + g * 4 * t;
      double* const i = im.data() + g * 4 * t;
      inverse(r, r + t, r + 2 * t, r + 3 * t, i, i + t, i + 2 * t, i + 3 * t, t, (*step)[g]);
    }
  }
  if (!odd_) return;
  const std::size_t t = n / 2;
  for (std::size_t k = 0; k < t; ++k) {
    const double dr = re[k] - re[t + k];
    const double di = im[k] - im[t + k];
    re[k] += re[t + k];
    im[k] += im[t + k];
    re[t + k] = dr * top_.real() + di * top_.imag();
    im[t + k] = di * top_.real() - dr * top_.imag();
  }
}

}  // namespace obscura::fhe::ckks::detail
