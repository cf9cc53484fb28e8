#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace obscura::apps::cli {

/// The images of a demo as files, with what they show.
struct DemoImages {
  std::string dataset;             ///< what the figures are about
  std::vector<std::string> paths;  ///< one image file each
  std::vector<int> labels;
  std::string calibration;  ///< what `compile --calibrate` is given
};

/// The first `count` test images of MNIST's own idx files in `folder`, written as PGM files into `scratch`; 0 = the
/// first 100. Calibration is on the training images. Errors: kNotFound, kUsage when there are fewer, and those of
/// IdxFile.
[[nodiscard]] base::Result<DemoImages> mnist_images(const std::string& folder, std::size_t count,
                                                    const std::string& scratch);

/// The project's own digits: a folder of images with labels.txt, a line "NAME DIGIT" per image; 0 = all of them.
/// Errors: kNotFound, kCorrupt, kUsage when there are fewer.
[[nodiscard]] base::Result<DemoImages> own_images(const std::string& folder, std::size_t count);

/// Whether `folder` holds MNIST's test images, plain or gzipped.
[[nodiscard]] bool holds_mnist(const std::string& folder);

}  // namespace obscura::apps::cli
