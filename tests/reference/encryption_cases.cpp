#include "fhe/ckks/encrypt.hpp"
#include "fhe/ckks/expand.hpp"
#include "fhe/secret/decrypt.hpp"
#include "fhe/secret/encrypt_symmetric.hpp"
#include "tests/reference/cases.hpp"

namespace obscura::tests::reference {
namespace {

namespace secret = fhe::secret;

ckks::Plaintext message_of(const Bench& bench, const Vector& vector) {
  return bench.message(vector.word("message"), params::Level(vector.number("level")), vector.flag("extended"));
}

Bytes answer_public(const Bench& bench, const Vector& vector) {
  random::Stream masks(seed_of("masks"), random::Domain::kEphemeral, vector.word("level"));
  const ckks::Ciphertext ciphertext = ckks::encrypt(bench.ring(), bench.public_key(), message_of(bench, vector), masks);
  if (vector.text("op") == "encrypt") return words_of(ciphertext);
  const ckks::Plaintext opened = secret::decrypt(bench.ring(), bench.secret(), ciphertext);
  return words_of({&opened.poly()});
}

Bytes answer_symmetric(const Bench& bench, const Vector& vector) {
  random::Stream errors = errors_of("weights");
  return words_of(
      ckks::expand(bench.ring(), secret::encrypt_symmetric(bench.ring(), bench.secret(), message_of(bench, vector),
                                                           seed_of("weights"), vector.word("index"), errors)));
}

void append_halves(const ckks::SwitchingKey& key, std::vector<std::uint64_t>& words) {
  for (const ring::EvaluationPoly& half : key.b()) append(half, words);
  for (const ring::EvaluationPoly& half : key.a()) append(half, words);
}

}  // namespace

Bytes answer_encryption(Bench& bench, const Vector& vector) {
  const std::string& op = vector.text("op");
  std::vector<std::uint64_t> words;
  if (op == "encrypt" || op == "encrypt_and_decrypt") return answer_public(bench, vector);
  if (op == "encrypt_symmetric") return answer_symmetric(bench, vector);
  if (op == "secret_key") append(bench.secret().reveal_secret(), words);
  if (op == "public_key") {
    const ckks::PublicKey key = bench.public_key();
    append(key.b, words);
    append(key.a, words);
  }
  if (op == "switching_key") {
    append_halves(bench.key(vector.text("kind"), vector.text("step"), vector.number("level")), words);
  }
  if (op == "encapsulation_keys") {
    const auto [to_sparse, to_dense] = bench.encapsulation_keys(params::Level(vector.number("level")));
    append_halves(to_sparse, words);
    append_halves(to_dense, words);
  }
  return bytes_of(words);
}

}  // namespace obscura::tests::reference
