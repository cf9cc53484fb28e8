#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "deploy/net/blob_store.hpp"
#include "deploy/net/message.hpp"

// Blobs of a message, beside it or through the store.
namespace obscura::deploy::net::detail {

/// The bytes that `refs` name, from the message's attachments or the store.
/// Errors: kLimit (together larger than `max_bytes`), and those of BlobStore::get.
[[nodiscard]] base::Result<std::vector<std::vector<std::uint8_t>>> read_blobs_of(const Message& message,
                                                                                 std::span<const BlobRef> refs,
                                                                                 BlobStore& blobs,
                                                                                 std::uint64_t max_bytes);

/// Attaches the blobs that fit, until all attachments have `max_inline` bytes, and stores the others; returns their
/// names, in order. `progress` is called as they are stored. Errors: those of BlobStore::put.
[[nodiscard]] base::Result<std::vector<BlobRef>> carry_blobs(std::span<const std::vector<std::uint8_t>> contents,
                                                             std::size_t max_inline, Message& message, BlobStore& blobs,
                                                             const BlobProgress& progress = {});

}  // namespace obscura::deploy::net::detail
