#pragma once

#include <string>

#include "plan/program/program.hpp"

namespace obscura::plan::program {

/// The program as readable text, one instruction a line (a linear transform adds one line per giant step),
/// stable for text-in/text-out tests. Input packing and costs are left out: tables too long to read.
[[nodiscard]] std::string print(const Program& program);

/// "2^26*q3^-1": the exact exponents.
[[nodiscard]] std::string print(const Scale& scale);

/// "rotate 3 level 2", as in the program's text.
[[nodiscard]] std::string print(const KeyNeed& key);

}  // namespace obscura::plan::program
