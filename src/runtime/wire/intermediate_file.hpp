#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "artifact/digest.hpp"
#include "base/result.hpp"
#include "fhe/ckks/context.hpp"
#include "runtime/wire/request_file.hpp"
#include "runtime/wire/stage_place.hpp"

/// What one stage hands to the next: the ciphertexts that are live between them.
namespace obscura::runtime::wire {

/// Written by the stage at `maker`. `provenance` names the whole plan, the key and the request that is being answered.
[[nodiscard]] std::vector<std::uint8_t> write_intermediate(const fhe::ring::RingContext& ring,
                                                           const artifact::Digest& params, bool insecure,
                                                           const Provenance& provenance, const StagePlace& maker,
                                                           std::span<const fhe::ckks::Ciphertext> ciphertexts);

/// What `inspect` shows without a context. Errors: those of ContainerReader::open.
struct IntermediateInfo {
  CiphertextInfo content;
  artifact::Digest sealing;
  std::uint32_t stage = 0;   ///< that made it
  std::uint32_t stages = 0;  ///< of how many
};
[[nodiscard]] base::Result<IntermediateInfo> inspect_intermediate(std::span<const std::uint8_t> file,
                                                                  const std::string& name);

/// Reads what the stage at `reader` takes, in the order of its inputs; `expected` is of its program. Checked in this
/// order: limits, header, digests, parameters, plan, key, sealing, stage, count, levels and scales, residues. Errors:
/// kLimit, kCorrupt, kUnsupported, kMismatch.
[[nodiscard]] base::Result<Received> read_intermediate(std::span<const std::uint8_t> file, const std::string& name,
                                                       const fhe::ring::RingContext& ring, const Expected& expected,
                                                       const StagePlace& reader);

}  // namespace obscura::runtime::wire
