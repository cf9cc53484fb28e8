#include "deploy/net/detail/fields.hpp"

#include <algorithm>

#include "deploy/net/job.hpp"

namespace obscura::deploy::net::detail {
namespace {

constexpr std::uint64_t kEndOfYear9999 = 253'402'300'800'000;  // milliseconds
constexpr std::size_t kBlobBytes = 32 + 8;

}  // namespace

void write_key(const JobKey& key, base::ByteWriter& writer) {
  writer.string(key.tenant);
  writer.string(key.job);
  writer.u32(key.replica);
}

JobKey read_key(base::ByteReader& reader) {
  JobKey key;
  key.tenant = reader.string(kMaxNameBytes);
  key.job = reader.string(kMaxNameBytes);
  key.replica = reader.u32();
  if (!valid_name(key.tenant) || !valid_name(key.job)) reader.reject("the name of a tenant or job is malformed");
  return key;
}

artifact::Digest read_digest(base::ByteReader& reader) {
  artifact::Digest digest;
  const auto bytes = reader.bytes(digest.bytes.size());
  std::copy(bytes.begin(), bytes.end(), digest.bytes.begin());
  return digest;
}

void write_blobs(const std::vector<BlobRef>& blobs, base::ByteWriter& writer) {
  writer.u32(static_cast<std::uint32_t>(blobs.size()));
  for (const BlobRef& blob : blobs) {
    writer.bytes(blob.sha256.bytes);
    writer.u64(blob.size);
  }
}

std::vector<BlobRef> read_blobs(base::ByteReader& reader) {
  std::vector<BlobRef> blobs(reader.count(kMaxBlobs, kBlobBytes));
  for (BlobRef& blob : blobs) {
    blob.sha256 = read_digest(reader);
    blob.size = reader.u64();
  }
  return blobs;
}

void write_instant(Instant instant, base::ByteWriter& writer) {
  writer.u64(static_cast<std::uint64_t>(instant.time_since_epoch().count()));
}

Instant read_instant(base::ByteReader& reader) {
  const std::uint64_t count = reader.u64();
  if (count >= kEndOfYear9999) reader.reject("a moment lies after the year 9999");
  return Instant(Milliseconds(count < kEndOfYear9999 ? static_cast<Milliseconds::rep>(count) : 0));
}

}  // namespace obscura::deploy::net::detail
