#include "bench/operations/ceilings.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "bench/operations/detail/limbs.hpp"
#include "bench/operations/timing.hpp"
#include "fhe/kernels/kernel_table.hpp"
#include "fhe/random/stream.hpp"

namespace obscura::bench::operations {

namespace {

constexpr int kFirstLogN = 13;

constexpr double kMostMemory = 1 << 28;  ///< read in one go to measure the memory's rate

struct CacheSizes {
  double l2;
  double l3;
};

/// As Linux names them ("1024K"); the C library's figure for the third level may be that of several chips. Where they
/// are unknown, those of the reference machine.
CacheSizes cache_sizes() {
  const auto size = [](int index, double otherwise) {
    std::ifstream file("/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index) + "/size");
    double kibibytes = 0;
    char unit = 0;
    return file >> kibibytes >> unit && unit == 'K' && kibibytes > 0 ? 1024 * kibibytes : otherwise;
  };
  return {size(2, 1 << 20), size(3, 32 << 20)};
}

const fhe::kernels::KernelTable& best_kernels() {
  const auto* vector = fhe::kernels::avx512ifma_kernels();
  return vector != nullptr ? *vector : fhe::kernels::portable_kernels();
}

/// Microseconds of the fastest of `runs` runs of the body.
template <class Body>
double fastest_us(int runs, const Body& body) {
  const Timing timing = time_runs(runs, body);
  return 1000 * *std::min_element(timing.ms.begin(), timing.ms.end());
}

double measure_ntt(base::BufferPool& pool, int log_n) {
  constexpr int kCalls = 8;
  detail::Limbs limb(pool, 1, log_n);
  const auto tables = fhe::kernels::NttTables::build(detail::primes(log_n, 1).front(), log_n);
  return fastest_us(50,
                    [&] {
                      for (int i = 0; i < kCalls; ++i) best_kernels().ntt_forward(limb[0], tables);
                    }) /
         kCalls;
}

/// Bytes per microsecond that inner products of 2 `terms` limbs, together of this size, take in.
double measure_reading(base::BufferPool& pool, std::size_t terms, double bytes, int runs) {
  const auto log_n =
      static_cast<int>(std::lround(std::log2(bytes / static_cast<double>(2 * terms * sizeof(std::uint64_t)))));
  const int calls = log_n < 14 ? 1 << (14 - log_n) : 1;
  detail::Limbs limbs(pool, 2 * terms + 1, log_n);
  const auto rows = limbs.rows();
  const std::span<const std::uint64_t* const> all(rows);
  const fhe::arith::Modulus q = detail::primes(13, 1).front();
  const double us = fastest_us(runs, [&] {
    for (int i = 0; i < calls; ++i) {
      best_kernels().inner_product(limbs[0], all.data() + 1, all.data() + 1 + terms, terms, limbs.size(), q);
    }
  });
  return static_cast<double>(2 * terms * limbs.size() * sizeof(std::uint64_t)) * calls / us;
}

/// Words per microsecond that a base conversion of limbs in the nearest cache multiplies.
double measure_multiply_adds(base::BufferPool& pool) {
  constexpr std::size_t kInputs = 24;
  constexpr std::size_t kTargets = 4;
  constexpr int kCalls = 32;
  detail::Limbs limbs(pool, kInputs + kTargets, 6);
  const auto rows = limbs.rows();
  const auto primes = detail::primes(kFirstLogN, kTargets);
  const std::vector<std::uint64_t> factors(kInputs, 1);
  std::vector<fhe::kernels::ConversionTarget> targets;
  for (std::size_t t = 0; t < kTargets; ++t) targets.push_back({limbs[kInputs + t], factors.data(), &primes[t]});
  const double us = fastest_us(50, [&] {
    for (int i = 0; i < kCalls; ++i) {
      best_kernels().base_convert(targets.data(), kTargets, rows.data(), kInputs, limbs.size());
    }
  });
  return static_cast<double>(kInputs * kTargets * limbs.size()) * kCalls / us;
}

double measure_random() {
  std::vector<std::uint8_t> bytes(1 << 16);
  fhe::random::Stream stream(fhe::random::Seed256{}, fhe::random::Domain::kTest, 0);
  return static_cast<double>(bytes.size()) / fastest_us(20, [&] { stream.fill(bytes); });
}

}  // namespace

double ntt_us(const Ceilings& ceilings, int log_n) {
  const int last = kFirstLogN + static_cast<int>(ceilings.ntt_us.size()) - 1;
  const int nearest = std::clamp(log_n, kFirstLogN, last);
  return ceilings.ntt_us[static_cast<std::size_t>(nearest - kFirstLogN)] * std::exp2(log_n - nearest) * log_n / nearest;
}

Ceilings reference_ceilings() {
  return {.ntt_us = {9, 18, 40, 84},
          .lane_ops = 29'000,
          .l2_bytes = 114'000,
          .l3_bytes = 90'000,
          .memory_bytes = 28'000,
          .random_bytes = 5'000};
}

Ceilings measured_ceilings() {
  const CacheSizes sizes = cache_sizes();
  base::BufferPool pool;
  Ceilings measured;
  for (std::size_t i = 0; i < measured.ntt_us.size(); ++i) {
    measured.ntt_us[i] = measure_ntt(pool, kFirstLogN + static_cast<int>(i));
  }
  measured.lane_ops = kMultiplyAdd * measure_multiply_adds(pool);
  measured.l2_bytes = measure_reading(pool, 8, sizes.l2 / 2, 50);
  measured.l3_bytes = measure_reading(pool, 2, std::max(4 * sizes.l2, sizes.l3 / 4), 20);
  measured.memory_bytes = measure_reading(pool, 2, std::min(4 * sizes.l3, kMostMemory), 5);
  measured.random_bytes = measure_random();
  return measured;
}

Ceilings better_ceilings(const Ceilings& a, const Ceilings& b) {
  Ceilings better;
  for (std::size_t i = 0; i < better.ntt_us.size(); ++i) better.ntt_us[i] = std::min(a.ntt_us[i], b.ntt_us[i]);
  better.lane_ops = std::max(a.lane_ops, b.lane_ops);
  better.l2_bytes = std::max(a.l2_bytes, b.l2_bytes);
  better.l3_bytes = std::max(a.l3_bytes, b.l3_bytes);
  better.memory_bytes = std::max(a.memory_bytes, b.memory_bytes);
  better.random_bytes = std::max(a.random_bytes, b.random_bytes);
  return better;
}

double floor_ms(const Work& work, const Ceilings& ceilings, int log_n, int threads) {
  const CacheSizes sizes = cache_sizes();
  const double compute_us = work.transforms * ntt_us(ceilings, log_n) +
                            work.lane_ops * std::exp2(log_n) / ceilings.lane_ops +
                            work.random_bytes / ceilings.random_bytes;
  const double from_l2 = std::min(work.bytes, sizes.l2);
  const double from_l3 = std::min(work.bytes - from_l2, sizes.l3);
  const double memory_us = from_l2 / ceilings.l2_bytes + from_l3 / ceilings.l3_bytes +
                           (work.bytes - from_l2 - from_l3) / ceilings.memory_bytes;
  const auto cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  return std::max(compute_us, memory_us) / std::min(threads, cores) / 1000;
}

double floor_ms(const Operation& operation, const Case& made, const Ceilings& ceilings, int threads) {
  const int used = operation.group == Group::kKernels ? 1 : threads;
  return floor_ms(made.work, ceilings, operation.shape.literal.log_n, used) * made.passes / made.count;
}

}  // namespace obscura::bench::operations
