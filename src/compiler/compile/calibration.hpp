#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "base/result.hpp"
#include "plan/program/program.hpp"

namespace obscura::compiler::compile {

/// Network inputs to calibrate with, preprocessed as `spec` says: from a directory every image, .npy and .csv file in
/// the order of their names, from an idx file images at equal distances, from any other file that one input. At
/// most `limit` (at least 1) of them. Errors: those of images::read_tensor; kNotFound when there is no input.
[[nodiscard]] base::Result<std::vector<std::vector<double>>> read_calibration(const std::filesystem::path& path,
                                                                              const plan::program::InputSpec& spec,
                                                                              std::size_t limit);

/// Inputs to check a compiled network with.
struct CheckInputs {
  std::vector<std::vector<double>> inputs;
  bool unseen = false;        ///< the compilation has not looked at them
  std::vector<int> labels{};  ///< what is right: the number of a score for each input; or none
};

/// Where check inputs come from.
struct CheckSource {
  std::filesystem::path inputs;  ///< as in read_calibration()
  /// An idx file of labels, or a text file with the number of the right score a line, for all inputs of the source in
  /// their order; or empty.
  std::filesystem::path labels{};
  /// Inputs of the source that read_calibration() with this limit gives are left out where enough others remain; 0:
  /// nothing of it was calibrated with.
  std::size_t calibrated = 0;
};

/// `count` inputs (at least 1) of a source at equal distances, all there are at most. Errors: those of
/// read_calibration(); kMismatch when there is not one label per input, or a line is no number.
[[nodiscard]] base::Result<CheckInputs> read_check_inputs(const CheckSource& source,
                                                          const plan::program::InputSpec& spec, std::size_t count);

}  // namespace obscura::compiler::compile
