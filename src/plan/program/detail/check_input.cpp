#include "plan/program/detail/check_input.hpp"

#include <algorithm>
#include <cmath>

#include "plan/program/limits.hpp"

namespace obscura::plan::program::detail {
namespace {

tl::unexpected<base::Error> corrupt(std::string message) {
  return base::fail(base::ErrorCode::kCorrupt, std::move(message), "compile the model again");
}

bool all_finite(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

}  // namespace

bool is_name(const std::string& name) {
  return name.size() <= kMaxNameBytes && std::none_of(name.begin(), name.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
         });
}

base::Result<void> check_input_spec(const InputSpec& spec) {
  const std::int64_t limit = kMaxInputElements;
  if (spec.channels < 1 || spec.height < 1 || spec.width < 1 || spec.channels > limit || spec.height > limit ||
      spec.width > limit || std::int64_t{spec.height} * spec.width > limit ||
      std::int64_t{spec.height} * spec.width * spec.channels > limit) {
    return corrupt("the input shape " + std::to_string(spec.channels) + "x" + std::to_string(spec.height) + "x" +
                   std::to_string(spec.width) + " is empty or too large");
  }
  const auto channels = static_cast<std::size_t>(spec.channels);
  const bool sizes_fit =
      (spec.mean.empty() || spec.mean.size() == channels) && (spec.std.empty() || spec.std.size() == channels);
  if (!sizes_fit) return corrupt("the input's mean or std does not have one value per channel");
  const bool std_positive = std::all_of(spec.std.begin(), spec.std.end(), [](double value) { return value > 0; });
  if (!std::isfinite(spec.scale) || !all_finite(spec.mean) || !all_finite(spec.std) || !std_positive) {
    return corrupt("the input's scale, mean or std is not a finite number, or a std is not positive");
  }
  if (!std::isfinite(spec.minimum) || !std::isfinite(spec.maximum) || spec.minimum > spec.maximum) {
    return corrupt("the input's calibrated range is empty or not finite");
  }
  if (spec.bgr && spec.channels != 3) return corrupt("the input is BGR but does not have three channels");
  return {};
}

base::Result<void> check_input_count(const InputPacking& packing) {
  if (packing.ciphertexts >= 1 && static_cast<std::size_t>(packing.ciphertexts) <= kMaxInputCiphertexts) return {};
  return corrupt("the input is packed into " + std::to_string(packing.ciphertexts) + " ciphertexts; 1.." +
                 std::to_string(kMaxInputCiphertexts) + " are possible");
}

base::Result<void> check_input_packing(const InputPacking& packing, const InputSpec& spec, int slots) {
  OBSCURA_TRY_VOID(check_input_count(packing));
  if (packing.images < 1 || packing.images > kMaxImages || packing.lanes() > slots) {
    return corrupt("a request holds " + std::to_string(packing.images) + " images; 1.." +
                   std::to_string(std::min(kMaxImages, slots)) + " are possible");
  }
  const auto places = static_cast<std::size_t>(packing.ciphertexts) * 2 * static_cast<std::size_t>(slots) /
                      static_cast<std::size_t>(packing.lanes());
  if (packing.element.size() != places) {
    return corrupt("the input packing lists " + std::to_string(packing.element.size()) + " places, not " +
                   std::to_string(places));
  }
  const std::int64_t elements = std::int64_t{spec.channels} * spec.height * spec.width;
  for (const std::int32_t element : packing.element) {
    if (element < InputPacking::kZero || element >= elements) {
      return corrupt("the input packing names element " + std::to_string(element) + " of " + std::to_string(elements));
    }
  }
  return {};
}

}  // namespace obscura::plan::program::detail
