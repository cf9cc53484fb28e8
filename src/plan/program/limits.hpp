#pragma once

#include <cstddef>
#include <cstdint>

namespace obscura::plan::program {

/// What a program may hold at most. Parsing and verification refuse more (kLimit), so that a hostile file
/// cannot ask for memory or time without bound.
inline constexpr std::size_t kMaxInstructions = std::size_t{1} << 16;
inline constexpr std::size_t kMaxWeights = std::size_t{1} << 20;
inline constexpr std::size_t kMaxTerms = std::size_t{1} << 22;  ///< of all linear transforms together
inline constexpr std::size_t kMaxStages = 4096;
inline constexpr std::size_t kMaxCutStages = 64;  ///< stages that a program is cut into
inline constexpr std::size_t kMaxNameBytes = 256;
inline constexpr std::size_t kMaxInputCiphertexts = 256;
inline constexpr int kMaxImages = 1024;  ///< inputs that one request holds
inline constexpr std::int64_t kMaxInputElements = std::int64_t{1} << 24;
inline constexpr std::size_t kMaxResults = 256;
inline constexpr std::size_t kMaxOutputs = 64;
inline constexpr std::size_t kMaxScores = std::size_t{1} << 22;  ///< of all outputs together
inline constexpr std::size_t kMaxKeyNeeds = std::size_t{1} << 16;
/// Exponents of a scale: half of what fhe::params::Scale holds, so that any two scales can be multiplied.
inline constexpr std::int64_t kMaxScaleExponent = 2000;
/// A weight's scale in bits: the encoder rounds to integers below 2^62.
inline constexpr double kMaxWeightScaleBits = 61;
/// The integer K of a ChangeScale in bits: at least 2^16, for rounding it changes the values by up to 1 / (2 K);
/// below 2^61.
inline constexpr double kLeastChangeScaleBits = 16;
inline constexpr double kMaxChangeScaleBits = 61;
/// log2 of the range of values that are bootstrapped, either way. The scales that a bootstrap works at have the limits
/// of a weight's.
inline constexpr int kMaxRangeBits = 40;

}  // namespace obscura::plan::program
