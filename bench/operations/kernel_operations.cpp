#include <algorithm>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "bench/operations/detail/groups.hpp"
#include "bench/operations/detail/limbs.hpp"
#include "fhe/kernels/evaluation_order.hpp"

namespace obscura::bench::operations {

namespace {

namespace kernels = fhe::kernels;
using detail::Limbs;
using fhe::arith::Modulus;

constexpr int kStreamed = 24;  ///< limbs of a transform that no cache of one core holds
constexpr int kHotRuns = 16;   ///< calls of a kernel in one run, so that the clock's resolution does not count
constexpr int kDigits = 3;
constexpr int kConverted = 8;  ///< primes that a base conversion starts from
constexpr int kTargets = 4;

/// Limbs with the tables of their primes.
struct Transforms {
  const kernels::KernelTable* table;
  std::vector<kernels::NttTables> tables;
  Limbs limbs;

  void run(bool forward) {
    for (std::size_t i = 0; i < tables.size(); ++i) {
      (forward ? table->ntt_forward : table->ntt_inverse)(limbs[i], tables[i]);
    }
  }
  /// a + b X is a + b psi^e at the place of the e-th power.
  [[nodiscard]] bool right(bool forward) {
    constexpr std::uint64_t kA = 3;
    constexpr std::uint64_t kB = 5;
    const std::size_t n = limbs.size();
    bool all = true;
    for (std::size_t i = 0; i < tables.size(); ++i) {
      const Modulus& q = tables[i].q;
      std::vector<std::uint64_t> coefficients(n);
      std::vector<std::uint64_t> values(n);
      coefficients[0] = kA;
      coefficients[1] = kB;
      for (std::size_t k = 0; k < n; ++k) {
        const std::uint32_t exponent = kernels::evaluation_exponent(tables[i].log_n, k);
        values[k] =
            fhe::arith::add_mod(kA, fhe::arith::mul_mod(kB, fhe::arith::pow_mod(tables[i].psi, exponent, q), q), q);
      }
      const auto& from = forward ? coefficients : values;
      const auto& to = forward ? values : coefficients;
      std::copy(from.begin(), from.end(), limbs[i]);
      (forward ? table->ntt_forward : table->ntt_inverse)(limbs[i], tables[i]);
      all = all && std::equal(to.begin(), to.end(), limbs[i]);
    }
    return all;
  }
};

Case prepare_transform(Engine& engine, bool forward, int limbs) {
  const int log_n = engine.params().log_n();
  const auto t = std::make_shared<Transforms>(
      Transforms{&engine.ring().kernels(), {}, Limbs(engine.ring().pool(), static_cast<std::size_t>(limbs), log_n)});
  for (const Modulus& q : detail::primes(log_n, limbs)) t->tables.push_back(kernels::NttTables::build(q, log_n));
  const int runs = limbs == 1 ? kHotRuns : 1;
  const WorkModel model(engine.params(), engine.top());
  Case made;
  made.count = limbs * runs;
  made.passes = runs;
  // Each limb is read and written, and its factors with their quotients are read.
  made.work = Work{.transforms = static_cast<double>(limbs)} + model.memory(4.0 * limbs);
  made.right = [t, forward] { return t->right(forward); };
  made.run = [t, forward, runs] {
    for (int i = 0; i < runs; ++i) t->run(forward);
  };
  return made;
}

/// A kernel on limbs modulo one prime, compared with one number computed at a time.
struct ElementWise {
  ElementWise(Engine& engine, std::size_t count)
      : table(&engine.ring().kernels()),
        q(detail::primes(engine.params().log_n(), 1).front()),
        limbs(engine.ring().pool(), count, engine.params().log_n()) {
    limbs.fill(q.value());
  }
  const kernels::KernelTable* table;
  Modulus q;
  Limbs limbs;
};

using Kernel = std::function<void(ElementWise&)>;
using Reference = std::function<std::uint64_t(const ElementWise&, std::size_t)>;

/// `kernel` leaves its result in limb 0, `expected` is asked for each of its words before.
Case prepare_element_wise(Engine& engine, std::size_t limbs, double lane_ops, const Kernel& kernel,
                          const Reference& expected) {
  const auto e = std::make_shared<ElementWise>(engine, limbs);
  const WorkModel model(engine.params(), engine.top());
  Case made;
  made.count = kHotRuns;
  made.passes = kHotRuns;
  made.work = Work{.lane_ops = lane_ops} + model.memory(static_cast<double>(limbs));
  made.right = [e, kernel, expected] {
    std::vector<std::uint64_t> words(e->limbs.size());
    for (std::size_t k = 0; k < words.size(); ++k) words[k] = expected(*e, k);
    kernel(*e);
    return std::equal(words.begin(), words.end(), e->limbs[0]);
  };
  made.run = [e, kernel] {
    for (int i = 0; i < kHotRuns; ++i) kernel(*e);
  };
  return made;
}

Case prepare_multiply(Engine& engine) {
  return prepare_element_wise(
      engine, 3, kMultiplyAdd + kReduction,
      [](ElementWise& e) { e.table->multiply(e.limbs[0], e.limbs[1], e.limbs[2], e.limbs.size(), e.q); },
      [](const ElementWise& e, std::size_t k) { return fhe::arith::mul_mod(e.limbs[1][k], e.limbs[2][k], e.q); });
}

Case prepare_multiply_add(Engine& engine) {
  return prepare_element_wise(
      engine, 3, kMultiplyAdd + kReduction,
      [](ElementWise& e) { e.table->multiply_add(e.limbs[0], e.limbs[1], e.limbs[2], e.limbs.size(), e.q); },
      [](const ElementWise& e, std::size_t k) {
        return fhe::arith::add_mod(e.limbs[0][k], fhe::arith::mul_mod(e.limbs[1][k], e.limbs[2][k], e.q), e.q);
      });
}

/// Limbs 2 .. are the digits, then both halves of the key; the results go to limbs 0 and 1.
Case prepare_inner_product(Engine& engine) {
  const auto first = [](std::size_t operand) { return 2 + operand * kDigits; };
  return prepare_element_wise(
      engine, first(3), 2 * (kDigits * kMultiplyAdd + kReduction),
      [first](ElementWise& e) {
        const auto rows = e.limbs.rows();
        const std::span<const std::uint64_t* const> all(rows);
        e.table->inner_product_pair(e.limbs[0], e.limbs[1], all.subspan(first(0)).data(), all.subspan(first(1)).data(),
                                    all.subspan(first(2)).data(), kDigits, e.limbs.size(), e.q, false);
      },
      [first](const ElementWise& e, std::size_t k) {
        std::uint64_t sum = 0;
        for (std::size_t t = 0; t < kDigits; ++t) {
          const std::uint64_t product = fhe::arith::mul_mod(e.limbs[first(0) + t][k], e.limbs[first(1) + t][k], e.q);
          sum = fhe::arith::add_mod(sum, product, e.q);
        }
        return sum;
      });
}

/// From kConverted limbs to kTargets others.
struct Conversion {
  const kernels::KernelTable* table;
  std::vector<Modulus> primes;
  Limbs inputs;
  Limbs outputs;
  std::vector<std::uint64_t> factors;  ///< [kTargets][kConverted]

  void run() {
    std::vector<kernels::ConversionTarget> targets;
    for (std::size_t t = 0; t < kTargets; ++t) targets.push_back({outputs[t], &factors[t * kConverted], &primes[t]});
    const auto rows = inputs.rows();
    table->base_convert(targets.data(), kTargets, rows.data(), kConverted, inputs.size());
  }
  [[nodiscard]] bool right() {
    run();
    for (std::size_t t = 0; t < kTargets; ++t) {
      for (std::size_t k = 0; k < inputs.size(); ++k) {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < kConverted; ++i) {
          const std::uint64_t residue = fhe::arith::reduce(inputs[i][k], primes[t]);
          const std::uint64_t product = fhe::arith::mul_mod(residue, factors[t * kConverted + i], primes[t]);
          sum = fhe::arith::add_mod(sum, product, primes[t]);
        }
        if (sum != outputs[t][k]) return false;
      }
    }
    return true;
  }
};

Case prepare_base_conversion(Engine& engine) {
  const int log_n = engine.params().log_n();
  base::BufferPool& pool = engine.ring().pool();
  const auto c = std::make_shared<Conversion>(Conversion{&engine.ring().kernels(),
                                                         detail::primes(log_n, kTargets),
                                                         Limbs(pool, kConverted, log_n),
                                                         Limbs(pool, kTargets, log_n),
                                                         {}});
  c->inputs.fill(std::uint64_t{1} << 50);
  for (std::uint64_t i = 0; i < kTargets * kConverted; ++i) {
    c->factors.push_back(fhe::arith::reduce((i + 1) * 0x9E3779B97F4A7C15, c->primes[i / kConverted]));
  }
  const WorkModel model(engine.params(), engine.top());
  Case made;
  made.count = kTargets;
  made.work =
      Work{.lane_ops = kTargets * (kConverted * kMultiplyAdd + kReduction)} + model.memory(kConverted + kTargets);
  made.right = [c] { return c->right(); };
  made.run = [c] { c->run(); };
  return made;
}

}  // namespace

void detail::add_kernels(const Shape& shape, std::vector<Operation>& to) {
  const auto add = [&](const std::string& name, std::function<Case(Engine&)> prepare) {
    to.push_back({Group::kKernels, name, shape, std::move(prepare)});
  };
  for (const int limbs : {1, kStreamed}) {
    const std::string how = limbs == 1 ? ", hot" : ", " + std::to_string(limbs) + " limbs streamed";
    add("NTT" + how, [limbs](Engine& engine) { return prepare_transform(engine, true, limbs); });
    add("inverse NTT" + how, [limbs](Engine& engine) { return prepare_transform(engine, false, limbs); });
  }
  add("multiply limbs", prepare_multiply);
  add("multiply and add limbs", prepare_multiply_add);
  add("inner product of 3 digits, pair", prepare_inner_product);
  add("base conversion from 8 limbs", prepare_base_conversion);
}

}  // namespace obscura::bench::operations
