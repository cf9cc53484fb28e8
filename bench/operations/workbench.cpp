#include "bench/operations/workbench.hpp"

namespace obscura::bench::operations {

base::Result<const Case*> Workbench::prepare(const Operation& operation, const fhe::ckks::EngineOptions& options) {
  const bool same_engine = engine_ != nullptr && shape_ == operation.shape && options_.threads == options.threads &&
                           options_.kernels == options.kernels;
  if (same_engine && case_ && key_ == operation.key()) return &*case_;
  case_.reset();
  if (!same_engine) {
    engine_.reset();
    OBSCURA_TRY(engine_, Engine::create(operation.shape, options));
    shape_ = operation.shape;
    options_ = options;
  }
  case_ = operation.prepare(*engine_);
  key_ = operation.key();
  if (!case_->right()) {
    case_.reset();
    return base::fail(base::ErrorCode::kCorrupt, "bench: '" + operation.key() + "' gave a wrong answer",
                      "this is a bug; please report it with the output of `obscura --version` and your processor");
  }
  return &*case_;
}

}  // namespace obscura::bench::operations
