#include "runtime/wire/identity_of.hpp"

#include <fmt/format.h>

#include "plan/program/serialize.hpp"

namespace obscura::runtime::wire {

artifact::Digest params_digest(const fhe::params::ParamLiteral& literal, bool insecure) {
  return artifact::sha256(plan::program::serialize_params(literal, insecure));
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

base::Result<void> check_sections(std::size_t found, std::size_t expected, const std::string& name) {
  if (found == expected) return {};
  return base::fail(base::ErrorCode::kCorrupt,
                    fmt::format("{}: has {} sections where {} are due", name, found, expected),
                    "get the file again from where it was made");
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
