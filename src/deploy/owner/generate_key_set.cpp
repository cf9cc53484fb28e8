#include "deploy/owner/generate_key_set.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "fhe/ckks/key_id.hpp"
#include "fhe/secret/encapsulation_keys.hpp"
#include "fhe/secret/generate_keys.hpp"
#include "runtime/keys/key_id_of.hpp"

namespace obscura::deploy::owner {
namespace {

using plan::program::KeyKind;
using plan::program::KeyNeed;

/// Both keys of encapsulation: the sparse secret is drawn from entropy of its own, and forgotten.
void add_encapsulation_keys(const fhe::ring::RingContext& ring, const fhe::secret::SecretKey& secret,
                            const std::vector<KeyNeed>& needs, fhe::random::Stream& errors,
                            fhe::ckks::EvaluationKeys& keys) {
  const auto back = std::ranges::find(needs, KeyKind::kDecapsulate, &KeyNeed::kind);
  OBSCURA_CHECK(back != needs.end(), "a program that goes to the sparse secret comes back");
  fhe::random::Stream sparse(fhe::random::random_seed(), fhe::random::Domain::kSecretKey, 0);
  auto [to_sparse, to_dense] =
      fhe::secret::make_encapsulation_keys(ring, secret, back->level, fhe::random::random_seed(), errors, sparse);
  keys.insert(fhe::ckks::encapsulation_key_id(), std::move(to_sparse));
  keys.insert(fhe::ckks::decapsulation_key_id(), std::move(to_dense));
}

}  // namespace

KeySet generate_key_set(const fhe::ckks::Context& context, const plan::program::Program& program,
                        const KeyProgress& progress) {
  const auto& ring = context.ring();
  fhe::random::Stream errors(fhe::random::random_seed(), fhe::random::Domain::kError, 0);
  auto secret = fhe::secret::SecretKey::generate(ring);
  auto public_key = fhe::secret::make_public_key(ring, secret, fhe::random::random_seed(), errors);
  fhe::ckks::EvaluationKeys evaluation;
  std::size_t done = 0;
  for (const auto& need : program.key_needs) {
    if (need.kind == KeyKind::kEncapsulate) {
      add_encapsulation_keys(ring, secret, program.key_needs, errors, evaluation);
    } else if (need.kind != KeyKind::kDecapsulate) {  // made with the other one
      const auto id = runtime::keys::key_id_of(need, context.params().log_n());
      evaluation.insert(
          id, fhe::secret::make_switching_key(ring, secret, id, need.level, fhe::random::random_seed(), errors));
    }
    progress(++done, program.key_needs.size());
  }
  return KeySet{std::move(secret), std::move(public_key), std::move(evaluation)};
}

}  // namespace obscura::deploy::owner
