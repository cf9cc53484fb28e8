#pragma once

#include <cstddef>

#include "runtime/wire/manifest_file.hpp"
#include "runtime/wire/sealed_model.hpp"

namespace obscura::deploy::worker {

/// Whether a stage's file is the one that a manifest means by stage `number` (from 1): of the same sealing, plan and
/// key, in that place.
[[nodiscard]] bool belongs_to(const runtime::wire::SealedModel& stage, const runtime::wire::Manifest& manifest,
                              std::size_t number);

}  // namespace obscura::deploy::worker
