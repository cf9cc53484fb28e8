#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "artifact/digest.hpp"
#include "base/result.hpp"
#include "plan/program/program.hpp"

namespace obscura::runtime::wire {

/// What a secret key file says about itself: which public key it belongs to, and the program whose answers it
/// opens. Opaque bytes to fhe/secret, which seals them: 32 bytes of key digest, then the program's bytes.
struct KeyContent {
  artifact::Digest key;
  plan::program::Program program;
};

[[nodiscard]] std::vector<std::uint8_t> write_key_content(const KeyContent& content);
/// Errors: kCorrupt, and those of program::parse.
[[nodiscard]] base::Result<KeyContent> read_key_content(std::span<const std::uint8_t> bytes, const std::string& name);

}  // namespace obscura::runtime::wire
