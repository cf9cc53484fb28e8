#include "deploy/client/open_answer.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <vector>

#include "fhe/secret/decrypt.hpp"
#include "runtime/wire/request_file.hpp"

namespace obscura::deploy::client {

namespace {

using Ciphertexts = std::span<const fhe::ckks::Ciphertext>;
using Slots = std::vector<std::complex<double>>;

base::Result<void> check_fits(const plan::program::Program& program, Ciphertexts answer) {
  bool fits = answer.size() == program.results.size();
  for (std::size_t i = 0; fits && i < answer.size(); ++i) {
    const auto& due = program.instructions[static_cast<std::size_t>(program.results[i].value())];
    fits = answer[i].level() == due.level && answer[i].scale() == due.scale && !answer[i].extended();
  }
  if (fits) return {};
  return base::fail(base::ErrorCode::kMismatch, "the answer is not at the level and scale of this plan's result",
                    "decrypt it with the secret key that belongs to the plan");
}

/// The slots of every result.
std::vector<Slots> decrypted(const fhe::ckks::Context& context, const fhe::secret::SecretKey& secret,
                             Ciphertexts answer) {
  std::vector<Slots> slots;
  for (const auto& ciphertext : answer) {
    slots.push_back(context.encoder().decode(fhe::secret::decrypt(context.ring(), secret, ciphertext)));
  }
  return slots;
}

/// Of one image. [outputs][elements]
std::vector<std::vector<double>> raw_scores(const plan::program::Program& program, const std::vector<Slots>& slots,
                                            int image) {
  std::vector<std::vector<double>> scores;
  for (const plan::program::Output& output : program.outputs) {
    std::vector<double>& of_output = scores.emplace_back();
    for (const plan::program::OutputSlot& element : output.element) {
      const Slots& result = slots[static_cast<std::size_t>(element.result)];
      of_output.push_back(result[static_cast<std::size_t>(element.slot + image)].real() * output.factor);
    }
  }
  return scores;
}

}  // namespace

base::Result<std::vector<Release>> open_answers(const fhe::ckks::Context& context, const fhe::secret::SecretKey& secret,
                                                const plan::program::Program& program, ReleaseCount& count,
                                                Ciphertexts answer, int images, std::span<const std::string> labels) {
  OBSCURA_CHECK(images >= 1 && images <= program.input_packing.images, "an answer has no more images than a request");
  OBSCURA_TRY_VOID(check_fits(program, answer));
  OBSCURA_TRY_VOID(count.take(static_cast<std::uint64_t>(images)));
  const std::vector<Slots> slots = decrypted(context, secret, answer);
  std::vector<Release> releases;
  for (int image = 0; image < images; ++image) {
    releases.push_back(release(raw_scores(program, slots, image), program, labels));
  }
  return releases;
}

base::Result<std::vector<Release>> open_answers(const OpenSecret& key, ReleaseCount& count,
                                                std::span<const std::uint8_t> result, const std::string& name) {
  OBSCURA_CHECK(count.key() == key.content.key, "the releases of a key are counted in its own count");
  const auto expected = runtime::wire::expect(key.content.program, key.content.key);
  OBSCURA_TRY(const auto answer, runtime::wire::read_result(result, name, key.context->ring(), expected));
  OBSCURA_TRY(const int images, runtime::wire::images_in(answer, name, expected));
  return open_answers(*key.context, *key.secret, key.content.program, count, answer.ciphertexts, images, key.labels);
}

base::Result<Release> open_answer(const fhe::ckks::Context& context, const fhe::secret::SecretKey& secret,
                                  const plan::program::Program& program, ReleaseCount& count, Ciphertexts answer,
                                  std::span<const std::string> labels) {
  OBSCURA_TRY(auto releases, open_answers(context, secret, program, count, answer, 1, labels));
  return std::move(releases.front());
}

base::Result<Release> open_answer(const OpenSecret& key, ReleaseCount& count, std::span<const std::uint8_t> result,
                                  const std::string& name) {
  OBSCURA_TRY(auto releases, open_answers(key, count, result, name));
  if (releases.size() == 1) return std::move(releases.front());
  return base::fail(base::ErrorCode::kMismatch,
                    name + " answers " + std::to_string(releases.size()) + " images, not one",
                    "open it with open_answers()");
}

base::Result<double> answer_error(const fhe::ckks::Context& context, const fhe::secret::SecretKey& secret,
                                  const plan::program::Program& program, Ciphertexts answer,
                                  std::span<const double> reference) {
  OBSCURA_TRY_VOID(check_fits(program, answer));
  const std::vector<Slots> slots = decrypted(context, secret, answer);
  std::vector<double> scores;
  for (const auto& output : raw_scores(program, slots, 0)) scores.insert(scores.end(), output.begin(), output.end());
  if (scores.size() != reference.size()) {
    return base::fail(base::ErrorCode::kMismatch, "the reference has another number of scores than the answer",
                      "compare with the model that the plan was compiled from");
  }
  double largest = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) largest = std::max(largest, std::abs(scores[i] - reference[i]));
  return largest;
}

}  // namespace obscura::deploy::client
