#include "compiler/fit/activation_circuit.hpp"

#include <algorithm>
#include <vector>

#include "base/check.hpp"
#include "compiler/fit/fit_channel.hpp"
#include "compiler/fit/paterson_stockmeyer.hpp"
#include "compiler/fit/product_form.hpp"

namespace obscura::compiler::fit {
namespace {

using graph::Coefficients;
using graph::ValueId;

// alpha to_unit(x) + beta as scale x + shift.
void add_front(graph::Affine& front, const Interval& range, double alpha, double beta) {
  const double scale = alpha / range.half_width();
  front.scale.push_back(scale);
  front.shift.push_back(beta - scale * range.centre());
}

struct Ends {
  ValueId front;
  ValueId back;  ///< before the Affine at the end
  ValueId value;
};

base::Result<Ends> append_square(graph::Graph& graph, ValueId x, std::span<const ChannelPolynomial> channels,
                                 const std::string& name) {
  graph::Affine front;
  graph::Affine back;
  for (const ChannelPolynomial& channel : channels) {
    const SquareForm form = square_form(channel.series);
    add_front(front, channel.range, form.alpha, form.beta);
    back.scale.push_back(form.scale);
    back.shift.push_back(form.shift);
  }
  OBSCURA_TRY(const ValueId u, graph::append(graph, std::move(front), {x}, name));
  OBSCURA_TRY(const ValueId square, graph::append(graph, graph::Square{}, {u}, name));
  OBSCURA_TRY(const ValueId value, graph::append(graph, std::move(back), {square}, name));
  return Ends{u, square, value};
}

base::Result<Ends> append_quartic(graph::Graph& graph, ValueId x, std::span<const ChannelPolynomial> channels,
                                  const std::string& name) {
  graph::Affine front;
  graph::Affine first{{1.0}, {}};
  graph::Affine second{{1.0}, {}};
  graph::Affine back;
  for (const ChannelPolynomial& channel : channels) {
    const QuarticForm form = quartic_form(channel.series);
    add_front(front, channel.range, form.alpha, form.beta);
    first.shift.push_back(form.a);
    second.shift.push_back(form.b);
    back.scale.push_back(form.scale);
    back.shift.push_back(form.shift);
  }
  OBSCURA_TRY(const ValueId u, graph::append(graph, std::move(front), {x}, name));
  OBSCURA_TRY(const ValueId square, graph::append(graph, graph::Square{}, {u}, name));
  OBSCURA_TRY(const ValueId y, graph::append(graph, std::move(first), {square}, name));
  OBSCURA_TRY(const ValueId sum, graph::append(graph, graph::Add{}, {y, u}, name));
  OBSCURA_TRY(const ValueId w, graph::append(graph, std::move(second), {sum}, name));
  OBSCURA_TRY(const ValueId product, graph::append(graph, graph::Multiply{}, {y, w}, name));
  OBSCURA_TRY(const ValueId value, graph::append(graph, std::move(back), {product}, name));
  return Ends{u, product, value};
}

base::Result<Ends> append_series(graph::Graph& graph, ValueId x, std::span<const ChannelPolynomial> channels,
                                 const std::string& name) {
  graph::Affine front;
  std::vector<Coefficients> series(channels[0].series.size());
  for (const ChannelPolynomial& channel : channels) {
    add_front(front, channel.range, 1.0, 0.0);
    for (std::size_t k = 0; k < series.size(); ++k) series[k].push_back(channel.series[k]);
  }
  OBSCURA_TRY(const ValueId t, graph::append(graph, std::move(front), {x}, name));
  OBSCURA_TRY(const ValueId value, append_chebyshev(graph, t, std::move(series), Parity::kAny, name));
  return Ends{t, value, value};
}

bool uses_level(const graph::Op& op) {
  if (const auto* affine = std::get_if<graph::Affine>(&op)) return !graph::only_shifts(*affine);
  return std::holds_alternative<graph::Square>(op) || std::holds_alternative<graph::Multiply>(op) ||
         (graph::is_linear(op) && !std::holds_alternative<graph::Reshape>(op));
}

bool is_product(const graph::Node& node) {
  return std::holds_alternative<graph::Square>(node.op) || std::holds_alternative<graph::Multiply>(node.op);
}

}  // namespace

int depth_between(const graph::Graph& graph, ValueId from, ValueId to) {
  constexpr int kApart = -1;
  std::vector<int> depth(to.value() + 1, kApart);
  depth[from.value()] = 0;
  for (std::size_t i = from.value() + 1; i < depth.size(); ++i) {
    for (const ValueId operand : graph.nodes[i].operands) {
      const int before = depth[operand.value()];
      if (before != kApart) depth[i] = std::max(depth[i], before + (uses_level(graph.nodes[i].op) ? 1 : 0));
    }
  }
  OBSCURA_CHECK(depth.back() != kApart, "no way leads from one node to the other");
  return depth.back();
}

base::Result<ActivationCircuit> expand(graph::Graph& graph, ValueId x, std::span<const ChannelPolynomial> channels,
                                       const std::string& name) {
  const auto count = static_cast<std::int64_t>(channels.size());
  OBSCURA_CHECK(count == graph::channel_count(graph.shape(x)) || count == graph::element_count(graph.shape(x)),
                "there is not one polynomial per channel");
  const std::size_t terms = channels[0].series.size();
  OBSCURA_CHECK(terms >= 3, "the degree is below 2");
  for (const ChannelPolynomial& channel : channels) OBSCURA_CHECK(channel.series.size() == terms, "degrees differ");
  const auto first = static_cast<std::ptrdiff_t>(graph.nodes.size());
  const auto append = terms == 3 ? append_square : terms == 5 ? append_quartic : append_series;
  OBSCURA_TRY(const Ends ends, append(graph, x, channels, name));
  ActivationCircuit circuit{ends.value, depth_between(graph, ends.front, ends.back)};
  circuit.products = static_cast<int>(std::count_if(graph.nodes.begin() + first, graph.nodes.end(), is_product));
  for (const ChannelPolynomial& channel : channels) {
    circuit.bits_lost = std::max(circuit.bits_lost, bits_lost(channel.series));
  }
  return circuit;
}

}  // namespace obscura::compiler::fit
