#include "fhe/circuits/detail/term_plan.hpp"

#include <cstdint>
#include <map>
#include <utility>

#include "base/check.hpp"

namespace obscura::fhe::circuits::detail {

const ckks::SwitchingKey& require_key(const ckks::EvaluationKeys& keys, ckks::KeyId id, params::Level level) {
  const ckks::SwitchingKey* key = keys.find(id);
  OBSCURA_CHECK(key != nullptr, "a switching key that the transform needs is missing");
  OBSCURA_CHECK(key->level() >= level, "a switching key is for a lower level than the transform");
  return *key;
}

TermPlan plan_terms(const ring::RingContext& ring, const ckks::EvaluationKeys& keys, const LinearTransform& transform,
                    std::size_t inputs, params::Level level) {
  OBSCURA_CHECK(!transform.steps.empty(), "a transform without giant steps");
  TermPlan plan;
  std::map<std::pair<int, std::uint64_t>, std::size_t> known;
  for (const GiantStep& step : transform.steps) {
    OBSCURA_CHECK(!step.terms.empty(), "a giant step without terms");
    std::vector<std::size_t>& used = plan.rotation_of.emplace_back();
    for (const DiagonalTerm& term : step.terms) {
      OBSCURA_CHECK(term.input >= 0 && static_cast<std::size_t>(term.input) < inputs, "a term has no such input");
      const ring::GaloisElement g = ring::galois_of_rotation(term.baby, ring.params().log_n());
      const auto [place, fresh] = known.try_emplace({term.input, g.value()}, plan.rotations.size());
      if (fresh) {
        const bool still = g == ring::GaloisElement(1);
        const ckks::KeyId id{ckks::KeyKind::kGalois, g};
        plan.rotations.push_back({term.input, g, still ? nullptr : &require_key(keys, id, level), 0});
      }
      ++plan.rotations[place->second].uses;
      used.push_back(place->second);
    }
  }
  return plan;
}

}  // namespace obscura::fhe::circuits::detail
