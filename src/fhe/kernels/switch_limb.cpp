#include "fhe/kernels/switch_limb.hpp"

#include <cstring>

#include "fhe/kernels/kernel_table.hpp"

namespace obscura::fhe::kernels {
namespace {

/// One of the two sums; `value` holds it from beginning to end, and is `out` where nothing forbids it.
struct Half {
  const std::uint64_t* start;
  const std::uint64_t* summand;
  std::uint64_t* remainder;
  const std::uint64_t* addend;
  std::uint64_t* value;
  std::uint64_t* out;
};

/// value = start + summand_factor * summand.
void begin(const KernelTable& set, const SwitchLimb& job, const Half& half) {
  const arith::Modulus& q = job.tables->q;
  const std::size_t n = job.tables->size();
  if (half.start == nullptr) {
    std::memset(half.value, 0, n * sizeof(std::uint64_t));
  } else if (half.start != half.value) {
    std::memcpy(half.value, half.start, n * sizeof(std::uint64_t));
  }
  if (half.summand == nullptr) return;
  const AlignedWords scaled = allocate_words(n);
  set.multiply_scalar(scaled.get(), half.summand, n, arith::make_shoup(job.summand_factor, q), q);
  set.add(half.value, half.value, scaled.get(), n, q);
}

void divide(const KernelTable& set, const SwitchLimb& job, const Half& half) {
  if (half.remainder == nullptr) return;
  const arith::Modulus& q = job.tables->q;
  const std::size_t n = job.tables->size();
  set.ntt_forward(half.remainder, *job.tables);
  set.subtract_multiply_scalar(half.value, half.value, half.remainder, n, job.inverse, q);
  if (half.addend != nullptr) set.add(half.value, half.value, half.addend, n, q);
}

void deliver(const KernelTable& set, const SwitchLimb& job, const Half& half) {
  if (half.value == half.out) return;
  const std::size_t n = job.tables->size();
  if (job.permutation != nullptr && !job.adds) return set.permute(half.out, half.value, *job.permutation, n);
  if (job.permutation == nullptr) return set.add(half.out, half.out, half.value, n, job.tables->q);
  const AlignedWords permuted = allocate_words(n);
  set.permute(permuted.get(), half.value, *job.permutation, n);
  set.add(half.out, half.out, permuted.get(), n, job.tables->q);
}

}  // namespace

void compose_switch_limb(const KernelTable& set, const SwitchLimb& job) {
  const std::size_t n = job.tables->size();
  const bool in_place = job.permutation == nullptr && !job.adds;
  const AlignedWords words = allocate_words(in_place ? 0 : 2 * n);
  std::uint64_t* const value0 = in_place ? job.out0 : words.get();
  std::uint64_t* const value1 = in_place ? job.out1 : words.get() + n;
  const Half halves[] = {{job.start0, job.summand0, job.remainder0, job.addend0, value0, job.out0},
                         {job.start1, job.summand1, job.remainder1, job.addend1, value1, job.out1}};
  for (std::uint64_t* row : job.lifted) set.ntt_forward(row, *job.tables);
  for (const Half& half : halves) begin(set, job, half);
  if (!job.digits.empty()) {
    set.inner_product_pair(value0, value1, job.digits.data(), job.key0.data(), job.key1.data(), job.digits.size(), n,
                           job.tables->q, true);
  }
  for (const Half& half : halves) {
    divide(set, job, half);
    deliver(set, job, half);
  }
}

}  // namespace obscura::fhe::kernels
