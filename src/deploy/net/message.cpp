#include "deploy/net/message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "base/bytes.hpp"
#include "deploy/net/job.hpp"

namespace obscura::deploy::net {
namespace {

constexpr std::array<std::uint8_t, 4> kMagic = {'O', 'B', 'S', 'M'};
constexpr std::uint16_t kVersion = 1;
constexpr std::uint16_t kHasJob = 1;
constexpr std::size_t kMaxAttachments = kMaxShards * kMaxBlobs;
constexpr std::size_t kLeastStatementBytes = 32 + 64 + 4;

std::size_t attached_bytes(const Message& message) {
  return std::accumulate(message.attachments.begin(), message.attachments.end(), std::size_t{0},
                         [](std::size_t sum, const auto& bytes) { return sum + bytes.size(); });
}

}  // namespace

base::Result<std::vector<std::uint8_t>> encode(const Message& message) {
  base::ByteWriter writer;
  writer.bytes(kMagic);
  writer.u16(kVersion);
  writer.u16(message.job ? kHasJob : 0);
  if (message.job) write_statement(*message.job, writer);
  writer.u32(static_cast<std::uint32_t>(message.receipts.size()));
  for (const SignedStatement& receipt : message.receipts) write_statement(receipt, writer);
  writer.u32(static_cast<std::uint32_t>(message.attachments.size()));
  for (const auto& bytes : message.attachments) {
    writer.u32(static_cast<std::uint32_t>(bytes.size()));
    writer.bytes(bytes);
  }
  if (writer.size() > kMaxMessageBytes || message.receipts.size() > kMaxReceipts ||
      message.attachments.size() > kMaxAttachments) {
    return base::fail(base::ErrorCode::kLimit,
                      fmt::format("a message of {} bytes with {} receipts is larger than the limit of {} bytes and {}",
                                  writer.size(), message.receipts.size(), kMaxMessageBytes, kMaxReceipts),
                      "split the plan into fewer stages or shards, or give it fewer inputs and outputs");
  }
  return writer.take();
}

base::Result<Message> decode(std::span<const std::uint8_t> bytes, const std::string& what) {
  base::ByteReader reader(bytes, what);
  if (bytes.size() > kMaxMessageBytes) reader.reject("it is larger than a message may be");
  const auto magic = reader.bytes(kMagic.size());
  if (!std::equal(magic.begin(), magic.end(), kMagic.begin(), kMagic.end())) reader.reject("it is no message");
  reader.version(kVersion, kVersion);
  const std::uint16_t flags = reader.u16();
  if (flags > kHasJob) reader.reject("it has flags that this program does not know");
  Message message;
  if (flags == kHasJob) message.job = read_statement(reader);
  message.receipts.resize(reader.count(kMaxReceipts, kLeastStatementBytes));
  for (SignedStatement& receipt : message.receipts) receipt = read_statement(reader);
  message.attachments.resize(reader.count(kMaxAttachments, 4));
  for (auto& attachment : message.attachments) {
    const auto content = reader.bytes(reader.count(kMaxInlineBytes, 1));
    attachment.assign(content.begin(), content.end());
  }
  OBSCURA_TRY_VOID(reader.finish());
  return message;
}

bool attach(Message& message, std::vector<std::uint8_t> bytes) {
  if (attached_bytes(message) + bytes.size() > kMaxInlineBytes) return false;
  if (message.attachments.size() >= kMaxAttachments) return false;
  message.attachments.push_back(std::move(bytes));
  return true;
}

const std::vector<std::uint8_t>* find_attachment(const Message& message, const BlobRef& ref) {
  const auto found = std::find_if(message.attachments.begin(), message.attachments.end(), [&](const auto& bytes) {
    return bytes.size() == ref.size && BlobRef::of(bytes) == ref;
  });
  return found == message.attachments.end() ? nullptr : &*found;
}

}  // namespace obscura::deploy::net
