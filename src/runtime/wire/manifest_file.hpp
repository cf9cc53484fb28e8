#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "artifact/container.hpp"
#include "base/result.hpp"
#include "plan/program/program.hpp"
#include "runtime/wire/stage_place.hpp"

namespace obscura::runtime::wire {

/// A shard of a stage as the manifest names it.
struct ManifestShard {
  artifact::Digest file;  ///< SHA-256 of its file
  std::uint64_t bytes = 0;
  std::uint32_t results = 0;  ///< ciphertexts that it returns
  plan::program::CostStatement cost;
  std::vector<plan::program::KeyNeed> key_needs;
  friend bool operator==(const ManifestShard&, const ManifestShard&) = default;
};

/// One stage as the manifest names it: enough to fetch it, to find a worker for it and to know that it is the right
/// one. Nothing of its program but the keys that it needs. Of a stage that is split, file, bytes, cost and key needs
/// are those of its merge.
struct ManifestStage {
  artifact::Digest file;  ///< SHA-256 of the stage's file: the name under which a blob store keeps it
  std::uint64_t bytes = 0;
  std::uint32_t inputs = 0;   ///< ciphertexts that it takes
  std::uint32_t results = 0;  ///< ciphertexts that it returns
  plan::program::CostStatement cost;
  std::vector<plan::program::KeyNeed> key_needs;
  std::vector<ManifestShard> shards = {};  ///< none: the stage is not split
  friend bool operator==(const ManifestStage&, const ManifestStage&) = default;
};

/// The stages that a model was sealed as, in the order in which they run. The manifest names the files of the stages;
/// these name the sealing, which it names too.
struct Manifest {
  artifact::Digest params;  ///< parameter digest
  bool insecure = false;
  artifact::Digest plan;  ///< of the whole program
  artifact::Digest key;
  artifact::Digest sealing;
  std::vector<ManifestStage> stages;
  friend bool operator==(const Manifest&, const Manifest&) = default;
};

/// Writes the signed file. It appears whole or not at all. Errors: kIo.
[[nodiscard]] base::Result<void> write_manifest(const std::string& path, const Manifest& manifest,
                                                const artifact::SigningKey& signer);

struct SignedManifest {
  Manifest manifest;
  artifact::PublicIdentity signer;
};

/// Checks the signature by somebody in `trust` first. `trust` == nullptr: for `inspect` only, anybody's is taken.
/// Errors: kUntrusted, those of ContainerReader::open, kCorrupt, kLimit.
[[nodiscard]] base::Result<SignedManifest> read_manifest(std::span<const std::uint8_t> file, const std::string& name,
                                                         const artifact::TrustSet* trust);

/// Files of a manifest at PATH/NAME.manifest: PATH/NAME.stage<number>.sealed, number from 1; of a stage that is split
/// PATH/NAME.stage<number>.shard<shard>.sealed, shard from 1, and PATH/NAME.stage<number>.merge.sealed.
[[nodiscard]] std::string stage_path(const std::string& manifest_path, std::size_t number);
[[nodiscard]] std::string shard_path(const std::string& manifest_path, std::size_t number, std::size_t shard);
[[nodiscard]] std::string merge_path(const std::string& manifest_path, std::size_t number);

/// One file of a manifest.
struct ManifestFile {
  std::string path;  ///< beside the manifest
  artifact::Digest file;
  std::uint64_t bytes;
  StagePlace place;  ///< without its weights, which the manifest does not name
};

/// How many shards each stage has; 1: it is not split.
[[nodiscard]] std::vector<std::uint32_t> shards_of(const Manifest& manifest);

/// All files, in the order in which they run: stage by stage, shards before their merge. `manifest_path` may be empty
/// when no paths are wanted.
[[nodiscard]] std::vector<ManifestFile> files_of(const Manifest& manifest, const std::string& manifest_path);

}  // namespace obscura::runtime::wire
