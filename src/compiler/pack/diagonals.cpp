#include "compiler/pack/diagonals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "compiler/pack/rotation_split.hpp"

namespace obscura::compiler::pack {
namespace {

/// Shape and window of the result before copies and parts are chosen.
struct Variant {
  DiagonalShape shape;
  std::vector<bool> structural;
};

// The positions of the result that no fold has spoilt, as [first, last); empty when it does not fit. A group
// leaves accumulator k at k + shift; what a fold reads there must be the same accumulator or an empty slot.
std::pair<int, int> valid_window(const DiagonalShape& shape) {
  const DiagonalForm& form = shape.form;
  const int width = form.k_last - form.k_first;
  const int distance = shape.input.stride + shape.group_size();
  if (shape.mode == DiagonalMode::kCyclic) {
    const int clear = form.k_first + shape.input.slots - (shape.copies - 1) * distance;
    return {form.k_first, std::min(form.k_last, clear) - (shape.folds - 1) * shape.fold_step};
  }
  if (shape.mode == DiagonalMode::kDirect) {
    const bool apart = shape.copies == 1 || width <= distance;
    const bool fits = (shape.copies - 1) * distance + width <= shape.input.slots;
    return apart && fits ? std::pair{form.k_first, form.k_last} : std::pair{0, 0};
  }
  const int room = shape.copies == 1 ? shape.input.slots : shape.input.stride;
  const int reach = shape.groups() * shape.group_size() + (shape.folds - 1) * shape.fold_step;
  const int extension = std::min(shape.folds * shape.fold_step - width, room - width);
  if (extension < 0 || reach > room) return {0, 0};
  return {form.k_first - extension, form.k_first + shape.fold_step};
}

Layout output_of(const graph::SparseMatrix& matrix, const DiagonalShape& shape) {
  Layout output;
  const auto [first, last] = valid_window(shape);
  output.slots = output.stride = shape.input.slots;
  output.elements = static_cast<int>(matrix.rows);
  output.period = shape.form.row_period;
  output.origin = shape.input.origin + shape.form.row_origin;
  output.first = first - shape.form.row_origin;
  output.last = std::max(last - shape.form.row_origin, output.first);
  return output;
}

std::vector<std::pair<int, int>> terms_of(const DiagonalShape& shape, const std::vector<bool>& structural) {
  std::vector<std::pair<int, int>> terms;
  for (int i = 0; i < shape.group_size(); ++i) {
    for (int d = i; d < shape.form.d_count; d += shape.group_size()) {
      if (!structural[static_cast<std::size_t>(d)]) continue;
      terms.push_back({0, shape.form.d_first + i});
      break;
    }
  }
  return terms;
}

void add_splits(const graph::SparseMatrix& matrix, const Variant& variant, bool is_last,
                std::vector<DiagonalPacking>& packings) {
  const DiagonalShape& shape = variant.shape;
  DiagonalPacking packing;
  packing.output = output_of(matrix, shape);
  if (!column_window(packing.output)) return;
  const auto terms = terms_of(shape, variant.structural);
  if (terms.empty()) return;
  for (const int baby_count : baby_counts(terms.size())) {
    for (const bool extended : {false, true}) {
      packing.shape = shape;
      packing.shape.baby_count = baby_count;
      packing.shape.extended = extended;
      packing.ops = LayerOps{};
      count_rotations(terms, {baby_count, 0}, packing.ops);
      if (extended && packing.ops.babies == 0) continue;
      packing.ops.extended = extended;
      packing.ops.rotations = shape.parts - 1 + std::countr_zero(static_cast<unsigned>(shape.copies)) +
                              std::countr_zero(static_cast<unsigned>(shape.folds));
      packing.ops.conjugations = shape.parts == 2 && !is_last ? 1 : 0;
      packings.push_back(packing);
    }
  }
}

void add_groups(const graph::SparseMatrix& matrix, Variant variant, bool is_last,
                std::vector<DiagonalPacking>& packings) {
  variant.structural = structural_diagonals(matrix, variant.shape.form);
  for (int copies = 1; copies <= variant.shape.input.copies; copies *= 2) {
    for (int parts = 1; parts <= 2 && copies * parts <= variant.shape.form.d_count; ++parts) {
      variant.shape.copies = copies;
      variant.shape.parts = parts;
      add_splits(matrix, variant, is_last, packings);
    }
  }
}

void add_cyclic(const graph::SparseMatrix& matrix, const Layout& input, const std::vector<int>& periods, bool is_last,
                std::vector<DiagonalPacking>& packings) {
  const int rows = static_cast<int>(matrix.rows);
  for (int folds = 1; input.period % folds == 0 && (folds == 1 || input.period / folds >= rows); folds *= 2) {
    Variant variant;
    variant.shape.mode = DiagonalMode::kCyclic;
    variant.shape.input = input;
    variant.shape.folds = folds;
    variant.shape.fold_step = input.period / folds;
    DiagonalForm& form = variant.shape.form;
    form.d_count = input.period / folds;
    form.k_first = form.p_first = input.first;
    form.k_last = input.last - (form.d_count - 1);
    form.p_last = input.last;
    form.col_period = input.period;
    if (form.k_last <= form.k_first) continue;
    form.row_period = folds == 1 ? rows : form.d_count;
    add_groups(matrix, variant, is_last, packings);
    for (const int period : periods) {
      if (folds > 1 || period <= rows) continue;
      form.row_period = period;
      add_groups(matrix, variant, is_last, packings);
    }
  }
}

void add_folded(const graph::SparseMatrix& matrix, const Layout& input, const ColumnWindow& window,
                const std::vector<int>& periods, bool is_last, std::vector<DiagonalPacking>& packings) {
  const int rows = static_cast<int>(matrix.rows);
  for (int folds = 2;; folds *= 2) {
    const int least = std::max(rows, ceil_div(window.count - 1, folds - 1));
    std::vector<int> steps{least};
    for (const int period : periods) {
      if (period > least && period <= least + least / 2) steps.push_back(period);
    }
    for (const int step : steps) {
      Variant variant;
      variant.shape.mode = DiagonalMode::kFolded;
      variant.shape.input = input;
      variant.shape.folds = folds;
      variant.shape.fold_step = step;
      DiagonalForm& form = variant.shape.form;
      form.d_count = form.row_period = step;
      form.k_first = window.first - (step - 1);
      form.k_last = window.first + window.count;
      form.p_first = window.first;
      form.p_last = window.first + window.count;
      form.col_period = input.period;
      add_groups(matrix, variant, is_last, packings);
    }
    if (least == rows) return;
  }
}

void add_direct(const graph::SparseMatrix& matrix, const Layout& input, const ColumnWindow& window, bool is_last,
                std::vector<DiagonalPacking>& packings) {
  const int rows = static_cast<int>(matrix.rows);
  Variant variant;
  variant.shape.mode = DiagonalMode::kDirect;
  variant.shape.input = input;
  DiagonalForm& form = variant.shape.form;
  form.row_period = rows;
  form.row_origin = form.k_first = window.first;
  form.k_last = window.first + rows;
  form.d_first = -(rows - 1);
  form.d_count = rows + window.count - 1;
  form.col_period = input.period;
  form.p_first = window.first;
  form.p_last = window.first + window.count;
  add_groups(matrix, variant, is_last, packings);
}

}  // namespace

std::vector<DiagonalPacking> diagonal_candidates(const graph::SparseMatrix& matrix, const Layout& input,
                                                 const std::vector<int>& periods, bool is_last) {
  std::vector<DiagonalPacking> packings;
  const auto window = column_window(input);
  if (!window || static_cast<int>(matrix.rows) > input.slots) return packings;
  add_cyclic(matrix, input, periods, is_last, packings);
  add_folded(matrix, input, *window, periods, is_last, packings);
  add_direct(matrix, input, *window, is_last, packings);
  return packings;
}

plan::program::ValueId emit_diagonals(const graph::SparseMatrix& matrix, const DiagonalShape& shape, bool is_last,
                                      plan::program::ValueId operand, ProgramBuilder& builder) {
  const bool take_real = shape.parts == 2 && !is_last;
  const int size = shape.group_size();
  RotatedDiagonals diagonals;
  for (const auto& key : terms_of(shape, structural_diagonals(matrix, shape.form))) {
    diagonals[key].resize(static_cast<std::size_t>(shape.input.slots));
  }
  for_each_entry(matrix, shape.form, [&](int k, int d, double value) {
    const int v = d / size;
    const int slot = slot_of(shape.input, v % shape.copies, v * size + k);
    if (take_real) value /= 2;
    diagonals[{0, shape.form.d_first + d % size}][static_cast<std::size_t>(slot)] +=
        v < shape.copies ? std::complex(value, 0.0) : std::complex(0.0, value);
  });
  auto sum = builder.linear({operand}, std::move(diagonals), {shape.baby_count, 0}, shape.extended);
  if (shape.parts == 2) sum = builder.fold_imaginary(sum, size * shape.copies);
  sum = builder.fold_all(sum, shape.input.stride + size, shape.copies);
  sum = builder.fold_all(sum, shape.fold_step, shape.folds);
  return take_real ? builder.add_conjugate(sum) : sum;
}

std::string describe(const DiagonalShape& shape) {
  const char* mode = shape.mode == DiagonalMode::kCyclic   ? "cyclic"
                     : shape.mode == DiagonalMode::kFolded ? "folded"
                                                           : "direct";
  return fmt::format("{} diagonals: {} in {} copies x {} parts, {} each{}{}, {} folds by {}", mode, shape.form.d_count,
                     shape.copies, shape.parts, shape.group_size(),
                     shape.baby_count > 0 ? fmt::format(" by {} baby steps", shape.baby_count) : "",
                     shape.extended ? ", hoisted in QP" : "", shape.folds, shape.fold_step);
}

}  // namespace obscura::compiler::pack
