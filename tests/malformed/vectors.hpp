#pragma once

#include <functional>
#include <string>
#include <vector>

#include "fuzz/artefacts.hpp"
#include "fuzz/container_pieces.hpp"
#include "plan/program/program.hpp"

/// Malformed artefacts by name: each is made of a good one by one change, and refused in words that say what is wrong.
namespace obscura::fuzz {

struct Vector {
  std::string name;
  std::string format;  ///< whose reader must refuse it
  std::function<Bytes(Workshop&)> make;
  std::string words;  ///< part of the refusal
};

using Vectors = std::vector<Vector>;

[[nodiscard]] Vectors container_vectors();
[[nodiscard]] Vectors program_vectors();
[[nodiscard]] Vectors instruction_vectors();
[[nodiscard]] Vectors key_vectors();
[[nodiscard]] Vectors ciphertext_vectors();
[[nodiscard]] Vectors sealed_vectors();
[[nodiscard]] Vectors message_vectors();
[[nodiscard]] Vectors input_vectors();
[[nodiscard]] Vectors site_vectors();

/// The good artefact of that format and name.
[[nodiscard]] Bytes good(Workshop& workshop, const std::string& format, const std::string& name);

/// The bytes with `value` at `at`, little-endian in `width` bytes.
[[nodiscard]] Bytes with_number(Bytes bytes, std::size_t at, std::uint64_t value, std::size_t width);

/// A container with a section changed, and digests and signature that fit again.
[[nodiscard]] Bytes with_section(const Workshop& workshop, const Bytes& file, std::uint32_t id,
                                 const std::function<void(Bytes&)>& change);

/// A container with its pieces changed, likewise.
[[nodiscard]] Bytes with_pieces(const Workshop& workshop, const Bytes& file,
                                const std::function<void(Pieces&)>& change);

/// The specification of the whole model with another program: nothing holds the program against its rules on the way.
[[nodiscard]] Bytes spec_of(Workshop& workshop, const std::function<void(plan::program::Program&)>& change);

}  // namespace obscura::fuzz
