#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
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

/// Takes the encrypted weights of a program that was cut into stages, in their order, and writes them to each stage's
/// file, or to those of its shards and their merge: memory for one weight. The manifest, which names the files, is
/// written last.
class StageSealer {
 public:
  /// `whole` is the program that `stages`, two or more, were cut from, `manifest_path` where the manifest goes, with
  /// the stages beside it (wire::files_of). Ring and signer outlive the sealer. Draws the name of the sealing.
  StageSealer(const fhe::ring::RingContext& ring, const plan::program::Program& whole,
              std::vector<plan::program::StageParts> stages, const artifact::Digest& key,
              runtime::wire::SealedForm form, std::string manifest_path, const artifact::SigningKey& signer);

  /// What encrypt_weights gives. Errors: kIo.
  [[nodiscard]] base::Result<void> add(const fhe::ckks::SeededCiphertext& weight) { return add_any(weight); }
  [[nodiscard]] base::Result<void> add(const fhe::ckks::Ciphertext& weight) { return add_any(weight); }

  /// After the last weight. A missing one is a bug of the caller. Errors: kIo.
  [[nodiscard]] base::Result<runtime::wire::Manifest> finish();

 private:
  template <class Weight>
  base::Result<void> add_any(const Weight& weight);
  base::Result<void> begin_stage();
  base::Result<void> finish_stage();
  [[nodiscard]] base::Result<runtime::wire::ManifestShard> finish_file(std::size_t part);

  /// One file of the stage that is being written: a shard or the merge of it, or the one stage.
  struct PartFile {
    const plan::program::Part* part;
    std::string path;
    runtime::wire::SealedModelWriter writer;
  };

  const fhe::ring::RingContext* ring_;
  std::vector<plan::program::StageParts> stages_;
  runtime::wire::SealedForm form_;
  std::string manifest_path_;
  const artifact::SigningKey* signer_;
  runtime::wire::Manifest manifest_;              ///< its stages are those that are written
  std::vector<PartFile> files_;                   ///< of the stage behind them; none between two stages
  std::map<std::uint64_t, std::size_t> file_of_;  ///< by number of the weight in the program
  std::uint64_t added_ = 0;                       ///< weights of all stages
};

}  // namespace obscura::deploy::owner
