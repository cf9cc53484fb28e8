#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "artifact/signature.hpp"
#include "base/result.hpp"
#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/context.hpp"
#include "plan/program/cut.hpp"
#include "runtime/wire/manifest_file.hpp"
#include "runtime/wire/sealed_model.hpp"

namespace obscura::deploy::owner {

/// Takes the encrypted weights of a program that was cut into stages, in their order, and writes each stage's file when
/// it has its weights: memory for those of one stage. The manifest, which names the files, is written last.
class StageSealer {
 public:
  /// `whole` is the program that `stages`, two or more, were cut from, `manifest_path` where the manifest goes, with
  /// the stages beside it (wire::stage_path). Ring and signer outlive the sealer. Draws the name of the sealing.
  StageSealer(const fhe::ring::RingContext& ring, const plan::program::Program& whole,
              std::vector<plan::program::CutStage> stages, const artifact::Digest& key, std::string manifest_path,
              const artifact::SigningKey& signer);

  /// What encrypt_weights gives. Errors: kIo.
  [[nodiscard]] base::Result<void> add(const fhe::ckks::SeededCiphertext& weight) { return add_any(weight); }
  [[nodiscard]] base::Result<void> add(const fhe::ckks::Ciphertext& weight) { return add_any(weight); }

  /// After the last weight. A missing one is a bug of the caller. Errors: kIo.
  [[nodiscard]] base::Result<runtime::wire::Manifest> finish();

 private:
  template <class Weight>
  base::Result<void> add_any(const Weight& weight);
  void begin_stage();
  base::Result<void> finish_stage();

  const fhe::ring::RingContext* ring_;
  std::vector<plan::program::CutStage> stages_;
  std::string manifest_path_;
  const artifact::SigningKey* signer_;
  runtime::wire::Manifest manifest_;                          ///< its stages are those that are written
  std::unique_ptr<runtime::wire::SealedModelWriter> writer_;  ///< of the stage behind them
  std::size_t added_ = 0;                                     ///< weights of that stage
};

}  // namespace obscura::deploy::owner
