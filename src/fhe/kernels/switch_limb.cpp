#include "fhe/kernels/switch_limb.hpp"

#include <cstring>

#include "fhe/kernels/kernel_table.hpp"

namespace obscura::fhe::kernels {
namespace {

/// What stands for one of the two sums.
struct Half {
  const std::uint64_t* start;
  const std::uint64_t* summand;
  std::uint64_t* remainder;
  const std::uint64_t* addend;
  std::uint64_t* out;
};

/// out = start + summand_factor * summand.
void begin(const KernelTable& set, const SwitchLimb& job, const Half& half) {
  const arith::Modulus& q = job.tables->q;
  const std::size_t n = job.tables->size();
  if (half.start == nullptr) {
    std::memset(half.out, 0, n * sizeof(std::uint64_t));
  } else if (half.start != half.out) {
    std::memcpy(half.out, half.start, n * sizeof(std::uint64_t));
  }
  if (half.summand == nullptr) return;
  const AlignedWords scaled = allocate_words(n);
  set.multiply_scalar(scaled.get(), half.summand, n, arith::make_shoup(job.summand_factor, q), q);
  set.add(half.out, half.out, scaled.get(), n, q);
}

void finish(const KernelTable& set, const SwitchLimb& job, const Half& half) {
  if (half.remainder == nullptr) return;
  const arith::Modulus& q = job.tables->q;
  const std::size_t n = job.tables->size();
  set.ntt_forward(half.remainder, *job.tables);
  std::uint64_t* quotient = job.permutation == nullptr ? half.out : half.remainder;
  set.subtract_multiply_scalar(quotient, half.out, half.remainder, n, job.inverse, q);
  if (half.addend != nullptr) set.add(quotient, quotient, half.addend, n, q);
  if (job.permutation != nullptr) set.permute(half.out, quotient, *job.permutation, n);
}

}  // namespace

void compose_switch_limb(const KernelTable& set, const SwitchLimb& job) {
  const Half halves[] = {{job.start0, job.summand0, job.remainder0, job.addend0, job.out0},
                         {job.start1, job.summand1, job.remainder1, job.addend1, job.out1}};
  for (std::uint64_t* row : job.lifted) set.ntt_forward(row, *job.tables);
  for (const Half& half : halves) begin(set, job, half);
  if (!job.digits.empty()) {
    set.inner_product_pair(job.out0, job.out1, job.digits.data(), job.key0.data(), job.key1.data(), job.digits.size(),
                           job.tables->size(), job.tables->q, true);
  }
  for (const Half& half : halves) finish(set, job, half);
}

}  // namespace obscura::fhe::kernels
