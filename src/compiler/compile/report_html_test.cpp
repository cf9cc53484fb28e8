#include "compiler/compile/report_html.hpp"

#include <gtest/gtest.h>

#include "compiler/compile/level_staircase.hpp"

namespace obscura::compiler::compile {
namespace {

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

Report small_report() {
  Report report;
  report.stages.resize(2);
  report.stages[0] = {"conv<1>", "linear", "gather & fold", 4, 3, 2, 1, 24, 105, 2.5, 0.75};
  report.stages[1] = {"square", "square", "", 0, 0, 1, 0, 23, 25, 0.5, 0.25};
  report.notes = {"'a' and \"b\" are one matrix"};
  report.activations.push_back({"relu", 4, 2, 2, -1.5, 2.5, 0.125, 0.25, 3.0});
  report.log_n = 13;
  report.q_bits = {49, 29, 20};
  return report;
}

TEST(LevelStaircase, TreadsAndRisersAreAtTheirLevels) {
  const std::string svg = draw_level_staircase(small_report());
  // 900 wide from 44 on, 260 high from 14 on, for levels 0 to 2 and two stages.
  EXPECT_NE(svg.find("d=\"M44.0 14.0H494.0V144.0\""), std::string::npos) << svg;
  EXPECT_NE(svg.find("d=\"M494.0 144.0H944.0V274.0\""), std::string::npos) << svg;
}

TEST(ReportHtml, HasARowPerLayerAndActivation) {
  const std::string html = to_html(small_report(), "model.onnx");
  EXPECT_NE(html.find("<td>2 &rarr; 1</td>"), std::string::npos);
  EXPECT_NE(html.find("<td>1 &rarr; 0</td>"), std::string::npos);
  EXPECT_EQ(count_of(html, "&rarr;"), 2U);
  EXPECT_NE(html.find("<td>-1.5 to 2.5</td>"), std::string::npos);
  EXPECT_NE(html.find("width:100.0%"), std::string::npos) << "the slowest layer";
  EXPECT_NE(html.find("width:20.0%"), std::string::npos) << "a fifth of it";
  EXPECT_EQ(count_of(html, "<h2>Check</h2>"), 0U);
}

TEST(ReportHtml, ShowsACheckAndItsWarning) {
  Report report = small_report();
  report.check.emplace();
  report.check->agreement = 0.975;
  report.check->out_of_range = 3;
  report.check->left = {"relu"};
  const std::string html = to_html(report, "model.onnx");
  EXPECT_NE(html.find("<b>97.50 %</b>"), std::string::npos);
  EXPECT_NE(html.find("3 inputs left the calibrated range of the activations relu"), std::string::npos);
}

// Names come from the model's file.
TEST(ReportHtml, NamesAreEscapedAndNothingIsFetched) {
  const std::string html = to_html(small_report(), "<script>alert('x')</script>");
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_NE(html.find("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"), std::string::npos);
  EXPECT_NE(html.find("conv&lt;1&gt;"), std::string::npos);
  EXPECT_NE(html.find("gather &amp; fold"), std::string::npos);
  EXPECT_EQ(html.find("http"), std::string::npos);
  EXPECT_EQ(html.find("src="), std::string::npos);
}

}  // namespace
}  // namespace obscura::compiler::compile
