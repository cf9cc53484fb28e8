#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "fhe/params/param_set.hpp"
#include "plan/program/program.hpp"

namespace obscura::plan::program {

/// All that a data owner must know of a program to make a request for it: parameters, what the input looks
/// like, what goes into which slot, and the level and scale at which the program starts. A public key file
/// carries it.
struct RequestForm {
  fhe::params::ParamLiteral params;
  bool insecure = false;
  InputSpec input_spec;
  InputPacking input_packing;
  Level level;
  Scale scale;
  friend bool operator==(const RequestForm&, const RequestForm&) = default;
};

/// The form of requests for a verified program.
[[nodiscard]] RequestForm request_form_of(const Program& program);

/// One encoding per form (docs/formats.md, "Request form").
[[nodiscard]] std::vector<std::uint8_t> serialize(const RequestForm& form);

/// Parses and checks hostile bytes: parameters within the security cap (or marked insecure), shapes, packing,
/// level and scale in range. Errors: kCorrupt, kInsecure, kUnsupported.
[[nodiscard]] base::Result<RequestForm> parse_request_form(std::span<const std::uint8_t> bytes);

/// Builds the parameter set that the form names.
[[nodiscard]] base::Result<fhe::params::ParamSet> make_params(const RequestForm& form);

}  // namespace obscura::plan::program
