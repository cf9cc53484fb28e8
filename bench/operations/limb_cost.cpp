#include "bench/operations/limb_cost.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "artifact/digest.hpp"
#include "base/bit_pack.hpp"
#include "bench/operations/detail/limbs.hpp"
#include "bench/operations/timing.hpp"

namespace obscura::bench::operations {

namespace {

using fhe::arith::Modulus;
using fhe::kernels::KernelTable;

constexpr int kRuns = 9;
constexpr std::size_t kInCache = std::size_t{1} << 19;
constexpr std::size_t kInMemory = std::size_t{1} << 27;

/// The middle run's microseconds per call, `calls` of which make a run.
template <class Body>
double median_us(int calls, const Body& body) {
  const Timing timing = time_runs(kRuns, [&] {
    for (int i = 0; i < calls; ++i) body();
  });
  return 1000 * median(timing.ms) / calls;
}

double transform_us(const KernelTable& kernels, const Modulus& q, int log_n) {
  base::BufferPool pool;
  detail::Limbs limb(pool, 1, log_n);
  const auto tables = fhe::kernels::NttTables::build(q, log_n);
  return median_us(32, [&] { kernels.ntt_forward(limb[0], tables); });
}

/// Three digits in cache meet one key after the other, keys of `key_bytes` in all.
double multiply_us(const KernelTable& kernels, const Modulus& q, int log_n, std::size_t key_bytes) {
  constexpr std::size_t kDigits = 3;
  const std::size_t keys = std::max<std::size_t>(1, key_bytes / (2 * kDigits * sizeof(std::uint64_t) << log_n));
  base::BufferPool pool;
  detail::Limbs out(pool, 2, log_n);
  detail::Limbs digits(pool, kDigits, log_n);
  detail::Limbs key(pool, 2 * kDigits * keys, log_n);
  digits.fill(q.value());
  key.fill(q.value());
  const auto digit_rows = digits.rows();
  const auto key_rows = key.rows();
  const double all_keys = median_us(1, [&] {
    for (std::size_t i = 0; i < keys; ++i) {
      const auto rows = std::span(key_rows).subspan(2 * kDigits * i);
      kernels.inner_product_pair(out[0], out[1], digit_rows.data(), rows.data(), rows.subspan(kDigits).data(), kDigits,
                                 out.size(), q, false);
    }
  });
  return all_keys / static_cast<double>(2 * kDigits * keys);
}

double read_us(const Modulus& q, int log_n) {
  base::BufferPool pool;
  detail::Limbs limb(pool, 1, log_n);
  limb.fill(q.value());
  const std::span<std::uint64_t> words(limb[0], limb.size());
  std::vector<std::uint8_t> packed(base::packed_size(words.size(), q.bits()));
  base::pack_bits(words, q.bits(), packed);
  return median_us(8, [&] {
    static_cast<void>(artifact::sha256(packed));
    static_cast<void>(base::unpack_bits(packed, q.bits(), words));
  });
}

}  // namespace

LimbCost measure_limb_cost(const KernelTable& kernels, int log_n) {
  const Modulus q = detail::primes(log_n, 1).front();
  return {log_n, transform_us(kernels, q, log_n), multiply_us(kernels, q, log_n, kInCache),
          multiply_us(kernels, q, log_n, kInMemory), read_us(q, log_n)};
}

}  // namespace obscura::bench::operations
