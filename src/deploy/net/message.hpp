#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "deploy/net/blob_ref.hpp"
#include "deploy/net/job_queue.hpp"
#include "deploy/net/statement.hpp"

namespace obscura::deploy::net {

/// Blobs of a message together have at most this many bytes; what does not fit goes through the blob store.
inline constexpr std::size_t kMaxInlineBytes = 512 * 1024;
/// Most receipts in a message.
inline constexpr std::size_t kMaxReceipts = 1024;

/// What travels, as a task, a part or a result. Statements name blobs by digest only; small blobs come along beside
/// them, so that neither signatures nor comparisons depend on how bytes travelled.
struct Message {
  /// The submitter's. A task always has it; a part never; a result unless the task that it answers had none to read.
  std::optional<SignedStatement> job = {};
  /// Of a task: of the steps before it. Of a part: its own. Of a result: of all steps, the one that ends the job last.
  std::vector<SignedStatement> receipts = {};
  std::vector<std::vector<std::uint8_t>> attachments = {};
};

/// Layout (little-endian): "OBSM", version u16 = 1, flags u16 (1: a job), [statement job], count u32 of receipts,
/// statements, count u32 of attachments, each length u32 and bytes.
/// Error: kLimit (it would be larger than kMaxMessageBytes).
[[nodiscard]] base::Result<std::vector<std::uint8_t>> encode(const Message& message);

/// Only takes the bytes apart: nothing is verified. `what` names them in the error. Errors: kCorrupt,
/// kUnsupported (another version).
[[nodiscard]] base::Result<Message> decode(std::span<const std::uint8_t> bytes, const std::string& what);

/// Adds `bytes` to the message if there is room within kMaxInlineBytes; whether it did.
[[nodiscard]] bool attach(Message& message, std::vector<std::uint8_t> bytes);

/// The attachment that is `ref` by size and digest, if there is one.
[[nodiscard]] const std::vector<std::uint8_t>* find_attachment(const Message& message, const BlobRef& ref);

}  // namespace obscura::deploy::net
