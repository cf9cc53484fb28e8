#pragma once

#include <string>
#include <vector>

#include "deploy/client/open_secret.hpp"
#include "runtime/session/loaded_model.hpp"
#include "tests/golden/golden_files.hpp"
#include "tests/runtime/owner_files.hpp"

namespace obscura::tests::golden {

/// Value of slot `slot` of the request's ciphertext `input`: what the golden request holds.
[[nodiscard]] Slots input_slots(std::size_t slots, std::size_t input);

/// Golden files on disk, under their names, and what all readers of them share.
class OpenedSite {
 public:
  explicit OpenedSite(Files files);

  [[nodiscard]] const Bytes& bytes(const std::string& name) const { return files_.at(name); }
  [[nodiscard]] const Files& files() const { return files_; }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_.file(name); }
  [[nodiscard]] const artifact::TrustSet& trust() const { return trust_; }
  [[nodiscard]] const deploy::client::OpenSecret& secret() const { return secret_; }
  [[nodiscard]] const ring::RingContext& ring() const { return secret_.context->ring(); }
  /// Of the whole program.
  [[nodiscard]] wire::Expected expected() const;
  /// The file of a stage, a shard or a merge; `name` as in bytes().
  [[nodiscard]] wire::SealedModel stage(const std::string& name) const;
  [[nodiscard]] Slots decrypt(const ckks::Ciphertext& ciphertext) const;

  /// What the whole model, or the file of a stage, a shard or a merge, makes of these files.
  [[nodiscard]] Bytes answer(const std::string& model, const std::vector<std::string>& inputs) const;

 private:
  Files files_;
  TemporaryFolder folder_;
  artifact::TrustSet trust_;
  deploy::client::OpenSecret secret_;
};

}  // namespace obscura::tests::golden
