#pragma once

#include <unistd.h>

#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "deploy/client/release.hpp"
#include "deploy/client/release_count.hpp"
#include "deploy/owner/encrypt_weights.hpp"
#include "deploy/owner/generate_keys.hpp"
#include "deploy/owner/stage_sealer.hpp"
#include "plan/program/cut.hpp"
#include "plan/program/shard.hpp"
#include "plan/program/verify.hpp"
#include "plan/weights/weights.hpp"
#include "runtime/keys/key_id_of.hpp"
#include "runtime/wire/evaluation_keys_file.hpp"
#include "runtime/wire/public_key_file.hpp"
#include "runtime/wire/request_file.hpp"
#include "runtime/wire/sealed_model.hpp"
#include "runtime/wire/spec_file.hpp"
#include "tests/engine/engine.hpp"

/// Every file of one inference on a test-size ring, made the way the programs make them.
namespace obscura::tests {

namespace wire = runtime::wire;
using Bytes = std::vector<std::uint8_t>;

/// A fresh folder that disappears with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() : path_(std::filesystem::path(::testing::TempDir()) / ("obscura_" + unique())) {
    std::filesystem::create_directories(path_);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  static std::string unique() { return std::to_string(::getpid()) + "_" + std::to_string(std::random_device()()); }
  std::filesystem::path path_;
};

/// What a program needs, all in memory.
inline ckks::EvaluationKeys draw_evaluation_keys(const ckks::Context& context, const secret::SecretKey& secret,
                                                 const plan::program::Program& program) {
  ckks::EvaluationKeys keys;
  const auto sink = [&](const plan::program::KeyNeed& need, ckks::SwitchingKey key) -> base::Result<void> {
    keys.insert(runtime::keys::key_id_of(need, context.params().log_n()), std::move(key));
    return {};
  };
  EXPECT_TRUE(deploy::owner::generate_evaluation_keys(context, secret, program, sink).has_value());
  return keys;
}

class OwnerFiles {
 public:
  explicit OwnerFiles(plan::weights::Plan plan, const ckks::EngineOptions& options = {},
                      artifact::SigningKey signer = artifact::SigningKey::generate())
      : plan_(std::move(plan)),
        context_(ckks::Context::create(plan::program::make_params(plan_.program).value(), options).value()),
        keys_(deploy::owner::generate_key_pair(*context_)),
        evaluation_keys_(draw_evaluation_keys(*context_, keys_.secret, plan_.program)),
        key_(wire::key_digest(context_->ring(), keys_.public_key)),
        signer_(std::move(signer)),
        masks_(random::random_seed(), random::Domain::kEphemeral, 0) {
    trust_.add({signer_.verify_key(), "owner"});
  }

  [[nodiscard]] const plan::weights::Plan& plan() const { return plan_; }
  [[nodiscard]] const ckks::Context& context() const { return *context_; }
  [[nodiscard]] const ring::RingContext& ring() const { return context_->ring(); }
  [[nodiscard]] const deploy::owner::KeyPair& keys() const { return keys_; }
  [[nodiscard]] const ckks::EvaluationKeys& switching_keys() const { return evaluation_keys_; }
  [[nodiscard]] const artifact::Digest& key() const { return key_; }
  [[nodiscard]] const artifact::TrustSet& trust() const { return trust_; }
  [[nodiscard]] const artifact::SigningKey& signer() const { return signer_; }
  [[nodiscard]] std::string file(const std::string& name) const { return folder_.file(name); }
  [[nodiscard]] wire::Expected expected() const { return wire::expect(plan_.program, key_); }

  /// How many results the key released, and may: its own count, in a file.
  [[nodiscard]] deploy::client::ReleaseCount& release_count() {
    if (!release_count_) {
      const std::string path = file("secret.releases");
      EXPECT_TRUE(deploy::client::ReleaseCount::create(path, keys_.secret, key_).has_value());
      const std::uint64_t cap = deploy::client::default_release_cap(plan_.program);
      release_count_ = deploy::client::ReleaseCount::open(path, keys_.secret, key_, cap).value();
    }
    return *release_count_;
  }

  [[nodiscard]] Bytes spec() const { return wire::write_spec(plan_.program, plan_.labels); }
  [[nodiscard]] Bytes public_key() const { return wire::write_public_key(ring(), plan_.program, keys_.public_key); }
  [[nodiscard]] Bytes evaluation_keys() const {
    const std::string path = folder_.file("eval");
    EXPECT_TRUE(wire::write_evaluation_keys(path, ring(), plan_.program, key_, evaluation_keys_).has_value());
    return base::read_file(path, std::uint64_t{1} << 30).value();
  }
  [[nodiscard]] Bytes sealed_model() const {
    auto writer = whole_model(wire::SealedForm::kSeeded);
    const auto sink = [&](const ckks::SeededCiphertext& weight) { return writer.add(weight); };
    EXPECT_TRUE(deploy::owner::encrypt_weights(*context_, keys_.secret, plan_, sink).has_value());
    return written(writer);
  }
  /// The whole model, and the same encrypted weights in stages: stage files beside the manifest at `path`. `shards`:
  /// how many each of the first stages is split into.
  [[nodiscard]] Bytes sealed_in_stages(std::span<const std::size_t> cuts, const std::string& path,
                                       std::span<const std::size_t> shards = {}) const {
    const bool is_public = plan_.program.sealing_key == plan::program::SealingKey::kPublic;
    const auto form = is_public ? wire::SealedForm::kTwoPart : wire::SealedForm::kSeeded;
    auto whole = whole_model(form);
    std::vector<plan::program::StageParts> parts;
    const auto cut_stages = plan::program::cut(plan_.program, cuts, plan_.predicted_ms).value();
    for (std::size_t i = 0; i < cut_stages.size(); ++i) {
      const bool split = i < shards.size() && shards[i] > 1;
      parts.push_back(split ? plan::program::shard(cut_stages[i], shards[i]).value()
                            : plan::program::in_one_part(cut_stages[i]));
    }
    deploy::owner::StageSealer stages(ring(), plan_.program, std::move(parts), key_, form, path, signer_);
    const auto add = [&](const auto& weight) -> base::Result<void> {
      OBSCURA_TRY_VOID(whole.add(weight));
      return stages.add(weight);
    };
    if (is_public) {
      const auto sink = [&](const ckks::Ciphertext& weight) { return add(weight); };
      EXPECT_TRUE(deploy::owner::encrypt_weights(*context_, keys_.public_key, plan_, sink).has_value());
    } else {
      const auto sink = [&](const ckks::SeededCiphertext& weight) { return add(weight); };
      EXPECT_TRUE(deploy::owner::encrypt_weights(*context_, keys_.secret, plan_, sink).has_value());
    }
    EXPECT_TRUE(stages.finish().has_value());
    return written(whole);
  }
  /// The same with weights under the public key; the plan is made for that.
  [[nodiscard]] Bytes sealed_under_public_key() const {
    auto writer = whole_model(wire::SealedForm::kTwoPart);
    const auto sink = [&](const ckks::Ciphertext& weight) { return writer.add(weight); };
    EXPECT_TRUE(deploy::owner::encrypt_weights(*context_, keys_.public_key, plan_, sink).has_value());
    return written(writer);
  }
  /// The same without asking what the plan was made for.
  [[nodiscard]] Bytes sealed_against_the_plan() {
    auto writer = whole_model(wire::SealedForm::kTwoPart);
    for (std::size_t i = 0; i < plan_.weights.values.size(); ++i) {
      const auto& info = plan_.program.weights[i];
      const auto plaintext = context_->encoder().encode(plan_.weights.values[i], info.level, info.scale, info.extended);
      EXPECT_TRUE(writer.add(ckks::encrypt(ring(), keys_.public_key, plaintext, masks_)).has_value());
    }
    return written(writer);
  }

  [[nodiscard]] std::vector<ckks::Ciphertext> encrypt(const std::vector<Slots>& inputs) {
    const auto& first = plan_.program.instructions.front();
    std::vector<ckks::Ciphertext> encrypted;
    for (const Slots& slots : inputs) encrypted.push_back(encrypt_at(slots, first.level, first.scale));
    return encrypted;
  }
  [[nodiscard]] ckks::Ciphertext encrypt_at(const Slots& slots, Level level, const Scale& scale) {
    return ckks::encrypt(ring(), keys_.public_key, context_->encoder().encode(slots, level, scale), masks_);
  }
  [[nodiscard]] std::vector<Slots> draw_inputs(std::uint64_t seed) const {
    std::mt19937_64 generator(seed);
    std::vector<Slots> inputs;
    for (int i = 0; i < plan_.program.input_packing.ciphertexts; ++i) {
      inputs.push_back(random_slots(static_cast<std::size_t>(context_->params().slots()), generator));
    }
    return inputs;
  }
  [[nodiscard]] Bytes request(std::span<const ckks::Ciphertext> ciphertexts) const {
    const wire::Expected e = expected();
    return wire::write_request(ring(), e.params, plan_.program.insecure, {e.plan, e.key, {}}, ciphertexts);
  }
  [[nodiscard]] Bytes result(std::span<const ckks::Ciphertext> answer) const {
    const wire::Expected e = expected();
    return wire::write_result(ring(), e.params, plan_.program.insecure, {e.plan, e.key, e.plan}, answer);
  }
  /// Ciphertexts at the levels and scales of the program's results.
  [[nodiscard]] std::vector<ckks::Ciphertext> draw_answer() {
    std::vector<ckks::Ciphertext> answer;
    for (const auto id : plan_.program.results) {
      const auto& result = plan_.program.instructions[static_cast<std::size_t>(id.value())];
      answer.push_back(encrypt_at(draw_inputs(9).front(), result.level, result.scale));
    }
    return answer;
  }
  [[nodiscard]] Slots decrypt(const ckks::Ciphertext& ciphertext) const {
    return context_->encoder().decode(secret::decrypt(ring(), keys_.secret, ciphertext));
  }

 private:
  [[nodiscard]] std::string model_path() const { return folder_.file("model"); }
  [[nodiscard]] wire::SealedModelWriter whole_model(wire::SealedForm form) const {
    return wire::SealedModelWriter::create(model_path(), ring(), plan_.program, key_, form).value();
  }
  [[nodiscard]] Bytes written(wire::SealedModelWriter& writer) const {
    EXPECT_TRUE(writer.commit(signer_).has_value());
    return base::read_file(model_path(), std::uint64_t{1} << 30).value();
  }

  plan::weights::Plan plan_;
  std::unique_ptr<ckks::Context> context_;
  deploy::owner::KeyPair keys_;
  ckks::EvaluationKeys evaluation_keys_;
  artifact::Digest key_;
  artifact::SigningKey signer_;
  random::Stream masks_;
  artifact::TrustSet trust_;
  TemporaryFolder folder_;
  std::unique_ptr<deploy::client::ReleaseCount> release_count_;
};

inline ckks::Ciphertext clone(const ring::RingContext& ring, const ckks::Ciphertext& a, Level level,
                              const Scale& scale) {
  return {ring::clone(ring, a.c0()), ring::clone(ring, a.c1()), level, scale};
}
inline ckks::Ciphertext clone(const ring::RingContext& ring, const ckks::Ciphertext& a) {
  return clone(ring, a, a.level(), a.scale());
}

}  // namespace obscura::tests
