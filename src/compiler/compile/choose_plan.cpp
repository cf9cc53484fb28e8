#include "compiler/compile/choose_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace obscura::compiler::compile {
namespace {

using fhe::params::max_log_qp;
using place::CostModel;
using place::Ending;
using place::Work;

constexpr int kMinBits = 20;
constexpr int kMaxBits = 50;
constexpr int kMostSpecial = 4;
constexpr std::size_t kPackingsPerStructure = 2;
constexpr std::size_t kBeam = 48;

/// One packing under one structure, not yet with primes.
struct Attempt {
  Structure structure;
  pack::ChainPacking packing;
  double microseconds;
};

// Linear layer `stage` with all that follows up to the next layer.
Work layer_work(const CostModel& model, const pack::LayerOps& ops, int level, bool rescale, bool is_last) {
  const int below = rescale ? level - 1 : level;
  Work work = ops.fresh_inputs * model.read_ciphertext(level);
  work +=
      model.transform({ops.hoisted_operands, ops.terms, ops.babies, ops.giants, ops.plain_giant, ops.extended}, level);
  work += (ops.rotations + ops.conjugations) * model.key_switch(below);
  work += (1.0 + ops.rotations + ops.conjugations) * Work{0, below + 1.0, 0};
  if (!is_last) work += model.square(below);
  return work;
}

pack::StageCost stage_cost(const CostModel& model, const Structure& structure, std::size_t layers,
                           const place::CostRow& row) {
  const int top = structure.primes(layers) - 1;
  return [&model, structure, layers, row, top](std::size_t stage, const pack::LayerOps& ops) {
    const bool is_last = stage + 1 == layers;
    const bool rescale = !is_last || structure.ending == Ending::kRescaled;
    return layer_work(model, ops, top - 2 * static_cast<int>(stage), rescale, is_last).microseconds(row);
  };
}

// Structures for which even the smallest primes stay below the cap.
std::vector<Structure> structures(int log_n, std::size_t layers, fhe::params::Security security) {
  std::vector<Structure> found;
  const int cap = max_log_qp(security, log_n);
  for (const Ending ending : {Ending::kOnePrime, Ending::kTwoPrimes, Ending::kRescaled}) {
    for (int special = 1; special <= kMostSpecial; ++special) {
      for (int digit_primes = special; digit_primes <= 2 * special; ++digit_primes) {
        const Structure structure{log_n, ending, special, digit_primes};
        const int primes = structure.primes(layers);
        const int special_bits = std::max(kMinBits * special, kMinBits * std::min(digit_primes, primes));
        if (digit_primes > primes) continue;
        if (special_bits > kMaxBits * special || primes * kMinBits + special_bits > cap) continue;
        found.push_back(structure);
      }
    }
  }
  return found;
}

class PlanSearch {
 public:
  PlanSearch(const graph::Chain& chain, const Inputs& inputs, double most_sd, const CompileOptions& options)
      : chain_(chain), inputs_(inputs), most_sd_(most_sd), options_(options) {}

  base::Result<ChosenPlan> run() {
    for (int log_n = options_.least_log_n; log_n <= options_.most_log_n; ++log_n) {
      observed_.clear();
      for (const Attempt& attempt : attempts(log_n)) {
        if (best_ && attempt.microseconds >= best_->microseconds) break;
        try_primes(attempt);
      }
    }
    if (best_) return std::move(*best_);
    return nothing_fits();
  }

 private:
  struct Observed {
    pack::ChainPacking packing;
    pack::PackedChain packed;
    Observation observation;
  };

  // All packings of all structures of a ring degree, fastest first.
  std::vector<Attempt> attempts(int log_n) {
    std::vector<Attempt> found;
    const place::CostRow row = options_.cost.row(log_n);
    pack::ChainSearch search(chain_, 1 << (log_n - 1));
    for (const Structure& structure : structures(log_n, chain_.stages.size(), options_.security)) {
      const CostModel model(structure.shape(chain_.stages.size()));
      auto packings = search.run(
          stage_cost(model, structure, chain_.stages.size(), row),
          {kBeam, kPackingsPerStructure, best_ ? best_->microseconds : std::numeric_limits<double>::infinity()});
      if (!packings) {
        packing_error_ = packings.error();
        break;
      }
      for (pack::ChainPacking& packing : *packings) {
        const double cost = packing.cost;
        found.push_back({structure, std::move(packing), cost});
      }
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const Attempt& a, const Attempt& b) { return a.microseconds < b.microseconds; });
    return found;
  }

  const Observed& observed(const Attempt& attempt) {
    for (const Observed& known : observed_) {
      if (pack::same_shapes(known.packing, attempt.packing)) return known;
    }
    pack::PackedChain packed = pack::lower(chain_, attempt.packing, attempt.structure.log_n);
    Observation observation = observe(packed, inputs_, options_.sensitivity_inputs);
    observed_.push_back({attempt.packing, std::move(packed), std::move(observation)});
    return observed_.back();
  }

  void try_primes(const Attempt& attempt) {
    attempted_ = true;
    const Observed& known = observed(attempt);
    const Structure& structure = attempt.structure;
    pack::PackedChain packed = known.packed;
    packed.program.sealing_key = options_.sealing_key;
    const int top = place::assign_levels(packed.program, structure.ending);
    const int digits = structure.shape(chain_.stages.size()).digits.back();
    const place::PrimeRequest request{structure.log_n, options_.security, top + 1, structure.special,
                                      digits,          options_.head_room};
    const auto primes = place::choose_primes(packed.program, known.observation.calibration, request);
    if (!primes) return;
    least_sd_ = std::min(least_sd_, std::exp2(primes->log2_sd));
    if (std::exp2(primes->log2_sd) > most_sd_) return;
    const auto params = fhe::params::ParamSet::create(primes->literal);
    if (!params) return;
    packed.program.params = primes->literal;
    place::assign_scales(packed.program, primes->scales);
    double microseconds = 0;
    for (const Work& work : CostModel(place::ModulusShape::of(*params)).program(packed.program)) {
      microseconds += work.microseconds(options_.cost.row(structure.log_n));
    }
    if (best_ && microseconds >= best_->microseconds) return;
    best_ = ChosenPlan{std::move(packed), attempt.packing, known.observation, structure, *primes, microseconds};
  }

  tl::unexpected<base::Error> nothing_fits() const {
    if (std::isfinite(least_sd_)) {
      return base::fail(
          base::ErrorCode::kUnsupported,
          fmt::format("no parameters up to N = 2^{} at {} bits of security are precise enough: the best leaves a score "
                      "error of {:.3g}, at most {:.3g} is allowed",
                      options_.most_log_n, static_cast<int>(options_.security), least_sd_, most_sd_),
          "calibrate with inputs like those in use, allow a larger error, or ask for less security");
    }
    if (attempted_) {
      return base::fail(base::ErrorCode::kUnsupported,
                        fmt::format("no moduli up to N = 2^{} at {} bits of security hold the network's values",
                                    options_.most_log_n, static_cast<int>(options_.security)),
                        "train with smaller activations, or ask for less security");
    }
    if (packing_error_) return tl::make_unexpected(*packing_error_);
    return base::fail(base::ErrorCode::kUnsupported,
                      fmt::format("{} linear layers need more levels than N = 2^{} allows at {} bits of security",
                                  chain_.stages.size(), options_.most_log_n, static_cast<int>(options_.security)),
                      "use fewer layers, or ask for less security");
  }

  const graph::Chain& chain_;
  const Inputs& inputs_;
  double most_sd_;
  const CompileOptions& options_;
  std::vector<Observed> observed_;
  std::optional<ChosenPlan> best_;
  std::optional<base::Error> packing_error_;
  bool attempted_ = false;
  double least_sd_ = std::numeric_limits<double>::infinity();
};

}  // namespace

int Structure::primes(std::size_t layers) const {
  return place::top_level(static_cast<int>(layers), ending) + 1;
}

place::ModulusShape Structure::shape(std::size_t layers) const {
  return place::ModulusShape::uniform(log_n, primes(layers), special, digit_primes);
}

base::Result<ChosenPlan> choose_plan(const graph::Chain& chain, const Inputs& inputs, double most_sd,
                                     const CompileOptions& options) {
  return PlanSearch(chain, inputs, most_sd, options).run();
}

}  // namespace obscura::compiler::compile
