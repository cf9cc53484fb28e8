#include "runtime/clear/clear_weight_source.hpp"

#include <algorithm>
#include <bit>
#include <span>
#include <utility>

#include "base/bit_pack.hpp"
#include "base/check.hpp"

namespace obscura::runtime::clear {
namespace {

/// Of two numbers below 2^62 in magnitude.
std::uint64_t difference(std::int64_t larger, std::int64_t smaller) {
  return static_cast<std::uint64_t>(larger - smaller);
}

}  // namespace

ClearWeightSource::ClearWeightSource(const fhe::ckks::Encoder& encoder, const plan::program::Program& program,
                                     plan::weights::Weights weights, Keep keep)
    : encoder_(&encoder),
      program_(&program),
      weights_(std::move(weights)),
      keep_(keep),
      encoded_(weights_.values.size()) {
  OBSCURA_CHECK(encoded_.size() == program.weights.size(), "the plan was not verified");
  if (keep == Keep::kEncoded) return;
  coefficients_.resize(encoded_.size());
  encoder.parallel().for_each(encoded_.size(), [&](std::size_t i) {
    const auto values = std::exchange(weights_.values[i], {});
    coefficients_[i] = pack(encoder.encode_coefficients(values, program.weights[i].scale.value(encoder.params())));
  });
}

ClearWeightSource::Coefficients ClearWeightSource::pack(const std::vector<std::int64_t>& coefficients) {
  const auto [least, most] = std::minmax_element(coefficients.begin(), coefficients.end());
  Coefficients result{*least, std::max(1, static_cast<int>(std::bit_width(difference(*most, *least)))), {}};
  std::vector<std::uint64_t> differences;
  differences.reserve(coefficients.size());
  for (const std::int64_t value : coefficients) differences.push_back(difference(value, result.least));
  result.packed.resize(base::packed_size(differences.size(), result.bits));
  base::pack_bits(differences, result.bits, result.packed);
  return result;
}

std::vector<std::int64_t> ClearWeightSource::unpack(const Coefficients& coefficients, std::size_t count) {
  std::vector<std::int64_t> values(count);
  // The unsigned type of the same words.
  const std::span words(reinterpret_cast<std::uint64_t*>(values.data()), count);
  static_cast<void>(base::unpack_bits(coefficients.packed, coefficients.bits, words));
  for (std::int64_t& value : values) value += coefficients.least;
  return values;
}

std::uint64_t ClearWeightSource::coefficient_bytes() const {
  std::uint64_t sum = 0;
  for (const Coefficients& coefficients : coefficients_) sum += coefficients.packed.capacity();
  return sum;
}

fhe::ckks::Plaintext ClearWeightSource::encode(std::size_t index) {
  const plan::program::WeightInfo& info = program_->weights[index];
  if (keep_ == Keep::kEncoded) {
    const auto values = std::exchange(weights_.values[index], {});
    return encoder_->encode(values, info.level, info.scale, info.extended);
  }
  const auto count = static_cast<std::size_t>(encoder_->params().degree());
  return encoder_->encode_rounded(unpack(coefficients_[index], count), info.level, info.scale, info.extended);
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
