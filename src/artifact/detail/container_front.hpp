#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "artifact/container.hpp"

namespace obscura::artifact::detail {

/// How many bytes come before the sections of these lengths, padding left out.
[[nodiscard]] std::size_t front_bytes(std::span<const Section> sections, bool is_signed);

/// Gives every section its offset, by the lengths of all; returns where the file ends.
std::uint64_t place_sections(std::vector<Section>& sections, bool is_signed);

/// Digests a section whose length stands: its chunks and their root. Cost: one SHA-256 over the bytes.
void digest_section(std::span<const std::uint8_t> bytes, Section& section);

/// Header, signature block if signed, and table of sections that are placed and digested. `header` has kind, flags and
/// parameters; the rest is filled in.
[[nodiscard]] std::vector<std::uint8_t> write_front(Header header, std::span<const Section> sections,
                                                    std::uint64_t total_bytes, const SigningKey* signer);

}  // namespace obscura::artifact::detail
