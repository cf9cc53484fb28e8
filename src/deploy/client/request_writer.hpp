#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "artifact/digest.hpp"
#include "base/result.hpp"
#include "deploy/client/encrypt_input.hpp"
#include "fhe/ckks/context.hpp"
#include "fhe/ckks/keys.hpp"
#include "plan/program/request_form.hpp"

namespace obscura::deploy::client {

/// A public key file, opened: all that a data owner needs to turn inputs into requests.
class RequestWriter {
 public:
  /// Opens the bytes of a public key file, which messages call `name`; the bytes are not kept.
  /// Errors: those of PublicKeyFile::open and load, and of Context::create.
  [[nodiscard]] static base::Result<RequestWriter> open(std::span<const std::uint8_t> file, const std::string& name,
                                                        const fhe::ckks::EngineOptions& engine);

  /// What inputs look like: read_input brings an image into this form.
  [[nodiscard]] const plan::program::RequestForm& form() const { return form_; }

  /// Encrypts one input (channel-major, normalised as form().input_spec says) with fresh randomness: the bytes of a
  /// request. Errors and cost: those of encrypt_inputs. Safe to call from several threads.
  [[nodiscard]] base::Result<std::vector<std::uint8_t>> write(std::span<const float> tensor) const;

  /// The inputs that one request may hold: how many images the plan computes together.
  [[nodiscard]] int images() const { return form_.input_packing.images; }

  /// The same for 1 to images() inputs in one request, whose answer has their labels in the same order. Where there are
  /// fewer than images() the request says how many, readable by everybody.
  [[nodiscard]] base::Result<std::vector<std::uint8_t>> write(Tensors tensors) const;

 private:
  RequestWriter(std::unique_ptr<fhe::ckks::Context> context, fhe::ckks::PublicKey public_key,
                plan::program::RequestForm form, const artifact::Digest& plan, const artifact::Digest& key);
  std::unique_ptr<fhe::ckks::Context> context_;  // outlives the key
  fhe::ckks::PublicKey public_key_;
  plan::program::RequestForm form_;
  artifact::Digest params_;
  artifact::Digest plan_;
  artifact::Digest key_;
};

}  // namespace obscura::deploy::client
