#pragma once

#include "runtime/wire/manifest_file.hpp"
#include "runtime/wire/sealed_model.hpp"

namespace obscura::deploy::worker {

/// Whether a file of a stage, a shard or a merge is the one that a manifest whose key is `key` means by `file`: of the
/// same sealing, plan and key, in that place.
[[nodiscard]] bool belongs_to(const runtime::wire::SealedModel& stage, const artifact::Digest& key,
                              const runtime::wire::ManifestFile& file);

}  // namespace obscura::deploy::worker
