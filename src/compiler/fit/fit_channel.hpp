#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "compiler/fit/chebyshev.hpp"

namespace obscura::compiler::fit {

/// A function of one number; finite wherever it is asked.
using Function = std::function<double(double)>;

/// How a fit weighs what it knows. The defaults suit classifiers.
struct FitWeights {
  double margin = 0.25;       ///< the range is wider than the samples by this share of their extent, at each end:
                              ///< of 1,000 digits 7 leave a range of 512 others, with 0.1 it was 63
  double margin_above = 0.5;  ///< the same for degrees above 15, which blow up sooner outside: with 0.25 and degree 31
                              ///< the ReLU ResNet-20 lost 10 of 249 right labels (models/resnet20_relu/CARD.md)
  double even_share = 1e-5;   ///< of all weight, spread evenly over the range, up to degree 4; (terms / samples)^2
                              ///< where that is more
  double even_share_above = 0.005;  ///< the same for higher degrees; terms / samples where that is more
  double most_bits_lost = 8;        ///< product_form.hpp; the leading coefficient is raised until no more are lost
};

/// The margin for polynomials of a degree.
[[nodiscard]] double margin_of(const FitWeights& weights, std::size_t degree);

/// A channel's polynomial and how well it does.
struct ChannelFit {
  Interval range;
  Series series;           ///< in Chebyshev polynomials of range.to_unit(x): [degree + 1]
  double rms_error = 0.0;  ///< over the samples
  double max_error = 0.0;  ///< over the samples and evenly over the range
  double bits_lost = 0.0;  ///< by the form that the degree is computed in
  double condition = 1.0;  ///< of the least-squares problem, LeastSquares::condition()
};

/// The samples' extent and a margin on each side. Channels that hardly vary get `least_half_width` around
/// their centre, so that scaling them to [-1, 1] does not blow up errors. Needs low <= high.
[[nodiscard]] Interval widen(double low, double high, double margin, double least_half_width);

/// The least-squares polynomial of a degree in [1, 63] for f, over samples and evenly over the range: the
/// even share keeps it sane between and beyond the samples, and grows to (degree + 1) / samples where
/// there are few (never above one half, without samples all). Degrees 2 and 4 keep a leading coefficient
/// that their forms can do with. Samples must be finite and may lie outside the range.
[[nodiscard]] ChannelFit fit_channel(std::span<const double> samples, const Interval& range, const Function& f,
                                     std::size_t degree, const FitWeights& weights);

/// Bits lost by the form in which a series of this degree is computed: that of square_form, quartic_form,
/// or for other degrees the cancellation between the terms of the series.
[[nodiscard]] double bits_lost(std::span<const double> series);

}  // namespace obscura::compiler::fit
