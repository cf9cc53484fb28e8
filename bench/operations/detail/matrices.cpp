#include "bench/operations/detail/matrices.hpp"

#include <bit>
#include <cmath>
#include <utility>

namespace obscura::bench::operations::detail {

namespace {

using fhe::params::RotationStep;

constexpr int kCopies = 8;
constexpr int kChannels = 16;

std::size_t at(int i) {
  return static_cast<std::size_t>(i);
}

/// A diagonal of giant step g stands rotated by -g.
Slots rotated_back(const Slots& diagonal, int giant) {
  const auto n = static_cast<int>(diagonal.size());
  Slots out(diagonal.size());
  for (int s = 0; s < n; ++s) out[at(s)] = diagonal[at((s - giant % n + n) % n)];
  return out;
}

void add_term(Matrix& matrix, int baby, const Slots& diagonal) {
  fhe::circuits::GiantStep& step = matrix.transform.steps.back();
  step.terms.push_back({0, RotationStep(baby), matrix.diagonals.size()});
  matrix.diagonals.push_back(rotated_back(diagonal, step.giant.value()));
}

/// Entries in [-1, 1] over the root of their number in a row, so that results stay near 1.
double entry(int row, int column, int columns) {
  return std::cos(1.3 * (row * 31 % 257) + 2.1 * (column * 17 % 263) + 0.7) / std::sqrt(columns);
}

/// The weight from channel `from`, tap (dy, dx), to channel `to`.
double kernel(int to, int from, int dy, int dx) {
  return entry(to, (from * 3 + dy + 1) * 3 + dx + 1, kChannels * 9);
}

/// What slot s of the diagonal of one tap and channel difference holds: zero where the tap leaves the image.
double tap_weight(int s, int side, int channels, int dy, int dx) {
  const int channel = s / (side * side);
  const int y = s / side % side + dy;
  const int x = s % side + dx;
  if (y < 0 || y >= side || x < 0 || x >= side) return 0;
  return kernel(channel, (channel + channels) % kChannels, dy, dx);
}

double convolved(const Slots& input, int s, int side) {
  const int pixels = side * side;
  double sum = 0;
  for (int from = 0; from < kChannels; ++from) {
    for (int dy = -1; dy <= 1; ++dy) {
      for (int dx = -1; dx <= 1; ++dx) {
        const int y = s / side % side + dy;
        const int x = s % side + dx;
        if (y < 0 || y >= side || x < 0 || x >= side) continue;
        sum += kernel(s / pixels, from, dy, dx) * input[at(from * pixels + y * side + x)].real();
      }
    }
  }
  return sum;
}

/// Number t of the diagonals that dense_matrix multiplies with.
Slots dense_diagonal(int t, int side) {
  Slots diagonal;
  for (int j = 0; j < side; ++j) {
    for (int copy = 0; copy < kCopies; ++copy) {
      const int row = (j - copy * side / kCopies + side) % side;
      diagonal.emplace_back(entry(row, (j + t) % side, side));
    }
  }
  return diagonal;
}

}  // namespace

int dense_side(int slots) {
  return slots / kCopies;
}

Matrix dense_matrix(int slots) {
  const int side = dense_side(slots);
  const int count = side / kCopies;
  const int log_count = std::bit_width(static_cast<unsigned>(count)) - 1;
  const int babies = 1 << ((log_count + 3) / 2);  // a giant step costs about four baby steps
  Matrix matrix;
  matrix.transform.extended = true;
  matrix.stride = kCopies;
  const Slots x = sample_reals(at(side), 1);
  for (const auto& value : x) matrix.input.insert(matrix.input.end(), kCopies, value);
  for (int t = 0; t < count; ++t) {
    if (t % babies == 0) matrix.transform.steps.push_back({RotationStep(kCopies * t), {}});
    add_term(matrix, kCopies * (t % babies), dense_diagonal(t, side));
  }
  for (const int copies : {1, 2, 4}) matrix.folds.push_back(copies * (side + 1));
  matrix.expected.resize(at(slots));
  for (int row = 0; row < side; ++row) {
    for (int column = 0; column < side; ++column) {
      matrix.expected[at(kCopies * row)] += entry(row, column, side) * x[at(column)];
    }
  }
  return matrix;
}

int image_side(int slots) {
  return static_cast<int>(std::lround(std::sqrt(slots / kChannels)));
}

Matrix convolution(int slots) {
  const int side = image_side(slots);
  const int pixels = side * side;
  Matrix matrix;
  matrix.transform.extended = true;
  matrix.input = sample_reals(at(slots), 2);
  for (int dy = -1; dy <= 1; ++dy) {
    for (int dx = -1; dx <= 1; ++dx) {
      matrix.transform.steps.push_back({RotationStep(dy * side + dx), {}});
      for (int channels = 0; channels < kChannels; ++channels) {
        Slots diagonal;
        for (int s = 0; s < slots; ++s) diagonal.emplace_back(tap_weight(s, side, channels, dy, dx));
        add_term(matrix, channels * pixels, diagonal);
      }
    }
  }
  for (int s = 0; s < slots; ++s) matrix.expected.emplace_back(convolved(matrix.input, s, side));
  return matrix;
}

}  // namespace obscura::bench::operations::detail
