#pragma once

#include "base/bytes.hpp"
#include "plan/program/program.hpp"

namespace obscura::plan::program::detail {

/// Fields that a program and the form of a request share, as docs/formats.md describes them. Readers report
/// what is malformed to the ByteReader; ranges are checked by verification.
void put_params(base::ByteWriter& out, const fhe::params::ParamLiteral& params, bool insecure);
void put_level(base::ByteWriter& out, Level level);
void put_scale(base::ByteWriter& out, const Scale& scale);
void put_input_spec(base::ByteWriter& out, const InputSpec& spec);
/// Without the number of images.
void put_input_packing(base::ByteWriter& out, const InputPacking& packing);
/// Only where requests hold several.
void put_images(base::ByteWriter& out, const InputPacking& packing);

/// Only of programs with bootstraps.
void put_bootstrap(base::ByteWriter& out, const fhe::params::BootstrapLiteral& bootstrap);

struct ParamFields {
  fhe::params::ParamLiteral literal;
  bool insecure;
};
[[nodiscard]] ParamFields get_params(base::ByteReader& in);
[[nodiscard]] Level get_level(base::ByteReader& in);
[[nodiscard]] Scale get_scale(base::ByteReader& in);
[[nodiscard]] InputSpec get_input_spec(base::ByteReader& in);
[[nodiscard]] InputPacking get_input_packing(base::ByteReader& in);
/// 2 or more.
[[nodiscard]] int get_images(base::ByteReader& in);

[[nodiscard]] fhe::params::BootstrapLiteral get_bootstrap(base::ByteReader& in);

[[nodiscard]] int get_int(base::ByteReader& in);
[[nodiscard]] bool get_bool(base::ByteReader& in);
[[nodiscard]] std::uint8_t get_flags(base::ByteReader& in, int known);
[[nodiscard]] std::vector<std::int32_t> get_signed_list(base::ByteReader& in, std::size_t limit);
void put_signed_list(base::ByteWriter& out, const std::vector<std::int32_t>& list);

}  // namespace obscura::plan::program::detail
