#include "compiler/graph/linear_rows.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.hpp"
#include "compiler/graph/element_order.hpp"

namespace obscura::compiler::graph {
namespace {

// Grows a matrix row by row; entries of a row arrive in ascending columns.
class RowWriter {
 public:
  RowWriter(std::int64_t rows, std::int64_t cols) {
    matrix_.rows = static_cast<std::size_t>(rows);
    matrix_.cols = static_cast<std::size_t>(cols);
    matrix_.row_ptr.reserve(matrix_.rows + 1);
    matrix_.row_ptr.push_back(0);
    matrix_.bias.reserve(matrix_.rows);
  }

  void entry(std::int64_t col, double value) {
    matrix_.col.push_back(static_cast<std::uint32_t>(col));
    matrix_.value.push_back(value);
  }

  void end_row(double bias) {
    matrix_.bias.push_back(bias);
    matrix_.row_ptr.push_back(matrix_.col.size());
  }

  [[nodiscard]] SparseMatrix finish() {
    OBSCURA_CHECK(matrix_.bias.size() == matrix_.rows, "rows are missing");
    return std::move(matrix_);
  }

 private:
  SparseMatrix matrix_;
};

void conv_row(const Conv& op, const Shape& in, std::int64_t out_channel, std::int64_t top, std::int64_t left,
              RowWriter& writer) {
  const auto& w = op.weights.shape.dims;
  const std::int64_t first_channel = out_channel / (w[0] / op.groups) * w[1];
  for (std::int64_t c = 0; c < w[1]; ++c) {
    for (std::int64_t i = 0; i < w[2]; ++i) {
      const std::int64_t row = top + i * op.dilations[0];
      if (row < 0 || row >= in.dims[1]) continue;
      for (std::int64_t j = 0; j < w[3]; ++j) {
        const std::int64_t col = left + j * op.dilations[1];
        if (col < 0 || col >= in.dims[2]) continue;
        writer.entry(((first_channel + c) * in.dims[1] + row) * in.dims[2] + col,
                     op.weights.values[((out_channel * w[1] + c) * w[2] + i) * w[3] + j]);
      }
    }
  }
  writer.end_row(op.bias[out_channel]);
}

void pool_row(const AveragePool& op, const Shape& in, std::int64_t channel, std::int64_t top, std::int64_t left,
              RowWriter& writer) {
  const std::int64_t row_end = std::min(top + op.kernel[0], in.dims[1]);
  const std::int64_t col_end = std::min(left + op.kernel[1], in.dims[2]);
  const std::int64_t row_begin = std::max<std::int64_t>(top, 0);
  const std::int64_t col_begin = std::max<std::int64_t>(left, 0);
  const std::int64_t count =
      op.count_include_pad ? op.kernel[0] * op.kernel[1] : (row_end - row_begin) * (col_end - col_begin);
  for (std::int64_t row = row_begin; row < row_end; ++row) {
    for (std::int64_t col = col_begin; col < col_end; ++col) {
      writer.entry((channel * in.dims[1] + row) * in.dims[2] + col, 1.0 / static_cast<double>(count));
    }
  }
  writer.end_row(0.0);
}

// Kernel positions are walked backwards, so that columns ascend.
void transposed_row(const ConvTranspose& op, const Shape& in, std::int64_t out_channel, std::int64_t row,
                    std::int64_t col, RowWriter& writer) {
  const auto& w = op.weights.shape.dims;
  const std::int64_t inputs = w[0] / op.groups;
  const std::int64_t first_channel = out_channel / w[1] * inputs;
  for (std::int64_t c = first_channel; c < first_channel + inputs; ++c) {
    for (std::int64_t i = w[2]; i-- > 0;) {
      const std::int64_t down = row + op.pads[0] - i * op.dilations[0];
      if (down < 0 || down % op.strides[0] != 0 || down / op.strides[0] >= in.dims[1]) continue;
      for (std::int64_t j = w[3]; j-- > 0;) {
        const std::int64_t right = col + op.pads[1] - j * op.dilations[1];
        if (right < 0 || right % op.strides[1] != 0 || right / op.strides[1] >= in.dims[2]) continue;
        writer.entry((c * in.dims[1] + down / op.strides[0]) * in.dims[2] + right / op.strides[1],
                     op.weights.values[((c * w[1] + out_channel % w[1]) * w[2] + i) * w[3] + j]);
      }
    }
  }
  writer.end_row(op.bias[out_channel]);
}

struct Rows {
  const Shape& in;
  const Shape& out;
  std::int64_t offset;  ///< of the operand, for Concat

  [[nodiscard]] RowWriter writer() const { return {element_count(out), element_count(in)}; }

  template <class Row>
  [[nodiscard]] SparseMatrix slide(const Extent2& strides, const Padding2& pads, Row row) const {
    RowWriter rows = writer();
    for (std::int64_t c = 0; c < out.dims[0]; ++c) {
      for (std::int64_t i = 0; i < out.dims[1]; ++i) {
        for (std::int64_t j = 0; j < out.dims[2]; ++j) {
          row(c, i * strides[0] - pads[0], j * strides[1] - pads[1], rows);
        }
      }
    }
    return rows.finish();
  }

  SparseMatrix operator()(const Conv& op) const {
    return slide(op.strides, op.pads, [&](std::int64_t c, std::int64_t top, std::int64_t left, RowWriter& rows) {
      conv_row(op, in, c, top, left, rows);
    });
  }

  SparseMatrix operator()(const AveragePool& op) const {
    return slide(op.strides, op.pads, [&](std::int64_t c, std::int64_t top, std::int64_t left, RowWriter& rows) {
      pool_row(op, in, c, top, left, rows);
    });
  }

  SparseMatrix operator()(const ConvTranspose& op) const {
    return slide({1, 1}, {0, 0, 0, 0}, [&](std::int64_t c, std::int64_t row, std::int64_t col, RowWriter& rows) {
      transposed_row(op, in, c, row, col, rows);
    });
  }

  SparseMatrix operator()(const Dense& op) const {
    RowWriter rows = writer();
    const std::int64_t inputs = element_count(in);
    for (std::int64_t o = 0; o < element_count(out); ++o) {
      for (std::int64_t i = 0; i < inputs; ++i) rows.entry(i, op.weights.values[o * inputs + i]);
      rows.end_row(op.bias[o]);
    }
    return rows.finish();
  }

  SparseMatrix operator()(const Pad& op) const {
    RowWriter rows = writer();
    for (std::int64_t e = 0; e < element_count(out); ++e) {
      auto at = coordinates(out, e);
      for (std::size_t d = 0; d < at.size(); ++d) at[d] -= op.before[d];
      const std::int64_t from = position(in, at);
      if (from >= 0) rows.entry(from, 1.0);
      rows.end_row(from >= 0 ? 0.0 : op.value);
    }
    return rows.finish();
  }

  SparseMatrix operator()(const Transpose& op) const {
    RowWriter rows = writer();
    for (std::int64_t e = 0; e < element_count(out); ++e) {
      const auto at = coordinates(out, e);
      std::vector<std::int64_t> from(at.size());
      for (std::size_t d = 0; d < at.size(); ++d) from[static_cast<std::size_t>(op.permutation[d])] = at[d];
      rows.entry(position(in, from), 1.0);
      rows.end_row(0.0);
    }
    return rows.finish();
  }

  SparseMatrix operator()(const Select& op) const {
    RowWriter rows = writer();
    for (const std::int64_t from : op.source) {
      if (from != Select::kNone) rows.entry(from, 1.0);
      rows.end_row(0.0);
    }
    return rows.finish();
  }

  SparseMatrix operator()(const Reduce& op) const {
    std::vector<std::vector<std::int64_t>> columns(static_cast<std::size_t>(element_count(out)));
    for (std::int64_t e = 0; e < element_count(in); ++e) {
      auto at = coordinates(in, e);
      for (const std::size_t axis : op.axes) at[axis] = 0;
      columns[static_cast<std::size_t>(position(out, at))].push_back(e);
    }
    RowWriter rows = writer();
    for (const auto& row : columns) {
      for (const std::int64_t col : row) rows.entry(col, op.mean ? 1.0 / static_cast<double>(row.size()) : 1.0);
      rows.end_row(0.0);
    }
    return rows.finish();
  }

  // The operand's elements begin at `offset` along the dimension.
  SparseMatrix operator()(const Concat& op) const {
    RowWriter rows = writer();
    for (std::int64_t e = 0; e < element_count(out); ++e) {
      auto at = coordinates(out, e);
      at[op.axis] -= offset;
      if (const std::int64_t from = position(in, at); from >= 0) rows.entry(from, 1.0);
      rows.end_row(0.0);
    }
    return rows.finish();
  }

  SparseMatrix operator()(const Add&) const { return identity_matrix(static_cast<std::size_t>(element_count(in))); }

  SparseMatrix operator()(const Reshape&) const { return identity_matrix(static_cast<std::size_t>(element_count(in))); }

  SparseMatrix operator()(const Affine& op) const {
    SparseMatrix result = identity_matrix(static_cast<std::size_t>(element_count(in)));
    result.value = expand(op.scale, in);
    result.bias = expand(op.shift, in);
    return result;
  }

  SparseMatrix operator()(const Linear& op) const { return op.matrix; }

  template <class NotLinear>
  SparseMatrix operator()(const NotLinear&) const {
    OBSCURA_CHECK(false, "operator is not linear");
    return {};
  }
};

// An upper bound on the entries, so that a matrix too large is refused before it takes memory.
double most_entries(const Node& node, const Shape& in) {
  const auto rows = static_cast<double>(element_count(node.shape));
  if (std::holds_alternative<Dense>(node.op)) return rows * static_cast<double>(element_count(in));
  if (const auto* pool = std::get_if<AveragePool>(&node.op)) {
    return rows * static_cast<double>(pool->kernel[0] * pool->kernel[1]);
  }
  if (const auto* conv = std::get_if<Conv>(&node.op)) {
    return rows * static_cast<double>(element_count(conv->weights.shape) / conv->weights.shape.dims[0]);
  }
  if (const auto* conv = std::get_if<ConvTranspose>(&node.op)) {
    return rows * static_cast<double>(element_count(conv->weights.shape) / conv->weights.shape.dims[1]);
  }
  return std::max(rows, static_cast<double>(element_count(in)));
}

// Where the operand begins along the dimension of a Concat.
std::int64_t offset_of(const Graph& graph, const Node& node, std::size_t operand) {
  std::int64_t offset = 0;
  if (const auto* concat = std::get_if<Concat>(&node.op)) {
    for (std::size_t i = 0; i < operand; ++i) offset += graph.shape(node.operands[i]).dims[concat->axis];
  }
  return offset;
}

}  // namespace

base::Result<SparseMatrix> as_sparse_matrix(const Graph& graph, ValueId id, std::size_t operand) {
  const Node& node = graph.node(id);
  if (!is_linear(node.op) && !is_join(node.op)) {
    return base::fail(base::ErrorCode::kUnsupported,
                      fmt::format("{} '{}' is not a linear operator", op_name(node.op), node.name));
  }
  OBSCURA_CHECK(operand < node.operands.size(), "operand does not exist");
  const Shape& in = graph.shape(node.operands[operand]);
  if (most_entries(node, in) > static_cast<double>(kMaxEntries)) {
    return base::fail(base::ErrorCode::kLimit,
                      fmt::format("{} '{}' from {} to {} has more than {} weights when written as a matrix",
                                  op_name(node.op), node.name, to_string(in), to_string(node.shape), kMaxEntries),
                      "make the layer smaller");
  }
  return std::visit(Rows{in, node.shape, offset_of(graph, node, operand)}, node.op);
}

}  // namespace obscura::compiler::graph
