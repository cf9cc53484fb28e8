#include "compiler/compile/choose_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "compiler/compile/node_levels.hpp"
#include "compiler/compile/stated_error.hpp"
#include "compiler/pack/interleave.hpp"
#include "plan/program/schedule.hpp"
#include "plan/program/verify.hpp"

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
/// By how many bits of precision packings of one structure may differ.
constexpr double kPackingBits = 2;
/// By how many bits the error may be larger when values are seen with errors in them: as much as gains differ from one
/// draw to the next.
constexpr double kSurpriseBits = 0.6;
constexpr int kMostLooks = 3;
/// Of values in the head room.
constexpr double kNegligibleOverflow = 0.5;
constexpr std::size_t kBeam = 48;
/// Chains with more primes try fewer key-switching structures.
constexpr int kDeep = 9;

/// One packing under one structure, not yet with primes.
struct Attempt {
  Structure structure;
  pack::NetworkPacking packing;
  double microseconds;
};

int ceil_half(int a) {
  return (a + 1) / 2;
}

int least_level(const Structure& structure) {
  return structure.ending == Ending::kTwoPrimes ? 1 : 0;
}

// One node for one ciphertext of its result.
Work node_work(const CostModel& model, const pack::LayerOps& ops, int level, int depth) {
  const int below = level - depth;
  Work work = ops.fresh_inputs * model.read_ciphertext(level);
  if (ops.terms > 0) {
    work += model.transform({ops.hoisted_operands, ops.terms, ops.babies, ops.giants, ops.plain_giant, ops.extended},
                            level);
    work += Work{0, below + 1.0, 0, 0};
  }
  work += (ops.rotations + ops.conjugations) * (model.key_switch(below) + Work{0, below + 1.0, 0, 0});
  return work + ops.products * model.multiply(level);
}

pack::NodeCost node_cost(const CostModel& model, const Structure& structure, const graph::Graph& graph,
                         const place::CostRow& row) {
  const std::vector<int> levels = node_levels(graph, structure.ending);
  std::vector<int> depths;
  for (const graph::Node& node : graph.nodes) depths.push_back(depth_of(node));
  if (structure.ending != Ending::kRescaled) {
    // What ends unrescaled stays at its level.
    for (std::size_t i = 0; i < depths.size(); ++i) depths[i] = std::min(depths[i], levels[i] - least_level(structure));
  }
  return [model, levels, depths, row](std::size_t node, const pack::LayerOps& ops) {
    return node_work(model, ops, levels[node], depths[node]).microseconds(row);
  };
}

// Structures for which even the smallest primes stay below the cap.
std::vector<Structure> structures(int log_n, const graph::Graph& graph, fhe::params::Security security) {
  std::vector<Structure> found;
  const int cap = max_log_qp(security, log_n);
  for (const Ending ending : {Ending::kOnePrime, Ending::kTwoPrimes, Ending::kRescaled}) {
    if (ending != Ending::kRescaled && !ends_in_matrices(graph)) continue;
    const int primes = top_level(graph, ending) + 1;
    const bool is_deep = primes > kDeep;
    for (int special = 1; special <= (is_deep ? 2 * kMostSpecial : kMostSpecial); ++special) {
      for (int digit_primes = special; digit_primes <= 2 * special; digit_primes += is_deep ? ceil_half(special) : 1) {
        const Structure structure{log_n, ending, primes, special, digit_primes};
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
  PlanSearch(const graph::Graph& graph, const Inputs& inputs, double most_sd, const CompileOptions& options)
      : graph_(graph),
        inputs_(inputs),
        most_sd_(most_sd),
        options_(options),
        lane_bits_(pack::lane_bits(options.images)),
        parallel_(options.threads) {}

  base::Result<ChosenPlan> run() {
    for (int log_n = least_log_n(); log_n <= options_.most_log_n; ++log_n) {
      observed_.clear();
      lowered_.reset();
      hopeless_.clear();
      if (options_.on_stage) options_.on_stage(fmt::format("searching plans for N = 2^{}", log_n));
      for (const Attempt& attempt : attempts(log_n)) {
        if (best_ && attempt.microseconds >= best_->microseconds) break;
        const bool is_hopeless = std::find(hopeless_.begin(), hopeless_.end(), attempt.structure) != hopeless_.end();
        if (!is_hopeless) try_primes(attempt);
      }
    }
    if (best_) return std::move(*best_);
    return nothing_fits();
  }

 private:
  struct Observed {
    pack::NetworkPacking packing;
    pack::PackedNetwork outline;  ///< for all images of a request, without weights
    Observation observation;
  };

  /// A packing as a program with weights. Weights of deep networks take gigabytes: only the last one is kept.
  struct Lowered {
    pack::NetworkPacking packing;
    pack::PackedNetwork single;                      ///< for one image, in its share of the slots
    std::optional<pack::PackedNetwork> interleaved;  ///< for all images of a request, if several

    [[nodiscard]] pack::PackedNetwork& whole() { return interleaved ? *interleaved : single; }
  };

  [[nodiscard]] int least_log_n() const { return std::max(options_.least_log_n, pack::kLeastLaneLogN + lane_bits_); }

  // All packings of all structures of a ring degree, fastest first.
  std::vector<Attempt> attempts(int log_n) {
    std::vector<Attempt> found;
    const place::CostRow row = options_.cost.row(log_n);
    pack::NetworkSearch search(graph_, 1 << (log_n - lane_bits_ - 1), parallel_);
    for (const Structure& structure : structures(log_n, graph_, options_.security)) {
      const CostModel model(structure.shape());
      auto packings = search.run(
          node_cost(model, structure, graph_, row),
          {kBeam, kPackingsPerStructure, best_ ? best_->microseconds : std::numeric_limits<double>::infinity()});
      if (!packings) {
        packing_error_ = packings.error();
        break;
      }
      for (pack::NetworkPacking& packing : *packings) {
        const double cost = packing.cost;
        found.push_back({structure, std::move(packing), cost});
      }
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const Attempt& a, const Attempt& b) { return a.microseconds < b.microseconds; });
    return found;
  }

  Lowered& lowered(const Attempt& attempt) {
    if (lowered_ && pack::same_shapes(lowered_->packing, attempt.packing)) return *lowered_;
    lowered_.reset();
    // Images neither meet nor differ in how they are computed: what one shows holds for all.
    lowered_.emplace(attempt.packing, pack::lower(graph_, attempt.packing, attempt.structure.log_n - lane_bits_));
    if (options_.images > 1) lowered_->interleaved = pack::interleave(lowered_->single, options_.images);
    return *lowered_;
  }

  const Observed& observed(const Attempt& attempt) {
    for (const Observed& known : observed_) {
      if (pack::same_shapes(known.packing, attempt.packing)) return known;
    }
    const pack::PackedNetwork& whole = lowered(attempt).whole();
    observed_.push_back({attempt.packing, {whole.program, {}, whole.tensors}, look_at(attempt)});
    return observed_.back();
  }

  Observation look_at(const Attempt& attempt, std::span<const place::Gain> errors = {}) {
    const pack::PackedNetwork& single = lowered(attempt).single;
    Observation observation = observe(single, inputs_, options_.sensitivity_inputs, parallel_, errors);
    // Places that a request leaves empty hold the image of zeros, which must not wrap around either.
    if (options_.images > 1) observe_zeros(single, observation);
    return observation;
  }

  void try_primes(const Attempt& attempt) {
    attempted_ = true;
    const Observed& known = observed(attempt);
    auto plan = with_primes(attempt, known.outline, known.observation);
    if (!plan) return;
    if (best_ && plan->microseconds >= best_->microseconds) return;
    if (!holds_with_errors(attempt, known.outline, plan)) {
      hopeless_.push_back(attempt.structure);
      outgrown_ = true;
      return;
    }
    best_ = std::move(plan);
  }

  // Looks at the plan again with its errors in every value, and chooses primes again where products of errors count.
  // What is seen then is what the plan states. Gives it its weights and holds it against the simulator. Of no use
  // afterwards where that fails.
  bool holds_with_errors(const Attempt& attempt, const pack::PackedNetwork& outline, std::optional<ChosenPlan>& plan) {
    for (int look = 0; look < kMostLooks; ++look) {
      if (look > 0) plan = with_primes(attempt, outline, plan->observation);
      if (!plan) return false;
      const auto params = plan::program::make_params(plan->packed.program);
      if (!params) return false;
      const double expected = plan->primes.log2_sd;
      plan->observation = look_at(attempt, errors_of(*plan, *params, options_.head_room));
      const place::ErrorModel model(plan->packed.program, plan->observation.calibration, *params, options_.head_room);
      const auto with_errors = model.predict(place::scale_bits_of(plan->packed.program, *params));
      plan->primes.log2_sd = with_errors.log2_sd;
      if (with_errors.overflow_bits > kNegligibleOverflow || with_errors.log2_sd > std::log2(most_sd_)) continue;
      if (with_errors.log2_sd > expected + kSurpriseBits) continue;
      plan->packed.weights = std::move(lowered(attempt).whole().weights);
      lowered_.reset();
      return keeps_its_bound(graph_, *plan, *params, inputs_, options_.head_room, parallel_);
    }
    return false;
  }

  // Without weights, as the outline is. None when nothing is precise enough, or small enough.
  std::optional<ChosenPlan> with_primes(const Attempt& attempt, const pack::PackedNetwork& outline,
                                        const Observation& observation) {
    pack::PackedNetwork packed = outline;
    Structure structure = attempt.structure;
    packed.program.sealing_key = options_.sealing_key;
    structure.primes = place::settle(packed.program, structure.ending) + 1;
    const auto scales = place::ScalePlan::solve(packed.program);
    const int digits = structure.shape().digits.back();
    const place::PrimeRequest request{structure.log_n, options_.security,  structure.primes,   structure.special,
                                      digits,          options_.head_room, std::log2(most_sd_)};
    const auto primes = place::choose_primes(packed.program, scales, observation.calibration, request);
    if (!primes || primes->log2_sd > std::log2(most_sd_) + kPackingBits) hopeless_.push_back(attempt.structure);
    if (!primes) return std::nullopt;
    least_sd_ = std::min(least_sd_, std::exp2(primes->log2_sd));
    if (std::exp2(primes->log2_sd) > most_sd_) return std::nullopt;
    const auto params = fhe::params::ParamSet::create(primes->literal);
    if (!params) return std::nullopt;
    packed.program.params = primes->literal;
    scales.assign(packed.program, primes->scales);
    if (!fits_memory(packed.program, *params)) return std::nullopt;
    double microseconds = 0;
    for (const Work& work : CostModel(place::ModulusShape::of(*params)).program(packed.program)) {
      microseconds += work.microseconds(options_.cost.row(structure.log_n));
    }
    return ChosenPlan{std::move(packed), attempt.packing, observation, structure, *primes, microseconds};
  }

  bool fits_memory(plan::program::Program& program, const fhe::params::ParamSet& params) {
    if (options_.most_memory_bytes == 0) return true;
    program.key_needs = plan::program::derive_key_needs(program);
    const std::uint64_t bytes = plan::program::estimate_memory(program, params).total_bytes(true);
    least_memory_ = std::min(least_memory_, bytes);
    return bytes <= options_.most_memory_bytes;
  }

  tl::unexpected<base::Error> nothing_fits() const {
    if (least_memory_ != std::numeric_limits<std::uint64_t>::max()) {
      return base::fail(
          base::ErrorCode::kUnsupported,
          fmt::format("every plan that is precise enough takes at least {} MB of memory, {} MB are allowed",
                      (least_memory_ >> 20) + 1, options_.most_memory_bytes >> 20),
          "allow more memory, a larger error or less security");
    }
    if (outgrown_) {
      return base::fail(
          base::ErrorCode::kUnsupported,
          "errors outgrow their prediction in every plan that is precise enough: products of errors reach the scores",
          "allow polynomials of lower degree only, calibrate with more inputs, or ask for a smaller error");
    }
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
    if (packing_error_) return too_many_images(*packing_error_);
    if (least_log_n() > options_.most_log_n) {
      return base::fail(base::ErrorCode::kUnsupported,
                        fmt::format("{} images leave each other too few of the slots of N = 2^{}", options_.images,
                                    options_.most_log_n),
                        "ask for fewer images in a request, or allow a larger ring degree");
    }
    return base::fail(
        base::ErrorCode::kUnsupported,
        fmt::format("the network needs {} levels, more than N = 2^{} allows at {} bits of security; on the "
                    "longest path each of these takes one: {}",
                    top_level(graph_, Ending::kRescaled), options_.most_log_n, static_cast<int>(options_.security),
                    longest_path(graph_)),
        "use fewer layers or activations of lower degree, or ask for less security");
  }

  tl::unexpected<base::Error> too_many_images(base::Error error) const {
    if (options_.images > 1) {
      error.message += fmt::format(", which are left to each of {} images", options_.images);
      error.hint = "ask for fewer images in a request, or allow a larger ring degree";
    }
    return tl::make_unexpected(std::move(error));
  }

  const graph::Graph& graph_;
  const Inputs& inputs_;
  double most_sd_;
  const CompileOptions& options_;
  int lane_bits_;
  base::Parallel parallel_;
  std::vector<Observed> observed_;
  std::optional<Lowered> lowered_;
  std::vector<Structure> hopeless_;  // of the ring degree, with some packing that is of no use
  std::optional<ChosenPlan> best_;
  std::optional<base::Error> packing_error_;
  bool attempted_ = false;
  bool outgrown_ = false;  // some plan's errors, in the simulator
  double least_sd_ = std::numeric_limits<double>::infinity();
  std::uint64_t least_memory_ = std::numeric_limits<std::uint64_t>::max();
};

}  // namespace

place::ModulusShape Structure::shape() const {
  return place::ModulusShape::uniform(log_n, primes, special, digit_primes);
}

base::Result<ChosenPlan> choose_plan(const graph::Graph& graph, const Inputs& inputs, double most_sd,
                                     const CompileOptions& options) {
  return PlanSearch(graph, inputs, most_sd, options).run();
}

}  // namespace obscura::compiler::compile
