#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "plan/weights/testing/branched_plan.hpp"
#include "runtime/session/session.hpp"
#include "runtime/wire/intermediate_file.hpp"
#include "runtime/wire/manifest_file.hpp"
#include "tests/runtime/owner_files.hpp"

/// What a dishonest worker may return instead of what a stage made.
namespace obscura::tests {

enum class Cheat {
  kFlippedResidue,  ///< one residue of one ciphertext changed, in a well-formed file
  kStaleResult,     ///< a whole signed answer, of an earlier job of the same name
  kOtherJob,        ///< what the same stage made of another request
  kOtherStage,      ///< what another stage made
  kWrongSigner,     ///< the right bytes, signed by a stranger or by a worker of another group
  kTruncated,       ///< some bytes short
  kOtherKey,        ///< what the same stage of another key's model made, or one of other parameters
  kWrongDigest,     ///< the right bytes, and a receipt that names others
  kZeros,           ///< fresh encryptions of zero under the public key, at the right levels and scales
};
inline constexpr int kCheats = 9;

inline const char* name(Cheat cheat) {
  constexpr const char* kNames[kCheats] = {"flipped residue", "stale result", "another job's",
                                           "another stage's", "wrong signer", "truncated",
                                           "another key's",   "wrong digest", "zeros"};
  return kNames[static_cast<int>(cheat)];
}

/// A model in three stages, and what its stages make, in the open.
class StagedModel {
 public:
  static constexpr std::size_t kStages = 3;

  explicit StagedModel(plan::weights::Plan plan) : owner_(std::move(plan)) {
    (void)owner_.sealed_in_stages(std::vector<std::size_t>{6, 8}, manifest_path());
    evaluation_keys_ = owner_.evaluation_keys();
    for (std::size_t number = 1; number <= kStages; ++number) {
      files_.push_back(base::read_file(wire::stage_path(manifest_path(), number), 1 << 26).value());
      stages_.push_back(std::make_unique<wire::SealedModel>(
          wire::SealedModel::open_stage(files_.back(), "stage", &owner_.trust()).value()));
      sessions_.push_back(
          runtime::session::Session::create(owner_.context(), *stages_.back(), evaluation_keys_, "eval", {}).value());
    }
  }

  [[nodiscard]] OwnerFiles& owner() { return owner_; }
  [[nodiscard]] std::string manifest_path() const { return owner_.file("m.manifest"); }
  [[nodiscard]] const std::vector<Bytes>& stage_files() const { return files_; }
  [[nodiscard]] const Bytes& evaluation_keys() const { return evaluation_keys_; }
  [[nodiscard]] Bytes request(std::uint64_t seed) { return owner_.request(owner_.encrypt(owner_.draw_inputs(seed))); }

  /// What every stage makes of a request, one after the other.
  [[nodiscard]] std::vector<Bytes> evaluate(const Bytes& request) const {
    std::vector<Bytes> made;
    for (const auto& session : sessions_) {
      made.push_back(session->answer(made.empty() ? request : made.back(), "input", {}).value());
    }
    return made;
  }
  /// The file that stage `stage` (from 0) made, with other ciphertexts in it.
  template <class Change>
  [[nodiscard]] Bytes rewrite(std::size_t stage, const Bytes& made, const Change& change) {
    const wire::Expected whole = owner_.expected();
    const bool insecure = owner_.plan().program.insecure;
    if (stage + 1 == kStages) {
      auto values = wire::read_result(made, "result", owner_.ring(), whole).value();
      change(values.ciphertexts);
      return wire::write_result(owner_.ring(), whole.params, insecure, {whole.plan, whole.key, values.request},
                                values.ciphertexts);
    }
    const wire::SealedModel& next = *stages_[stage + 1];
    const wire::Expected expected = wire::expect_stage(next.program(), owner_.key(), whole.plan);
    auto values = wire::read_intermediate(made, "intermediate", owner_.ring(), expected, next.place()).value();
    change(values.ciphertexts);
    return wire::write_intermediate(owner_.ring(), expected.params, insecure,
                                    {expected.plan, expected.key, values.request}, stages_[stage]->place(),
                                    values.ciphertexts);
  }

 private:
  OwnerFiles owner_;
  Bytes evaluation_keys_;
  std::vector<Bytes> files_;
  std::vector<std::unique_ptr<wire::SealedModel>> stages_;
  std::vector<std::unique_ptr<runtime::session::Session>> sessions_;
};

/// Draws what a cheat returns.
class Cheater {
 public:
  explicit Cheater(StagedModel& model) : model_(model) {
    for (StagedModel* other : {&other_key_, &other_params_}) elsewhere_.push_back(other->evaluate(other->request(3)));
    another_job_ = model_.evaluate(model_.request(4));
  }

  /// Instead of `made`, by stage `stage` (from 0) of what it read. Those that cheat with signatures leave the bytes.
  [[nodiscard]] Bytes bytes(Cheat cheat, std::size_t stage, const Bytes& made, std::mt19937_64& random) {
    switch (cheat) {
      case Cheat::kFlippedResidue:
        return model_.rewrite(stage, made, [&](auto& ciphertexts) { flip(ciphertexts, random); });
      case Cheat::kZeros:
        return model_.rewrite(stage, made, [&](auto& ciphertexts) { zero(ciphertexts); });
      case Cheat::kOtherJob:
        return another_job_[stage];
      case Cheat::kOtherStage:
        return another_job_[(stage + 1 + random() % (StagedModel::kStages - 1)) % StagedModel::kStages];
      case Cheat::kOtherKey:
        return elsewhere_[random() % elsewhere_.size()][stage];
      case Cheat::kTruncated:
        return {made.begin(), made.end() - static_cast<std::ptrdiff_t>(1 + random() % (made.size() - 1))};
      default:
        return made;
    }
  }

 private:
  void flip(std::vector<ckks::Ciphertext>& ciphertexts, std::mt19937_64& random) {
    ckks::Ciphertext& chosen = ciphertexts[random() % ciphertexts.size()];
    const Level level = chosen.level();
    const Scale scale = chosen.scale();
    auto [c0, c1] = std::move(chosen).release();
    auto& poly = random() % 2 == 0 ? c0 : c1;
    const int limb = static_cast<int>(random() % static_cast<std::uint64_t>(level.value() + 1));
    const std::uint64_t q = model_.owner().context().params().q()[static_cast<std::size_t>(limb)].value();
    std::uint64_t& residue = poly.limb(limb)[random() % poly.limb(limb).size()];
    residue = (residue + 1 + random() % (q - 1)) % q;
    chosen = ckks::Ciphertext(std::move(c0), std::move(c1), level, scale);
  }
  void zero(std::vector<ckks::Ciphertext>& ciphertexts) {
    const Slots nothing(static_cast<std::size_t>(model_.owner().context().params().slots()));
    for (ckks::Ciphertext& one : ciphertexts) one = model_.owner().encrypt_at(nothing, one.level(), one.scale());
  }

  StagedModel& model_;
  StagedModel other_key_{plan::weights::testing::branched_plan({5, false})};
  StagedModel other_params_{plan::weights::testing::branched_plan({6, false})};
  std::vector<std::vector<Bytes>> elsewhere_;  // [another key, other parameters][stage]
  std::vector<Bytes> another_job_;             // [stage]
};

}  // namespace obscura::tests
