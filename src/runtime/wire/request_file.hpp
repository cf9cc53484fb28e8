#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "artifact/digest.hpp"
#include "base/result.hpp"
#include "fhe/ckks/context.hpp"
#include "plan/program/program.hpp"

namespace obscura::runtime::wire {

/// Which plan, key and request a file of ciphertexts belongs to.
struct Provenance {
  artifact::Digest plan;
  artifact::Digest key;
  artifact::Digest request;  ///< of a result: digest of the request it answers; zero in a request
  /// Images in a request that holds fewer than the plan allows, else 0. A worker hands it on unread.
  std::uint32_t images = 0;
};

/// All ciphertexts of one inference, as the data owner sends them.
[[nodiscard]] std::vector<std::uint8_t> write_request(const fhe::ring::RingContext& ring,
                                                      const artifact::Digest& params, bool insecure,
                                                      const Provenance& provenance,
                                                      std::span<const fhe::ckks::Ciphertext> ciphertexts);

/// The ciphertexts of an answer, in the order of Program::results. Unlike those of a request they may differ in level
/// and scale.
[[nodiscard]] std::vector<std::uint8_t> write_result(const fhe::ring::RingContext& ring, const artifact::Digest& params,
                                                     bool insecure, const Provenance& provenance,
                                                     std::span<const fhe::ckks::Ciphertext> ciphertexts);

/// What `inspect` shows without a context. Errors: those of ContainerReader::open.
struct CiphertextInfo {
  Provenance provenance;
  std::size_t ciphertexts = 0;
  std::vector<fhe::params::Level> levels;  ///< the one of a request; of each ciphertext of a result
};
[[nodiscard]] base::Result<CiphertextInfo> inspect_request(std::span<const std::uint8_t> file, const std::string& name);
[[nodiscard]] base::Result<CiphertextInfo> inspect_result(std::span<const std::uint8_t> file, const std::string& name);

/// What a reader of ciphertexts or keys expects: all of a verified program or stage, and the plan and key everything
/// belongs to.
struct Expected {
  const plan::program::Program* program;
  artifact::Digest params;
  artifact::Digest plan;
  artifact::Digest key;
};

/// The digests of a program, worked out once.
[[nodiscard]] Expected expect(const plan::program::Program& program, const artifact::Digest& key);
/// The same for a stage of the program whose digest is `plan`.
[[nodiscard]] Expected expect_stage(const plan::program::Program& stage, const artifact::Digest& key,
                                    const artifact::Digest& plan);

/// Ciphertexts that were read, and what goes on with them from file to file.
struct Received {
  std::vector<fhe::ckks::Ciphertext> ciphertexts;
  artifact::Digest request;  ///< request_digest() of the request that it is, or that is being answered
  std::uint32_t images = 0;  ///< as Provenance has it
};

/// Reads a request for this program. Checked in this order: limits, header, digests, plan, key, count, level and
/// scale, residues. Errors: kLimit, kCorrupt, kUnsupported, kMismatch.
[[nodiscard]] base::Result<Received> read_request(std::span<const std::uint8_t> file, const std::string& name,
                                                  const fhe::ring::RingContext& ring, const Expected& expected);

/// Reads an answer of this program, in the order of Program::results; the same checks.
[[nodiscard]] base::Result<Received> read_result(std::span<const std::uint8_t> file, const std::string& name,
                                                 const fhe::ring::RingContext& ring, const Expected& expected);

/// How many images were asked for, of which `result` holds the scores. Error: kMismatch when it says as many as the
/// program's requests hold, or more; `name` is what the message calls it.
[[nodiscard]] base::Result<int> images_in(const Received& result, const std::string& name, const Expected& expected);

/// The digest by which a result names its request: of the request's header, which covers all of it.
[[nodiscard]] base::Result<artifact::Digest> request_digest(std::span<const std::uint8_t> file,
                                                            const std::string& name);

}  // namespace obscura::runtime::wire
