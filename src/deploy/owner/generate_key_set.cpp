#include "deploy/owner/generate_key_set.hpp"

#include "fhe/secret/generate_keys.hpp"
#include "runtime/keys/key_id_of.hpp"

namespace obscura::deploy::owner {

KeySet generate_key_set(const fhe::ckks::Context& context, const plan::program::Program& program,
                        const KeyProgress& progress) {
  const auto& ring = context.ring();
  fhe::random::Stream errors(fhe::random::random_seed(), fhe::random::Domain::kError, 0);
  auto secret = fhe::secret::SecretKey::generate(ring);
  auto public_key = fhe::secret::make_public_key(ring, secret, fhe::random::random_seed(), errors);
  fhe::ckks::EvaluationKeys evaluation;
  std::size_t done = 0;
  for (const auto& need : program.key_needs) {
    const auto id = runtime::keys::key_id_of(need, context.params().log_n());
    evaluation.insert(
        id, fhe::secret::make_switching_key(ring, secret, id, need.level, fhe::random::random_seed(), errors));
    progress(++done, program.key_needs.size());
  }
  return KeySet{std::move(secret), std::move(public_key), std::move(evaluation)};
}

}  // namespace obscura::deploy::owner
