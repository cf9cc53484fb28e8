#include "compiler/graph/interpret.hpp"

#include <numeric>

#include "base/check.hpp"

namespace obscura::compiler::graph {
namespace {

using Values = std::vector<double>;

// Dot product of one kernel with the window of x whose first row and column are (top, left).
double convolve_at(const Conv& op, const Shape& in, const Values& x, std::int64_t out_channel, std::int64_t top,
                   std::int64_t left) {
  const auto& w = op.weights.shape.dims;
  const std::int64_t first_channel = out_channel / (w[0] / op.groups) * w[1];
  double sum = op.bias[out_channel];
  for (std::int64_t c = 0; c < w[1]; ++c) {
    for (std::int64_t i = 0; i < w[2]; ++i) {
      const std::int64_t row = top + i * op.dilations[0];
      if (row < 0 || row >= in.dims[1]) continue;
      for (std::int64_t j = 0; j < w[3]; ++j) {
        const std::int64_t col = left + j * op.dilations[1];
        if (col < 0 || col >= in.dims[2]) continue;
        sum += op.weights.values[((out_channel * w[1] + c) * w[2] + i) * w[3] + j] *
               x[((first_channel + c) * in.dims[1] + row) * in.dims[2] + col];
      }
    }
  }
  return sum;
}

double pool_at(const AveragePool& op, const Shape& in, const Values& x, std::int64_t channel, std::int64_t top,
               std::int64_t left) {
  double sum = 0.0;
  std::int64_t inside = 0;
  for (std::int64_t row = top; row < top + op.kernel[0]; ++row) {
    for (std::int64_t col = left; col < left + op.kernel[1]; ++col) {
      if (row < 0 || row >= in.dims[1] || col < 0 || col >= in.dims[2]) continue;
      sum += x[(channel * in.dims[1] + row) * in.dims[2] + col];
      ++inside;
    }
  }
  return sum / static_cast<double>(op.count_include_pad ? op.kernel[0] * op.kernel[1] : inside);
}

// Row-major position after mapping each coordinate of `element` in `from` to `place(d, coordinate)`.
template <class Place>
std::size_t moved(const Shape& from, std::size_t element, const std::vector<std::int64_t>& strides, Place place) {
  std::int64_t result = 0;
  auto rest = static_cast<std::int64_t>(element);
  for (std::size_t d = from.rank(); d-- > 0;) {
    result += place(d, rest % from.dims[d]) * strides[d];
    rest /= from.dims[d];
  }
  return static_cast<std::size_t>(result);
}

std::vector<std::int64_t> row_major_strides(const Shape& shape) {
  std::vector<std::int64_t> strides(shape.rank(), 1);
  for (std::size_t d = shape.rank(); d-- > 1;) strides[d - 1] = strides[d] * shape.dims[d];
  return strides;
}

struct Evaluate {
  const Graph& graph;
  const Node& node;
  const std::vector<Values>& values;

  [[nodiscard]] const Values& x(std::size_t i = 0) const { return values[node.operands[i].value()]; }
  [[nodiscard]] const Shape& in_shape() const { return graph.shape(node.operands[0]); }

  Values operator()(const Input&) const { return values[0]; }

  // Calls at(channel, top, left) for each window, in row-major order of the result.
  template <class At>
  [[nodiscard]] Values slide(const Extent2& strides, const Padding2& pads, At at) const {
    Values result;
    result.reserve(static_cast<std::size_t>(element_count(node.shape)));
    for (std::int64_t c = 0; c < node.shape.dims[0]; ++c) {
      for (std::int64_t i = 0; i < node.shape.dims[1]; ++i) {
        for (std::int64_t j = 0; j < node.shape.dims[2]; ++j) {
          result.push_back(at(c, i * strides[0] - pads[0], j * strides[1] - pads[1]));
        }
      }
    }
    return result;
  }

  Values operator()(const Conv& op) const {
    return slide(op.strides, op.pads, [&](std::int64_t c, std::int64_t top, std::int64_t left) {
      return convolve_at(op, in_shape(), x(), c, top, left);
    });
  }

  Values operator()(const AveragePool& op) const {
    return slide(op.strides, op.pads, [&](std::int64_t c, std::int64_t top, std::int64_t left) {
      return pool_at(op, in_shape(), x(), c, top, left);
    });
  }

  Values operator()(const Dense& op) const {
    Values result = op.bias;
    const std::span<const double> in = x();
    for (std::size_t o = 0; o < result.size(); ++o) {
      const std::span row = std::span(op.weights.values).subspan(o * in.size(), in.size());
      result[o] += std::inner_product(row.begin(), row.end(), in.begin(), 0.0);
    }
    return result;
  }

  Values operator()(const Pad& op) const {
    Values result(static_cast<std::size_t>(element_count(node.shape)), op.value);
    const auto strides = row_major_strides(node.shape);
    for (std::size_t e = 0; e < x().size(); ++e) {
      result[moved(in_shape(), e, strides, [&](std::size_t d, std::int64_t at) { return at + op.before[d]; })] = x()[e];
    }
    return result;
  }

  Values operator()(const Transpose& op) const {
    const auto in_strides = row_major_strides(in_shape());
    std::vector<std::int64_t> strides;
    for (const std::int64_t d : op.permutation) strides.push_back(in_strides[static_cast<std::size_t>(d)]);
    Values result(x().size());
    for (std::size_t e = 0; e < result.size(); ++e) {
      result[e] = x()[moved(node.shape, e, strides, [](std::size_t, std::int64_t at) { return at; })];
    }
    return result;
  }

  Values operator()(const Reshape&) const { return x(); }
  Values operator()(const Linear& op) const { return evaluate(op.matrix, x()); }

  template <class F>
  [[nodiscard]] Values each(F f) const {
    Values result(x().size());
    for (std::size_t e = 0; e < result.size(); ++e) result[e] = f(e);
    return result;
  }

  Values operator()(const Affine& op) const {
    return each([&](std::size_t e) {
      return coefficient_at(op.scale, node.shape, e) * x()[e] + coefficient_at(op.shift, node.shape, e);
    });
  }
  Values operator()(const Quadratic& op) const {
    return each([&](std::size_t e) {
      return (coefficient_at(op.a, node.shape, e) * x()[e] + coefficient_at(op.b, node.shape, e)) * x()[e] +
             coefficient_at(op.c, node.shape, e);
    });
  }
  Values operator()(const Square&) const {
    return each([&](std::size_t e) { return x()[e] * x()[e]; });
  }
  Values operator()(const Add&) const {
    return each([&](std::size_t e) { return x(0)[e] + x(1)[e]; });
  }
  Values operator()(const Multiply&) const {
    return each([&](std::size_t e) { return x(0)[e] * x(1)[e]; });
  }
};

}  // namespace

std::vector<Values> interpret_all(const Graph& graph, std::span<const double> input) {
  OBSCURA_CHECK(!graph.nodes.empty(), "graph is empty");
  OBSCURA_CHECK(static_cast<std::int64_t>(input.size()) == element_count(graph.nodes[0].shape),
                "input does not have the size of the graph's input");
  std::vector<Values> values;
  values.reserve(graph.nodes.size());
  values.emplace_back(input.begin(), input.end());
  for (std::size_t i = 1; i < graph.nodes.size(); ++i) {
    values.push_back(std::visit(Evaluate{graph, graph.nodes[i], values}, graph.nodes[i].op));
  }
  return values;
}

Values interpret(const Graph& graph, std::span<const double> input) {
  const auto values = interpret_all(graph, input);
  Values result;
  for (const ValueId output : graph.outputs) {
    const Values& value = values[output.value()];
    result.insert(result.end(), value.begin(), value.end());
  }
  return result;
}

}  // namespace obscura::compiler::graph
