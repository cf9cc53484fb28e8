#pragma once

#include <string_view>
#include <vector>

#include "fuzz/artefacts.hpp"

namespace obscura::fuzz {

/// Of the protected secret key among the artefacts.
inline constexpr std::string_view kPassphrase = "open sesame";

/// Messages between machines, what a submitter keeps, images and tensors, and the text files of a site.
[[nodiscard]] std::vector<Artefact> texts_and_messages(const Workshop& workshop);

/// A secret or a public identity.
[[nodiscard]] Bytes identity_file(const Workshop& workshop, bool secret);

}  // namespace obscura::fuzz
