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
  kCoefficients,  ///< only its integers stay, in as many bits as they take instead of 64 for each limb
};

/// Feeds an executor the clear weights of a .plan, encoded at first use: runs on the owner's own machine.
class ClearWeightSource final : public exec::WeightSource {
 public:
  /// Program and weights are those of a verified plan (plan/weights/verify.hpp); encoder and program outlive the
  /// source. Cost of kCoefficients: an FFT per weight, of which the values go as their integers come.
  ClearWeightSource(const fhe::ckks::Encoder& encoder, const plan::program::Program& program,
                    plan::weights::Weights weights, Keep keep);

  [[nodiscard]] bool encrypted() const override { return false; }
  [[nodiscard]] std::size_t most_held() const override {
    return keep_ == Keep::kEncoded ? exec::kNoLimit : plan::program::kStreamedWeights;
  }
  /// Cost: one encoding the first time and then nothing, or one NTT per limb each time. Never fails.
  [[nodiscard]] base::Result<exec::Weight> fetch(plan::program::WeightId id) override;
  /// Encodes them side by side.
  void prefetch(std::span<const plan::program::WeightId> ids) override;
  void release(plan::program::WeightId id) override;
  /// Of the integers that stay; 0 for kEncoded.
  [[nodiscard]] std::uint64_t coefficient_bytes() const;

 private:
  /// Rounded coefficients less the least of them, each in as many bits as the largest difference takes.
  struct Coefficients {
    std::int64_t least = 0;
    int bits = 0;
    std::vector<std::uint8_t> packed;
  };
  [[nodiscard]] static Coefficients pack(const std::vector<std::int64_t>& coefficients);
  [[nodiscard]] static std::vector<std::int64_t> unpack(const Coefficients& coefficients, std::size_t count);
  [[nodiscard]] fhe::ckks::Plaintext encode(std::size_t index);

  const fhe::ckks::Encoder* encoder_;
  const plan::program::Program* program_;
  plan::weights::Weights weights_;  ///< each is freed when it has been encoded
  Keep keep_;
  std::vector<Coefficients> coefficients_;                    ///< [weights], of kCoefficients
  std::vector<std::optional<fhe::ckks::Plaintext>> encoded_;  ///< [weights]
};

}  // namespace obscura::runtime::clear
