#include "compiler/pack/gather.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "compiler/pack/modulo.hpp"

namespace obscura::compiler::pack {
namespace program = plan::program;
namespace {

constexpr int kMaxCiphertexts = 256;

/// Where the t-th non-zero stands.
struct Place {
  int ciphertext;
  int part;
  int block;
};

Place place_of(const GatherShape& shape, int tap) {
  const int half = tap / shape.blocks;
  return {half / shape.parts, half % shape.parts, tap % shape.blocks};
}

int most_entries(const graph::SparseMatrix& matrix) {
  std::size_t most = 1;
  for (std::size_t row = 0; row < matrix.rows; ++row) {
    most = std::max(most, matrix.row_ptr[row + 1] - matrix.row_ptr[row]);
  }
  return static_cast<int>(most);
}

// Calls visit(ciphertext, part, slot, entry) for every slot that a structural non-zero stands in.
template <class Visit>
void for_each_slot(const graph::SparseMatrix& matrix, const GatherShape& shape, const Visit& visit) {
  const int width = shape.block * shape.blocks;
  for (int position = 0; position < shape.block; ++position) {
    const auto row = static_cast<std::size_t>(position % shape.period);
    if (row >= matrix.rows) continue;
    for (std::size_t e = matrix.row_ptr[row]; e < matrix.row_ptr[row + 1]; ++e) {
      const Place place = place_of(shape, static_cast<int>(e - matrix.row_ptr[row]));
      for (int slot = place.block * shape.block + position; slot < shape.slots; slot += width) {
        visit(place.ciphertext, place.part, slot, e);
      }
    }
  }
}

GatherPacking make_packing(const graph::SparseMatrix& matrix, const GatherShape& shape, bool is_last) {
  GatherPacking packing;
  packing.shape = shape;
  packing.ops.fresh_inputs = packing.ops.operands = packing.ops.terms = shape.ciphertexts();
  packing.ops.plain_giant = true;
  packing.ops.rotations = std::countr_zero(static_cast<unsigned>(shape.blocks));
  packing.ops.conjugations = shape.parts == 2 && !is_last ? 1 : 0;
  packing.output = {
      shape.slots, static_cast<int>(matrix.rows), shape.period, shape.slots / shape.block, shape.block, 0, 0,
      shape.block};
  return packing;
}

}  // namespace

int GatherShape::ciphertexts() const {
  return ceil_div(taps, parts * blocks);
}

std::vector<GatherPacking> gather_candidates(const graph::SparseMatrix& matrix, int slots,
                                             const std::vector<int>& periods, bool is_last) {
  std::vector<GatherPacking> packings;
  const int taps = most_entries(matrix);
  for (const int period : periods) {
    if (period < static_cast<int>(matrix.rows) || period > slots) continue;
    for (int block = static_cast<int>(std::bit_ceil(static_cast<unsigned>(period))); block <= slots; block *= 2) {
      for (int blocks = 1; blocks * block <= slots && blocks < 2 * taps; blocks *= 2) {
        for (int parts = 1; parts <= std::min(2, ceil_div(taps, blocks)); ++parts) {
          const GatherShape shape{slots, block, blocks, parts, taps, period};
          if (shape.ciphertexts() <= kMaxCiphertexts) packings.push_back(make_packing(matrix, shape, is_last));
        }
      }
    }
  }
  return packings;
}

std::vector<std::int32_t> gather_input(const graph::SparseMatrix& matrix, const GatherShape& shape) {
  std::vector<std::int32_t> element(static_cast<std::size_t>(shape.ciphertexts()) * 2 * shape.slots,
                                    program::InputPacking::kZero);
  for_each_slot(matrix, shape, [&](int ciphertext, int part, int slot, std::size_t entry) {
    element[(static_cast<std::size_t>(ciphertext) * 2 + part) * shape.slots + slot] =
        static_cast<std::int32_t>(matrix.col[entry]);
  });
  return element;
}

plan::program::ValueId emit_gather(const graph::SparseMatrix& matrix, const GatherShape& shape, bool is_last,
                                   ProgramBuilder& builder) {
  const bool take_real = shape.parts == 2 && !is_last;
  RotatedDiagonals diagonals;
  std::vector<plan::program::ValueId> operands;
  for (int c = 0; c < shape.ciphertexts(); ++c) {
    operands.push_back(builder.input(c));
    diagonals[{c, 0}].resize(static_cast<std::size_t>(shape.slots));
  }
  for_each_slot(matrix, shape, [&](int ciphertext, int part, int slot, std::size_t entry) {
    const double value = matrix.value[entry] * (take_real ? 0.5 : 1.0);
    diagonals[{ciphertext, 0}][static_cast<std::size_t>(slot)] +=
        part == 0 ? std::complex<double>(value, 0) : std::complex<double>(0, -value);
  });
  auto sum = builder.linear(operands, std::move(diagonals), {}, false);
  if (take_real) sum = builder.add_conjugate(sum);
  return builder.fold_all(sum, shape.block, shape.blocks);
}

std::string describe(const GatherShape& shape) {
  return fmt::format("gather: {} taps in {} ciphertexts, {} blocks of {} x {} parts, period {}", shape.taps,
                     shape.ciphertexts(), shape.blocks, shape.block, shape.parts, shape.period);
}

}  // namespace obscura::compiler::pack
