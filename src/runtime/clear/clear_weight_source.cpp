#include "runtime/clear/clear_weight_source.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.hpp"

namespace obscura::runtime::clear {

ClearWeightSource::ClearWeightSource(const fhe::ckks::Encoder& encoder, const plan::program::Program& program,
                                     plan::weights::Weights weights, Keep keep)
    : encoder_(&encoder),
      program_(&program),
      weights_(std::move(weights)),
      keep_(keep),
      coefficients_(weights_.values.size()),
      encoded_(weights_.values.size()) {
  OBSCURA_CHECK(encoded_.size() == program.weights.size(), "the plan was not verified");
}

ClearWeightSource::Coefficients ClearWeightSource::packed(const std::vector<std::int64_t>& coefficients) {
  const auto [least, most] = std::minmax_element(coefficients.begin(), coefficients.end());
  using Narrow = std::numeric_limits<std::int32_t>;
  if (*least < Narrow::min() || *most > Narrow::max()) return {{}, coefficients};
  return {{coefficients.begin(), coefficients.end()}, {}};
}

fhe::ckks::Plaintext ClearWeightSource::encode(std::size_t index) {
  const plan::program::WeightInfo& info = program_->weights[index];
  const auto values = std::exchange(weights_.values[index], {});
  if (keep_ == Keep::kEncoded) return encoder_->encode(values, info.level, info.scale, info.extended);
  Coefficients& known = coefficients_[index];
  if (known.narrow.empty() && known.wide.empty()) {
    known = packed(encoder_->encode_coefficients(values, info.scale.value(encoder_->params())));
  }
  if (!known.wide.empty()) return encoder_->encode_rounded(known.wide, info.level, info.scale, info.extended);
  const std::vector<std::int64_t> widened(known.narrow.begin(), known.narrow.end());
  return encoder_->encode_rounded(widened, info.level, info.scale, info.extended);
}

base::Result<exec::Weight> ClearWeightSource::fetch(plan::program::WeightId id) {
  const auto index = static_cast<std::size_t>(id.value());
  auto& encoded = encoded_[index];
  if (!encoded.has_value()) encoded.emplace(encode(index));
  return exec::Weight(&*encoded);
}

void ClearWeightSource::prefetch(std::span<const plan::program::WeightId> ids) {
  encoder_->parallel().for_each(ids.size(), [&](std::size_t i) {
    const auto index = static_cast<std::size_t>(ids[i].value());
    if (!encoded_[index].has_value()) encoded_[index].emplace(encode(index));
  });
}

void ClearWeightSource::release(plan::program::WeightId id) {
  if (keep_ == Keep::kCoefficients) encoded_[static_cast<std::size_t>(id.value())].reset();
}

}  // namespace obscura::runtime::clear
