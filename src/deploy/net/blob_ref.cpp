#include "deploy/net/blob_ref.hpp"

#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "base/file.hpp"

namespace obscura::deploy::net {

std::string BlobRef::text() const {
  return fmt::format("{}:{}", sha256.hex(), size);
}

base::Result<BlobRef> BlobRef::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view digits = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  BlobRef ref;
  const auto digest = artifact::Digest::from_hex(text.substr(0, colon));
  const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), ref.size);
  if (!digest || digits.empty() || end.ec != std::errc() || end.ptr != digits.data() + digits.size()) {
    return base::fail(base::ErrorCode::kUsage, fmt::format("{} is not the name of something stored", text),
                      "names look like <64 hexadecimal digits>:<bytes>; `obscura push` prints them");
  }
  ref.sha256 = *digest;
  return ref;
}

base::Result<BlobRef> name_blob(const std::string& text) {
  if (const auto ref = BlobRef::parse(text)) return *ref;
  OBSCURA_TRY(const auto file, base::MappedFile::open(text, std::numeric_limits<std::int64_t>::max()));
  return BlobRef::of(file.bytes());
}

}  // namespace obscura::deploy::net
