#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "images/preprocess.hpp"

namespace obscura::images {

/// An input as named on a command line: a file, and for files of many the number of one.
struct InputPath {
  std::string path;
  std::optional<std::size_t> index;
};

/// "FILE" or "FILE:N" ("t10k-images-idx3-ubyte.gz:17"): digits behind the last colon are the number.
/// Error: kUsage (no file name, a number too large).
[[nodiscard]] base::Result<InputPath> parse_input_path(std::string_view text);

/// Reads one network input, named as for parse_input_path; its content decides what it is (for CSV, .csv or .txt):
/// - images (PNG, JPEG, PGM/PPM) and images of an idx file (FILE:N) go through to_tensor;
/// - .npy and CSV hold the tensor itself, which is taken as it is: of a CSV file all numbers, or row N; of an .npy
///   file all, or entry N of its first dimension.
/// The result has channels * height * width numbers.
/// Errors: those of the readers and to_tensor; kUsage (a number for a file of one image, or none for an idx
/// file); kMismatch (another number of values).
[[nodiscard]] base::Result<std::vector<float>> read_tensor(std::string_view input, const InputSpec& spec);

}  // namespace obscura::images
