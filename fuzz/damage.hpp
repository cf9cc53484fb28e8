#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <string>

#include "fuzz/workshop.hpp"

namespace obscura::fuzz {

/// Changes bytes in place; may make them more or fewer.
using Change = std::function<void(Bytes&)>;

/// One of: a bit flipped, a byte set, a number of 1, 2, 4 or 8 bytes set to an edge value, a range cleared, removed,
/// repeated, moved or replaced by one of `other`, bytes cut off or added at the end.
void damage(Bytes& bytes, std::span<const std::uint8_t> other, std::mt19937_64& random);

/// Applies `change` to bytes of this format where readers look only after they verified digests, checksums or
/// signatures, and makes those good again: to a section of a container, a statement of a message, what a ticket's
/// digest covers, a chunk of a PNG file. To the bytes as they are where there is no such thing.
void change_below_digests(Bytes& bytes, const Change& change, const Workshop& workshop, std::mt19937_64& random);

/// Makes digests, checksums and signatures good where they can be found, and changes nothing else.
void make_digests_good(Bytes& bytes, const Workshop& workshop);

}  // namespace obscura::fuzz
