#include "deploy/submit/judge_replicas.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "deploy/net/compare_replicas.hpp"

namespace obscura::deploy::submit {
namespace {

using base::ErrorCode;
using Outcomes = std::span<const ReplicaOutcome>;

constexpr const char* kHint =
    "answer the request with a model of your own (`obscura run`) to see who is right; `obscura-admin revoke GROUP` "
    "takes a group's rights away";

std::string name_of(Outcomes outcomes, std::uint32_t group) {
  const auto found =
      std::find_if(outcomes.begin(), outcomes.end(), [&](const auto& one) { return one.group == group; });
  return found->name;
}

// "acme", "acme and borea", "acme, borea and cobo".
std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  }
  return text;
}

std::vector<std::string> names_of(Outcomes outcomes, std::span<const net::ReplicaSteps> replicas) {
  std::vector<std::string> names;
  for (const net::ReplicaSteps& replica : replicas) names.push_back(name_of(outcomes, replica.group));
  return names;
}

std::string who_differs(Outcomes outcomes, const net::Comparison& comparison,
                        std::span<const net::ReplicaSteps> replicas) {
  const std::string all = listed(names_of(outcomes, replicas));
  if (comparison.majority.empty()) {
    return replicas.size() == 2 ? fmt::format("the groups {} differ, first at stage {}: one of the two is wrong", all,
                                              comparison.difference->stage + 1)
                                : fmt::format("the groups {} differ, first at stage {}, and no majority agrees", all,
                                              comparison.difference->stage + 1);
  }
  std::vector<std::string> majority;
  for (const std::uint32_t group : comparison.majority) majority.push_back(name_of(outcomes, group));
  std::vector<std::string> dissents;
  for (const net::Dissent& dissent : comparison.dissents) {
    dissents.push_back(fmt::format("{} from stage {} on", name_of(outcomes, dissent.group), dissent.step.stage + 1));
  }
  return fmt::format("what differs from the majority ({}) is {}", listed(majority), listed(dissents));
}

std::vector<std::string> incredible(Outcomes outcomes) {
  std::vector<std::string> faults;
  for (const ReplicaOutcome& outcome : outcomes) {
    if (!outcome.not_credible) continue;
    faults.push_back(
        fmt::format("the answer of group {} does not hold: {}", outcome.name, outcome.not_credible->message));
  }
  return faults;
}

tl::unexpected<base::Error> too_few(const std::string& job, Outcomes outcomes, std::size_t answered) {
  const auto first = std::find_if(outcomes.begin(), outcomes.end(), [](const auto& one) { return one.refusal; });
  OBSCURA_CHECK(first != outcomes.end(), "a replica has an answer, a refusal or a fault");
  const std::string who = answered == 0 ? "no group" : "one group alone";
  return base::fail(first->refusal->code,
                    fmt::format("{} of {} answered job {}, and one answer is not compared; group {}: {}", who,
                                outcomes.size(), job, first->name, first->refusal->message),
                    first->refusal->hint);
}

}  // namespace

base::Result<std::size_t> judge_replicas(const std::string& job, Outcomes outcomes) {
  OBSCURA_CHECK(!outcomes.empty(), "a job has a replica");
  if (outcomes.size() == 1) {
    const ReplicaOutcome& only = outcomes.front();
    if (only.answer) return std::size_t{0};
    return tl::make_unexpected(only.refusal ? *only.refusal : *only.not_credible);
  }
  std::vector<net::ReplicaSteps> replicas;
  std::optional<std::size_t> first;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (!outcomes[i].answer) continue;
    if (!first) first = i;
    net::ReplicaSteps steps{.group = outcomes[i].group, .receipts = outcomes[i].answer->trail};
    steps.receipts.push_back(outcomes[i].answer->ending);
    replicas.push_back(std::move(steps));
  }
  std::vector<std::string> faults = incredible(outcomes);
  if (replicas.size() >= 2) {
    const net::Comparison comparison = net::compare_replicas(replicas);
    if (comparison.difference) faults.insert(faults.begin(), who_differs(outcomes, comparison, replicas));
  }
  if (!faults.empty()) {
    return base::fail(ErrorCode::kDisagreement,
                      fmt::format("job {} has no answer that counts: {}", job, fmt::join(faults, "; ")), kHint);
  }
  if (replicas.size() < 2) return too_few(job, outcomes, replicas.size());
  return *first;
}

}  // namespace obscura::deploy::submit
