#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "artifact/container.hpp"
#include "artifact/container_file.hpp"
#include "base/result.hpp"
#include "fhe/ckks/context.hpp"
#include "plan/program/program.hpp"
#include "runtime/wire/stage_place.hpp"

namespace obscura::runtime::wire {

/// How the weights of a sealed model are kept. Numbers are part of the format.
enum class SealedForm : std::uint8_t {
  kSeeded = 0,   ///< encrypted under the secret key: c0, and one public seed for all c1
  kTwoPart = 1,  ///< encrypted under the public key: c0 and c1
};

/// Writes the encrypted weights of one program, or of one stage, as they come: memory for one of them. The signed file
/// appears whole with commit(), or not at all.
class SealedModelWriter {
 public:
  /// Writes a whole model. The ring must outlive the writer. Errors: kIo.
  [[nodiscard]] static base::Result<SealedModelWriter> create(const std::string& path,
                                                              const fhe::ring::RingContext& ring,
                                                              const plan::program::Program& program,
                                                              const artifact::Digest& key, SealedForm form);
  /// Writes one stage, or a shard or the merge of one.
  [[nodiscard]] static base::Result<SealedModelWriter> create(const std::string& path,
                                                              const fhe::ring::RingContext& ring,
                                                              const plan::program::Program& stage,
                                                              const artifact::Digest& key, SealedForm form,
                                                              const StagePlace& place);
  /// Weights come in the order of Program::weights and share one seed; index = number of the weight in the whole
  /// program (StagePlace::weights), so that a weight is the same ciphertext in the file of its stage and in that of the
  /// whole model. Errors: kIo.
  [[nodiscard]] base::Result<void> add(const fhe::ckks::SeededCiphertext& weight);
  /// The same for weights encrypted under the public key. One file holds one form.
  [[nodiscard]] base::Result<void> add(const fhe::ckks::Ciphertext& weight);
  /// A missing weight is a bug of the caller. Errors: kIo.
  [[nodiscard]] base::Result<void> commit(const artifact::SigningKey& signer);

 private:
  SealedModelWriter(artifact::ContainerFile file, const fhe::ring::RingContext& ring, std::size_t weights,
                    SealedForm form, std::optional<StagePlace> place);
  static base::Result<SealedModelWriter> create(const std::string& path, const fhe::ring::RingContext& ring,
                                                const plan::program::Program& program, const artifact::Digest& key,
                                                SealedForm form, std::optional<StagePlace> place);
  artifact::ContainerFile file_;
  const fhe::ring::RingContext* ring_;
  std::size_t expected_;
  std::size_t added_ = 0;
  SealedForm form_;
  std::optional<StagePlace> place_;
  fhe::random::Seed256 seed_;
};

/// A sealed model, or a stage of one, over bytes that somebody else may change (a mapped file). The signature by
/// somebody in `trust` is checked first; then header, digests and program; each weight is copied, verified and checked
/// when it is read. It names no class labels and holds no clear weight. const operations are safe from several threads.
class SealedModel {
 public:
  /// `trust` == nullptr: for `inspect` only, the signature is still checked, but anybody's is taken. `file` must
  /// outlive the model. Errors: kUntrusted, and those of LazyContainerReader and program::parse.
  [[nodiscard]] static base::Result<SealedModel> open(std::span<const std::uint8_t> file, const std::string& name,
                                                      const artifact::TrustSet* trust);
  /// The same for the file of one stage, or of a shard or the merge of one: place() says which.
  [[nodiscard]] static base::Result<SealedModel> open_stage(std::span<const std::uint8_t> file, const std::string& name,
                                                            const artifact::TrustSet* trust);

  [[nodiscard]] const plan::program::Program& program() const { return program_; }
  [[nodiscard]] const artifact::Digest& key() const { return key_; }
  /// Where it stands among the stages; a whole model is the only one of itself.
  [[nodiscard]] const StagePlace& place() const { return place_; }
  [[nodiscard]] const artifact::PublicIdentity& signer() const { return signer_; }
  [[nodiscard]] std::size_t weights() const { return program_.weights.size(); }
  /// Copies, verifies, unpacks and expands one weight. `ring` has the parameters of program(). Error: kCorrupt.
  [[nodiscard]] base::Result<fhe::ckks::Ciphertext> weight(const fhe::ring::RingContext& ring,
                                                           plan::program::WeightId id) const;

 private:
  SealedModel(artifact::LazyContainerReader reader, std::string name)
      : reader_(std::move(reader)), name_(std::move(name)) {}
  static base::Result<SealedModel> open(artifact::ArtifactKind kind, std::span<const std::uint8_t> file,
                                        const std::string& name, const artifact::TrustSet* trust);
  base::Result<void> parse_program();
  base::Result<void> parse_info();
  artifact::LazyContainerReader reader_;
  std::string name_;
  plan::program::Program program_;
  artifact::Digest key_;
  StagePlace place_;
  artifact::PublicIdentity signer_;
  SealedForm form_ = SealedForm::kSeeded;
  fhe::random::Seed256 seed_;
};

}  // namespace obscura::runtime::wire
