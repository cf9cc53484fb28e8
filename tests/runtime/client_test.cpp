#include <gtest/gtest.h>

#include <algorithm>

#include "deploy/client/open_answer.hpp"
#include "deploy/client/open_secret.hpp"
#include "deploy/client/request_writer.hpp"
#include "fhe/secret/key_file.hpp"
#include "plan/weights/testing/tiny_plan.hpp"
#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/key_content.hpp"
#include "tests/runtime/owner_files.hpp"
#include "tests/runtime/reference.hpp"

/// What a data owner and a key holder do with nothing but the bytes of their key files.
namespace obscura::tests {
namespace {

using deploy::client::RequestWriter;
using plan::weights::testing::tiny_plan;

const std::string kWords = "twelve words";

std::span<const std::uint8_t> bytes_of(const std::string& words) {
  return {reinterpret_cast<const std::uint8_t*>(words.data()), words.size()};
}

class Client : public ::testing::Test {
 protected:
  [[nodiscard]] std::vector<float> tensor() const {
    std::vector<float> tensor(12);
    for (std::size_t i = 0; i < tensor.size(); ++i) tensor[i] = static_cast<float>(i) / 6 - 1;
    return tensor;
  }

  /// The slots of one ciphertext of the request, as the packing says.
  [[nodiscard]] Slots packed(int ciphertext) const {
    const auto& packing = owner_.plan().program.input_packing;
    const auto slots = static_cast<std::size_t>(owner_.context().params().slots());
    const auto x = tensor();
    const auto value = [&](std::size_t at) {
      const auto element = packing.element[static_cast<std::size_t>(ciphertext) * 2 * slots + at];
      return element == plan::program::InputPacking::kZero ? 0.0
                                                           : static_cast<double>(x[static_cast<std::size_t>(element)]);
    };
    Slots expected(slots);
    for (std::size_t i = 0; i < slots; ++i) expected[i] = {value(i), value(slots + i)};
    return expected;
  }

  [[nodiscard]] Bytes secret_file(std::uint64_t release_cap = 0) const {
    const auto& program = owner_.plan().program;
    fhe::secret::KeyFile file;
    file.info = {owner_.expected().params, owner_.expected().plan, program.insecure,
                 wire::write_key_content({owner_.key(), program})};
    file.labels = owner_.plan().labels;
    file.secret_seed = owner_.keys().secret.reveal_secret_seed();
    file.release_cap = release_cap;
    return fhe::secret::encode_key_file(file, {bytes_of(kWords), false, {1, std::uint64_t{1} << 16}}).value();
  }

  OwnerFiles owner_{tiny_plan()};
};

TEST_F(Client, RequestsHoldTheInputAsThePackingSays) {
  const auto writer = RequestWriter::open(owner_.public_key(), "public", {}).value();
  const Bytes request = writer.write(tensor()).value();
  const auto ciphertexts = wire::read_request(request, "x.ct", owner_.ring(), owner_.expected()).value().ciphertexts;
  ASSERT_EQ(ciphertexts.size(), 2U);
  const auto& params = owner_.context().params();
  const params::NoiseModel noise(params);
  const double coefficient = std::hypot(noise.encode(), noise.encrypt_public(ciphertexts[0].level()));
  const double sd = noise.slot_from_coefficient(coefficient, std::exp2(30.0));
  for (int i = 0; i < 2; ++i) {
    const auto& ciphertext = ciphertexts[static_cast<std::size_t>(i)];
    EXPECT_LT(largest_difference(owner_.decrypt(ciphertext), packed(i)), 8 * std::sqrt(2.0) * sd);
  }
  EXPECT_NE(request, writer.write(tensor()).value()) << "randomness is fresh";
}

TEST_F(Client, InputsAndKeysThatDoNotFitAreRefused) {
  const auto writer = RequestWriter::open(owner_.public_key(), "public", {}).value();
  EXPECT_EQ(writer.write(std::vector<float>(3)).error().code, base::ErrorCode::kMismatch);
  Bytes altered = owner_.public_key();
  altered.back() ^= 1;
  const auto refused = RequestWriter::open(altered, "public", {});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, base::ErrorCode::kCorrupt);
  EXPECT_NE(refused.error().message.find("public"), std::string::npos) << refused.error().message;
}

TEST_F(Client, SecretKeyFilesOpenAnswers) {
  const auto key = deploy::client::open_secret(secret_file(), "secret", bytes_of(kWords), {}).value();
  EXPECT_EQ(key.labels, owner_.plan().labels);
  EXPECT_EQ(key.content.program, owner_.plan().program);
  const auto answer = owner_.draw_answer();
  const auto slots = owner_.decrypt(answer.front());
  const auto& output = owner_.plan().program.outputs.front();
  std::vector<double> scores;
  for (const auto& place : output.element) {
    ASSERT_EQ(place.result, 0);
    scores.push_back(slots[static_cast<std::size_t>(place.slot)].real() * output.factor);
  }
  const auto best = std::max_element(scores.begin(), scores.end()) - scores.begin();
  const auto release =
      deploy::client::open_answer(key, owner_.release_count(), owner_.result(answer), "x.result").value();
  EXPECT_EQ(release.label, best);
  EXPECT_EQ(release.name, owner_.plan().labels[static_cast<std::size_t>(best)]);
  for (std::size_t i = 0; i < scores.size(); ++i) EXPECT_NEAR(release.scores.at(i), scores[i], release.step / 2);
}

TEST_F(Client, WrongPassphrasesAndAnswersUnderOtherKeysAreRefused) {
  const auto locked = deploy::client::open_secret(secret_file(), "secret", bytes_of("other words"), {});
  ASSERT_FALSE(locked.has_value());
  EXPECT_EQ(locked.error().code, base::ErrorCode::kSecret);
  const auto key = deploy::client::open_secret(secret_file(), "secret", bytes_of(kWords), {}).value();
  OwnerFiles stranger(tiny_plan());
  const Bytes result = stranger.result(stranger.draw_answer());
  const auto refused = deploy::client::open_answer(key, owner_.release_count(), result, "x.result");
  EXPECT_EQ(owner_.release_count().released(), 0u) << "what is refused is not released";
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, base::ErrorCode::kMismatch);
  EXPECT_NE(refused.error().message.find("x.result was made for another key"), std::string::npos)
      << refused.error().message;
}

TEST_F(Client, NoMoreAnswersAreOpenedThanTheKeyMayRelease) {
  const auto key = deploy::client::open_secret(secret_file(3), "secret", bytes_of(kWords), {}).value();
  EXPECT_EQ(key.release_cap, 3u);
  (void)owner_.release_count();  // which makes the file
  const auto count = deploy::client::ReleaseCount::open(key, owner_.file("secret.releases")).value();
  const Bytes result = owner_.result(owner_.draw_answer());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(deploy::client::open_answer(key, *count, result, "x.result").has_value());
  const auto refused = deploy::client::open_answer(key, *count, result, "x.result");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, base::ErrorCode::kUsedUp);
  const auto again = deploy::client::ReleaseCount::open(key, owner_.file("secret.releases")).value();
  EXPECT_EQ(deploy::client::open_answer(key, *again, result, "x.result").error().code, base::ErrorCode::kUsedUp);
}

TEST_F(Client, KeysWithoutACapHaveTheDefault) {
  const auto key = deploy::client::open_secret(secret_file(), "secret", bytes_of(kWords), {}).value();
  EXPECT_EQ(key.release_cap, deploy::client::default_release_cap(owner_.plan().program));
}

}  // namespace
}  // namespace obscura::tests
