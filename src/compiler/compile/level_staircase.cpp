#include "compiler/compile/level_staircase.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace obscura::compiler::compile {
namespace {

constexpr double kLeft = 44;
constexpr double kTop = 14;
constexpr double kWidth = 900;
constexpr double kHeight = 260;
constexpr double kLabelRoom = 5;  ///< per character, of a label that stands aslant
constexpr std::size_t kMostLabels = 40;
constexpr std::size_t kLabelLength = 18;

/// From levels and stages to the drawing.
struct Scale {
  double step = 0;
  double top_level = 1;
  [[nodiscard]] double x(std::size_t stage) const { return kLeft + step * static_cast<double>(stage); }
  [[nodiscard]] double y(int level) const { return kTop + kHeight * (1 - level / top_level); }
};

std::string draw_grid(const Scale& scale, int top) {
  std::string svg;
  const int every = std::max(1, (top + 7) / 8);
  for (int level = 0; level <= top; level += every) {
    svg += fmt::format("<line class=\"grid\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>", kLeft,
                       scale.y(level), kLeft + kWidth, scale.y(level));
    svg += fmt::format("<text class=\"axis\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", kLeft - 8,
                       scale.y(level) + 4, level);
  }
  return svg;
}

std::string draw_stage(const Scale& scale, std::size_t i, const StageReport& stage) {
  const double x = scale.x(i);
  const double end = scale.x(i + 1);
  const double in = scale.y(stage.level_in);
  const double out = scale.y(stage.level_out);
  std::string svg = fmt::format("<g><title>{} ({}): level {} to {}</title>", escape_html(stage.name),
                                escape_html(stage.kind), stage.level_in, stage.level_out);
  svg += fmt::format("<rect class=\"tread\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>", x, in,
                     end - x, kTop + kHeight - in);
  svg += fmt::format("<path class=\"riser\" d=\"M{:.1f} {:.1f}H{:.1f}V{:.1f}\"/></g>\n", x, in, end, out);
  return svg;
}

std::string shortened(const std::string& name) {
  return name.size() > kLabelLength ? name.substr(0, kLabelLength - 2) + ".." : name;
}

std::size_t longest_label(const Report& report) {
  std::size_t longest = 0;
  for (const StageReport& stage : report.stages) longest = std::max(longest, shortened(stage.name).size());
  return longest;
}

std::string draw_label(const Scale& scale, std::size_t i, const std::string& name) {
  const std::string shown = shortened(name);
  const double x = scale.x(i) + scale.step / 2 + 3;
  const double y = kTop + kHeight + 12;
  return fmt::format(
      "<text class=\"axis\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\" transform=\"rotate(-45 {:.1f} "
      "{:.1f})\">{}</text>\n",
      x, y, x, y, escape_html(shown));
}

}  // namespace

std::string escape_html(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string draw_level_staircase(const Report& report) {
  int top = 1;
  for (const StageReport& stage : report.stages) top = std::max({top, stage.level_in, stage.level_out});
  const std::size_t count = report.stages.size();
  const Scale scale{kWidth / static_cast<double>(std::max<std::size_t>(count, 1)), static_cast<double>(top)};
  const bool is_labelled = count <= kMostLabels;
  double height = kTop + kHeight + 2 * kTop;
  if (is_labelled) height += kLabelRoom * static_cast<double>(longest_label(report));
  std::string svg =
      fmt::format("<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"level before and after each layer\">\n",
                  kLeft + kWidth + 10, height);
  svg += draw_grid(scale, top);
  for (std::size_t i = 0; i < count; ++i) svg += draw_stage(scale, i, report.stages[i]);
  for (std::size_t i = 0; is_labelled && i < count; ++i) svg += draw_label(scale, i, report.stages[i].name);
  return svg + "</svg>\n";
}

}  // namespace obscura::compiler::compile
