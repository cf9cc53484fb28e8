#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "fhe/ckks/encoder.hpp"
#include "plan/program/schedule.hpp"
#include "plan/weights/weights.hpp"
#include "runtime/exec/weight_source.hpp"

namespace obscura::runtime::clear {

/// What happens to an encoded weight after its use.
enum class Keep {
  kEncoded,       ///< stays for the next run: fastest, all weights in memory
  kCoefficients,  ///< only its integers stay, 4 or 8 bytes a coefficient instead of 8 for each limb of it
};

/// Feeds an executor the clear weights of a .plan, encoded at first use: runs on the owner's own machine.
class ClearWeightSource final : public exec::WeightSource {
 public:
  /// Program and weights are those of a verified plan (plan/weights/verify.hpp); encoder and program outlive the
  /// source.
  ClearWeightSource(const fhe::ckks::Encoder& encoder, const plan::program::Program& program,
                    plan::weights::Weights weights, Keep keep);

  [[nodiscard]] bool encrypted() const override { return false; }
  [[nodiscard]] std::size_t most_held() const override {
    return keep_ == Keep::kEncoded ? exec::kNoLimit : plan::program::kStreamedWeights;
  }
  /// Cost: one encoding the first time; later nothing, or one NTT per limb. Never fails.
  [[nodiscard]] base::Result<exec::Weight> fetch(plan::program::WeightId id) override;
  /// Encodes them side by side.
  void prefetch(std::span<const plan::program::WeightId> ids) override;
  void release(plan::program::WeightId id) override;

 private:
  /// Rounded coefficients, in the narrower type where all fit.
  struct Coefficients {
    std::vector<std::int32_t> narrow;
    std::vector<std::int64_t> wide;
  };
  [[nodiscard]] static Coefficients packed(const std::vector<std::int64_t>& coefficients);
  [[nodiscard]] fhe::ckks::Plaintext encode(std::size_t index);

  const fhe::ckks::Encoder* encoder_;
  const plan::program::Program* program_;
  plan::weights::Weights weights_;  ///< each is freed at its first use
  Keep keep_;
  std::vector<Coefficients> coefficients_;                    ///< [weights]
  std::vector<std::optional<fhe::ckks::Plaintext>> encoded_;  ///< [weights]
};

}  // namespace obscura::runtime::clear
