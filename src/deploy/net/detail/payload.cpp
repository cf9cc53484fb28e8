#include "deploy/net/detail/payload.hpp"

#include <fmt/format.h>

namespace obscura::deploy::net::detail {

base::Result<std::vector<std::vector<std::uint8_t>>> read_blobs_of(const Message& message,
                                                                   std::span<const BlobRef> refs, BlobStore& blobs,
                                                                   std::uint64_t max_bytes) {
  std::uint64_t left = max_bytes;
  for (const BlobRef& ref : refs) {
    if (ref.size > left) {
      return base::fail(base::ErrorCode::kLimit,
                        fmt::format("{} blobs together have more than the limit of {} bytes", refs.size(), max_bytes),
                        "raise the limit if there is memory for it");
    }
    left -= ref.size;
  }
  std::vector<std::vector<std::uint8_t>> contents;
  for (const BlobRef& ref : refs) {
    if (const auto* attached = find_attachment(message, ref); attached != nullptr) {
      contents.push_back(*attached);
      continue;
    }
    OBSCURA_TRY(auto bytes, blobs.get(ref, ref.size));
    contents.push_back(std::move(bytes));
  }
  return contents;
}

base::Result<std::vector<BlobRef>> carry_blobs(std::span<const std::vector<std::uint8_t>> contents,
                                               std::size_t max_inline, Message& message, BlobStore& blobs,
                                               const BlobProgress& progress) {
  std::vector<BlobRef> refs;
  std::size_t attached = 0;
  for (const auto& bytes : contents) {
    refs.push_back(BlobRef::of(bytes));
    if (attached + bytes.size() <= max_inline && attach(message, bytes)) {
      attached += bytes.size();
      continue;
    }
    OBSCURA_TRY_VOID(blobs.put(refs.back(), bytes, progress));
  }
  return refs;
}

}  // namespace obscura::deploy::net::detail
