#include "runtime/wire/identity_of.hpp"

#include <fmt/format.h>

#include "base/bytes.hpp"
#include "plan/program/serialize.hpp"

namespace obscura::runtime::wire {

artifact::Digest params_digest(const fhe::params::ParamLiteral& literal, bool insecure) {
  base::ByteWriter out;
  out.string("obscura parameters 1");
  out.u8(static_cast<std::uint8_t>(literal.log_n));
  out.u16(static_cast<std::uint16_t>(literal.security));
  out.u8(insecure ? 1 : 0);
  for (const auto* bits : {&literal.q_bits, &literal.p_bits}) {
    out.u8(static_cast<std::uint8_t>(bits->size()));
    for (const int size : *bits) out.u8(static_cast<std::uint8_t>(size));
  }
  return artifact::sha256(out.view());
}

artifact::Digest plan_digest(const plan::program::Program& program) {
  return artifact::sha256(plan::program::serialize(program));
}

base::Result<void> check_header(const artifact::Header& header, const artifact::Digest& params, bool insecure,
                                const std::string& name) {
  if (header.params == params && header.insecure() == insecure) return {};
  return base::fail(base::ErrorCode::kMismatch, name + ": its header names other parameters than its content",
                    "make the file again");
}

base::Result<void> check_same(const artifact::Digest& found, const artifact::Digest& expected, const std::string& what,
                              const std::string& name) {
  if (found == expected) return {};
  return base::fail(
      base::ErrorCode::kMismatch,
      fmt::format("{} was made for another {}: {} instead of {}", name, what, artifact::fingerprint(found),
                  artifact::fingerprint(expected)),
      fmt::format("use files of one {}; `obscura inspect` prints which {} a file belongs to", what, what));
}

}  // namespace obscura::runtime::wire
