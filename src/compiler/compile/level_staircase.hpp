#pragma once

#include <string>

#include "compiler/compile/report.hpp"

namespace obscura::compiler::compile {

/// An SVG of the levels over the stages of a program, in its order: per stage a tread at the level it works at and a
/// riser to the level of its result. Coloured by the classes `tread`, `riser`, `grid` and `axis` of the page.
[[nodiscard]] std::string draw_level_staircase(const Report& report);

/// Text for HTML: & < > " ' as entities.
[[nodiscard]] std::string escape_html(const std::string& text);

}  // namespace obscura::compiler::compile
