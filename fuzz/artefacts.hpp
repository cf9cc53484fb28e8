#pragma once

#include <string>
#include <vector>

#include "fuzz/workshop.hpp"

namespace obscura::fuzz {

/// A file or message as our own writers make it. `format` is the name of the fuzz target that reads it.
struct Artefact {
  std::string format;
  std::string name;
  Bytes bytes;
};

/// At least one good artefact of every format, the same at every call. Nothing of it comes from anybody's data: images
/// are drawn, networks made up.
[[nodiscard]] std::vector<Artefact> make_artefacts(Workshop& workshop);

/// Names of the formats, in the order in which they are fuzzed.
[[nodiscard]] const std::vector<std::string>& format_names();

/// Of make_artefacts(), the parts that tests change by hand.
[[nodiscard]] Bytes sealed_file(Workshop& workshop, std::size_t part, bool seeded);
[[nodiscard]] Bytes sealed_whole(Workshop& workshop, bool seeded);
[[nodiscard]] Bytes request_file(Workshop& workshop);
[[nodiscard]] Bytes result_file(Workshop& workshop);
[[nodiscard]] Bytes task_message(const Workshop& workshop);

}  // namespace obscura::fuzz
