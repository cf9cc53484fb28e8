#include "compiler/compile/structure.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "compiler/compile/node_levels.hpp"
#include "fhe/params/bootstrap_presets.hpp"

namespace obscura::compiler::compile {
namespace {

using fhe::params::max_log_qp;
using place::CostModel;
using place::Ending;
using place::Work;

constexpr int kMinBits = 20;
constexpr int kMaxBits = 50;
constexpr int kMostSpecial = 4;
/// Chains with more primes try fewer key-switching structures.
constexpr int kDeep = 9;
constexpr std::array kEndings = {Ending::kOnePrime, Ending::kTwoPrimes, Ending::kRescaled};
/// Usable primes of a bootstrap's chain and their bits, together at most as many as those of the preset.
constexpr std::array<std::pair<int, int>, 5> kUsable = {{{13, 40}, {14, 37}, {15, 34}, {16, 32}, {17, 30}}};
/// Of the primes that EvalMod goes through, from above, the first three suit nothing else.
constexpr int kOfEvalModOnly = 3;

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

}  // namespace

pack::NodeCost node_cost(const Structure& structure, const graph::Graph& graph, const place::CostRow& row) {
  const CostModel model(structure.shape());
  std::optional<fhe::params::BootstrapLiteral> bootstrap;
  if (structure.chain) bootstrap = structure.chain->bootstrap;
  const std::vector<int> levels = node_levels(graph, structure.ending);
  std::vector<int> depths;
  for (const graph::Node& node : graph.nodes) depths.push_back(depth_of(node));
  if (structure.ending != Ending::kRescaled) {
    // What ends unrescaled stays at its level.
    for (std::size_t i = 0; i < depths.size(); ++i) depths[i] = std::min(depths[i], levels[i] - least_level(structure));
  }
  return [model, levels, depths, row, bootstrap](std::size_t node, const pack::LayerOps& ops) {
    Work work = node_work(model, ops, levels[node], depths[node]);
    if (ops.bootstraps > 0) work += ops.bootstraps * model.bootstrap(bootstrap.value());
    return work.microseconds(row);
  };
}

std::vector<Structure> structures(int log_n, const graph::Graph& graph, fhe::params::Security security) {
  std::vector<Structure> found;
  const int cap = max_log_qp(security, log_n);
  for (const Ending ending : kEndings) {
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

std::vector<Structure> structures(const std::shared_ptr<const BootstrapChain>& chain, const graph::Graph& graph) {
  std::vector<Structure> found;
  for (const Ending ending : kEndings) {
    if (ending != Ending::kRescaled && !ends_in_matrices(graph)) continue;
    Structure structure{chain->params.log_n, ending};
    structure.primes = static_cast<int>(chain->params.q_bits.size());
    structure.special = static_cast<int>(chain->params.p_bits.size());
    structure.chain = chain;
    found.push_back(std::move(structure));
  }
  return found;
}

std::vector<std::shared_ptr<const BootstrapChain>> bootstrap_chains(fhe::params::Security security) {
  std::vector<std::shared_ptr<const BootstrapChain>> chains;
  for (const auto& [count, bits] : kUsable) {
    const fhe::params::BootstrapPreset preset = fhe::params::real_bootstrap(count, bits);
    if (preset.params.security != security) continue;
    const auto params = fhe::params::ParamSet::create(preset.params);
    if (!params) continue;
    const auto bootstrap = fhe::params::BootstrapParams::create(*params, preset.bootstrap);
    if (!bootstrap) continue;
    chains.push_back(std::make_shared<const BootstrapChain>(BootstrapChain{
        preset.params, preset.bootstrap, place::ModulusShape::of(*params), bootstrap->input_level().value(),
        bootstrap->output_level().value(), bootstrap->eval_mod_level().value() - kOfEvalModOnly}));
  }
  return chains;
}

double typical_cost(const CostModel& model, const place::CostRow& row, const graph::Op& op, int level) {
  pack::LayerOps ops;
  if (std::holds_alternative<graph::Linear>(op)) {
    ops = {.hoisted_operands = 1, .terms = 72, .babies = 8, .giants = 8, .plain_giant = true, .extended = true};
  } else if (std::holds_alternative<graph::Square>(op) || std::holds_alternative<graph::Multiply>(op)) {
    ops.products = 1;
  }
  return node_work(model, ops, level, std::min(1, level)).microseconds(row);
}

place::ModulusShape Structure::shape() const {
  return chain ? chain->shape : place::ModulusShape::uniform(log_n, primes, special, digit_primes);
}

}  // namespace obscura::compiler::compile
