#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "artifact/signature.hpp"
#include "base/result.hpp"
#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/context.hpp"
#include "plan/program/shard.hpp"
#include "runtime/wire/manifest_file.hpp"
#include "runtime/wire/sealed_model.hpp"

namespace obscura::deploy::owner {

/// Takes the encrypted weights of a program that was cut into stages, in their order, and writes each stage's file, or
/// those of its shards and their merge, when it has its weights: memory for those of one stage. The manifest, which
/// names the files, is written last.
class StageSealer {
 public:
  /// `whole` is the program that `stages`, two or more, were cut from, `manifest_path` where the manifest goes, with
  /// the stages beside it (wire::files_of). Ring and signer outlive the sealer. Draws the name of the sealing.
  StageSealer(const fhe::ring::RingContext& ring, const plan::program::Program& whole,
              std::vector<plan::program::StageParts> stages, const artifact::Digest& key, std::string manifest_path,
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
  [[nodiscard]] base::Result<runtime::wire::ManifestShard> write_part(std::size_t part, const std::string& path);

  const fhe::ring::RingContext* ring_;
  std::vector<plan::program::StageParts> stages_;
  std::string manifest_path_;
  const artifact::SigningKey* signer_;
  runtime::wire::Manifest manifest_;  ///< its stages are those that are written
  /// Of the stage behind them: its shards and its merge, or the one stage.
  std::vector<const plan::program::Part*> parts_;
  std::vector<std::unique_ptr<runtime::wire::SealedModelWriter>> writers_;  ///< [parts_]
  std::map<std::uint64_t, std::size_t> part_of_;                            ///< by number of the weight in the program
  std::uint64_t added_ = 0;                                                 ///< weights of all stages
};

}  // namespace obscura::deploy::owner
