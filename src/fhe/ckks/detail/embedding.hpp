#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace obscura::fhe::ckks::detail {

/// w, w^2 and w^3 of one radix-4 step.
struct RadixFourTwiddles {
  double one_re, one_im;
  double two_re, two_im;
  double three_re, three_im;
};

/// The canonical embedding of R[X]/(X^N+1) in double precision. With n = N/2 and u_k = m_k + i m_(k+n), slot j
/// is u(zeta^(5^j)), since zeta^(n 5^j) = i: an FFT of size n at the roots of X^n - i. Real and imaginary
/// parts are kept in two arrays, so that the inner loops run over contiguous numbers.
/// No branch and no address depends on a value.
class Embedding {
 public:
  /// N = 2^log_n, log_n in [3, 17].
  explicit Embedding(int log_n);

  [[nodiscard]] std::size_t slots() const { return slot_position_.size(); }

  /// Coefficients of u to slots. `re` and `im` hold n numbers each and are overwritten.
  void to_slots(std::span<double> re, std::span<double> im, std::span<std::complex<double>> slots) const;
  /// Up to n slots (the others are 0) to n times the coefficients of u, in `re` and `im`.
  void from_slots(std::span<const std::complex<double>> slots, std::span<double> re, std::span<double> im) const;

 private:
  bool odd_;                                           ///< log2(n) is odd: one radix-2 step at the top
  std::complex<double> top_;                           ///< its factor
  std::vector<std::vector<RadixFourTwiddles>> steps_;  ///< [radix-4 step][group], from the top
  std::vector<std::uint32_t> slot_position_;           ///< place of slot j after the forward transform
};

}  // namespace obscura::fhe::ckks::detail
