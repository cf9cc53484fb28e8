#include "compiler/compile/choose_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "compiler/compile/node_levels.hpp"
#include "compiler/compile/place_bootstraps.hpp"
#include "compiler/compile/stated_error.hpp"
#include "compiler/pack/interleave.hpp"
#include "plan/program/schedule.hpp"
#include "plan/program/verify.hpp"

namespace obscura::compiler::compile {
namespace {

using place::CostModel;
using place::Ending;
using place::Work;

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

/// One packing under one structure, not yet with primes.
struct Attempt {
  Structure structure;
  pack::NetworkPacking packing;
  double microseconds;
};

class PlanSearch {
 public:
  /// With a chain the graph has bootstraps. Plans that take as long as `most_us` are of no interest.
  PlanSearch(std::shared_ptr<const graph::Graph> graph, const Inputs& inputs, double most_sd,
             const CompileOptions& options, std::shared_ptr<const BootstrapChain> chain = nullptr,
             double most_us = std::numeric_limits<double>::infinity())
      : whole_(std::move(graph)),
        graph_(*whole_),
        chain_(std::move(chain)),
        most_us_(most_us),
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
        if (attempt.microseconds >= most_us_) break;
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

  [[nodiscard]] int least_log_n() const {
    if (chain_) return chain_->params.log_n;
    return std::max(options_.least_log_n, pack::kLeastLaneLogN + lane_bits_);
  }

  // All packings of all structures of a ring degree, fastest first.
  std::vector<Attempt> attempts(int log_n) {
    std::vector<Attempt> found;
    const place::CostRow row = options_.cost.row(log_n);
    pack::NetworkSearch search(graph_, 1 << (log_n - lane_bits_ - 1), parallel_);
    for (const Structure& structure :
         chain_ ? structures(chain_, graph_) : structures(log_n, graph_, options_.security)) {
      auto packings = search.run(node_cost(structure, graph_, row), {kBeam, kPackingsPerStructure, most_us_});
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
    observed_.push_back({attempt.packing, pack::PackedNetwork{whole.program, {}, whole.tensors}, look_at(attempt)});
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
    if (plan->microseconds >= most_us_) return;
    if (!holds_with_errors(attempt, known.outline, plan)) {
      hopeless_.push_back(attempt.structure);
      outgrown_ = true;
      return;
    }
    best_ = std::move(plan);
    most_us_ = best_->microseconds;
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
    const int top = place::settle(packed.program, structure.ending);
    const auto scales = place::ScalePlan::solve(packed.program);
    const auto primes = structure.chain ? scales_in_chain(packed.program, scales, observation, *structure.chain, top)
                                        : primes_of(packed.program, scales, observation, structure, top);
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
    return ChosenPlan{whole_, std::move(packed), attempt.packing, observation, structure, *primes, microseconds};
  }

  std::optional<place::PrimeChoice> primes_of(const plan::program::Program& program, const place::ScalePlan& scales,
                                              const Observation& observation, Structure& structure, int top) const {
    structure.primes = top + 1;
    const int digits = structure.shape().digits.back();
    const place::PrimeRequest request{structure.log_n, options_.security,  structure.primes,   structure.special,
                                      digits,          options_.head_room, std::log2(most_sd_)};
    return place::choose_primes(program, scales, observation.calibration, request);
  }

  std::optional<place::PrimeChoice> scales_in_chain(plan::program::Program& program, const place::ScalePlan& scales,
                                                    const Observation& observation, const BootstrapChain& chain,
                                                    int top) const {
    program.params = chain.params;
    program.bootstrap = chain.bootstrap;
    const bool fits = top <= chain.top &&
                      std::all_of(program.instructions.begin(), program.instructions.end(),
                                  [&](const plan::program::Instruction& instruction) {
                                    return !std::holds_alternative<plan::program::Bootstrap>(instruction.operation) ||
                                           instruction.level.value() == chain.to;
                                  });
    const auto params = fhe::params::ParamSet::create(chain.params);
    if (!fits || !params) return std::nullopt;
    return place::choose_scales(program, scales, observation.calibration, *params, options_.head_room);
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

  std::shared_ptr<const graph::Graph> whole_;
  const graph::Graph& graph_;
  std::shared_ptr<const BootstrapChain> chain_;
  double most_us_;
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

/// A graph with bootstraps, and the chain that they are placed for.
struct Placement {
  std::shared_ptr<const graph::Graph> graph;
  std::shared_ptr<const BootstrapChain> chain;
  double microseconds;  ///< roughly
};

// Fastest first; those that take no longer than plans without bootstraps.
std::vector<Placement> placements(const graph::Graph& graph, const Inputs& inputs, const CompileOptions& options,
                                  double most_us) {
  std::vector<Placement> found;
  std::vector<double> most;  // [nodes], once it is needed
  const Ending ending = ends_in_matrices(graph) ? Ending::kOnePrime : Ending::kRescaled;
  for (const auto& chain : bootstrap_chains(options.security)) {
    const int log_n = chain->params.log_n;
    const CostModel model(chain->shape);
    const place::CostRow row = options.cost.row(log_n);
    const double bootstrap_us = model.bootstrap(chain->bootstrap).microseconds(row);
    if (log_n < options.least_log_n || log_n > options.most_log_n || bootstrap_us >= most_us) continue;
    const auto slots = std::size_t{1} << (log_n - 1 - pack::lane_bits(options.images));
    const auto cost = [&](const graph::Node& node, int level) { return typical_cost(model, row, node.op, level); };
    if (most.empty()) most = magnitudes(graph, inputs, base::Parallel(options.threads));
    auto placed =
        place_bootstraps(graph, ending, {chain->from, chain->to, chain->top, slots, cost, bootstrap_us}, most);
    if (!placed) continue;
    found.push_back({std::make_shared<const graph::Graph>(std::move(placed->graph)), chain, placed->cost});
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Placement& a, const Placement& b) { return a.microseconds < b.microseconds; });
  return found;
}

}  // namespace

base::Result<ChosenPlan> choose_plan(const graph::Graph& graph, const Inputs& inputs, double most_sd,
                                     const CompileOptions& options) {
  const auto whole = std::make_shared<const graph::Graph>(graph);
  base::Result<ChosenPlan> plan = PlanSearch(whole, inputs, most_sd, options).run();
  const double most_us = plan ? plan->microseconds : std::numeric_limits<double>::infinity();
  std::optional<base::Error> nearest;  // why the fastest placement of bootstraps has no plan
  for (Placement& placement : placements(graph, inputs, options, most_us)) {
    const double best_us = plan ? plan->microseconds : std::numeric_limits<double>::infinity();
    if (placement.microseconds >= best_us) break;
    auto with_bootstraps =
        PlanSearch(std::move(placement.graph), inputs, most_sd, options, std::move(placement.chain), best_us).run();
    if (with_bootstraps) {
      plan = std::move(with_bootstraps);
    } else if (!nearest) {
      nearest = std::move(with_bootstraps.error());
    }
  }
  if (!plan && nearest) {
    nearest->message = "with bootstraps: " + nearest->message;
    return tl::make_unexpected(std::move(*nearest));
  }
  return plan;
}

}  // namespace obscura::compiler::compile
