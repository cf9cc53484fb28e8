#include "compiler/graph/interpret.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/check.hpp"
#include "compiler/graph/element_order.hpp"

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

double transposed_at(const ConvTranspose& op, const Shape& in, const Values& x, std::int64_t out_channel,
                     std::int64_t row, std::int64_t col) {
  const auto& w = op.weights.shape.dims;
  const std::int64_t inputs = w[0] / op.groups;
  const std::int64_t first_channel = out_channel / w[1] * inputs;
  double sum = op.bias[out_channel];
  for (std::int64_t c = first_channel; c < first_channel + inputs; ++c) {
    for (std::int64_t i = 0; i < w[2]; ++i) {
      const std::int64_t down = row + op.pads[0] - i * op.dilations[0];
      if (down < 0 || down % op.strides[0] != 0 || down / op.strides[0] >= in.dims[1]) continue;
      for (std::int64_t j = 0; j < w[3]; ++j) {
        const std::int64_t right = col + op.pads[1] - j * op.dilations[1];
        if (right < 0 || right % op.strides[1] != 0 || right / op.strides[1] >= in.dims[2]) continue;
        sum += op.weights.values[((c * w[1] + out_channel % w[1]) * w[2] + i) * w[3] + j] *
               x[(c * in.dims[1] + down / op.strides[0]) * in.dims[2] + right / op.strides[1]];
      }
    }
  }
  return sum;
}

double largest_at(const MaxPool& op, const Shape& in, const Values& x, std::int64_t channel, std::int64_t top,
                  std::int64_t left) {
  double largest = -std::numeric_limits<double>::infinity();
  for (std::int64_t i = 0; i < op.kernel[0]; ++i) {
    for (std::int64_t j = 0; j < op.kernel[1]; ++j) {
      const std::int64_t row = top + i * op.dilations[0];
      const std::int64_t col = left + j * op.dilations[1];
      if (row < 0 || row >= in.dims[1] || col < 0 || col >= in.dims[2]) continue;
      largest = std::max(largest, x[(channel * in.dims[1] + row) * in.dims[2] + col]);
    }
  }
  return largest;
}

// Softmax of `n` numbers that lie `step` apart, in place. Subtracting the largest keeps them finite.
void soften(double* x, std::int64_t n, std::int64_t step, bool log) {
  double largest = x[0];
  for (std::int64_t i = 1; i < n; ++i) largest = std::max(largest, x[i * step]);
  double sum = 0.0;
  for (std::int64_t i = 0; i < n; ++i) sum += std::exp(x[i * step] - largest);
  for (std::int64_t i = 0; i < n; ++i) {
    const double shifted = x[i * step] - largest;
    x[i * step] = log ? shifted - std::log(sum) : std::exp(shifted) / sum;
  }
}

double index_of_largest(const double* x, std::int64_t n, std::int64_t step, bool last) {
  std::int64_t best = 0;
  for (std::int64_t i = 1; i < n; ++i) {
    if (x[i * step] > x[best * step] || (last && x[i * step] == x[best * step])) best = i;
  }
  return static_cast<double>(best);
}

// Calls at(first element) for each line along a dimension, in row-major order.
template <class At>
void for_each_line(const AxisRun& run, At at) {
  for (std::int64_t o = 0; o < run.outer; ++o) {
    for (std::int64_t i = 0; i < run.inner; ++i) at(o * run.length * run.inner + i);
  }
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

  Values operator()(const MaxPool& op) const {
    return slide(op.strides, op.pads, [&](std::int64_t c, std::int64_t top, std::int64_t left) {
      return largest_at(op, in_shape(), x(), c, top, left);
    });
  }

  Values operator()(const ConvTranspose& op) const {
    return slide({1, 1}, {0, 0, 0, 0}, [&](std::int64_t c, std::int64_t row, std::int64_t col) {
      return transposed_at(op, in_shape(), x(), c, row, col);
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

  Values operator()(const Concat& op) const {
    Values result;
    const std::int64_t outer = axis_run(node.shape, op.axis).outer;
    for (std::int64_t o = 0; o < outer; ++o) {
      for (std::size_t i = 0; i < node.operands.size(); ++i) {
        const auto run = static_cast<std::ptrdiff_t>(x(i).size()) / outer;
        result.insert(result.end(), x(i).begin() + o * run, x(i).begin() + (o + 1) * run);
      }
    }
    return result;
  }

  Values operator()(const Select& op) const {
    Values result;
    for (const std::int64_t from : op.source) {
      result.push_back(from == Select::kNone ? 0.0 : x()[static_cast<std::size_t>(from)]);
    }
    return result;
  }

  Values operator()(const Reduce& op) const {
    Values result(static_cast<std::size_t>(element_count(node.shape)), 0.0);
    auto strides = row_major_strides(node.shape);
    for (const std::size_t axis : op.axes) strides[axis] = 0;
    for (std::size_t e = 0; e < x().size(); ++e) {
      result[moved(in_shape(), e, strides, [](std::size_t, std::int64_t at) { return at; })] += x()[e];
    }
    const double count = op.mean ? static_cast<double>(x().size() / result.size()) : 1.0;
    for (double& sum : result) sum /= count;
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
  Values operator()(const Polynomial& op) const {
    return each([&](std::size_t e) {
      double sum = 0.0;
      for (std::size_t i = op.coefficients.size(); i-- > 0;) {
        sum = sum * x()[e] + coefficient_at(op.coefficients[i], node.shape, e);
      }
      return sum;
    });
  }
  Values operator()(const Activation& op) const {
    const std::size_t run = x().size() / std::max<std::size_t>(op.slopes.size(), 1);
    return each([&](std::size_t e) { return apply(op, e / run, x()[e]); });
  }
  Values operator()(const Softmax& op) const {
    Values result = x();
    const AxisRun run = axis_run(node.shape, op.axis);
    for_each_line(run, [&](std::int64_t start) {
      soften(&result[static_cast<std::size_t>(start)], run.length, run.inner, op.log);
    });
    return result;
  }
  Values operator()(const ArgMax& op) const {
    Values result;
    const AxisRun run = axis_run(in_shape(), op.axis);
    for_each_line(run, [&](std::int64_t start) {
      result.push_back(index_of_largest(&x()[static_cast<std::size_t>(start)], run.length, run.inner, op.last));
    });
    return result;
  }
  Values operator()(const Square&) const {
    return each([&](std::size_t e) { return x()[e] * x()[e]; });
  }
  Values operator()(const Bootstrap&) const { return x(); }
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
