#include "compiler/graph/chain.hpp"

#include <fmt/format.h>

#include "base/check.hpp"

namespace obscura::compiler::graph {

base::Result<void> check_chain(const Chain& chain) {
  if (chain.stages.empty()) return base::fail(base::ErrorCode::kCorrupt, "chain has no stage");
  OBSCURA_TRY_VOID(check_shape(chain.input));
  auto width = static_cast<std::size_t>(element_count(chain.input));
  for (std::size_t i = 0; i < chain.stages.size(); ++i) {
    const LinearStage& stage = chain.stages[i];
    OBSCURA_TRY_VOID(check_shape(stage.shape));
    OBSCURA_TRY_VOID(check_matrix(stage.matrix));
    if (stage.matrix.cols != width || stage.matrix.rows != static_cast<std::size_t>(element_count(stage.shape))) {
      return base::fail(base::ErrorCode::kCorrupt,
                        fmt::format("stage {} '{}' is a {}x{} matrix on {} values for {}", i, stage.name,
                                    stage.matrix.rows, stage.matrix.cols, width, to_string(stage.shape)));
    }
    width = stage.matrix.rows;
  }
  return {};
}

std::vector<std::vector<double>> evaluate_stages(const Chain& chain, std::span<const double> input) {
  OBSCURA_CHECK(!chain.stages.empty(), "chain has no stage");
  std::vector<std::vector<double>> results;
  std::vector<double> x(input.begin(), input.end());
  for (const LinearStage& stage : chain.stages) {
    results.push_back(evaluate(stage.matrix, x));
    x = results.back();
    for (double& element : x) element *= element;
  }
  return results;
}

}  // namespace obscura::compiler::graph
