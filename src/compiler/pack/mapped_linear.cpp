#include "compiler/pack/mapped_linear.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <set>
#include <utility>

#include "compiler/pack/detail/accumulate.hpp"

namespace obscura::compiler::pack {
namespace {

namespace program = plan::program;

/// (operand, rotation), ascending.
using Terms = std::vector<std::pair<int, int>>;

/// Rotated copies of operands are held in memory all at once.
constexpr int kMostBabies = 96;

/// Rotations whose diagonal goes into the imaginary half of another one, `half_shift` less. The rest are real.
struct Halving {
  Terms real;
  Terms imaginary;
};

// Terms come operand by operand, rotations ascending; half_shift > 0.
Halving halve(const Terms& terms, int half_shift) {
  Halving halving;
  halving.real.reserve(terms.size());
  std::vector<bool> taken(terms.size());
  std::size_t partner = 0;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    if (taken[i]) continue;
    halving.real.push_back(terms[i]);
    const std::pair wanted{terms[i].first, terms[i].second + half_shift};
    while (partner < terms.size() && terms[partner] < wanted) ++partner;
    if (partner == terms.size() || terms[partner] != wanted) continue;
    taken[partner] = true;
    halving.imaginary.push_back(wanted);
  }
  return halving;
}

Terms terms_of(const std::vector<std::vector<int>>& rotations) {
  Terms terms;
  for (std::size_t a = 0; a < rotations.size(); ++a) {
    for (const int rotation : rotations[a]) terms.push_back({static_cast<int>(a), rotation});
  }
  return terms;
}

// Distances between rotations, tried as shifts of the imaginary half: those that pair off most terms.
std::vector<int> half_shifts(const Terms& terms) {
  constexpr std::size_t kMostShifts = 6;
  std::vector<int> rotations;
  for (const auto& [operand, rotation] : terms) {
    if (operand == terms.front().first) rotations.push_back(rotation);
  }
  std::set<int> shifts;
  const std::size_t n = rotations.size();
  for (std::size_t i = 1; i < n && i <= 9; ++i) shifts.insert(rotations[i] - rotations[0]);
  for (int power = 1; power <= rotations.back() - rotations.front(); power *= 2) shifts.insert(power);
  if (n > 1) shifts.insert(rotations[(n + 1) / 2] - rotations[0]);
  std::vector<std::pair<std::size_t, int>> by_terms;
  for (const int shift : shifts) by_terms.push_back({halve(terms, shift).real.size(), shift});
  std::sort(by_terms.begin(), by_terms.end());
  std::vector<int> result;
  for (const auto& [count, shift] : by_terms) {
    if (result.size() < kMostShifts && count < terms.size()) result.push_back(shift);
  }
  return result;
}

std::vector<RotationSplit> splits_of(const Terms& terms) {
  std::vector<RotationSplit> splits{{0, 0}};
  const auto by_rotation = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto [low, high] = std::minmax_element(terms.begin(), terms.end(), by_rotation);
  for (int modulus = 2; modulus <= high->second - low->second; modulus *= 2) {
    splits.push_back({modulus, 0});
    splits.push_back({modulus, -modulus / 2});
  }
  return splits;
}

using Alternatives = std::vector<MappedAlternative>;

void add_splits(const Terms& terms, const LayerOps& base, MappedResult result, Alternatives& alternatives) {
  for (const RotationSplit& split : splits_of(terms)) {
    LayerOps ops = base;
    count_rotations(terms, split, ops);
    if (ops.babies > kMostBabies && split.modulus != 2) continue;  // one way at least remains
    for (const bool extended : {false, true}) {
      if (extended && ops.babies == 0) continue;
      ops.extended = extended;
      result.split = split;
      result.extended = extended;
      alternatives.push_back({result, ops});
    }
  }
}

Alternatives without_dominated(const Alternatives& alternatives) {
  Alternatives kept;
  for (const MappedAlternative& candidate : alternatives) {
    const auto beats = [](const MappedAlternative& a, const MappedAlternative& b) { return dominates(a.ops, b.ops); };
    if (std::any_of(kept.begin(), kept.end(), [&](const auto& k) { return beats(k, candidate); })) continue;
    kept.erase(std::remove_if(kept.begin(), kept.end(), [&](const auto& k) { return beats(candidate, k); }),
               kept.end());
    kept.push_back(candidate);
  }
  return kept;
}

Alternatives alternatives_of(const Terms& terms, int operands, int folds, bool is_last) {
  Alternatives found;
  LayerOps base;
  base.operands = operands;
  base.rotations = folds;
  add_splits(terms, base, {}, found);
  for (const int shift : half_shifts(terms)) {
    LayerOps halved = base;
    halved.rotations += 1;
    halved.conjugations = is_last ? 0 : 1;
    MappedResult result;
    result.halves = true;
    result.half_shift = shift;
    add_splits(halve(terms, shift).real, halved, result, found);
  }
  return without_dominated(found);
}

int folds_of(const TensorLayout& input, const TensorLayout& output, int result, bool folded) {
  if (!folded) return 0;
  if (output.parts()) return std::countr_zero(static_cast<unsigned>(output.parts()->copies()));
  return std::countr_zero(static_cast<unsigned>(detail::repeat_of(input, output, result))) -
         std::countr_zero(static_cast<unsigned>(output.period(result)));
}

}  // namespace

Rotations rotations_between(const graph::SparseMatrix& matrix, const TensorLayout& input, const TensorLayout& output,
                            bool folded, std::size_t most_terms) {
  const auto slots = static_cast<std::size_t>(input.slots());
  Rotations rotations;
  std::size_t count = 0;
  for (int o = 0; o < output.ciphertexts(); ++o) {
    std::vector<char> used(static_cast<std::size_t>(input.ciphertexts()) * 2 * slots);  // [operand][rotation + slots]
    char* const marks = used.data();
    detail::for_each_product(matrix, input, output, o, folded, [=](int operand, int, int rotation, std::size_t) {
      marks[(2 * static_cast<std::size_t>(operand) + 1) * slots + static_cast<std::size_t>(rotation)] = 1;
    });
    auto& lists = rotations.emplace_back();
    for (int a = 0; a < input.ciphertexts(); ++a) {
      auto& list = lists.emplace_back();
      for (std::size_t i = 0; i < 2 * slots; ++i) {
        const bool is_used = marks[2 * static_cast<std::size_t>(a) * slots + i] != 0;
        if (is_used) list.push_back(static_cast<int>(i) - static_cast<int>(slots));
      }
      count += list.size();
    }
    const bool reads_nothing = std::all_of(lists.begin(), lists.end(), [](const auto& list) { return list.empty(); });
    if (reads_nothing) lists.front().push_back(0);  // a diagonal of zeros makes the ciphertext that a bias is added to
    if (count > most_terms) return {};
  }
  return rotations;
}

std::vector<Alternatives> mapped_alternatives(const Rotations& rotations, const TensorLayout& input,
                                              const TensorLayout& output, bool folded, bool is_last) {
  std::vector<Alternatives> alternatives;
  for (std::size_t o = 0; o < rotations.size(); ++o) {
    const int folds = folds_of(input, output, static_cast<int>(o), folded);
    alternatives.push_back(alternatives_of(terms_of(rotations[o]), input.ciphertexts(), folds, is_last));
  }
  return alternatives;
}

namespace {

/// Where a rotation's diagonal is kept: in which weight, and in which half.
struct Slot {
  SlotValues* diagonal = nullptr;
  bool imaginary = false;
};

// [operand][rotation + slots]
std::vector<std::vector<Slot>> slots_of(const Halving& halving, int half_shift, int operands, int slots,
                                        RotatedDiagonals& diagonals) {
  std::vector<std::vector<Slot>> table(static_cast<std::size_t>(operands),
                                       std::vector<Slot>(2 * static_cast<std::size_t>(slots)));
  const auto at = [&](int operand, int rotation) -> Slot& {
    return table[static_cast<std::size_t>(operand)][static_cast<std::size_t>(rotation + slots)];
  };
  for (const auto& [operand, rotation] : halving.real) {
    SlotValues& diagonal = diagonals[{operand, rotation}];
    diagonal.resize(static_cast<std::size_t>(slots));
    at(operand, rotation) = {&diagonal, false};
  }
  for (const auto& [operand, rotation] : halving.imaginary) {
    at(operand, rotation) = {&diagonals.at({operand, rotation - half_shift}), true};
  }
  return table;
}

RotatedDiagonals diagonals_of(const graph::SparseMatrix& matrix, const MappedShape& shape, int o,
                              const std::vector<std::vector<int>>& rotations, double factor) {
  const TensorLayout& input = *shape.input;
  const int slots = input.slots();
  const MappedResult& result = shape.results[static_cast<std::size_t>(o)];
  Halving halving{terms_of(rotations), {}};
  if (result.halves) halving = halve(halving.real, result.half_shift);
  RotatedDiagonals diagonals;
  const auto table = slots_of(halving, result.half_shift, input.ciphertexts(), slots, diagonals);
  const int repeat = detail::repeat_of(input, *shape.output, o);
  detail::for_each_product(matrix, input, *shape.output, o, shape.folded, [&](int a, int slot, int r, std::size_t e) {
    const Slot& to = table[static_cast<std::size_t>(a)][static_cast<std::size_t>(r + slots)];
    const double value = matrix.value[e] * factor;
    for (int s = slot; s < slots; s += repeat) {
      const int at = to.imaginary ? floor_mod(s + result.half_shift, slots) : s;
      (*to.diagonal)[static_cast<std::size_t>(at)] +=
          to.imaginary ? std::complex(0.0, value) : std::complex(value, 0.0);
    }
  });
  return diagonals;
}

}  // namespace

std::vector<program::ValueId> emit_mapped(const graph::SparseMatrix& matrix, const MappedShape& shape, bool is_last,
                                          const std::vector<program::ValueId>& operands, ProgramBuilder& builder) {
  const Rotations rotations =
      rotations_between(matrix, *shape.input, *shape.output, shape.folded, std::numeric_limits<std::size_t>::max());
  std::vector<program::ValueId> values;
  for (int o = 0; o < shape.output->ciphertexts(); ++o) {
    const MappedResult& result = shape.results[static_cast<std::size_t>(o)];
    const bool take_real = result.halves && !is_last;
    auto sum = builder.linear(
        operands, diagonals_of(matrix, shape, o, rotations[static_cast<std::size_t>(o)], take_real ? 0.5 : 1.0),
        result.split, result.extended);
    if (result.halves) sum = builder.fold_imaginary(sum, result.half_shift);
    if (take_real) sum = builder.add_conjugate(sum);
    const int folds = folds_of(*shape.input, *shape.output, o, shape.folded);
    const int step = shape.output->parts() ? shape.output->parts()->size : shape.output->period(o);
    values.push_back(builder.fold_all(sum, step, 1 << folds));
  }
  return values;
}

std::string describe(const MappedShape& shape) {
  const MappedResult& first = shape.results.front();
  std::string text = fmt::format("diagonals {} -> {}", shape.input->name(), shape.output->name());
  if (shape.folded) text += ", folded";
  if (first.halves) text += ", two per weight";
  if (first.split.modulus > 0) text += fmt::format(", giant steps of {}", first.split.modulus);
  if (first.extended) text += ", hoisted in QP";
  return text;
}

}  // namespace obscura::compiler::pack
