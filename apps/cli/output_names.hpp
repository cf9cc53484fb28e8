#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace obscura::apps::cli {

/// Where what is made of each input goes: to `output` (one input), or into `folder` under the input's name with this
/// suffix: "digits/3.png" gives FOLDER/3.ct, "t10k-images.gz:17" gives FOLDER/t10k-images.gz-17.ct. `what` is what
/// messages call them. Error: kUsage, unless exactly one of the two is given, and when two would have one name.
[[nodiscard]] base::Result<std::vector<std::string>> output_paths(std::span<const std::string> inputs,
                                                                  const std::string& output, const std::string& folder,
                                                                  const std::string& suffix, const std::string& what);

}  // namespace obscura::apps::cli
