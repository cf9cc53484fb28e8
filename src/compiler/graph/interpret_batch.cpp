#include "compiler/graph/interpret_batch.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/check.hpp"
#include "compiler/graph/interpret.hpp"

namespace obscura::compiler::graph {
namespace {

constexpr std::size_t kLanes = Batch::kLanes;
using Lanes = std::array<double, kLanes>;

void fill(Lanes& sum, double value) {
  sum.fill(value);
}

void add_product(Lanes& sum, double weight, const double* x) {
  for (std::size_t l = 0; l < kLanes; ++l) sum[l] += weight * x[l];
}

void convolve(const Conv& op, const Shape& in, const Shape& out, const double* x, double* y) {
  const auto& w = op.weights.shape.dims;
  const auto tap_rows = [&](std::int64_t c, std::int64_t i) { return in.dims[1] * c + i; };
  for (std::int64_t o = 0; o < out.dims[0]; ++o) {
    const std::int64_t first_channel = o / (w[0] / op.groups) * w[1];
    for (std::int64_t row = 0; row < out.dims[1]; ++row) {
      for (std::int64_t column = 0; column < out.dims[2]; ++column, y += kLanes) {
        Lanes sum;
        fill(sum, op.bias[o]);
        const std::int64_t top = row * op.strides[0] - op.pads[0];
        const std::int64_t left = column * op.strides[1] - op.pads[1];
        const double* weight = op.weights.values.data() + o * w[1] * w[2] * w[3];
        for (std::int64_t c = 0; c < w[1]; ++c) {
          for (std::int64_t i = 0; i < w[2]; ++i, weight += w[3]) {
            const std::int64_t at_row = top + i * op.dilations[0];
            if (at_row < 0 || at_row >= in.dims[1]) continue;
            const double* line = x + tap_rows(first_channel + c, at_row) * in.dims[2] * std::int64_t{kLanes};
            for (std::int64_t j = 0; j < w[3]; ++j) {
              const std::int64_t at = left + j * op.dilations[1];
              if (at >= 0 && at < in.dims[2]) add_product(sum, weight[j], line + at * std::int64_t{kLanes});
            }
          }
        }
        std::copy(sum.begin(), sum.end(), y);
      }
    }
  }
}

// Sums in the order of std::inner_product with the bias added last, as interpret() has it.
void multiply(const Dense& op, std::size_t inputs, const double* x, double* y) {
  for (std::size_t o = 0; o < op.bias.size(); ++o, y += kLanes) {
    Lanes sum;
    fill(sum, 0.0);
    const double* weight = op.weights.values.data() + o * inputs;
    for (std::size_t i = 0; i < inputs; ++i) add_product(sum, weight[i], x + i * kLanes);
    for (std::size_t l = 0; l < kLanes; ++l) y[l] = op.bias[o] + sum[l];
  }
}

// Sums from the bias on in the order of the row's entries, as evaluate(SparseMatrix) has it.
void multiply(const SparseMatrix& matrix, const double* x, double* y) {
  for (std::size_t row = 0; row < matrix.rows; ++row, y += kLanes) {
    Lanes sum;
    fill(sum, matrix.bias[row]);
    for (std::size_t i = matrix.row_ptr[row]; i < matrix.row_ptr[row + 1]; ++i) {
      add_product(sum, matrix.value[i], x + matrix.col[i] * kLanes);
    }
    std::copy(sum.begin(), sum.end(), y);
  }
}

// y = f(element, x) and y = f(x0, x1) for every lane.
template <class F>
void each(std::size_t elements, const double* x, double* y, F f) {
  for (std::size_t e = 0; e < elements; ++e) {
    for (std::size_t l = 0; l < kLanes; ++l) y[e * kLanes + l] = f(e, x[e * kLanes + l]);
  }
}
template <class F>
void both(std::size_t elements, const double* a, const double* b, double* y, F f) {
  for (std::size_t i = 0; i < elements * kLanes; ++i) y[i] = f(a[i], b[i]);
}

// One block of a node's value. Operators without a batch form of their own return false.
struct EvaluateBlock {
  const Shape& in;
  const Shape& shape;
  std::span<const double* const> x;
  double* y;
  std::size_t elements;

  bool operator()(const Conv& op) const {
    convolve(op, in, shape, x[0], y);
    return true;
  }
  bool operator()(const Dense& op) const {
    multiply(op, static_cast<std::size_t>(element_count(in)), x[0], y);
    return true;
  }
  bool operator()(const Linear& op) const {
    multiply(op.matrix, x[0], y);
    return true;
  }
  bool operator()(const Reshape&) const {
    std::copy(x[0], x[0] + elements * kLanes, y);
    return true;
  }
  bool operator()(const Affine& op) const {
    const Coefficients scale = expand(op.scale, shape);
    const Coefficients shift = expand(op.shift, shape);
    each(elements, x[0], y, [&](std::size_t e, double v) { return scale[e] * v + shift[e]; });
    return true;
  }
  bool operator()(const Activation& op) const {
    const std::size_t run = elements / std::max<std::size_t>(op.slopes.size(), 1);
    each(elements, x[0], y, [&](std::size_t e, double v) { return apply(op, e / run, v); });
    return true;
  }
  bool operator()(const Square&) const {
    each(elements, x[0], y, [](std::size_t, double v) { return v * v; });
    return true;
  }
  bool operator()(const Bootstrap&) const {
    each(elements, x[0], y, [](std::size_t, double v) { return v; });
    return true;
  }
  bool operator()(const Add&) const {
    both(elements, x[0], x[1], y, [](double a, double b) { return a + b; });
    return true;
  }
  bool operator()(const Multiply&) const {
    both(elements, x[0], x[1], y, [](double a, double b) { return a * b; });
    return true;
  }
  template <class Other>
  bool operator()(const Other&) const {
    return false;
  }
};

// The node alone, as a network whose input is all its operands in a row.
Graph alone(const Graph& graph, const Node& node) {
  Graph result;
  std::int64_t elements = 0;
  for (const ValueId operand : node.operands) elements += element_count(graph.shape(operand));
  result.nodes.push_back({Input{Shape{{elements}}}, {}, Shape{{elements}}, "operands"});
  std::vector<ValueId> operands;
  std::int64_t from = 0;
  for (const ValueId operand : node.operands) {
    const Shape& shape = graph.shape(operand);
    Select part{shape, {}};
    for (std::int64_t e = 0; e < element_count(shape); ++e) part.source.push_back(from++);
    operands.emplace_back(result.nodes.size());
    result.nodes.push_back({std::move(part), {ValueId(0)}, shape, "operand"});
  }
  result.outputs = {ValueId(result.nodes.size())};
  result.nodes.push_back({node.op, std::move(operands), node.shape, node.name});
  return result;
}

void evaluate_singly(const Graph& graph, std::span<const Batch* const> operands, Batch& result) {
  for (std::size_t s = 0; s < result.samples(); ++s) {
    std::vector<double> input;
    for (const Batch* operand : operands) {
      for (std::size_t e = 0; e < operand->elements(); ++e) input.push_back(operand->at(e, s));
    }
    const std::vector<double> value = interpret(graph, input);
    const std::span<double> block = result.block(s / kLanes);
    for (std::size_t e = 0; e < value.size(); ++e) block[e * kLanes + s % kLanes] = value[e];
  }
}

}  // namespace

Batch::Batch(std::size_t elements, std::size_t samples)
    : elements_(elements), samples_(samples), values_(blocks() * elements * kLanes) {}

Batch::Batch(std::span<const std::vector<double>> inputs)
    : Batch(inputs.empty() ? 0 : inputs[0].size(), inputs.size()) {
  for (std::size_t s = 0; s < samples_; ++s) {
    OBSCURA_CHECK(inputs[s].size() == elements_, "inputs differ in size");
    const std::span<double> to = block(s / kLanes);
    for (std::size_t e = 0; e < elements_; ++e) to[e * kLanes + s % kLanes] = inputs[s][e];
  }
}

std::size_t Batch::lanes(std::size_t block) const {
  return std::min(kLanes, samples_ - block * kLanes);
}

std::span<const double> Batch::block(std::size_t index) const {
  return std::span(values_).subspan(index * elements_ * kLanes, elements_ * kLanes);
}

std::span<double> Batch::block(std::size_t index) {
  return std::span(values_).subspan(index * elements_ * kLanes, elements_ * kLanes);
}

std::vector<double> Batch::sample(std::size_t index) const {
  std::vector<double> result(elements_);
  for (std::size_t e = 0; e < elements_; ++e) result[e] = at(e, index);
  return result;
}

Batch evaluate_batch(const Graph& graph, ValueId id, std::span<const Batch* const> operands) {
  const Node& node = graph.node(id);
  OBSCURA_CHECK(!operands.empty() && operands.size() == node.operands.size(), "operands do not fit the node");
  Batch result(static_cast<std::size_t>(element_count(node.shape)), operands[0]->samples());
  const Shape& in = graph.shape(node.operands[0]);
  std::vector<const double*> x(operands.size());
  for (std::size_t b = 0; b < result.blocks(); ++b) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = operands[i]->block(b).data();
    const EvaluateBlock evaluate{in, node.shape, x, result.block(b).data(), result.elements()};
    if (std::visit(evaluate, node.op)) continue;
    evaluate_singly(alone(graph, node), operands, result);
    break;
  }
  return result;
}

Batch interpret_batch(const Graph& graph, std::span<const std::vector<double>> inputs) {
  OBSCURA_CHECK(!graph.nodes.empty(), "graph is empty");
  std::vector<std::size_t> uses = count_uses(graph);
  std::vector<std::optional<Batch>> values(graph.nodes.size());
  values[0] = Batch(inputs);
  OBSCURA_CHECK(inputs.empty() || static_cast<std::int64_t>(inputs[0].size()) == element_count(graph.nodes[0].shape),
                "inputs do not have the size of the graph's input");
  for (std::size_t i = 1; i < graph.nodes.size(); ++i) {
    std::vector<const Batch*> operands;
    for (const ValueId operand : graph.nodes[i].operands) operands.push_back(&*values[operand.value()]);
    values[i] = evaluate_batch(graph, ValueId(i), operands);
    for (const ValueId operand : graph.nodes[i].operands) {
      if (--uses[operand.value()] == 0) values[operand.value()].reset();
    }
  }
  std::size_t elements = 0;
  for (const ValueId output : graph.outputs) elements += values[output.value()]->elements();
  Batch result(elements, inputs.size());
  for (std::size_t b = 0; b < result.blocks(); ++b) {
    auto to = result.block(b).begin();
    for (const ValueId output : graph.outputs) {
      const auto from = std::as_const(*values[output.value()]).block(b);
      to = std::copy(from.begin(), from.end(), to);
    }
  }
  return result;
}

}  // namespace obscura::compiler::graph
