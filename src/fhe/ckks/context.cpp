#include "fhe/ckks/context.hpp"

#include <utility>

#include "fhe/ring/make_ring.hpp"

namespace obscura::fhe::ckks {

base::Result<std::unique_ptr<Context>> Context::create(params::ParamSet params, const EngineOptions& options) {
  if (options.threads < 1 || options.threads > 1024) {
    return base::fail(base::ErrorCode::kUsage, "the number of threads must be between 1 and 1024",
                      "leave --threads out to use every core");
  }
  std::unique_ptr<Context> context(new Context(options.threads));
  OBSCURA_TRY(context->ring_, ring::make_ring(std::move(params), options.kernels, context->parallel_, context->pool_));
  context->encoder_ = std::make_unique<Encoder>(*context->ring_);
  return context;
}

}  // namespace obscura::fhe::ckks
