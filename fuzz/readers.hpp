#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/result.hpp"
#include "fuzz/workshop.hpp"
#include "runtime/wire/request_file.hpp"

namespace obscura::fuzz {

/// What a reader made of bytes.
struct Reading {
  std::optional<base::Error> refusal;
  /// What was read, written again; nothing after a refusal, and where a format has no writer.
  std::optional<Bytes> again;
};

/// Which keys a file of keys or ciphertexts must be made for.
enum class Keys {
  kOfTheModel,  ///< as in the programs
  kOfTheFile,   ///< whatever it names: so that stored inputs do not depend on how keys are drawn
};

/// Reads artefacts of every format with the functions of the product, as a program would, down to the last residue.
class Readers {
 public:
  /// The workshop outlives the readers.
  Readers(Workshop& workshop, Keys keys);

  /// By the name of a format (format_names()); another name is a bug of the caller.
  [[nodiscard]] Reading read(const std::string& format, std::span<const std::uint8_t> bytes) const;

  [[nodiscard]] Reading onnx(std::span<const std::uint8_t> bytes) const;
  [[nodiscard]] Reading plan(std::span<const std::uint8_t> bytes) const;
  [[nodiscard]] Reading spec(std::span<const std::uint8_t> bytes) const;
  /// A sealed model, a stage, a shard or a merge, by the header.
  [[nodiscard]] Reading sealed(std::span<const std::uint8_t> bytes) const;
  [[nodiscard]] Reading manifest(std::span<const std::uint8_t> bytes) const;
  /// A secret or public key, or an identity, by the header.
  [[nodiscard]] Reading key(std::span<const std::uint8_t> bytes) const;
  [[nodiscard]] Reading evaluation_keys(std::span<const std::uint8_t> bytes) const;
  /// A request, what a stage hands on, or what a shard hands on, by the header.
  [[nodiscard]] Reading ciphertext(std::span<const std::uint8_t> bytes) const;
  [[nodiscard]] Reading result(std::span<const std::uint8_t> bytes) const;
  /// A task or a result: all statements, and every blob that they name and the next step reads.
  [[nodiscard]] Reading job(std::span<const std::uint8_t> bytes) const;
  /// What a submitter keeps: a ticket, or else a canary.
  [[nodiscard]] Reading ticket(std::span<const std::uint8_t> bytes) const;
  [[nodiscard]] Reading image(std::span<const std::uint8_t> bytes) const;
  /// npy, idx and CSV: the first entry.
  [[nodiscard]] Reading tensor(std::span<const std::uint8_t> bytes) const;
  /// Text that a site's people write, by every reader of such; refused if all refuse.
  [[nodiscard]] Reading site(std::span<const std::uint8_t> bytes) const;

 private:
  [[nodiscard]] const artifact::TrustSet& trust() const { return trust_; }
  /// The ring of one of the two models, if it has these parameters.
  [[nodiscard]] const fhe::ring::RingContext* ring_of(const fhe::params::ParamLiteral& params) const;
  [[nodiscard]] runtime::wire::Expected expected(Model& model, const plan::program::Program& program,
                                                 const artifact::Digest& named) const;
  [[nodiscard]] Reading secret_key(std::span<const std::uint8_t> bytes) const;
  [[nodiscard]] Reading public_key(std::span<const std::uint8_t> bytes) const;
  [[nodiscard]] Reading identity(std::span<const std::uint8_t> bytes, bool secret) const;
  [[nodiscard]] Reading request(std::span<const std::uint8_t> bytes) const;
  [[nodiscard]] Reading intermediate(std::span<const std::uint8_t> bytes) const;
  [[nodiscard]] Reading part(std::span<const std::uint8_t> bytes) const;

  Workshop& workshop_;
  Keys keys_;
  artifact::TrustSet trust_;
  ScratchFolder folder_;
};

/// Whether `again`, which was written from what `bytes` were read as, says the same: equal bytes, or containers of
/// equal sections in another order, signed by anybody.
[[nodiscard]] bool same_meaning(std::span<const std::uint8_t> bytes, std::span<const std::uint8_t> again);

/// Where they differ, for people: "sections 1, 2", or the first byte. They do not mean the same.
[[nodiscard]] std::string difference(std::span<const std::uint8_t> bytes, std::span<const std::uint8_t> again);

/// A refusal is one sentence without control characters, with a code that stands for what a file can do wrong.
[[nodiscard]] bool well_put(const base::Error& refusal);

/// Stops the process unless the reading is a refusal that is well put, or has taken every byte for what it says.
void check_reading(const Reading& reading, std::span<const std::uint8_t> bytes);

}  // namespace obscura::fuzz
