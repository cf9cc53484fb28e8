#pragma once

#include <vector>

#include "base/result.hpp"
#include "compiler/graph/final_ops.hpp"
#include "plan/program/program.hpp"

namespace obscura::compiler::compile {

/// What the key holder makes of each output's scores: one softmax, log-softmax or argmax over all of them; reshapes and
/// an argmax behind a softmax change nothing about it. [outputs] Errors: kUnsupported naming the node where one runs
/// over a part of the scores, or where two follow each other in another way.
[[nodiscard]] base::Result<std::vector<plan::program::Finish>> finishes_of(const graph::Stripped& network);

}  // namespace obscura::compiler::compile
