#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "fhe/secret/key_file.hpp"
#include "plan/weights/plan_file.hpp"
#include "runtime/wire/manifest_file.hpp"
#include "runtime/wire/spec_file.hpp"
#include "tests/golden/meaning.hpp"
#include "tests/runtime/reference.hpp"

/// Files that programs of the past wrote still mean what they meant.
namespace obscura::tests::golden {
namespace {

constexpr std::size_t kMostBytes = 200'000;

/// Keeps a set of files and what they mean in the folder that OBSCURA_WRITE_GOLDEN names, for a version that is new.
void write_if_asked(const OpenedSite& site) {
  const char* const folder = std::getenv("OBSCURA_WRITE_GOLDEN");
  if (folder == nullptr) return;
  std::filesystem::create_directories(folder);
  const std::string meaning = meaning_of(site);
  Files files = site.files();
  files["meaning.txt"] = Bytes(meaning.begin(), meaning.end());
  for (const auto& [name, bytes] : files) {
    EXPECT_TRUE(base::write_file_atomically(std::string(folder) + "/" + name, bytes).has_value());
  }
}

class GoldenFiles : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { site_ = std::make_unique<OpenedSite>(committed_files()); }
  static void TearDownTestSuite() { site_.reset(); }
  static std::unique_ptr<OpenedSite> site_;
};
std::unique_ptr<OpenedSite> GoldenFiles::site_;

TEST_F(GoldenFiles, MeanWhatTheyMeant) {
  EXPECT_EQ(meaning_of(*site_), committed_meaning());
}

TEST_F(GoldenFiles, AreSmall) {
  std::size_t bytes = 0;
  for (const auto& [name, file] : site_->files()) bytes += file.size();
  EXPECT_LT(bytes, kMostBytes);
}

TEST_F(GoldenFiles, HoldWhatWasEncrypted) {
  const auto request = wire::read_request(site_->bytes("request.v1"), "request", site_->ring(), site_->expected());
  const params::ParamSet& params = site_->secret().context->params();
  const params::NoiseModel noise(params);
  for (std::size_t i = 0; i < request->ciphertexts.size(); ++i) {
    const ckks::Ciphertext& each = request->ciphertexts[i];
    const double sd = std::hypot(noise.encode(), noise.encrypt_public(each.level()));
    const Slots slots = site_->decrypt(each);
    EXPECT_LT(largest_difference(slots, input_slots(slots.size(), i)),
              8 * std::sqrt(2.0) * noise.slot_from_coefficient(sd, each.scale().value(params)));
  }
}

TEST_F(GoldenFiles, HoldTheRightAnswer) {
  const auto plan = plan::weights::read_plan(site_->bytes("plan.v1"), "plan").value();
  const auto result = wire::read_result(site_->bytes("result.v1"), "result", site_->ring(), site_->expected()).value();
  const auto slots = static_cast<std::size_t>(site_->secret().context->params().slots());
  const auto predicted =
      Reference(plan, site_->secret().context->params(), true).run({input_slots(slots, 0), input_slots(slots, 1)});
  ASSERT_EQ(result.ciphertexts.size(), predicted.size());
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    EXPECT_LT(largest_difference(site_->decrypt(result.ciphertexts[i]), predicted[i].slots),
              8 * std::sqrt(2.0) * predicted[i].error_sd)
        << "result " << i;
  }
}

TEST_F(GoldenFiles, AreAnsweredWithTheSameBytes) {
  EXPECT_EQ(site_->answer("sealed-model.v1", {"request.v1"}), site_->bytes("result.v1"));
  EXPECT_EQ(site_->answer("stage-1.v1", {"request.v1"}), site_->bytes("intermediate-1.v1"));
  EXPECT_EQ(site_->answer("shard-1.v1", {"intermediate-1.v1"}), site_->bytes("part-1.v1"));
  EXPECT_EQ(site_->answer("shard-2.v1", {"intermediate-1.v1"}), site_->bytes("part-2.v1"));
  EXPECT_EQ(site_->answer("merge.v1", {"part-1.v1", "part-2.v1"}), site_->bytes("intermediate-2.v1"));
  EXPECT_EQ(site_->answer("stage-3.v1", {"intermediate-2.v1"}), site_->bytes("result.v1"));
}

// What is read and written again is the same file: nothing in it was passed over.
TEST_F(GoldenFiles, AreWrittenAgainAsTheyWere) {
  const auto plan = plan::weights::read_plan(site_->bytes("plan.v1"), "plan").value();
  EXPECT_EQ(plan::weights::write_plan(plan), site_->bytes("plan.v1"));
  const auto spec = wire::read_spec(site_->bytes("spec.v1"), "spec").value();
  EXPECT_EQ(wire::write_spec(spec.program, spec.labels), site_->bytes("spec.v1"));
  const auto key = fhe::secret::decode_key_file(site_->bytes("secret-key.v1"), "secret", {}).value();
  EXPECT_EQ(fhe::secret::encode_key_file(key, {{}, true, {}}).value(), site_->bytes("secret-key.v1"));
  const wire::Expected expected = site_->expected();
  const auto public_key =
      wire::PublicKeyFile::open(site_->bytes("public-key.v1"), "public")->load(site_->ring()).value();
  EXPECT_EQ(wire::write_public_key(site_->ring(), *expected.program, public_key), site_->bytes("public-key.v1"));
  const auto capped = fhe::secret::decode_key_file(site_->bytes("secret-key-capped.v2"), "secret", {}).value();
  EXPECT_EQ(fhe::secret::encode_key_file(capped, {{}, true, {}}).value(), site_->bytes("secret-key-capped.v2"));
  const auto keys =
      wire::read_evaluation_keys(site_->bytes("evaluation-keys.v1"), "eval", site_->ring(), expected).value();
  const TemporaryFolder folder;
  ASSERT_TRUE(wire::write_evaluation_keys(folder.file("eval"), site_->ring(), *expected.program, expected.key, keys)
                  .has_value());
  EXPECT_EQ(base::read_file(folder.file("eval"), kMostBytes).value(), site_->bytes("evaluation-keys.v1"));
  const auto request = wire::read_request(site_->bytes("request.v1"), "request", site_->ring(), expected).value();
  EXPECT_EQ(wire::write_request(site_->ring(), expected.params, true, {expected.plan, expected.key, {}, 0},
                                request.ciphertexts),
            site_->bytes("request.v1"));
}

// Whoever changes how a file is laid out gives it a new version, and a golden file beside the old one.
TEST(FilesOfToday, AreLaidOutAsTheGoldenOnes) {
  const OpenedSite today(make_files());
  write_if_asked(today);
  EXPECT_EQ(layout_of(today.files()), layout_of(committed_files()));
}

}  // namespace
}  // namespace obscura::tests::golden
