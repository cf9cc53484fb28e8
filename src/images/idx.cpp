#include "images/idx.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <utility>

#include "base/file.hpp"

namespace obscura::images {
namespace {

using base::ErrorCode;

constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 30;
constexpr std::uint8_t kUnsignedByte = 8;

bool is_gzip(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

tl::unexpected<base::Error> damaged(const std::string& path, const std::string& reason) {
  return base::fail(ErrorCode::kCorrupt, fmt::format("{} is not a whole idx file: {}", path, reason),
                    "fetch it again and compare its checksum");
}

// The unpacked bytes, at most kMaxBytes of them; the gzip checksum is verified.
base::Result<std::vector<std::uint8_t>> unpack_gzip(std::span<const std::uint8_t> packed, const std::string& path) {
  z_stream stream{};
  constexpr int kGzipOnly = 15 + 16;
  if (inflateInit2(&stream, kGzipOnly) != Z_OK) return base::fail(ErrorCode::kLimit, "zlib could not start");
  stream.next_in = const_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  std::vector<std::uint8_t> bytes;
  int status = Z_OK;
  while (status == Z_OK && bytes.size() < kMaxBytes) {
    const std::size_t got = bytes.size();
    bytes.resize(std::max<std::size_t>(std::size_t{1} << 16, 2 * got));
    stream.next_out = bytes.data() + got;
    stream.avail_out = static_cast<uInt>(bytes.size() - got);
    status = inflate(&stream, Z_NO_FLUSH);
    bytes.resize(bytes.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (status == Z_OK) return base::fail(ErrorCode::kLimit, fmt::format("{} unpacks to more than 1 GiB", path));
  if (status != Z_STREAM_END || stream.avail_in != 0) return damaged(path, "its gzip stream is broken or cut short");
  return bytes;
}

}  // namespace

bool is_idx(std::span<const std::uint8_t> bytes) {
  return is_gzip(bytes) || (bytes.size() >= 4 && bytes[0] == 0 && bytes[1] == 0 && bytes[3] >= 1 && bytes[3] <= 4);
}

base::Result<IdxFile> IdxFile::open(const std::string& path) {
  OBSCURA_TRY(auto bytes, base::read_file(path, kMaxBytes));
  return decode(std::move(bytes), path);
}

base::Result<IdxFile> IdxFile::decode(std::vector<std::uint8_t> bytes, const std::string& name) {
  if (is_gzip(bytes)) {
    OBSCURA_TRY(bytes, unpack_gzip(bytes, name));
  }
  if (bytes.size() < 4 || bytes[0] != 0 || bytes[1] != 0) return damaged(name, "it does not begin with an idx magic");
  const std::size_t rank = bytes[3];
  if (bytes[2] != kUnsignedByte || (rank != 1 && rank != 3 && rank != 4)) {
    return base::fail(ErrorCode::kUnsupported,
                      fmt::format("{} is an idx file of type {} and {} dimensions; bytes with 1, 3 or 4 are read", name,
                                  bytes[2], rank),
                      "convert it to .npy");
  }
  if (bytes.size() < 4 + 4 * rank) return damaged(name, "it ends within its dimensions");
  std::vector<std::uint32_t> dimensions;
  std::uint64_t values = 1;
  for (std::size_t i = 0; i < rank; ++i) {
    std::uint32_t dimension = 0;
    for (std::size_t k = 0; k < 4; ++k) dimension = dimension << 8 | bytes[4 + 4 * i + k];
    if (dimension == 0 || dimension > kMaxBytes / values) return damaged(name, "its dimensions make no sense");
    values *= dimension;
    dimensions.push_back(dimension);
  }
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(4 + 4 * rank));
  if (bytes.size() != values) {
    return damaged(name, fmt::format("{} values where its dimensions say {}", bytes.size(), values));
  }
  return IdxFile(name, std::move(dimensions), std::move(bytes));
}

base::Result<void> IdxFile::check_index(std::size_t index, const char* what) const {
  if (index < count()) return {};
  return base::fail(ErrorCode::kUsage,
                    fmt::format("asks for {} {} but {} holds {} (0..{})", what, index, path_, count(), count() - 1),
                    "choose a smaller number behind the colon");
}

base::Result<Image> IdxFile::image(std::size_t index) const {
  if (dimensions_.size() == 1) {
    return base::fail(ErrorCode::kUsage, fmt::format("{} holds labels, not images", path_),
                      "name the file of images (idx3)");
  }
  OBSCURA_TRY_VOID(check_index(index, "image"));
  const std::size_t rank = dimensions_.size();
  Image image{rank == 4 ? static_cast<int>(dimensions_[1]) : 1,
              static_cast<int>(dimensions_[rank - 2]),
              static_cast<int>(dimensions_[rank - 1]),
              {}};
  const std::size_t size = values_.size() / count();
  const auto first = values_.begin() + static_cast<std::ptrdiff_t>(index * size);
  image.values.assign(first, first + static_cast<std::ptrdiff_t>(size));
  return image;
}

base::Result<int> IdxFile::label(std::size_t index) const {
  if (dimensions_.size() != 1) {
    return base::fail(ErrorCode::kUsage, fmt::format("{} holds images, not labels", path_),
                      "name the file of labels (idx1)");
  }
  OBSCURA_TRY_VOID(check_index(index, "label"));
  return int{values_[index]};
}

}  // namespace obscura::images
