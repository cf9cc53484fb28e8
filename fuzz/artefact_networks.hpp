#pragma once

#include <vector>

#include "fuzz/artefacts.hpp"

namespace obscura::fuzz {

/// ONNX files: a small network, and one with an operator of each family that takes sizes from the file.
[[nodiscard]] std::vector<Artefact> networks();

}  // namespace obscura::fuzz
