#include "deploy/owner/encrypt_weights.hpp"

#include "fhe/ckks/encrypt.hpp"
#include "fhe/secret/encrypt_symmetric.hpp"

namespace obscura::deploy::owner {

namespace {

fhe::ckks::Plaintext encode(const fhe::ckks::Context& context, const plan::weights::Plan& plan, std::size_t i) {
  const auto& info = plan.program.weights[i];
  return context.encoder().encode(plan.weights.values[i], info.level, info.scale, info.extended);
}

void check_plan(const plan::weights::Plan& plan) {
  OBSCURA_CHECK(plan.weights.values.size() == plan.program.weights.size(), "a plan has the values of all its weights");
}

}  // namespace

base::Result<void> encrypt_weights(const fhe::ckks::Context& context, const fhe::secret::SecretKey& secret,
                                   const plan::weights::Plan& plan, const SeededWeightSink& sink) {
  check_plan(plan);
  const fhe::random::Seed256 public_seed = fhe::random::random_seed();
  fhe::random::Stream errors(fhe::random::random_seed(), fhe::random::Domain::kError, 0);
  for (std::size_t i = 0; i < plan.program.weights.size(); ++i) {
    const auto plaintext = encode(context, plan, i);
    OBSCURA_TRY_VOID(sink(fhe::secret::encrypt_symmetric(context.ring(), secret, plaintext, public_seed, i, errors)));
  }
  return {};
}

base::Result<void> encrypt_weights(const fhe::ckks::Context& context, const fhe::ckks::PublicKey& key,
                                   const plan::weights::Plan& plan, const WeightSink& sink) {
  check_plan(plan);
  OBSCURA_CHECK(plan.program.sealing_key == plan::program::SealingKey::kPublic,
                "the plan's error statement counts on weights under the secret key");
  fhe::random::Stream stream(fhe::random::random_seed(), fhe::random::Domain::kEphemeral, 0);
  for (std::size_t i = 0; i < plan.program.weights.size(); ++i) {
    OBSCURA_TRY_VOID(sink(fhe::ckks::encrypt(context.ring(), key, encode(context, plan, i), stream)));
  }
  return {};
}

}  // namespace obscura::deploy::owner
