#include "deploy/net/compare_replicas.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace obscura::deploy::net {
namespace {

using Replicas = std::vector<const ReplicaSteps*>;

// Those that made the same of a step as most did; the first of several such sets.
Replicas largest_agreement(const Replicas& replicas, std::size_t step) {
  Replicas largest;
  for (const ReplicaSteps* one : replicas) {
    Replicas same;
    std::copy_if(replicas.begin(), replicas.end(), std::back_inserter(same), [&](const ReplicaSteps* other) {
      return other->receipts[step].outputs == one->receipts[step].outputs;
    });
    if (same.size() > largest.size()) largest = std::move(same);
  }
  return largest;
}

}  // namespace

Comparison compare_replicas(std::span<const ReplicaSteps> replicas) {
  OBSCURA_CHECK(!replicas.empty(), "there is nothing to compare");
  const std::size_t steps = replicas.front().receipts.size();
  Replicas left;
  for (const ReplicaSteps& replica : replicas) {
    OBSCURA_CHECK(replica.receipts.size() == steps, "replicas of one job have the same steps");
    left.push_back(&replica);
  }
  Comparison comparison;
  for (std::size_t step = 0; step < steps; ++step) {
    const Replicas agreeing = largest_agreement(left, step);
    if (agreeing.size() == left.size()) continue;
    const Step place = left.front()->receipts[step].step;
    if (!comparison.difference) comparison.difference = place;
    // More than half of all that were compared, not of those that are left: two of four are no majority.
    if (2 * agreeing.size() <= replicas.size()) return {.difference = comparison.difference};
    for (const ReplicaSteps* replica : left) {
      const bool differs = std::find(agreeing.begin(), agreeing.end(), replica) == agreeing.end();
      if (differs) comparison.dissents.push_back({replica->group, place});
    }
    left = agreeing;
  }
  for (const ReplicaSteps* replica : left) comparison.majority.push_back(replica->group);
  return comparison;
}

std::optional<Step> first_difference(std::span<const Receipt> receipts, std::span<const std::vector<BlobRef>> known) {
  OBSCURA_CHECK(receipts.size() == known.size(), "as many steps as are known");
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    if (receipts[i].outputs != known[i]) return receipts[i].step;
  }
  return std::nullopt;
}

}  // namespace obscura::deploy::net
