#pragma once

#include <string>

#include "artifact/digest.hpp"
#include "artifact/header.hpp"
#include "base/result.hpp"
#include "fhe/params/param_set.hpp"
#include "plan/program/program.hpp"

namespace obscura::runtime::wire {

/// What ties files to a parameter set: SHA-256 of its sizes, security and the insecure mark. Equal literals
/// have equal primes.
[[nodiscard]] artifact::Digest params_digest(const fhe::params::ParamLiteral& literal, bool insecure);

/// What ties files to a plan: SHA-256 of the program's bytes.
[[nodiscard]] artifact::Digest plan_digest(const plan::program::Program& program);

/// That the header of a file names the parameters that its content does. Error: kMismatch.
[[nodiscard]] base::Result<void> check_header(const artifact::Header& header, const artifact::Digest& params,
                                              bool insecure, const std::string& name);

/// That a container holds the sections that its content calls for, and no others. Error: kCorrupt.
[[nodiscard]] base::Result<void> check_sections(std::size_t found, std::size_t expected, const std::string& name);

/// That a file found in `name` was made for the plan or key that is expected; `what` is "plan", "key" or "sealing".
/// Error: kMismatch with both fingerprints.
[[nodiscard]] base::Result<void> check_same(const artifact::Digest& found, const artifact::Digest& expected,
                                            const std::string& what, const std::string& name);

}  // namespace obscura::runtime::wire
