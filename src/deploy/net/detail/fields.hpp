#pragma once

#include <vector>

#include "artifact/digest.hpp"
#include "base/bytes.hpp"
#include "deploy/net/address.hpp"
#include "deploy/net/blob_ref.hpp"
#include "deploy/net/clock.hpp"

// How the fields that several statements share stand in bytes; integers are little-endian.
namespace obscura::deploy::net::detail {

/// tenant string, job string, replica u32.
void write_key(const JobKey& key, base::ByteWriter& writer);
/// Rejects names that are not valid_name().
[[nodiscard]] JobKey read_key(base::ByteReader& reader);

/// 32 bytes.
[[nodiscard]] artifact::Digest read_digest(base::ByteReader& reader);

/// count u32, then per blob: digest [32], size u64. At most kMaxBlobs.
void write_blobs(const std::vector<BlobRef>& blobs, base::ByteWriter& writer);
[[nodiscard]] std::vector<BlobRef> read_blobs(base::ByteReader& reader);

/// Milliseconds since 1970 as a u64.
void write_instant(Instant instant, base::ByteWriter& writer);
/// Rejects what lies after the year 9999.
[[nodiscard]] Instant read_instant(base::ByteReader& reader);

}  // namespace obscura::deploy::net::detail
