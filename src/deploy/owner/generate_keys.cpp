#include "deploy/owner/generate_keys.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "fhe/ckks/key_id.hpp"
#include "fhe/secret/encapsulation_keys.hpp"
#include "fhe/secret/generate_keys.hpp"
#include "runtime/keys/key_id_of.hpp"

namespace obscura::deploy::owner {
namespace {

using fhe::random::Domain;
using fhe::random::random_seed;
using fhe::random::Stream;
using plan::program::KeyKind;
using plan::program::KeyNeed;

/// Both keys of encapsulation: the sparse secret is drawn from entropy of its own, and forgotten.
base::Result<void> generate_encapsulation_keys(const fhe::ring::RingContext& ring, const fhe::secret::SecretKey& secret,
                                               const KeyNeed& there, const std::vector<KeyNeed>& needs, Stream& errors,
                                               const KeySink& sink) {
  const auto back = std::ranges::find(needs, KeyKind::kDecapsulate, &KeyNeed::kind);
  OBSCURA_CHECK(back != needs.end(), "a program that goes to the sparse secret comes back");
  Stream sparse(random_seed(), Domain::kSecretKey, 0);
  auto [to_sparse, to_dense] =
      fhe::secret::make_encapsulation_keys(ring, secret, back->level, random_seed(), errors, sparse);
  OBSCURA_TRY_VOID(sink(there, std::move(to_sparse)));
  return sink(*back, std::move(to_dense));
}

}  // namespace

KeyPair generate_key_pair(const fhe::ckks::Context& context) {
  const auto& ring = context.ring();
  Stream errors(random_seed(), Domain::kError, 0);
  auto secret = fhe::secret::SecretKey::generate(ring);
  auto public_key = fhe::secret::make_public_key(ring, secret, random_seed(), errors);
  return {std::move(secret), std::move(public_key)};
}

base::Result<void> generate_evaluation_keys(const fhe::ckks::Context& context, const fhe::secret::SecretKey& secret,
                                            const plan::program::Program& program, const KeySink& sink) {
  const auto& ring = context.ring();
  Stream errors(random_seed(), Domain::kError, 0);
  for (const KeyNeed& need : program.key_needs) {
    if (need.kind == KeyKind::kDecapsulate) continue;  // made with the other one
    if (need.kind == KeyKind::kEncapsulate) {
      OBSCURA_TRY_VOID(generate_encapsulation_keys(ring, secret, need, program.key_needs, errors, sink));
      continue;
    }
    const auto id = runtime::keys::key_id_of(need, context.params().log_n());
    OBSCURA_TRY_VOID(sink(need, fhe::secret::make_switching_key(ring, secret, id, need.level, random_seed(), errors)));
  }
  return {};
}

}  // namespace obscura::deploy::owner
