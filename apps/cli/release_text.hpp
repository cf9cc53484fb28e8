#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "deploy/client/release.hpp"

namespace obscura::apps::cli {

/// "three, margin 2.5" and what has to be said about it; with `scores` a line of all of them.
[[nodiscard]] std::string text_of(const deploy::client::Release& release, bool scores);

/// The same as figures.
[[nodiscard]] nlohmann::json figures_of(const deploy::client::Release& release, bool scores);

/// A line for each image of an answer that people know as `name`, in the order in which they were encrypted;
/// `is_numbered`: from 0, when a request holds several.
[[nodiscard]] std::string text_of(const std::string& name, std::span<const deploy::client::Release> releases,
                                  bool is_numbered, bool scores);

/// The same as an array of figures, with the number of each image.
[[nodiscard]] nlohmann::json figures_of(std::span<const deploy::client::Release> releases, bool scores);

}  // namespace obscura::apps::cli
