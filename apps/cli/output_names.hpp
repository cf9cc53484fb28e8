#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace obscura::apps::cli {

/// The name of what is made of an input, without folder and suffix: "digits/3.png" gives 3, "t10k-images.gz:17" gives
/// t10k-images.gz-17.
[[nodiscard]] std::string stem_of(const std::string& input);

/// Where what is made of each input goes: to `output` (one input), or into `folder` under the input's name with this
/// suffix. `what` is what messages call them. Error: kUsage, unless exactly one of the two is given, and when two would
/// have one name.
[[nodiscard]] base::Result<std::vector<std::string>> output_paths(std::span<const std::string> inputs,
                                                                  const std::string& output, const std::string& folder,
                                                                  const std::string& suffix, const std::string& what);

}  // namespace obscura::apps::cli
