#pragma once

#include <map>
#include <string>

#include "tests/golden/opened_site.hpp"

namespace obscura::tests::golden {

/// By name, what the files say that are not artefacts: messages, tickets, canaries, a queue, lists of settings.
[[nodiscard]] std::map<std::string, std::string> meaning_of_messages(const OpenedSite& site);

}  // namespace obscura::tests::golden
