#pragma once

#include <cstdint>

namespace obscura::runtime::wire {

/// Largest files that are read, in bytes. More is refused before anything else is looked at.
inline constexpr std::uint64_t kMaxSpecBytes = std::uint64_t{1} << 30;
inline constexpr std::uint64_t kMaxPublicKeyBytes = std::uint64_t{1} << 30;
inline constexpr std::uint64_t kMaxEvaluationKeyBytes = std::uint64_t{1} << 36;
inline constexpr std::uint64_t kMaxRequestBytes = std::uint64_t{1} << 32;
inline constexpr std::uint64_t kMaxSealedModelBytes = std::uint64_t{1} << 40;
inline constexpr std::uint64_t kMaxManifestBytes = std::uint64_t{1} << 26;

}  // namespace obscura::runtime::wire
