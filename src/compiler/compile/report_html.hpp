#pragma once

#include <string>

#include "compiler/compile/report.hpp"

namespace obscura::compiler::compile {

/// The report as one HTML page that needs nothing beside it: totals, the levels over the layers and the time of each
/// drawn, tables of layers and activations, parameters and notes; light or dark as the reader's system is. `title` and
/// all names are escaped.
[[nodiscard]] std::string to_html(const Report& report, const std::string& title);

}  // namespace obscura::compiler::compile
