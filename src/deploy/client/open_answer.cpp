#include "deploy/client/open_answer.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "fhe/secret/decrypt.hpp"
#include "runtime/wire/request_file.hpp"

namespace obscura::deploy::client {

namespace {

base::Result<std::vector<double>> raw_scores(const fhe::ckks::Context& context, const fhe::secret::SecretKey& secret,
                                             const plan::program::Program& program,
                                             const fhe::ckks::Ciphertext& answer) {
  const auto& last = program.instructions.back();
  if (answer.level() != last.level || answer.scale() != last.scale || answer.extended()) {
    return base::fail(base::ErrorCode::kMismatch, "the answer is not at the level and scale of this plan's result",
                      "decrypt it with the secret key that belongs to the plan");
  }
  const auto slots = context.encoder().decode(fhe::secret::decrypt(context.ring(), secret, answer));
  std::vector<double> scores;
  for (const auto slot : program.output.slot) {
    scores.push_back(slots[static_cast<std::size_t>(slot)].real() * program.output.factor);
  }
  return scores;
}

}  // namespace

base::Result<Release> open_answer(const fhe::ckks::Context& context, const fhe::secret::SecretKey& secret,
                                  const plan::program::Program& program, const fhe::ckks::Ciphertext& answer,
                                  std::span<const std::string> labels) {
  OBSCURA_TRY(const auto scores, raw_scores(context, secret, program, answer));
  return release(scores, program.error, labels);
}

base::Result<Release> open_answer(const OpenSecret& key, std::span<const std::uint8_t> result,
                                  const std::string& name) {
  const auto expected = runtime::wire::expect(key.content.program, key.content.key);
  OBSCURA_TRY(const auto answer, runtime::wire::read_result(result, name, key.context->ring(), expected));
  return open_answer(*key.context, *key.secret, key.content.program, answer, key.labels);
}

base::Result<double> answer_error(const fhe::ckks::Context& context, const fhe::secret::SecretKey& secret,
                                  const plan::program::Program& program, const fhe::ckks::Ciphertext& answer,
                                  std::span<const double> reference) {
  OBSCURA_TRY(const auto scores, raw_scores(context, secret, program, answer));
  if (scores.size() != reference.size()) {
    return base::fail(base::ErrorCode::kMismatch, "the reference has another number of scores than the answer",
                      "compare with the model that the plan was compiled from");
  }
  double largest = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) largest = std::max(largest, std::abs(scores[i] - reference[i]));
  return largest;
}

}  // namespace obscura::deploy::client
