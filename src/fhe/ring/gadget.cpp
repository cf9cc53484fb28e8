#include "fhe/ring/gadget.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "fhe/ring/detail/digit_rows.hpp"
#include "fhe/ring/detail/limb_switcher.hpp"
#include "fhe/ring/for_each_limb.hpp"

namespace obscura::fhe::ring {
namespace {

void prepare_output(const RingContext& ring, const Basis& basis, bool accumulate, EvaluationPoly& out) {
  if (out.basis() == basis && out.degree() == ring.degree()) return;
  OBSCURA_CHECK(!accumulate, "a sum can only be added to a polynomial over the same basis");
  out = ring.make<Domain::kEvaluation>(basis);
}

void multiply(const RingContext& ring, const detail::LimbSwitcher& switcher, EvaluationPoly& out0, EvaluationPoly& out1,
              bool accumulate) {
  prepare_output(ring, switcher.basis(), accumulate, out0);
  prepare_output(ring, switcher.basis(), accumulate, out1);
  for_each_block(ring, switcher.basis().limbs(), [&](int first, int count) {
    detail::BlockJobs jobs;
    for (int t = 0; t < count; ++t) {
      kernels::SwitchLimb& job = jobs[static_cast<std::size_t>(t)];
      job.out0 = out0.limb(first + t).data();
      job.out1 = out1.limb(first + t).data();
      job.start0 = accumulate ? job.out0 : nullptr;
      job.start1 = accumulate ? job.out1 : nullptr;
    }
    switcher.switch_block(first, count, jobs);
  });
}

}  // namespace

Digits decompose(const RingContext& ring, const EvaluationPoly& a) {
  const detail::DigitRows rows(ring, a);
  const Basis basis = rows.basis();
  Digits result;
  for (int d = 0; d < rows.cut().count(); ++d) result.digits.push_back(ring.make<Domain::kEvaluation>(basis));
  for (int digit = 0; digit < rows.cut().count(); ++digit) {
    EvaluationPoly& out = result.digits[static_cast<std::size_t>(digit)];
    for_each_block(ring, basis.limbs(), [&](int first, int count) {
      detail::BlockRows lifted{};
      for (int t = 0; t < count; ++t) {
        if (rows.cut().owns(digit, first + t)) {
          std::ranges::copy(a.limb(first + t), out.limb(first + t).begin());
        } else {
          lifted[static_cast<std::size_t>(t)] = out.limb(first + t).data();
        }
      }
      rows.lift(digit, first, count, lifted);
      for (int t = 0; t < count; ++t) {
        std::uint64_t* row = lifted[static_cast<std::size_t>(t)];
        if (row != nullptr) ring.kernels().ntt_forward(row, ring.ntt(basis, first + t));
      }
    });
  }
  return result;
}

void inner_product(const RingContext& ring, const Digits& digits, const GadgetKey& key, EvaluationPoly& out0,
                   EvaluationPoly& out1, bool accumulate) {
  multiply(ring, detail::LimbSwitcher(ring, digits, key), out0, out1, accumulate);
}

void decompose_and_multiply(const RingContext& ring, const EvaluationPoly& a, const GadgetKey& key,
                            EvaluationPoly& out0, EvaluationPoly& out1, bool accumulate) {
  const detail::DigitRows rows(ring, a);
  multiply(ring, detail::LimbSwitcher(ring, a, rows, key), out0, out1, accumulate);
}

void add_gadget_multiple(const RingContext& ring, EvaluationPoly& a, const EvaluationPoly& factor, int digit) {
  OBSCURA_CHECK(a.degree() == ring.degree() && a.basis() == factor.basis(), "the operands have different bases");
  OBSCURA_CHECK(digit >= 0 && digit < static_cast<int>(ring.params().digits().size()), "there is no such digit");
  const params::DigitRange range = ring.params().digits()[static_cast<std::size_t>(digit)];
  const auto n = static_cast<std::size_t>(ring.degree());
  base::Buffer multiple = ring.pool().acquire(n);
  for (int i = range.first; i < std::min(range.first + range.count, a.basis().q_count); ++i) {
    const arith::Modulus& q = ring.modulus(a.basis(), i);
    ring.kernels().multiply_scalar(multiple.data(), factor.limb(i).data(), n, ring.constants().p_mod(i), q);
    ring.kernels().add(a.limb(i).data(), a.limb(i).data(), multiple.data(), n, q);
  }
}

}  // namespace obscura::fhe::ring
