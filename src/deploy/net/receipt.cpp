#include "deploy/net/receipt.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "deploy/net/detail/fields.hpp"
#include "deploy/net/job.hpp"

namespace obscura::deploy::net {
namespace {

constexpr std::string_view kContext = "obscura receipt";
constexpr std::uint16_t kVersion = 1;

Status read_status(base::ByteReader& reader) {
  const std::uint8_t value = reader.u8();
  if (value < static_cast<std::uint8_t>(Status::kDone) || value > static_cast<std::uint8_t>(Status::kCancelled)) {
    reader.reject("its status is none that this program knows");
  }
  return static_cast<Status>(value);
}

}  // namespace

std::string_view name(Status status) {
  switch (status) {
    case Status::kDone:
      return "done";
    case Status::kFailed:
      return "failed";
    case Status::kInvalid:
      return "invalid";
    case Status::kExpired:
      return "expired";
    case Status::kCancelled:
      return "cancelled";
  }
  return "unknown";
}

artifact::Digest digest_of(std::span<const BlobRef> blobs) {
  base::ByteWriter writer;
  for (const BlobRef& blob : blobs) {
    writer.bytes(blob.sha256.bytes);
    writer.u64(blob.size);
  }
  return artifact::sha256(writer.view());
}

// version u16, job [32], key, stage u32, shard u32, status u8, cause string, attempt u32, inputs [32], outputs,
// evaluate_us u64, peak_bytes u64.
SignedStatement sign_receipt(const Receipt& receipt, const artifact::SigningKey& signer) {
  OBSCURA_CHECK(receipt.outputs.size() <= kMaxBlobs, "a receipt names more outputs than its readers allow");
  base::ByteWriter writer;
  writer.u16(kVersion);
  writer.bytes(receipt.job.bytes);
  detail::write_key(receipt.key, writer);
  writer.u32(receipt.step.stage);
  writer.u32(receipt.step.shard);
  writer.u8(static_cast<std::uint8_t>(receipt.status));
  writer.string(std::string_view(receipt.cause).substr(0, kMaxCauseBytes));
  writer.u32(receipt.attempt);
  writer.bytes(receipt.inputs.bytes);
  detail::write_blobs(receipt.outputs, writer);
  writer.u64(receipt.figures.evaluate_us);
  writer.u64(receipt.figures.peak_bytes);
  return sign_statement(kContext, writer.take(), signer);
}

base::Result<Receipt> open_receipt(const SignedStatement& statement) {
  if (!is_signed(statement, kContext)) {
    return base::fail(base::ErrorCode::kUntrusted, "the signature of a receipt does not fit its bytes",
                      "somebody between worker and reader altered it: submit the job again");
  }
  base::ByteReader reader(statement.body, "signed receipt");
  reader.version(kVersion, kVersion);
  Receipt receipt;
  receipt.job = detail::read_digest(reader);
  receipt.key = detail::read_key(reader);
  receipt.step.stage = reader.u32();
  receipt.step.shard = reader.u32();
  receipt.status = read_status(reader);
  receipt.cause = reader.string(kMaxCauseBytes);
  receipt.attempt = reader.u32();
  receipt.inputs = detail::read_digest(reader);
  receipt.outputs = detail::read_blobs(reader);
  receipt.figures.evaluate_us = reader.u64();
  receipt.figures.peak_bytes = reader.u64();
  OBSCURA_TRY_VOID(reader.finish());
  return receipt;
}

}  // namespace obscura::deploy::net
