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
  bool unseen = false;  ///< read_calibration() gives none of them
};

/// `count` inputs (at least 1) from the same place, spread over those that read_calibration() with the limit leaves out
/// where there are so many; otherwise over all there are, `count` at most. Errors as there.
[[nodiscard]] base::Result<CheckInputs> read_check_inputs(const std::filesystem::path& path,
                                                          const plan::program::InputSpec& spec, std::size_t limit,
                                                          std::size_t count);

}  // namespace obscura::compiler::compile
