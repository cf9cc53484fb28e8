#include <gtest/gtest.h>

#include <functional>
#include <optional>

#include "plan/weights/testing/branched_plan.hpp"
#include "plan/weights/testing/tiny_plan.hpp"
#include "runtime/wire/intermediate_file.hpp"
#include "runtime/wire/manifest_file.hpp"
#include "tests/runtime/owner_files.hpp"

/// Hostile files: whatever is not exactly what was written is refused, before it is used.
namespace obscura::tests {
namespace {

using plan::weights::testing::tiny_plan;

/// An artefact and a reader that looks at all of it. No value when the bytes are accepted.
struct Artefact {
  std::string name;
  Bytes bytes;
  std::function<std::optional<base::Error>(std::span<const std::uint8_t>)> read;
};

template <class T>
std::optional<base::Error> error_of(const base::Result<T>& result) {
  if (result.has_value()) return std::nullopt;
  return result.error();
}

std::optional<base::Error> read_public_key(std::span<const std::uint8_t> bytes, const ring::RingContext& ring) {
  const auto file = wire::PublicKeyFile::open(bytes, "public");
  if (!file) return file.error();
  return error_of(file->load(ring));
}

std::optional<base::Error> read_weights(const base::Result<wire::SealedModel>& model, const ring::RingContext& ring) {
  if (!model) return model.error();
  for (std::size_t i = 0; i < model->weights(); ++i) {
    const auto weight = model->weight(ring, plan::program::WeightId(static_cast<int>(i)));
    if (!weight) return weight.error();
  }
  return std::nullopt;
}

std::optional<base::Error> read_model(std::span<const std::uint8_t> bytes, const artifact::TrustSet& trust,
                                      const ring::RingContext& ring) {
  return read_weights(wire::SealedModel::open(bytes, "m.sealed", &trust), ring);
}

std::optional<base::Error> read_stage(std::span<const std::uint8_t> bytes, const artifact::TrustSet& trust,
                                      const ring::RingContext& ring) {
  return read_weights(wire::SealedModel::open_stage(bytes, "m.stage", &trust), ring);
}

class Files : public ::testing::Test {
 protected:
  std::vector<Artefact> all() {
    return {
        {"spec", owner_.spec(), [](auto bytes) { return error_of(wire::read_spec(bytes, "spec")); }},
        {"public key", owner_.public_key(), [this](auto bytes) { return read_public_key(bytes, owner_.ring()); }},
        {"evaluation keys", owner_.evaluation_keys(),
         [this](auto bytes) {
           return error_of(wire::read_evaluation_keys(bytes, "eval", owner_.ring(), owner_.expected()));
         }},
        {"sealed model", owner_.sealed_model(),
         [this](auto bytes) { return read_model(bytes, owner_.trust(), owner_.ring()); }},
        {"model sealed under the public key", owner_.sealed_under_public_key(),
         [this](auto bytes) { return read_model(bytes, owner_.trust(), owner_.ring()); }},
        {"request", owner_.request(owner_.encrypt(owner_.draw_inputs(4))),
         [this](auto bytes) { return error_of(wire::read_request(bytes, "x.ct", owner_.ring(), owner_.expected())); }},
        {"result", owner_.result(owner_.draw_answer()),
         [this](auto bytes) {
           return error_of(wire::read_result(bytes, "x.result", owner_.ring(), owner_.expected()));
         }},
        {"spec of branches", branched_.spec(), [](auto bytes) { return error_of(wire::read_spec(bytes, "spec")); }},
        {"first stage", stage(1),
         [this](auto bytes) { return read_stage(bytes, branched_.trust(), branched_.ring()); }},
        {"last stage", stage(2), [this](auto bytes) { return read_stage(bytes, branched_.trust(), branched_.ring()); }},
        {"manifest", base::read_file(manifest_, std::uint64_t{1} << 30).value(),
         [this](auto bytes) { return error_of(wire::read_manifest(bytes, "manifest", &branched_.trust())); }},
        {"intermediate", intermediate(), [this](auto bytes) { return read_intermediate(bytes); }},
        {"several results", branched_.result(branched_.draw_answer()),
         [this](auto bytes) {
           return error_of(wire::read_result(bytes, "x.result", branched_.ring(), branched_.expected()));
         }},
    };
  }
  Files() { (void)branched_.sealed_in_stages(std::vector<std::size_t>{6}, manifest_); }

  [[nodiscard]] Bytes stage(std::size_t number) const {
    return base::read_file(wire::stage_path(manifest_, number), std::uint64_t{1} << 30).value();
  }
  /// Ciphertexts at the levels and scales of the last stage's inputs, which come first in it.
  [[nodiscard]] Bytes intermediate() {
    const Bytes first = stage(1);
    const auto place = wire::SealedModel::open_stage(first, "stage", nullptr).value().place();
    const auto last = last_stage();
    std::vector<ckks::Ciphertext> values;
    for (int i = 0; i < last.program.input_packing.ciphertexts; ++i) {
      const auto& input = last.program.instructions[static_cast<std::size_t>(i)];
      values.push_back(branched_.encrypt_at(branched_.draw_inputs(9).front(), input.level, input.scale));
    }
    const auto expected = branched_.expected();
    return wire::write_intermediate(branched_.ring(), expected.params, true, {expected.plan, expected.key, {}}, place,
                                    values);
  }
  [[nodiscard]] plan::program::CutStage last_stage() const {
    const auto& plan = branched_.plan();
    return plan::program::cut(plan.program, std::vector<std::size_t>{6}, plan.predicted_ms).value()[1];
  }
  [[nodiscard]] std::optional<base::Error> read_intermediate(std::span<const std::uint8_t> bytes) const {
    const auto last = last_stage();
    const Bytes file = stage(2);
    const auto place = wire::SealedModel::open_stage(file, "stage", nullptr).value().place();
    const auto expected = wire::expect_stage(last.program, branched_.key(), branched_.expected().plan);
    return error_of(wire::read_intermediate(bytes, "x.mid", branched_.ring(), expected, place));
  }

  OwnerFiles owner_{tiny_plan({4, false, true, plan::program::SealingKey::kPublic})};
  OwnerFiles branched_{plan::weights::testing::branched_plan({4, false})};
  std::string manifest_ = branched_.file("m.manifest");
};

TEST_F(Files, AreAcceptedAsWritten) {
  for (const Artefact& artefact : all()) {
    const auto error = artefact.read(artefact.bytes);
    EXPECT_FALSE(error.has_value()) << artefact.name << ": " << error->message;
    EXPECT_LE(artefact.bytes.size(), 65536u) << artefact.name;
  }
}

TEST_F(Files, AreRefusedWithAnyByteFlipped) {
  for (Artefact& artefact : all()) {
    for (std::size_t i = 0; i < artefact.bytes.size(); ++i) {
      const auto mask = static_cast<std::uint8_t>(1 << (i % 8));
      artefact.bytes[i] ^= mask;
      const auto error = artefact.read(artefact.bytes);
      ASSERT_TRUE(error.has_value()) << artefact.name << ", byte " << i;
      ASSERT_FALSE(error->message.empty());
      ASSERT_FALSE(error->hint.empty()) << error->message;
      artefact.bytes[i] ^= mask;
    }
  }
}

TEST_F(Files, AreRefusedWhenCutShortOrLonger) {
  for (Artefact& artefact : all()) {
    for (std::size_t length = 0; length < artefact.bytes.size(); ++length) {
      ASSERT_TRUE(artefact.read(std::span(artefact.bytes).first(length)).has_value())
          << artefact.name << ", length " << length;
    }
    artefact.bytes.push_back(0);
    EXPECT_TRUE(artefact.read(artefact.bytes).has_value()) << artefact.name;
  }
}

TEST_F(Files, OfOneKindAreNotTakenForAnother) {
  const std::vector<Artefact> artefacts = all();
  for (const Artefact& file : artefacts) {
    for (const Artefact& reader : artefacts) {
      if (file.bytes[10] == reader.bytes[10]) continue;
      const auto error = reader.read(file.bytes);
      ASSERT_TRUE(error.has_value()) << file.name << " as " << reader.name;
      const bool clear = error->code == base::ErrorCode::kMismatch || error->code == base::ErrorCode::kUntrusted;
      EXPECT_TRUE(clear) << file.name << " as " << reader.name << ": " << error->message;
    }
  }
}

TEST_F(Files, HoldWhatWasWritten) {
  const auto spec = wire::read_spec(owner_.spec(), "spec").value();
  EXPECT_EQ(spec.program, owner_.plan().program);
  EXPECT_EQ(spec.labels, owner_.plan().labels);
  EXPECT_EQ(spec.plan, owner_.expected().plan);

  const Bytes key_bytes = owner_.public_key();
  const auto key_file = wire::PublicKeyFile::open(key_bytes, "public").value();
  EXPECT_EQ(key_file.form(), plan::program::request_form_of(owner_.plan().program));
  EXPECT_EQ(key_file.key(), owner_.key());
  EXPECT_EQ(key_file.plan(), owner_.expected().plan);
  const auto key = key_file.load(owner_.ring()).value();
  EXPECT_TRUE(std::ranges::equal(key.b.words(), owner_.keys().public_key.b.words()));
  EXPECT_TRUE(std::ranges::equal(key.a.words(), owner_.keys().public_key.a.words()));

  const auto inputs = owner_.encrypt(owner_.draw_inputs(4));
  const auto request =
      wire::read_request(owner_.request(inputs), "x.ct", owner_.ring(), owner_.expected()).value().ciphertexts;
  ASSERT_EQ(request.size(), inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) EXPECT_TRUE(same_words(request[i], inputs[i]));
}

TEST_F(Files, HoldTheEvaluationKeysThatWereWritten) {
  const auto keys =
      wire::read_evaluation_keys(owner_.evaluation_keys(), "eval", owner_.ring(), owner_.expected()).value();
  ASSERT_EQ(keys.all().size(), owner_.switching_keys().all().size());
  for (const auto& [id, key] : owner_.switching_keys().all()) {
    const ckks::SwitchingKey* read = keys.find(id);
    ASSERT_NE(read, nullptr);
    EXPECT_EQ(read->level(), key.level());
    ASSERT_EQ(read->b().size(), key.b().size());
    for (std::size_t i = 0; i < key.b().size(); ++i) {
      EXPECT_TRUE(std::ranges::equal(read->b()[i].words(), key.b()[i].words()));
      EXPECT_TRUE(std::ranges::equal(read->a()[i].words(), key.a()[i].words()));
    }
  }
}

TEST_F(Files, NeverCarryLabelsToWorkersOrDataOwners) {
  const auto holds = [](const Bytes& bytes, const std::string& text) {
    return std::search(bytes.begin(), bytes.end(), text.begin(), text.end()) != bytes.end();
  };
  plan::weights::Plan plan = tiny_plan();
  plan.labels = {"first-class-name", "second-class-name", "third-class-name"};
  OwnerFiles owner(std::move(plan));
  for (const std::string& label : owner.plan().labels) {
    EXPECT_TRUE(holds(owner.spec(), label));
    EXPECT_FALSE(holds(owner.public_key(), label));
    EXPECT_FALSE(holds(owner.evaluation_keys(), label));
    EXPECT_FALSE(holds(owner.sealed_model(), label));
  }
}

TEST(FilesOfSecretKeyPlans, ModelsUnderThePublicKeyAreRefused) {
  OwnerFiles owner(tiny_plan({4, false}));
  const auto model = wire::SealedModel::open(owner.sealed_against_the_plan(), "model", &owner.trust());
  ASSERT_FALSE(model.has_value());
  EXPECT_EQ(model.error().code, base::ErrorCode::kCorrupt);
}

TEST_F(Files, SealedTwiceShareNoWord) {
  const auto first = owner_.sealed_model();
  const auto second = owner_.sealed_model();
  const auto one = wire::SealedModel::open(first, "a", &owner_.trust()).value();
  const auto two = wire::SealedModel::open(second, "b", &owner_.trust()).value();
  const auto a = one.weight(owner_.ring(), plan::program::WeightId(0)).value();
  const auto b = two.weight(owner_.ring(), plan::program::WeightId(0)).value();
  EXPECT_FALSE(std::ranges::equal(a.c1().words(), b.c1().words())) << "a public seed was used twice";
}

}  // namespace
}  // namespace obscura::tests
