#include "images/preprocess.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace obscura::images {
namespace {

using base::ErrorCode;

base::Result<void> check_spec(const InputSpec& spec) {
  const auto channels = static_cast<std::size_t>(spec.channels);
  const auto fits = [&](const std::vector<double>& values) {
    return (values.empty() || values.size() == channels) &&
           std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
  };
  const bool divides = std::find(spec.std.begin(), spec.std.end(), 0.0) == spec.std.end();
  if (spec.channels >= 1 && spec.height >= 1 && spec.width >= 1 && std::isfinite(spec.scale) && fits(spec.mean) &&
      fits(spec.std) && divides && (!spec.bgr || spec.channels == 3)) {
    return {};
  }
  return base::fail(ErrorCode::kUsage,
                    fmt::format("the input specification ({} x {} x {}, {} means, {} deviations) makes no sense",
                                spec.channels, spec.height, spec.width, spec.mean.size(), spec.std.size()),
                    "give one finite mean and one deviation other than 0 per channel, or none; BGR needs 3 channels");
}

base::Result<Image> match_channels(Image image, const InputSpec& spec) {
  if (image.channels == spec.channels) return image;
  const bool known = (image.channels == 1 && spec.channels == 3) || (image.channels == 3 && spec.channels == 1);
  if (!known || !spec.convert_colour) {
    return base::fail(
        ErrorCode::kMismatch,
        fmt::format("the image has {} channel(s) and the network wants {}", image.channels, spec.channels),
        known ? "convert the image, or state the conversion in the input specification"
              : "check that it is the image you meant");
  }
  Image converted{spec.channels, image.height, image.width, {}};
  const std::size_t pixels = image.pixels();
  if (spec.channels == 3) {
    for (int c = 0; c < 3; ++c)
      converted.values.insert(converted.values.end(), image.values.begin(), image.values.end());
  } else {
    for (std::size_t i = 0; i < pixels; ++i) {
      converted.values.push_back(0.299F * image.values[i] + 0.587F * image.values[pixels + i] +
                                 0.114F * image.values[2 * pixels + i]);
    }
  }
  return converted;
}

// The input samples that one output sample is mixed from: weights[k] belongs to sample first + k; they sum to 1.
struct Mix {
  std::size_t first;
  std::vector<double> weights;
};

std::vector<Mix> bilinear_mixes(int from, int to) {
  const double ratio = static_cast<double>(from) / to;
  const double support = std::max(ratio, 1.0);
  std::vector<Mix> mixes;
  for (int i = 0; i < to; ++i) {
    const double centre = (i + 0.5) * ratio;
    const int first = std::max(0, static_cast<int>(std::floor(centre - support + 0.5)));
    const int last = std::min(from, static_cast<int>(std::floor(centre + support + 0.5)));
    Mix mix{static_cast<std::size_t>(first), {}};
    double sum = 0.0;
    for (int k = first; k < last; ++k) {
      mix.weights.push_back(std::max(0.0, 1.0 - std::abs((k + 0.5 - centre) / support)));
      sum += mix.weights.back();
    }
    for (double& weight : mix.weights) weight /= sum;
    mixes.push_back(std::move(mix));
  }
  return mixes;
}

// Mixes rows of `length` samples each, `stride` apart, along one axis.
void mix_line(const float* from, std::size_t stride, const std::vector<Mix>& mixes, float* to, std::size_t to_stride) {
  for (std::size_t i = 0; i < mixes.size(); ++i) {
    double sum = 0.0;
    for (std::size_t k = 0; k < mixes[i].weights.size(); ++k) {
      sum += mixes[i].weights[k] * static_cast<double>(from[(mixes[i].first + k) * stride]);
    }
    to[i * to_stride] = static_cast<float>(sum);
  }
}

Image resize_bilinear(const Image& image, int height, int width) {
  const auto from_width = static_cast<std::size_t>(image.width);
  const auto to_width = static_cast<std::size_t>(width);
  const std::size_t lines = static_cast<std::size_t>(image.channels) * static_cast<std::size_t>(image.height);
  const auto across = bilinear_mixes(image.width, width);
  std::vector<float> narrowed(lines * to_width);
  for (std::size_t y = 0; y < lines; ++y) {
    mix_line(image.values.data() + y * from_width, 1, across, narrowed.data() + y * to_width, 1);
  }
  Image resized{image.channels, height, width, {}};
  resized.values.resize(static_cast<std::size_t>(image.channels) * resized.pixels());
  const auto down = bilinear_mixes(image.height, height);
  const std::size_t from_plane = static_cast<std::size_t>(image.height) * to_width;
  for (std::size_t c = 0; c < static_cast<std::size_t>(image.channels); ++c) {
    for (std::size_t x = 0; x < to_width; ++x) {
      mix_line(narrowed.data() + c * from_plane + x, to_width, down, resized.values.data() + c * resized.pixels() + x,
               to_width);
    }
  }
  return resized;
}

}  // namespace

base::Result<std::vector<float>> to_tensor(const Image& image, const InputSpec& spec) {
  OBSCURA_TRY_VOID(check_spec(spec));
  OBSCURA_TRY(Image sized, match_channels(image, spec));
  if (sized.height != spec.height || sized.width != spec.width) {
    if (spec.resize == Resize::kNone) {
      return base::fail(ErrorCode::kMismatch,
                        fmt::format("the image has {} x {} pixels and the network wants {} x {}", sized.width,
                                    sized.height, spec.width, spec.height),
                        "scale the image, or state \"resize\" in the input specification");
    }
    sized = resize_bilinear(sized, spec.height, spec.width);
  }
  const std::size_t pixels = sized.pixels();
  const auto channels = static_cast<std::size_t>(spec.channels);
  std::vector<float> tensor(channels * pixels);
  for (std::size_t c = 0; c < channels; ++c) {
    const float* plane = sized.values.data() + (spec.bgr ? channels - 1 - c : c) * pixels;
    const double mean = spec.mean.empty() ? 0.0 : spec.mean[c];
    const double deviation = spec.std.empty() ? 1.0 : spec.std[c];
    for (std::size_t i = 0; i < pixels; ++i) {
      tensor[c * pixels + i] = static_cast<float>((static_cast<double>(plane[i]) * spec.scale - mean) / deviation);
    }
  }
  return tensor;
}

}  // namespace obscura::images
