#include "images/tensor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/file.hpp"
#include "images/csv.hpp"
#include "images/idx.hpp"
#include "images/image.hpp"
#include "images/npy.hpp"

namespace obscura::images {
namespace {

using base::ErrorCode;
using Tensor = std::vector<float>;

constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 30;

base::Result<void> check_index(const InputPath& input, std::size_t count, const char* what) {
  if (*input.index < count) return {};
  return base::fail(
      ErrorCode::kUsage,
      fmt::format("asks for {} {} but {} holds {} (0..{})", what, *input.index, input.path, count, count - 1),
      "choose a smaller number behind the colon");
}

base::Result<Tensor> from_pixels(const InputPath& input, const Image& image, const InputSpec& spec) {
  auto tensor = to_tensor(image, spec);
  if (!tensor) tensor.error().message = fmt::format("{}: {}", input.path, tensor.error().message);
  return tensor;
}

base::Result<Tensor> from_idx(const InputPath& input, std::vector<std::uint8_t> bytes, const InputSpec& spec) {
  if (!input.index) {
    return base::fail(ErrorCode::kUsage, fmt::format("{} is an idx file of many images", input.path),
                      fmt::format("say which one: {}:0", input.path));
  }
  OBSCURA_TRY(const IdxFile file, IdxFile::decode(std::move(bytes), input.path));
  OBSCURA_TRY(const Image image, file.image(*input.index));
  return from_pixels(input, image, spec);
}

base::Result<Tensor> from_npy(const InputPath& input, std::span<const std::uint8_t> bytes) {
  OBSCURA_TRY(NpyArray array, decode_npy(bytes, input.path));
  if (!input.index) return std::move(array.values);
  const std::size_t count = array.shape.empty() ? 1 : array.shape[0];
  OBSCURA_TRY_VOID(check_index(input, count, "entry"));
  const std::size_t size = array.values.size() / count;
  const auto first = array.values.begin() + static_cast<std::ptrdiff_t>(*input.index * size);
  return Tensor(first, first + static_cast<std::ptrdiff_t>(size));
}

base::Result<Tensor> from_csv(const InputPath& input, std::span<const std::uint8_t> bytes) {
  OBSCURA_TRY(auto rows, decode_csv({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, input.path));
  if (input.index) {
    OBSCURA_TRY_VOID(check_index(input, rows.size(), "row"));
    return std::move(rows[*input.index]);
  }
  Tensor all;
  for (const Tensor& row : rows) all.insert(all.end(), row.begin(), row.end());
  return all;
}

base::Result<Tensor> from_image(const InputPath& input, std::span<const std::uint8_t> bytes, const InputSpec& spec) {
  if (input.index) {
    return base::fail(ErrorCode::kUsage,
                      fmt::format("{} holds one image; \":{}\" asks for one of many", input.path, *input.index),
                      "leave out the colon and the number");
  }
  OBSCURA_TRY(const Image image, decode_image(bytes, input.path));
  return from_pixels(input, image, spec);
}

bool looks_like_csv(const std::string& path) {
  return path.ends_with(".csv") || path.ends_with(".txt");
}

base::Result<Tensor> read_any(const InputPath& input, const InputSpec& spec) {
  OBSCURA_TRY(auto bytes, base::read_file(input.path, kMaxBytes));
  if (is_idx(bytes)) return from_idx(input, std::move(bytes), spec);
  if (is_npy(bytes)) return from_npy(input, bytes);
  if (looks_like_csv(input.path)) return from_csv(input, bytes);
  return from_image(input, bytes, spec);
}

}  // namespace

base::Result<InputPath> parse_input_path(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const std::string_view digits = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  const bool numbered =
      !digits.empty() && std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  InputPath input{std::string(numbered ? text.substr(0, colon) : text), std::nullopt};
  bool valid = !input.path.empty();
  if (numbered) {
    std::size_t index = 0;
    valid = valid && std::from_chars(digits.data(), digits.data() + digits.size(), index).ec == std::errc();
    input.index = index;
  }
  if (valid) return input;
  return base::fail(ErrorCode::kUsage, fmt::format("\"{}\" names no input", text),
                    "write FILE, or FILE:N for one of many");
}

base::Result<std::vector<float>> read_tensor(std::string_view input, const InputSpec& spec) {
  OBSCURA_TRY(const InputPath path, parse_input_path(input));
  auto tensor = read_any(path, spec);
  if (!tensor) return tensor;
  const std::size_t wanted = static_cast<std::size_t>(spec.channels) * static_cast<std::size_t>(spec.height) *
                             static_cast<std::size_t>(spec.width);
  if (tensor->size() == wanted) return tensor;
  return base::fail(ErrorCode::kMismatch,
                    fmt::format("{} gives {} numbers and the network wants {} ({} x {} x {})", input, tensor->size(),
                                wanted, spec.channels, spec.height, spec.width),
                    "check that the file was made for this network");
}

}  // namespace obscura::images
