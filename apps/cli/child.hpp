#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"

namespace obscura::apps::cli {

/// Runs a program as a process of its own and waits for it. Its standard error is ours. Returns what it printed.
/// Errors: kIo when it cannot be started or dies of a signal; otherwise the child's own exit code as error code.
[[nodiscard]] base::Result<std::string> run_child(const std::vector<std::string>& command);

/// A program that is installed beside this one. Error: kNotFound.
[[nodiscard]] base::Result<std::string> sibling_program(const std::string& name);

}  // namespace obscura::apps::cli
