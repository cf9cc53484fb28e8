#include "plan/program/detail/fields.hpp"

#include <limits>
#include <string>
#include <utility>

#include "plan/program/detail/narrowed.hpp"
#include "plan/program/detail/opcodes.hpp"
#include "plan/program/limits.hpp"

namespace obscura::plan::program::detail {
namespace {

using base::ByteReader;
using base::ByteWriter;

void put_bits(ByteWriter& out, const std::vector<int>& bits) {
  out.u8(narrowed<std::uint8_t>(bits.size()));
  for (const int size : bits) out.u8(narrowed<std::uint8_t>(size));
}

std::vector<int> get_bits(ByteReader& in) {
  std::vector<int> bits(in.u8());
  for (int& size : bits) size = in.u8();
  return bits;
}

void put_doubles(ByteWriter& out, const std::vector<double>& values) {
  out.u32(narrowed<std::uint32_t>(values.size()));
  for (const double value : values) out.f64(value);
}

std::vector<double> get_doubles(ByteReader& in) {
  std::vector<double> values(in.count(static_cast<std::size_t>(kMaxInputElements), sizeof(double)));
  for (double& value : values) value = in.f64();
  return values;
}

void put_exponent(ByteWriter& out, std::int64_t exponent) {
  out.u16(static_cast<std::uint16_t>(narrowed<std::int16_t>(exponent)));
}

std::int64_t get_exponent(ByteReader& in) {
  return static_cast<std::int16_t>(in.u16());
}

}  // namespace

void put_params(ByteWriter& out, const fhe::params::ParamLiteral& params, bool insecure) {
  out.u8(narrowed<std::uint8_t>(params.log_n));
  out.u16(narrowed<std::uint16_t>(static_cast<int>(params.security)));
  out.u8(insecure ? 1 : 0);
  put_bits(out, params.q_bits);
  put_bits(out, params.p_bits);
}

ParamFields get_params(ByteReader& in) {
  ParamFields fields;
  fields.literal.log_n = in.u8();
  fields.literal.security = static_cast<fhe::params::Security>(in.u16());
  fields.insecure = get_bool(in);
  fields.literal.q_bits = get_bits(in);
  fields.literal.p_bits = get_bits(in);
  using fhe::params::Security;
  const Security security = fields.literal.security;
  if (security != Security::k128 && security != Security::k192 && security != Security::k256) {
    in.reject("the security level is not 128, 192 or 256");
  }
  return fields;
}

void put_bootstrap(ByteWriter& out, const fhe::params::BootstrapLiteral& bootstrap) {
  out.u8(narrowed<std::uint8_t>(bootstrap.log_slots));
  out.u8(bootstrap.real ? 1 : 0);
  put_bits(out, bootstrap.slots_to_coeffs);
  put_bits(out, bootstrap.coeffs_to_slots);
  for (const int number : {bootstrap.baby_steps, bootstrap.message_ratio_bits, bootstrap.range, bootstrap.cosine_degree,
                           bootstrap.double_angles}) {
    out.u8(narrowed<std::uint8_t>(number));
  }
}

fhe::params::BootstrapLiteral get_bootstrap(ByteReader& in) {
  fhe::params::BootstrapLiteral bootstrap;
  bootstrap.log_slots = in.u8();
  bootstrap.real = get_bool(in);
  bootstrap.slots_to_coeffs = get_bits(in);
  bootstrap.coeffs_to_slots = get_bits(in);
  for (int* number : {&bootstrap.baby_steps, &bootstrap.message_ratio_bits, &bootstrap.range, &bootstrap.cosine_degree,
                      &bootstrap.double_angles}) {
    *number = in.u8();
  }
  return bootstrap;
}

void put_level(ByteWriter& out, Level level) {
  out.u8(narrowed<std::uint8_t>(level.value()));
}

Level get_level(ByteReader& in) {
  return Level(in.u8());
}

void put_scale(ByteWriter& out, const Scale& scale) {
  put_exponent(out, scale.exponent_of_two());
  out.u8(narrowed<std::uint8_t>(scale.prime_exponents().size()));
  for (const std::int64_t exponent : scale.prime_exponents()) put_exponent(out, exponent);
}

Scale get_scale(ByteReader& in) {
  const std::int64_t two = get_exponent(in);
  std::vector<std::int64_t> primes(in.u8());
  for (std::int64_t& exponent : primes) exponent = get_exponent(in);
  if (!primes.empty() && primes.back() == 0) in.reject("a scale is not in its shortest form");
  auto scale = Scale::from_exponents(two, std::move(primes));
  if (scale) return std::move(*scale);
  in.reject(scale.error().message);
  return {};
}

void put_input_spec(ByteWriter& out, const InputSpec& spec) {
  out.u32(narrowed<std::uint32_t>(spec.channels));
  out.u32(narrowed<std::uint32_t>(spec.height));
  out.u32(narrowed<std::uint32_t>(spec.width));
  out.f64(spec.scale);
  put_doubles(out, spec.mean);
  put_doubles(out, spec.std);
  const int flags = (spec.bgr ? kInputBgr : 0) | (spec.resize ? kInputResize : 0);
  out.u8(static_cast<std::uint8_t>(flags));
  out.f64(spec.minimum);
  out.f64(spec.maximum);
}

InputSpec get_input_spec(ByteReader& in) {
  InputSpec spec;
  spec.channels = get_int(in);
  spec.height = get_int(in);
  spec.width = get_int(in);
  spec.scale = in.f64();
  spec.mean = get_doubles(in);
  spec.std = get_doubles(in);
  const std::uint8_t flags = get_flags(in, kInputBgr | kInputResize);
  spec.bgr = (flags & kInputBgr) != 0;
  spec.resize = (flags & kInputResize) != 0;
  spec.minimum = in.f64();
  spec.maximum = in.f64();
  return spec;
}

void put_input_packing(ByteWriter& out, const InputPacking& packing) {
  out.u32(narrowed<std::uint32_t>(packing.ciphertexts));
  put_signed_list(out, packing.element);
}

InputPacking get_input_packing(ByteReader& in) {
  InputPacking packing;
  packing.ciphertexts = get_int(in);
  packing.element = get_signed_list(in, kMaxInputCiphertexts << 17);
  return packing;
}

void put_images(ByteWriter& out, const InputPacking& packing) {
  out.u32(narrowed<std::uint32_t>(packing.images));
}

int get_images(ByteReader& in) {
  const int images = get_int(in);
  if (images >= 2 && images <= kMaxImages) return images;
  in.reject("a request holds a number of images that is not supported");
  return 1;
}

int get_int(ByteReader& in) {
  const std::uint32_t value = in.u32();
  if (value > static_cast<std::uint32_t>(std::numeric_limits<int>::max())) in.reject("a number is too large");
  return static_cast<int>(value & 0x7fffffffu);
}

bool get_bool(ByteReader& in) {
  const std::uint8_t value = in.u8();
  if (value > 1) in.reject("a flag is neither 0 nor 1");
  return value == 1;
}

std::uint8_t get_flags(ByteReader& in, int known) {
  const std::uint8_t flags = in.u8();
  if ((flags & ~known) != 0) in.reject("an unknown flag is set");
  return flags;
}

void put_signed_list(ByteWriter& out, const std::vector<std::int32_t>& list) {
  out.u32(narrowed<std::uint32_t>(list.size()));
  for (const std::int32_t item : list) out.u32(static_cast<std::uint32_t>(item));
}

std::vector<std::int32_t> get_signed_list(ByteReader& in, std::size_t limit) {
  std::vector<std::int32_t> list(in.count(limit, sizeof(std::int32_t)));
  for (std::int32_t& item : list) item = static_cast<std::int32_t>(in.u32());
  return list;
}

}  // namespace obscura::plan::program::detail
