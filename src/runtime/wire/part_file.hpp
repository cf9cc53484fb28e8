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

/// What a shard of a stage hands to the merge: ciphertexts, and partial sums modulo Q_l * P.
namespace obscura::runtime::wire {

/// The bytes of one file.
using FileBytes = std::span<const std::uint8_t>;

/// Written by the shard at `maker`. `provenance` names the whole plan, the key and the request that is being answered.
[[nodiscard]] std::vector<std::uint8_t> write_part(const fhe::ring::RingContext& ring, const artifact::Digest& params,
                                                   bool insecure, const Provenance& provenance, const StagePlace& maker,
                                                   std::span<const fhe::ckks::Ciphertext> ciphertexts);

/// What `inspect` shows without a context. Errors: those of ContainerReader::open.
struct PartInfo {
  CiphertextInfo content;
  artifact::Digest sealing;
  std::uint32_t stage = 0;   ///< whose shard made it
  std::uint32_t stages = 0;  ///< of how many
  std::uint32_t shard = 0;   ///< that made it, from 1
  std::uint32_t shards = 0;  ///< of how many
};
[[nodiscard]] base::Result<PartInfo> inspect_part(std::span<const std::uint8_t> file, const std::string& name);

/// Reads what the merge at `reader` takes: one part of each shard, in their order, whose ciphertexts are its inputs one
/// after the other; `expected` is of its program. `name` is what messages call the parts together. Checked per part in
/// this order: limits, header, digests, parameters, plan, key, sealing, stage, shard, request, count, levels and
/// scales, residues. Errors: kLimit, kCorrupt, kUnsupported, kMismatch.
[[nodiscard]] base::Result<Received> read_parts(std::span<const FileBytes> files, const std::string& name,
                                                const fhe::ring::RingContext& ring, const Expected& expected,
                                                const StagePlace& reader);

}  // namespace obscura::runtime::wire
