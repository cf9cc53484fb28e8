#include "deploy/client/open_answer.hpp"

#include <vector>

#include "fhe/secret/decrypt.hpp"

namespace obscura::deploy::client {

base::Result<Release> open_answer(const fhe::ckks::Context& context, const fhe::secret::SecretKey& secret,
                                  const plan::program::Program& program, const fhe::ckks::Ciphertext& answer,
                                  std::span<const std::string> labels) {
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
  return release(scores, program.error, labels);
}

}  // namespace obscura::deploy::client
