#include "plan/weights/verify.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "plan/program/labels.hpp"
#include "plan/program/verify.hpp"

namespace obscura::plan::weights {
namespace {

using Slots = std::vector<std::complex<double>>;

/// The encoder's integers stay below 2^62. A slot contributes at most its magnitude to a coefficient, twice.
constexpr double kMaxEncodedMagnitude = 0x1p61;

bool can_be_encoded(const Slots& slots, double scale) {
  return std::all_of(slots.begin(), slots.end(), [scale](const std::complex<double>& value) {
    return std::isfinite(value.real()) && std::isfinite(value.imag()) &&
           std::hypot(value.real(), value.imag()) * scale < kMaxEncodedMagnitude;
  });
}

tl::unexpected<base::Error> corrupt(std::string message) {
  return base::fail(base::ErrorCode::kCorrupt, std::move(message), "compile the model again");
}

}  // namespace

base::Result<void> verify(const Plan& plan) {
  const auto& infos = plan.program.weights;
  const auto& values = plan.weights.values;
  OBSCURA_TRY(const fhe::params::ParamSet params, program::make_params(plan.program));
  if (values.size() != infos.size()) {
    return corrupt("the plan holds " + std::to_string(values.size()) + " weights, its program names " +
                   std::to_string(infos.size()));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].size() != static_cast<std::size_t>(params.slots())) {
      return corrupt("weight " + std::to_string(i) + " has " + std::to_string(values[i].size()) + " slots, not " +
                     std::to_string(params.slots()));
    }
    if (!can_be_encoded(values[i], infos[i].scale.value(params))) {
      return corrupt("weight " + std::to_string(i) + " holds a value that is not finite or too large for its scale");
    }
  }
  const auto& predicted = plan.predicted_ms;
  const bool times =
      std::all_of(predicted.begin(), predicted.end(), [](double ms) { return std::isfinite(ms) && ms >= 0; });
  if (predicted.size() != plan.program.instructions.size() || !times) {
    return corrupt("the predicted times are not one number per instruction");
  }
  if (auto checked = program::check_labels(plan.labels, plan.program.outputs.front().element.size()); !checked) {
    return corrupt(checked.error().message);
  }
  return {};
}

}  // namespace obscura::plan::weights
