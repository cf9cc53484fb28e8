#include "tests/operators/encrypted_run.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>

#include "compiler/graph/interpret.hpp"
#include "compiler/passes/runner.hpp"
#include "compiler/simulate/execute.hpp"
#include "plan/program/operation.hpp"
#include "runtime/clear/clear_weight_source.hpp"
#include "runtime/exec/executor.hpp"
#include "tests/runtime/owner.hpp"

namespace obscura::tests::operators {
namespace {

using Clock = std::chrono::steady_clock;
using Inputs = std::vector<std::vector<double>>;

constexpr std::size_t kCalibrated = 8;
/// Polynomials are fitted on more.
constexpr std::size_t kFitted = 64;
/// Errors measured per case, where scores are few by several inputs.
constexpr std::size_t kErrors = 12;
constexpr std::size_t kMostRuns = 6;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

bool has_activation(const graph::Graph& network) {
  return std::any_of(network.nodes.begin(), network.nodes.end(),
                     [](const graph::Node& node) { return std::holds_alternative<graph::Activation>(node.op); });
}

compiler::compile::CompileRequest request_for(const graph::Graph& network, const OperatorCase& one,
                                              std::uint64_t seed) {
  compiler::compile::CompileRequest request;
  request.input.width = static_cast<int>(graph::element_count(network.nodes.front().shape));
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> draw(-1, 1);
  request.calibration.resize(has_activation(network) ? kFitted : kCalibrated);
  for (auto& input : request.calibration) {
    input.resize(static_cast<std::size_t>(request.input.width));
    for (double& x : input) x = draw(random);
  }
  request.options.most_log_n = one.most_log_n;
  request.options.most_flips = 1;  // random networks have no margins to speak of; their scores' range decides
  return request;
}

/// The network that the encrypted answers are held against.
base::Result<graph::Graph> reference_of(const graph::Graph& network, const compiler::compile::CompileRequest& request) {
  namespace passes = compiler::passes;
  if (!has_activation(network)) return network;
  OBSCURA_TRY(passes::Optimised fitted,
              passes::run_passes(network, passes::fitting_passes(), {}, {request.calibration, request.options.fit}));
  return std::move(fitted.graph);
}

std::vector<double> decrypted_scores(const Engine& engine, const plan::program::Program& program,
                                     const std::vector<ckks::Ciphertext>& results) {
  std::vector<Slots> slots;
  for (const ckks::Ciphertext& result : results) slots.push_back(engine.decrypt(result));
  std::vector<double> scores;
  for (const plan::program::Output& output : program.outputs) {
    for (const plan::program::OutputSlot& at : output.element) {
      const Slots& result = slots[static_cast<std::size_t>(at.result)];
      scores.push_back(result[static_cast<std::size_t>(at.slot)].real() * output.factor);
    }
  }
  return scores;
}

/// Runs one plan with one key.
class Runs {
 public:
  Runs(plan::weights::Plan plan, std::uint64_t seed) : owner_(std::move(plan), seed) {}

  base::Result<void> measure(const Inputs& inputs, const graph::Graph& reference, EncryptedRun& seen) {
    LoadedWeights sealed = owner_.loaded_weights();
    runtime::clear::ClearWeightSource clear(owner_.engine().encoder(), owner_.plan().program, owner_.plan().weights,
                                            runtime::clear::Keep::kEncoded);
    for (const std::vector<double>& input : inputs) {
      const auto expected = graph::interpret(reference, input);
      const auto of_zero = graph::interpret(reference, std::vector<double>(input.size()));
      OBSCURA_TRY_VOID(answer(input, expected, sealed, seen.errors_sealed));
      for (std::size_t j = 0, first = seen.errors_sealed.size() - expected.size(); j < expected.size(); ++j) {
        if (expected[j] != of_zero[j]) seen.errors_computed.push_back(seen.errors_sealed[first + j]);
      }
      OBSCURA_TRY_VOID(answer(input, expected, clear, seen.errors_clear));
    }
    return {};
  }

 private:
  base::Result<void> answer(const std::vector<double>& input, const std::vector<double>& expected,
                            runtime::exec::WeightSource& weights, std::vector<double>& errors) {
    const plan::program::Program& program = owner_.plan().program;
    OBSCURA_TRY(const auto executor,
                runtime::exec::Executor::create(owner_.engine().context(), program, owner_.engine().keys()));
    const auto encrypted = owner_.encrypt(compiler::simulate::pack_input(program, input));
    OBSCURA_TRY(const auto results, executor.run(encrypted, weights));
    const auto scores = decrypted_scores(owner_.engine(), program, results);
    if (scores.size() != expected.size()) {
      return base::fail(base::ErrorCode::kMismatch, "the program has another number of scores than the network");
    }
    for (std::size_t j = 0; j < scores.size(); ++j) errors.push_back(std::abs(scores[j] - expected[j]));
    return {};
  }

  Owner owner_;
};

}  // namespace

base::Result<EncryptedRun> run_encrypted(const OperatorCase& one, std::uint64_t seed) {
  const graph::Graph network = one.build();
  const auto request = request_for(network, one, seed);
  EncryptedRun seen;
  const auto compiling = Clock::now();
  OBSCURA_TRY(auto compiled, compiler::compile::compile_graph(network, request));
  seen.compile_seconds = seconds_since(compiling);
  seen.sd = compiled.plan.program.error.score_error_sd;
  seen.bound = compiled.plan.program.error.score_error_bound;
  OBSCURA_TRY(const graph::Graph reference, reference_of(network, request));
  const std::size_t scores = plan::program::score_count(compiled.plan.program);
  const std::size_t runs = std::min(kMostRuns, (kErrors + scores - 1) / scores);
  const auto running = Clock::now();
  OBSCURA_TRY_VOID(
      Runs(std::move(compiled.plan), seed)
          .measure({request.calibration.begin(), request.calibration.begin() + static_cast<std::ptrdiff_t>(runs)},
                   reference, seen));
  seen.run_seconds = seconds_since(running);
  return seen;
}

}  // namespace obscura::tests::operators
