#pragma once

#include <vector>

#include "base/result.hpp"
#include "images/image.hpp"

namespace obscura::images {

/// What happens to an image of another size than the network's.
enum class Resize {
  kNone,      ///< it is refused
  kBilinear,  ///< triangle filter, widened when shrinking, pixel centres at half integers: as Pillow's BILINEAR,
              ///< unrounded
};

/// How an image becomes the network's input: an optional change of size and colours, then
/// (pixel * scale - mean[c]) / std[c] with pixels in 0..255.
struct InputSpec {
  int channels = 1;
  int height = 28;
  int width = 28;
  double scale = 1.0 / 255.0;
  std::vector<double> mean{};  ///< per channel in the network's order, or empty for 0
  std::vector<double> std{};   ///< per channel, or empty for 1; not 0
  bool bgr = false;            ///< the network wants blue, green, red
  Resize resize = Resize::kNone;
  bool convert_colour = false;  ///< grey is repeated to three channels, colour becomes luma (ITU-R BT.601)
};

/// The specification that a form of another room with these members states, as a plan's does.
template <class Form>
[[nodiscard]] InputSpec input_spec_of(const Form& form) {
  return {form.channels, form.height, form.width, form.scale,
          form.mean,     form.std,    form.bgr,   form.resize ? Resize::kBilinear : Resize::kNone};
}

/// The tensor [channels][height][width]. Errors: kMismatch (size or channels without leave to change
/// them), kUsage (a specification that makes no sense).
[[nodiscard]] base::Result<std::vector<float>> to_tensor(const Image& image, const InputSpec& spec);

}  // namespace obscura::images
