#include <gtest/gtest.h>

#include <random>

#include "compiler/pack/interleave.hpp"
#include "compiler/simulate/execute.hpp"
#include "deploy/client/open_answer.hpp"
#include "deploy/client/open_secret.hpp"
#include "deploy/client/request_writer.hpp"
#include "deploy/worker/answer_in_stages.hpp"
#include "fhe/secret/key_file.hpp"
#include "plan/program/verify.hpp"
#include "plan/weights/testing/branched_plan.hpp"
#include "plan/weights/testing/tiny_plan.hpp"
#include "runtime/session/loaded_model.hpp"
#include "runtime/session/session.hpp"
#include "runtime/wire/key_content.hpp"
#include "tests/runtime/owner_files.hpp"
#include "tests/runtime/reference.hpp"

/// Several images in one request, from the public key's bytes to the answers: each one's scores are those that the
/// program for a single image gives.
namespace obscura::tests {
namespace {

using deploy::client::Release;
using deploy::client::RequestWriter;
using plan::weights::Plan;
using plan::weights::testing::branched_plan;
using plan::weights::testing::tiny_plan;

using Images = std::vector<std::vector<float>>;

Plan interleaved(const Plan& single, int images) {
  auto packed = compiler::pack::interleave({single.program, single.weights, {}}, images);
  packed.program.key_needs = plan::program::derive_key_needs(packed.program);
  return {std::move(packed.program), std::move(packed.weights), single.labels, single.predicted_ms};
}

Images draw_images(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<float> draw(-1, 1);
  Images images(count, std::vector<float>(12));
  for (auto& image : images) {
    for (float& x : image) x = draw(random);
  }
  return images;
}

/// A single-image plan, the files of the plan for several, and what its owner and its clients do.
class Shop {
 public:
  Shop(Plan single, int images) : single_(std::move(single)), owner_(interleaved(single_, images)) {
    const auto& program = owner_.plan().program;
    fhe::secret::KeyFile file;
    file.info = {owner_.expected().params, owner_.expected().plan, program.insecure,
                 wire::write_key_content({owner_.key(), program})};
    file.secret_seed = owner_.keys().secret.reveal_secret_seed();
    const Bytes bytes = fhe::secret::encode_key_file(file, {{}, true, {}}).value();
    secret_ = deploy::client::open_secret(bytes, "secret", {}, {}).value();
  }

  [[nodiscard]] OwnerFiles& owner() { return owner_; }
  [[nodiscard]] RequestWriter writer() const { return RequestWriter::open(owner_.public_key(), "public", {}).value(); }

  [[nodiscard]] Bytes request(const Images& images) const {
    const std::vector<std::span<const float>> views(images.begin(), images.end());
    return writer().write(views).value();
  }
  [[nodiscard]] Bytes answer(const Bytes& request) const {
    const Bytes bytes = owner_.sealed_model();
    const auto model = wire::SealedModel::open(bytes, "m.sealed", &owner_.trust()).value();
    auto session =
        runtime::session::Session::create(owner_.context(), model, owner_.evaluation_keys(), "eval", {}).value();
    return session->answer(request, "x.ct", {}).value();
  }
  [[nodiscard]] base::Result<std::vector<Release>> open(const Bytes& result) {
    return deploy::client::open_answers(*secret_, owner_.release_count(), result, "x.result");
  }
  [[nodiscard]] base::Result<Release> open_one(const Bytes& result) {
    return deploy::client::open_answer(*secret_, owner_.release_count(), result, "x.result");
  }

  /// The scores of the first output of the answers, one after the other, against the single-image program in the clear.
  void expect_scores(const std::vector<Release>& releases, const Images& images) const {
    const auto& params = owner_.context().params();
    for (std::size_t b = 0; b < images.size(); ++b) {
      const std::vector<double> image(images[b].begin(), images[b].end());
      const auto inputs = compiler::simulate::pack_input(single_.program, image);
      const auto expected = Reference(single_, params, true).run(inputs);
      // The model's deviation at the ring that computes; it grows with the values, which are those of every image
      // alike.
      double sd = 0;
      for (const Predicted& result : Reference(owner_.plan(), params, true).run(padded(inputs))) {
        sd = std::max(sd, result.error_sd);
      }
      const auto& output = single_.program.outputs.front();
      ASSERT_EQ(releases[b].scores.size(), output.element.size());
      for (std::size_t j = 0; j < output.element.size(); ++j) {
        const auto& at = output.element[j];
        const auto slot = expected[static_cast<std::size_t>(at.result)].slots[static_cast<std::size_t>(at.slot)];
        EXPECT_NEAR(releases[b].scores[j], slot.real() * output.factor,
                    8 * std::sqrt(2.0) * sd * output.factor + releases[b].step / 2)
            << "image " << b << ", score " << j;
      }
    }
  }

 private:
  /// The image in all places.
  [[nodiscard]] std::vector<Slots> padded(const std::vector<Slots>& inputs) const {
    std::vector<Slots> result;
    for (const Slots& slots : inputs) {
      Slots& wide = result.emplace_back();
      const auto lanes = static_cast<std::size_t>(owner_.plan().program.input_packing.lanes());
      for (const auto& slot : slots) wide.insert(wide.end(), lanes, slot);
    }
    return result;
  }

  Plan single_;
  OwnerFiles owner_;
  std::optional<deploy::client::OpenSecret> secret_;
};

TEST(ImagesInOneRequest, AreAnsweredAsEachAlone) {
  for (const int count : {2, 3, 4}) {
    for (const bool extended : {false, true}) {
      SCOPED_TRACE(::testing::Message() << count << " images, extended " << extended);
      Shop shop(tiny_plan({6, extended}), count);
      EXPECT_EQ(shop.writer().images(), count);
      const Images images = draw_images(static_cast<std::size_t>(count), 41);
      const auto releases = shop.open(shop.answer(shop.request(images))).value();
      ASSERT_EQ(releases.size(), images.size());
      shop.expect_scores(releases, images);
    }
  }
}

TEST(ImagesInOneRequest, MayBeFewerThanItHolds) {
  Shop shop(branched_plan({6, true}), 5);
  for (const std::size_t count : {1U, 3U, 5U}) {
    SCOPED_TRACE(::testing::Message() << count << " images");
    const Images images = draw_images(count, 42);
    const Bytes request = shop.request(images);
    EXPECT_EQ(wire::inspect_request(request, "x.ct").value().provenance.images, count == 5 ? 0U : count);
    const Bytes result = shop.answer(request);
    const auto releases = shop.open(result).value();
    ASSERT_EQ(releases.size(), count);
    shop.expect_scores(releases, images);
    EXPECT_EQ(shop.open_one(result).has_value(), count == 1);
  }
  EXPECT_EQ(shop.writer().write(deploy::client::Tensors()).error().code, base::ErrorCode::kUsage);
  const Images many = draw_images(6, 43);
  const std::vector<std::span<const float>> views(many.begin(), many.end());
  const auto refused = shop.writer().write(views);
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message.find("6 inputs"), std::string::npos) << refused.error().message;
}

TEST(ImagesInOneRequest, AreCountedThroughStagesToo) {
  Shop shop(branched_plan({6, true}), 4);
  OwnerFiles& owner = shop.owner();
  const Images images = draw_images(2, 44);
  Bytes bytes = shop.request(images);
  ASSERT_TRUE(base::write_file_atomically(owner.file("m.eval"), owner.evaluation_keys()).has_value());
  const std::vector<std::size_t> cuts = {6, 8};
  const auto sealed = owner.sealed_in_stages(cuts, owner.file("m.manifest"));
  for (std::size_t number = 1; number <= 3; ++number) {
    auto stage = runtime::session::LoadedModel::open_stage(
                     {wire::stage_path(owner.file("m.manifest"), number), owner.file("m.eval")}, owner.trust(), {}, {})
                     .value();
    bytes = stage->session().answer(bytes, "x.ct", {}).value();
  }
  const auto releases = shop.open(bytes).value();
  ASSERT_EQ(releases.size(), 2U);
  shop.expect_scores(releases, images);
}

TEST(ImagesInOneRequest, AnAnswerThatClaimsTooManyIsRefused) {
  Shop shop(tiny_plan({6, false}), 3);
  OwnerFiles& owner = shop.owner();
  const wire::Expected e = owner.expected();
  const auto answer = owner.draw_answer();
  const auto claiming = [&](std::uint32_t images) {
    return wire::write_result(owner.ring(), e.params, true, {e.plan, e.key, e.plan, images}, answer);
  };
  EXPECT_EQ(shop.open(claiming(2)).value().size(), 2U);
  EXPECT_EQ(shop.open(claiming(0)).value().size(), 3U);
  EXPECT_EQ(shop.open(claiming(3)).error().code, base::ErrorCode::kMismatch);
  EXPECT_EQ(shop.open(claiming(4)).error().code, base::ErrorCode::kMismatch);
  EXPECT_EQ(shop.open(claiming(5000)).error().code, base::ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace obscura::tests
