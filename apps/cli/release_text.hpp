#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "deploy/client/release.hpp"

namespace obscura::apps::cli {

/// "three, margin 2.5" and what has to be said about it; with `scores` a line of all of them.
[[nodiscard]] std::string text_of(const deploy::client::Release& release, bool scores);

/// The same as figures.
[[nodiscard]] nlohmann::json figures_of(const deploy::client::Release& release, bool scores);

}  // namespace obscura::apps::cli
