#pragma once

#include <string>
#include <vector>

#include "apps/cli/demo_story.hpp"
#include "base/result.hpp"

namespace obscura::apps::cli {

/// What the same requests took when they were jobs of three workers at a NATS site, one job at a time.
struct Distributed {
  std::vector<double> job_ms;    ///< from request bytes in hand to result bytes verified, of each request
  std::vector<double> stage_ms;  ///< thereof computing, by the workers' receipts
};

/// Starts a NATS site on this machine with a worker per stage, each of which holds no other, pushes the model of
/// `story`, which was prepared in stages, and submits the requests. `results`: files with the bytes of one process, in
/// the same order. Errors: kMismatch (an answer has other bytes than the result); those of start_dev_server,
/// Service::start, push and JobDesk.
[[nodiscard]] base::Result<Distributed> run_distributed(const Story& story, const std::vector<std::string>& requests,
                                                        const std::vector<std::string>& results, const Global& global);

/// Adds the figures and their lines. `bare_ms`: what each request took in one process.
void add_distributed(Report& report, const Distributed& distributed, const std::vector<double>& bare_ms);

}  // namespace obscura::apps::cli
