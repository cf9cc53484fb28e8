#include "images/npy.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>

#include "base/file.hpp"

namespace obscura::images {
namespace {

using base::ErrorCode;

constexpr std::array<std::uint8_t, 6> kMagic = {0x93, 'N', 'U', 'M', 'P', 'Y'};
constexpr std::size_t kMaxRank = 8;

static_assert(std::endian::native == std::endian::little, "numbers are copied as they stand in the file");

tl::unexpected<base::Error> damaged(std::string_view name, std::string_view reason) {
  return base::fail(ErrorCode::kCorrupt, fmt::format("{} is not a whole .npy file: {}", name, reason),
                    "save it again with numpy.save");
}

// The header is a Python dictionary literal: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
// Reads exactly what NumPy writes; every take_ function says whether it found what it looks for.
class HeaderText {
 public:
  explicit HeaderText(std::string_view text) : text_(text) {}

  bool take(std::string_view token) {
    skip_spaces();
    if (!text_.starts_with(token)) return false;
    text_.remove_prefix(token.size());
    return true;
  }

  std::optional<std::string_view> take_quoted() {
    if (!take("'")) return std::nullopt;
    const std::size_t end = text_.find('\'');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view value = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return value;
  }

  std::optional<std::vector<std::size_t>> take_shape() {
    std::vector<std::size_t> shape;
    if (!take("(")) return std::nullopt;
    while (!take(")")) {
      skip_spaces();
      std::size_t dimension = 0;
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), dimension);
      if (error != std::errc() || shape.size() == kMaxRank) return std::nullopt;
      text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
      shape.push_back(dimension);
      if (!take(",") && !text_.starts_with(')')) return std::nullopt;
    }
    return shape;
  }

  bool ended() {
    skip_spaces();
    return text_.empty();
  }

 private:
  void skip_spaces() {
    const std::size_t first = text_.find_first_not_of(" \n");
    text_.remove_prefix(first == std::string_view::npos ? text_.size() : first);
  }
  std::string_view text_;
};

struct NpyHeader {
  std::string_view type;
  std::optional<bool> fortran_order;
  std::optional<std::vector<std::size_t>> shape;
};

std::optional<NpyHeader> parse_header(std::string_view text) {
  HeaderText header(text);
  NpyHeader parsed;
  if (!header.take("{")) return std::nullopt;
  while (!header.take("}")) {
    const auto key = header.take_quoted();
    if (!key || !header.take(":")) return std::nullopt;
    if (*key == "descr") {
      parsed.type = header.take_quoted().value_or("");
    } else if (*key == "fortran_order") {
      parsed.fortran_order = header.take("True");
      if (!*parsed.fortran_order && !header.take("False")) return std::nullopt;
    } else if (*key == "shape") {
      parsed.shape = header.take_shape();
    } else {
      return std::nullopt;
    }
    (void)header.take(",");
  }
  if (!header.ended() || parsed.type.empty() || !parsed.fortran_order || !parsed.shape) return std::nullopt;
  return parsed;
}

template <class Number>
std::vector<float> convert(std::span<const std::uint8_t> data) {
  std::vector<float> values(data.size() / sizeof(Number));
  for (std::size_t i = 0; i < values.size(); ++i) {
    Number number;
    std::memcpy(&number, data.data() + i * sizeof(Number), sizeof(Number));
    values[i] = static_cast<float>(number);
  }
  return values;
}

base::Result<NpyArray> read_values(const NpyHeader& header, std::span<const std::uint8_t> data, std::string_view name) {
  const std::size_t item = header.type == "<f4" ? 4 : header.type == "<f8" ? 8 : header.type == "|u1" ? 1 : 0;
  if (item == 0 || *header.fortran_order) {
    return base::fail(
        ErrorCode::kUnsupported,
        fmt::format("{} holds numbers of type {} in {} order; float32, float64 or uint8 in C order are read", name,
                    header.type, *header.fortran_order ? "Fortran" : "C"),
        "save it with numpy.ascontiguousarray(array, dtype=numpy.float32)");
  }
  std::size_t count = 1;
  for (const std::size_t dimension : *header.shape) {
    if (dimension == 0 || count > data.size() / dimension) return damaged(name, "its shape does not match its length");
    count *= dimension;
  }
  if (data.size() % item != 0 || count != data.size() / item)
    return damaged(name, "its shape does not match its length");
  NpyArray array{*header.shape, item == 4   ? convert<float>(data)
                                : item == 8 ? convert<double>(data)
                                            : convert<std::uint8_t>(data)};
  for (std::size_t i = 0; i < count; ++i) {
    if (!std::isfinite(array.values[i])) return damaged(name, fmt::format("number {} is not finite", i));
  }
  return array;
}

}  // namespace

bool is_npy(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= kMagic.size() && std::equal(kMagic.begin(), kMagic.end(), bytes.begin());
}

base::Result<NpyArray> read_npy(const std::string& path, std::uint64_t max_bytes) {
  OBSCURA_TRY(const auto bytes, base::read_file(path, max_bytes));
  return decode_npy(bytes, path);
}

base::Result<NpyArray> decode_npy(std::span<const std::uint8_t> bytes, std::string_view name) {
  constexpr std::size_t kFront = 8;  // magic, major and minor version; then the header's length in 2 or 4 bytes
  if (!is_npy(bytes) || bytes.size() < kFront + 4) return damaged(name, "it does not begin with a .npy magic");
  const int version = bytes[6];
  if (version < 1 || version > 3) return damaged(name, fmt::format("its version is {}", version));
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  std::size_t length = 0;
  for (std::size_t i = 0; i < length_bytes; ++i) length |= std::size_t{bytes[kFront + i]} << (8 * i);
  const auto rest = bytes.subspan(kFront + length_bytes);
  if (length > rest.size()) return damaged(name, "it ends within its header");
  const auto header = parse_header({reinterpret_cast<const char*>(rest.data()), length});
  if (!header) return damaged(name, "its header is malformed");
  return read_values(*header, rest.subspan(length), name);
}

}  // namespace obscura::images
