#include "compiler/pack/mapped_gather.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "compiler/pack/modulo.hpp"

namespace obscura::compiler::pack {
namespace program = plan::program;
namespace {

constexpr int kMaxCiphertexts = 64;

int most_entries(const graph::SparseMatrix& matrix) {
  std::size_t most = 1;
  for (std::size_t row = 0; row < matrix.rows; ++row) {
    most = std::max(most, matrix.row_ptr[row + 1] - matrix.row_ptr[row]);
  }
  return static_cast<int>(most);
}

// Calls visit(ciphertext of this result, part, slot, entry) for every slot that a structural non-zero stands in. Tap t
// stands in copy t mod copies, then in the other part, then in the next ciphertext.
template <class Visit>
void for_each_slot(const graph::SparseMatrix& matrix, const MappedGatherShape& shape, int result, const Visit& visit) {
  const auto& rows = shape.output->element()[static_cast<std::size_t>(result)];
  const int period = shape.output->period(result);
  const int copies = shape.copies(result);
  for (int s = 0; s < period; ++s) {
    if (rows[static_cast<std::size_t>(s)] == kGarbage) continue;
    const auto row = static_cast<std::size_t>(rows[static_cast<std::size_t>(s)]);
    for (std::size_t e = matrix.row_ptr[row]; e < matrix.row_ptr[row + 1]; ++e) {
      const int tap = static_cast<int>(e - matrix.row_ptr[row]);
      const int half = tap / copies;
      visit(half / shape.parts, half % shape.parts, s + tap % copies * period, e);
    }
  }
}

}  // namespace

int MappedGatherShape::ciphertexts(int result) const {
  return ceil_div(taps, parts * copies(result));
}

int MappedGatherShape::ciphertexts() const {
  int sum = 0;
  for (int o = 0; o < output->ciphertexts(); ++o) sum += ciphertexts(o);
  return sum;
}

std::vector<MappedGatherPacking> mapped_gathers(const graph::SparseMatrix& matrix, const LayoutPtr& output,
                                                bool is_last) {
  std::vector<MappedGatherPacking> packings;
  const int taps = most_entries(matrix);
  for (int parts = 1; parts <= std::min(2, taps); ++parts) {
    MappedGatherPacking packing{{output, parts, taps}, {}};
    if (packing.shape.ciphertexts() > kMaxCiphertexts) continue;
    for (int o = 0; o < output->ciphertexts(); ++o) {
      LayerOps ops;
      ops.fresh_inputs = ops.operands = ops.terms = packing.shape.ciphertexts(o);
      ops.plain_giant = true;
      ops.rotations = std::countr_zero(static_cast<unsigned>(packing.shape.copies(o)));
      ops.conjugations = parts == 2 && !is_last ? 1 : 0;
      packing.ops.push_back(ops);
    }
    packings.push_back(std::move(packing));
  }
  return packings;
}

std::vector<std::int32_t> mapped_gather_input(const graph::SparseMatrix& matrix, const MappedGatherShape& shape) {
  const auto slots = static_cast<std::size_t>(shape.output->slots());
  std::vector<std::int32_t> element(static_cast<std::size_t>(shape.ciphertexts()) * 2 * slots,
                                    program::InputPacking::kZero);
  int first = 0;
  for (int o = 0; o < shape.output->ciphertexts(); ++o) {
    for_each_slot(matrix, shape, o, [&](int ciphertext, int part, int slot, std::size_t entry) {
      const auto half = static_cast<std::size_t>(first + ciphertext) * 2 + static_cast<std::size_t>(part);
      element[half * slots + static_cast<std::size_t>(slot)] = static_cast<std::int32_t>(matrix.col[entry]);
    });
    first += shape.ciphertexts(o);
  }
  return element;
}

std::vector<program::ValueId> emit_mapped_gather(const graph::SparseMatrix& matrix, const MappedGatherShape& shape,
                                                 bool is_last, ProgramBuilder& builder) {
  const bool take_real = shape.parts == 2 && !is_last;
  std::vector<program::ValueId> values;
  int next_input = 0;
  for (int o = 0; o < shape.output->ciphertexts(); ++o) {
    RotatedDiagonals diagonals;
    std::vector<program::ValueId> operands;
    for (int c = 0; c < shape.ciphertexts(o); ++c) {
      operands.push_back(builder.input(next_input++));
      diagonals[{c, 0}].resize(static_cast<std::size_t>(shape.output->slots()));
    }
    for_each_slot(matrix, shape, o, [&](int ciphertext, int part, int slot, std::size_t entry) {
      const double value = matrix.value[entry] * (take_real ? 0.5 : 1.0);
      diagonals[{ciphertext, 0}][static_cast<std::size_t>(slot)] +=
          part == 0 ? std::complex<double>(value, 0) : std::complex<double>(0, -value);
    });
    auto sum = builder.linear(operands, std::move(diagonals), {}, false);
    if (take_real) sum = builder.add_conjugate(sum);
    values.push_back(builder.fold_all(sum, shape.output->period(o), shape.copies(o)));
  }
  return values;
}

std::string describe(const MappedGatherShape& shape) {
  return fmt::format("gather: {} taps in {} ciphertexts, {} parts -> {}", shape.taps, shape.ciphertexts(), shape.parts,
                     shape.output->name());
}

}  // namespace obscura::compiler::pack
