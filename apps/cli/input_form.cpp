#include "apps/cli/input_form.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/file.hpp"

namespace obscura::apps::cli {

namespace {

using base::ErrorCode;
using nlohmann::json;

constexpr std::uint64_t kMaxFormBytes = 1 << 20;

tl::unexpected<base::Error> bad_form(const std::string& path, const std::string& what) {
  return base::fail(ErrorCode::kCorrupt, fmt::format("{}: {}", path, what),
                    "an input file is JSON like {\"scale\": 0.00392, \"mean\": [0.5], \"std\": [0.5], \"bgr\": false, "
                    "\"resize\": false}");
}

base::Result<void> read_numbers(const json& value, std::vector<double>& out, const std::string& path,
                                const std::string& key) {
  const json list = value.is_number() ? json::array({value}) : value;
  if (!list.is_array()) return bad_form(path, fmt::format("{} is not a number or a list of numbers", key));
  for (const auto& item : list) {
    if (!item.is_number()) return bad_form(path, fmt::format("{} holds something that is not a number", key));
    out.push_back(item.get<double>());
  }
  return {};
}

base::Result<void> read_key(plan::program::InputSpec& spec, const std::string& key, const json& value,
                            const std::string& path) {
  if (key == "mean") return read_numbers(value, spec.mean, path, key);
  if (key == "std") return read_numbers(value, spec.std, path, key);
  if (key == "scale" && value.is_number()) {
    spec.scale = value.get<double>();
  } else if (key == "bgr" && value.is_boolean()) {
    spec.bgr = value.get<bool>();
  } else if (key == "resize" && value.is_boolean()) {
    spec.resize = value.get<bool>();
  } else {
    return bad_form(path, fmt::format("\"{}\" is unknown or has a value of the wrong type", key));
  }
  return {};
}

base::Result<plan::program::InputSpec> spec_of(std::span<const std::int64_t> dims) {
  plan::program::InputSpec spec;
  if (dims.size() == 3) {
    spec.channels = static_cast<int>(dims[0]);
    spec.height = static_cast<int>(dims[1]);
    spec.width = static_cast<int>(dims[2]);
  } else if (dims.size() == 1) {
    spec.width = static_cast<int>(dims[0]);
  } else {
    return base::fail(
        ErrorCode::kUnsupported,
        fmt::format("the model's input has {} dimensions besides the batch; 1 or 3 are supported", dims.size()),
        "reshape the input to {channels, height, width} when exporting");
  }
  return spec;
}

}  // namespace

base::Result<plan::program::InputSpec> read_input_form(std::span<const std::int64_t> dims, const std::string& path) {
  OBSCURA_TRY(auto spec, spec_of(dims));
  if (path.empty()) return spec;
  OBSCURA_TRY(const auto bytes, base::read_file(path, kMaxFormBytes));
  const json form = json::parse(bytes.begin(), bytes.end(), nullptr, false);
  if (form.is_discarded() || !form.is_object()) return bad_form(path, "not a JSON object");
  for (const auto& [key, value] : form.items()) {
    OBSCURA_TRY_VOID(read_key(spec, key, value, path));
  }
  return spec;
}

}  // namespace obscura::apps::cli
