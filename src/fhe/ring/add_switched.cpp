#include "fhe/ring/add_switched.hpp"

#include "base/check.hpp"
#include "fhe/ring/detail/digit_rows.hpp"
#include "fhe/ring/detail/limb_switcher.hpp"
#include "fhe/ring/for_each_limb.hpp"

namespace obscura::fhe::ring {

void add_switched(const RingContext& ring, const EvaluationPoly& a, const GadgetKey& key, const EvaluationPoly& summand,
                  GaloisElement g, PolyPair& sums) {
  const detail::DigitRows rows(ring, a);
  const detail::LimbSwitcher switcher(ring, a, rows, key);
  for (const EvaluationPoly* operand :
       {&summand, static_cast<const EvaluationPoly*>(&sums.c0), static_cast<const EvaluationPoly*>(&sums.c1)}) {
    OBSCURA_CHECK(operand->basis() == switcher.basis() && operand->degree() == ring.degree(),
                  "an operand has another basis than the digits");
  }
  const kernels::Permutation& permutation = ring.automorphism(g);
  for_each_block(ring, switcher.basis().limbs(), [&](int first, int count) {
    detail::BlockJobs jobs;
    for (int t = 0; t < count; ++t) {
      kernels::SwitchLimb& job = jobs[static_cast<std::size_t>(t)];
      job.start0 = summand.limb(first + t).data();
      job.permutation = &permutation;
      job.adds = true;
      job.out0 = sums.c0.limb(first + t).data();
      job.out1 = sums.c1.limb(first + t).data();
    }
    switcher.switch_block(first, count, jobs);
  });
}

}  // namespace obscura::fhe::ring
