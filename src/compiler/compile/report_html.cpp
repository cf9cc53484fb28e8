#include "compiler/compile/report_html.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "compiler/compile/level_staircase.hpp"

namespace obscura::compiler::compile {
namespace {

constexpr double kMega = 1e6;

constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --page: #fff; --text: #1c2430; --soft: #5b6675; --line: #d9dee5; --card: #f4f6f9;
  --ink: #2f6fb5; --fill: #2f6fb533; --warn: #a8480f; }
@media (prefers-color-scheme: dark) { :root { --page: #14181f; --text: #e4e8ee; --soft: #97a2b2; --line: #303844;
  --card: #1d232c; --ink: #77b0ee; --fill: #77b0ee33; --warn: #f0a36b; } }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 68rem; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; margin: 2.5rem 0 .75rem; }
p { margin: .25rem 0; } .soft { color: var(--soft); } .warn { color: var(--warn); }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: .75rem; margin-top: 1.25rem; }
.card { background: var(--card); border-radius: .5rem; padding: .6rem .8rem; }
sup { line-height: 0; } .warn { margin-top: .75rem; }
.card b { display: block; font-size: 1.15rem; font-weight: 600; } .card span { color: var(--soft); font-size: .85rem; }
svg { width: 100%; height: auto; } .grid { stroke: var(--line); } .axis { fill: var(--soft); font-size: 12px; }
.tread { fill: var(--fill); } .riser { fill: none; stroke: var(--ink); stroke-width: 2; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .85rem; }
th, td { text-align: right; padding: .3rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap;
  font-variant-numeric: tabular-nums; }
th { color: var(--soft); font-weight: 500; } td.name, th.name { text-align: left; white-space: normal; overflow-wrap: anywhere; }
td.name { min-width: 8rem; } td.name small { display: block; color: var(--soft); }
.bars td { border: 0; padding: .12rem .6rem; } .bars td.bar { width: 60%; }
.bar div { background: var(--ink); height: .8rem; border-radius: 2px; min-width: 1px; }
@media (max-width: 40rem) { .bars td.bar { width: 35%; } }
)";

std::string card(const std::string& value, const std::string& what) {
  return fmt::format("<div class=\"card\"><b>{}</b><span>{}</span></div>\n", value, what);
}

std::string size_text(std::uint64_t bytes) {
  const double mega = static_cast<double>(bytes) / kMega;
  return fmt::format("{:.{}f} MB", mega, mega < 10 ? 2 : 0);
}

std::string totals(const Report& r) {
  std::string html = "<div class=\"cards\">\n";
  html += card(fmt::format("{:.1f} ms", r.latency_ms), "per request, one thread, predicted");
  if (r.images > 1) html += card(fmt::format("{}", r.images), "images per request");
  html += card(fmt::format("{} bits", r.security_bits), "security");
  html += card(fmt::format("2<sup>{}</sup>, {:.1f}", r.log_n, r.log_qp), "ring degree N, log2(QP)");
  html += card(fmt::format("{:.0f}", r.ntts), "number-theoretic transforms");
  html += card(size_text(r.memory_bytes), "memory of the worker");
  html += card(size_text(r.input_bytes), r.input_ciphertexts == 1
                                             ? std::string("request, 1 ciphertext")
                                             : fmt::format("request, {} ciphertexts", r.input_ciphertexts));
  html += card(size_text(r.sealed_bytes), "sealed model");
  html += card(size_text(r.evaluation_key_bytes), "evaluation keys");
  html += card(
      fmt::format("{:.3g}", r.score_error_sd),
      fmt::format("sd of a score's error; bound {:.3g}, scores up to {:.3g}", r.score_error_bound, r.score_maximum));
  html += card(fmt::format("{:.4f} %", 100 * r.flip_share),
               fmt::format("of {} calibration inputs might change label by noise", r.calibration_inputs));
  return html + "</div>\n";
}

std::string checked(const Report& report) {
  if (!report.check) return {};
  const Check& c = *report.check;
  std::string html = fmt::format(
      "<h2>Check</h2>\n<p class=\"soft\">{} {} inputs through the clear simulator, errors drawn from the noise "
      "model.</p>\n"
      "<div class=\"cards\">\n",
      c.inputs, c.unseen ? "unseen" : "calibration");
  if (c.labelled) {
    html += card(fmt::format("{:.2f} %", 100 * c.right),
                 fmt::format("have the right label; of the float network {:.2f} %", 100 * c.float_right));
  }
  html += card(fmt::format("{:.2f} %", 100 * c.agreement), "have the label of the float network");
  html += card(fmt::format("{:.2f} %", 100 * c.polynomial_flips), "change label by polynomials");
  html += card(fmt::format("{:.2f} %", 100 * c.noise_flips), "change label by noise");
  html += card(fmt::format("{:.2f} %", 100 * c.could_flip), "have a margin within the stated error");
  html += card(fmt::format("{:.3g}", c.polynomial_error), "rms score error by polynomials");
  html += card(fmt::format("{:.3g}", c.noise_sd),
               fmt::format("sd of a score's error by noise; {:.3g} predicted", c.predicted_noise_sd));
  html += "</div>\n";
  if (c.out_of_range == 0) return html;
  return html + fmt::format(
                    "<p class=\"warn\">{} inputs left the calibrated range of the activations {}: calibrate with more "
                    "inputs.</p>\n",
                    c.out_of_range, escape_html(fmt::format("{}", fmt::join(c.left, ", "))));
}

std::string time_bars(const Report& report) {
  double most = 1e-12;
  for (const StageReport& stage : report.stages) most = std::max(most, stage.milliseconds);
  std::string html = "<h2>Time</h2>\n<div class=\"wide\"><table class=\"bars\">\n";
  for (const StageReport& stage : report.stages) {
    html += fmt::format(
        "<tr><td class=\"name\">{}</td><td class=\"bar\"><div style=\"width:{:.1f}%\"></div></td><td>{:.2f} "
        "ms</td></tr>\n",
        escape_html(stage.name), 100 * stage.milliseconds / most, stage.milliseconds);
  }
  return html + "</table></div>\n";
}

std::string layers(const Report& report) {
  std::string html =
      "<h2>Layers</h2>\n<div class=\"wide\"><table>\n<tr><th class=\"name\">layer</th><th class=\"name\">operator</th>"
      "<th>level</th><th>scale, bits</th><th>diagonals</th><th>rotations</th><th>NTTs</th><th>ms</th>"
      "<th>share of error</th></tr>\n";
  for (const StageReport& s : report.stages) {
    const std::string packing = s.packing.empty() ? "" : fmt::format("<small>{}</small>", escape_html(s.packing));
    html += fmt::format(
        "<tr><td class=\"name\">{}{}</td><td class=\"name\">{}</td><td>{} &rarr; {}</td><td>{:.1f}</td><td>{}</td>"
        "<td>{}</td><td>{:.0f}</td><td>{:.2f}</td><td>{:.1f} %</td></tr>\n",
        escape_html(s.name), packing, escape_html(s.kind), s.level_in, s.level_out, s.scale_bits, s.diagonals,
        s.rotations, s.ntts, s.milliseconds, 100 * s.error_share);
  }
  return html + "</table></div>\n";
}

std::string activations(const Report& report) {
  if (report.activations.empty()) return {};
  std::string html =
      "<h2>Activations</h2>\n<div class=\"wide\"><table>\n<tr><th "
      "class=\"name\">activation</th><th>degree</th><th>depth</th>"
      "<th>calibrated input</th><th>rms error</th><th>largest error in range</th><th>bits lost</th></tr>\n";
  for (const passes::FittedActivation& a : report.activations) {
    html += fmt::format(
        "<tr><td class=\"name\">{}</td><td>{}</td><td>{}</td><td>{:.3g} to {:.3g}</td><td>{:.2g}</td><td>{:.2g}</td>"
        "<td>{:.1f}</td></tr>\n",
        escape_html(a.name), a.degree, a.depth, a.low, a.high, a.rms_error, a.max_error, a.bits_lost);
  }
  return html + "</table></div>\n";
}

std::string parameters(const Report& report) {
  return fmt::format(
      "<h2>Parameters</h2>\n<p>Primes of the chain, bits: {}</p>\n<p>Special primes, bits: {}</p>\n"
      "<p class=\"soft\">N = 2<sup>{}</sup>, log2(QP) = {:.1f}, {} bits of security.</p>\n",
      fmt::join(report.q_bits, " "), fmt::join(report.p_bits, " "), report.log_n, report.log_qp, report.security_bits);
}

std::string notes(const Report& report) {
  if (report.notes.empty()) return {};
  std::string html = "<h2>Notes</h2>\n<ul>\n";
  for (const std::string& note : report.notes) html += fmt::format("<li>{}</li>\n", escape_html(note));
  return html + "</ul>\n";
}

}  // namespace

std::string to_html(const Report& report, const std::string& title) {
  std::string html = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n"
      "<h1>{0}</h1>\n<p class=\"soft\">The program that obscura compile made of it, with predicted time, memory and "
      "error.</p>\n",
      escape_html(title), kStyle);
  html += totals(report) + checked(report);
  html += "<h2>Levels</h2>\n" + draw_level_staircase(report);
  html += time_bars(report) + layers(report) + activations(report) + parameters(report) + notes(report);
  return html + "</body>\n</html>\n";
}

}  // namespace obscura::compiler::compile
