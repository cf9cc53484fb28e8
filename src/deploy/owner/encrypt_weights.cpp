#include "deploy/owner/encrypt_weights.hpp"

#include "fhe/secret/encrypt_symmetric.hpp"

namespace obscura::deploy::owner {

base::Result<void> encrypt_weights(const fhe::ckks::Context& context, const fhe::secret::SecretKey& secret,
                                   const plan::weights::Plan& plan, const WeightSink& sink) {
  OBSCURA_CHECK(plan.weights.values.size() == plan.program.weights.size(), "a plan has the values of all its weights");
  const fhe::random::Seed256 public_seed = fhe::random::random_seed();
  fhe::random::Stream errors(fhe::random::random_seed(), fhe::random::Domain::kError, 0);
  for (std::size_t i = 0; i < plan.program.weights.size(); ++i) {
    const auto& info = plan.program.weights[i];
    const auto plaintext = context.encoder().encode(plan.weights.values[i], info.level, info.scale, info.extended);
    OBSCURA_TRY_VOID(sink(fhe::secret::encrypt_symmetric(context.ring(), secret, plaintext, public_seed, i, errors)));
  }
  return {};
}

}  // namespace obscura::deploy::owner
