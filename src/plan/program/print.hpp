#pragma once

#include <string>

#include "plan/program/program.hpp"

namespace obscura::plan::program {

/// The program as readable text, one instruction a line, stable for text-in/text-out tests.
[[nodiscard]] std::string print(const Program& program);

}  // namespace obscura::plan::program
