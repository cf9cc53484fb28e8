#pragma once

#include "runtime/wire/manifest_file.hpp"
#include "runtime/wire/sealed_model.hpp"

namespace obscura::deploy::worker {

/// Whether a file of a stage, a shard or a merge is the one that a manifest means by `file`: of the same sealing, plan
/// and key, in that place.
[[nodiscard]] bool belongs_to(const runtime::wire::SealedModel& stage, const runtime::wire::Manifest& manifest,
                              const runtime::wire::ManifestFile& file);

}  // namespace obscura::deploy::worker
