#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "artifact/container.hpp"
#include "base/result.hpp"
#include "fhe/ckks/context.hpp"
#include "fhe/ckks/keys.hpp"
#include "plan/program/program.hpp"
#include "plan/program/request_form.hpp"

namespace obscura::runtime::wire {

/// The digest by which all files name the key pair they belong to: of the public key's bytes.
[[nodiscard]] artifact::Digest key_digest(const fhe::ring::RingContext& ring, const fhe::ckks::PublicKey& key);

/// All that a data owner needs: parameters, input form, public key. No label, no circuit.
[[nodiscard]] std::vector<std::uint8_t> write_public_key(const fhe::ring::RingContext& ring,
                                                         const plan::program::Program& program,
                                                         const fhe::ckks::PublicKey& key);

/// A public key file in two steps: what it says, then - with a context built for its parameters - the key.
class PublicKeyFile {
 public:
  /// `file` must outlive it. Errors: those of ContainerReader::open and parse_request_form, kMismatch.
  [[nodiscard]] static base::Result<PublicKeyFile> open(std::span<const std::uint8_t> file, const std::string& name);

  [[nodiscard]] const plan::program::RequestForm& form() const { return form_; }
  [[nodiscard]] const artifact::Digest& plan() const { return plan_; }
  [[nodiscard]] const artifact::Digest& key() const { return key_; }
  /// The key itself. `ring` has the parameters of form(). Errors: kCorrupt.
  [[nodiscard]] base::Result<fhe::ckks::PublicKey> load(const fhe::ring::RingContext& ring) const;

 private:
  PublicKeyFile(artifact::ContainerReader reader, plan::program::RequestForm form, std::string name)
      : reader_(std::move(reader)), form_(std::move(form)), name_(std::move(name)) {}
  artifact::ContainerReader reader_;
  plan::program::RequestForm form_;
  std::string name_;
  artifact::Digest plan_;
  artifact::Digest key_;
};

}  // namespace obscura::runtime::wire
