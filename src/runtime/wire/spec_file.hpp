#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "artifact/digest.hpp"
#include "base/result.hpp"
#include "plan/program/program.hpp"

namespace obscura::runtime::wire {

/// What key generation needs: the program and the class names, no weights. Stays on the owner's side because of
/// the names; workers get the program inside the sealed model.
struct Spec {
  plan::program::Program program;
  std::vector<std::string> labels;
  artifact::Digest plan;  ///< digest of the program
};

/// `labels`: as many as the program has scores, or none.
[[nodiscard]] std::vector<std::uint8_t> write_spec(const plan::program::Program& program,
                                                   std::span<const std::string> labels);
/// `name` is what messages call the file. Errors: those of ContainerReader::open, program::parse and parse_labels.
[[nodiscard]] base::Result<Spec> read_spec(std::span<const std::uint8_t> file, const std::string& name);

}  // namespace obscura::runtime::wire
