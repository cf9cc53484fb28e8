#pragma once

#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "plan/program/program.hpp"

namespace obscura::deploy::client {

/// Reads one input as named on a command line (images::read_tensor) and brings it into the form that the network
/// was compiled for. Errors: those of read_tensor.
[[nodiscard]] base::Result<std::vector<float>> read_input(std::string_view input, const plan::program::InputSpec& spec);

}  // namespace obscura::deploy::client
