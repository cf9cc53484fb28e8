#include "compiler/pack/client_diagonals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "compiler/pack/rotation_split.hpp"

namespace obscura::compiler::pack {

namespace program = plan::program;

namespace {

/// How many ciphertexts are worth asking the data owner for.
constexpr std::array<int, 11> kCiphertexts = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48};

DiagonalForm form_of(const ClientDiagonalShape& shape) {
  DiagonalForm form;
  form.row_period = shape.row_period;
  form.k_last = shape.block - (shape.group_size() - 1);
  form.d_count = shape.diagonals();
  form.col_period = shape.column_period;
  form.p_last = std::numeric_limits<int>::max() / 2;
  return form;
}

// Which diagonals have a structural entry for some accumulator of some block size.
std::vector<bool> structural_of(const graph::SparseMatrix& matrix, const ClientDiagonalShape& shape) {
  DiagonalForm form = form_of(shape);
  form.k_last = shape.slots;
  return structural_diagonals(matrix, form);
}

Layout output_of(const graph::SparseMatrix& matrix, const ClientDiagonalShape& shape) {
  const int last = shape.block - (shape.group_size() - 1) - (shape.folds - 1) * shape.diagonals();
  return {
      shape.slots,      static_cast<int>(matrix.rows), shape.row_period, shape.slots / shape.block, shape.block, 0, 0,
      std::max(last, 0)};
}

// The (ciphertext, rotation) pairs that have a term.
std::vector<std::pair<int, int>> terms_of(const ClientDiagonalShape& shape, const std::vector<bool>& structural) {
  std::vector<std::pair<int, int>> terms;
  const int per_ciphertext = shape.blocks * shape.parts;
  for (int c = 0; c < shape.ciphertexts; ++c) {
    for (int i = 0; i < shape.group_size(); ++i) {
      bool used = false;
      for (int v = c * per_ciphertext; v < (c + 1) * per_ciphertext; ++v) {
        const int d = v * shape.group_size() + i;
        used = used || (d < shape.diagonals() && structural[static_cast<std::size_t>(d)]);
      }
      if (used) terms.push_back({c, i});
    }
  }
  return terms;
}

void add_packings(const graph::SparseMatrix& matrix, ClientDiagonalShape shape, const std::vector<bool>& structural,
                  bool is_last, std::vector<ClientDiagonalPacking>& packings) {
  ClientDiagonalPacking packing;
  packing.output = output_of(matrix, shape);
  if (!column_window(packing.output)) return;
  const auto terms = terms_of(shape, structural);
  if (terms.empty()) return;
  for (const int baby_count : baby_counts(static_cast<std::size_t>(shape.group_size()))) {
    for (const bool extended : {false, true}) {
      packing.shape = shape;
      packing.shape.baby_count = baby_count;
      packing.shape.extended = extended;
      packing.ops = LayerOps{};
      count_rotations(terms, {baby_count, 0}, packing.ops);
      if (extended && packing.ops.babies == 0) continue;
      packing.ops.fresh_inputs = packing.ops.operands = shape.ciphertexts;
      packing.ops.extended = extended;
      packing.ops.rotations =
          std::countr_zero(static_cast<unsigned>(shape.blocks)) + std::countr_zero(static_cast<unsigned>(shape.folds));
      packing.ops.conjugations = shape.parts == 2 && !is_last ? 1 : 0;
      packings.push_back(packing);
    }
  }
}

// Ways to pad rows and columns: (diagonals, output period).
std::vector<std::pair<int, int>> paddings(const graph::SparseMatrix& matrix, int folds,
                                          const std::vector<int>& periods) {
  const int rows = static_cast<int>(matrix.rows);
  const int cols = static_cast<int>(matrix.cols);
  std::vector<std::pair<int, int>> result;
  if (folds == 1) {
    result.push_back({cols, rows});
    for (const int period : periods) {
      if (period > rows) result.push_back({cols, period});
    }
    return result;
  }
  const int least = std::max(rows, ceil_div(cols, folds));
  result.push_back({least, least});
  for (const int period : periods) {
    if (period > least && period <= least + least / 2) result.push_back({period, period});
  }
  return result;
}

void add_blocks(const graph::SparseMatrix& matrix, ClientDiagonalShape shape, const std::vector<bool>& structural,
                bool is_last, std::vector<ClientDiagonalPacking>& packings) {
  for (shape.block = 1; shape.block <= shape.slots; shape.block *= 2) {
    if (shape.block < shape.row_period || shape.block < (shape.folds - 1) * shape.diagonals()) continue;
    for (shape.blocks = 1; shape.blocks * shape.block <= shape.slots; shape.blocks *= 2) {
      for (shape.parts = 1; shape.parts <= 2; ++shape.parts) {
        for (const int ciphertexts : kCiphertexts) {
          if (shape.blocks * shape.parts * (ciphertexts - 1) >= shape.diagonals()) break;
          shape.ciphertexts = ciphertexts;
          add_packings(matrix, shape, structural, is_last, packings);
        }
      }
    }
  }
}

}  // namespace

std::vector<ClientDiagonalPacking> client_diagonal_candidates(const graph::SparseMatrix& matrix, int slots,
                                                              const std::vector<int>& periods, bool is_last) {
  std::vector<ClientDiagonalPacking> packings;
  const int rows = static_cast<int>(matrix.rows);
  const int cols = static_cast<int>(matrix.cols);
  if (rows > slots) return packings;
  for (int folds = 1; folds == 1 || ceil_div(cols, folds / 2) > rows; folds *= 2) {
    for (const auto& [diagonals, row_period] : paddings(matrix, folds, periods)) {
      ClientDiagonalShape shape;
      shape.slots = slots;
      shape.folds = folds;
      shape.column_period = folds * diagonals;
      shape.row_period = row_period;
      add_blocks(matrix, shape, structural_of(matrix, shape), is_last, packings);
    }
  }
  return packings;
}

std::vector<std::int32_t> client_diagonal_input(const graph::SparseMatrix& matrix, const ClientDiagonalShape& shape) {
  std::vector<std::int32_t> element(static_cast<std::size_t>(shape.ciphertexts) * 2 * shape.slots,
                                    program::InputPacking::kZero);
  for (int c = 0; c < shape.ciphertexts; ++c) {
    for (int part = 0; part < shape.parts; ++part) {
      for (int slot = 0; slot < shape.slots; ++slot) {
        const int v = slot / shape.block % shape.blocks + shape.blocks * (part + shape.parts * c);
        const int column = (slot % shape.block + v * shape.group_size()) % shape.column_period;
        if (column >= static_cast<int>(matrix.cols)) continue;
        element[(static_cast<std::size_t>(c) * 2 + part) * shape.slots + slot] = column;
      }
    }
  }
  return element;
}

plan::program::ValueId emit_client_diagonals(const graph::SparseMatrix& matrix, const ClientDiagonalShape& shape,
                                             bool is_last, ProgramBuilder& builder) {
  const bool take_real = shape.parts == 2 && !is_last;
  RotatedDiagonals diagonals;
  std::vector<program::ValueId> operands;
  for (int c = 0; c < shape.ciphertexts; ++c) operands.push_back(builder.input(c));
  for (const auto& key : terms_of(shape, structural_of(matrix, shape))) {
    diagonals[key].resize(static_cast<std::size_t>(shape.slots));
  }
  for_each_entry(matrix, form_of(shape), [&](int k, int d, double value) {
    const int v = d / shape.group_size();
    const int half = v / shape.blocks;
    SlotValues& values = diagonals[{half / shape.parts, d % shape.group_size()}];
    if (take_real) value /= 2;
    const std::complex<double> weight = half % shape.parts == 0 ? std::complex(value, 0.0) : std::complex(0.0, -value);
    for (int slot = v % shape.blocks * shape.block + k; slot < shape.slots; slot += shape.blocks * shape.block) {
      values[static_cast<std::size_t>(slot)] += weight;
    }
  });
  auto sum = builder.linear(operands, std::move(diagonals), {shape.baby_count, 0}, shape.extended);
  if (take_real) sum = builder.add_conjugate(sum);
  sum = builder.fold_all(sum, shape.block, shape.blocks);
  return builder.fold_all(sum, shape.diagonals(), shape.folds);
}

std::string describe(const ClientDiagonalShape& shape) {
  return fmt::format(
      "client diagonals: {} diagonals of period {}, {} ciphertexts x {} blocks of {} x {} parts, {} each{}, {} folds",
      shape.diagonals(), shape.column_period, shape.ciphertexts, shape.blocks, shape.block, shape.parts,
      shape.group_size(), shape.baby_count > 0 ? fmt::format(" by {} baby steps", shape.baby_count) : "", shape.folds);
}

}  // namespace obscura::compiler::pack
