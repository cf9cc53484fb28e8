#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "deploy/net/answer.hpp"

namespace obscura::deploy::submit {

/// What came of one group's replica of a job: exactly one of the three.
struct ReplicaOutcome {
  std::uint32_t group = 0;
  std::string name;                              ///< of the group
  std::optional<net::Answer> answer = {};        ///< done, and verified to the last receipt
  std::optional<base::Error> refusal = {};       ///< it says, or its silence does, that there is none
  std::optional<base::Error> not_credible = {};  ///< it is not what a worker of the group may have signed
};

/// Whether the answer to a job may be used: which of `outcomes` to take it from. Of one group its answer stands. Of
/// several all that answered must agree in every stage, and at least two must have answered; nothing was decrypted by
/// then. `job` names it in the error. Errors: kDisagreement, which names the groups that differ from the majority and
/// from which stage on, or, when there is none, that one is wrong and the first stage at which they differ; the first
/// group's refusal when fewer than two answered.
[[nodiscard]] base::Result<std::size_t> judge_replicas(const std::string& job,
                                                       std::span<const ReplicaOutcome> outcomes);

}  // namespace obscura::deploy::submit
