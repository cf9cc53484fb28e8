#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "deploy/net/blob_ref.hpp"
#include "deploy/net/receipt.hpp"

namespace obscura::deploy::net {

/// What one operator group made of a job, step by step, as it signed it: an Answer's trail and its ending.
struct ReplicaSteps {
  std::uint32_t group = 0;
  std::vector<Receipt> receipts;  ///< of all steps, in their order
};

/// A group that differs from the majority, and the first step at which it does.
struct Dissent {
  std::uint32_t group = 0;
  Step step;

  friend bool operator==(const Dissent&, const Dissent&) = default;
};

struct Comparison {
  /// The first step that not all made the same of; nothing: they agree to the last bit.
  std::optional<Step> difference = {};
  std::vector<Dissent> dissents = {};        ///< from the groups that more than half of those compared belong to
  std::vector<std::uint32_t> majority = {};  ///< who is left; empty when there is no such majority
};

/// Holds replicas of one job against each other. Evaluation is exact to the bit, so honest ones agree in every step.
/// Whoever differs at a step is left out of the comparison of later ones. All have the same steps (open_answer).
[[nodiscard]] Comparison compare_replicas(std::span<const ReplicaSteps> replicas);

/// The first step whose outputs are not those that are `known`, step by step; nothing: all are.
[[nodiscard]] std::optional<Step> first_difference(std::span<const Receipt> receipts,
                                                   std::span<const std::vector<BlobRef>> known);

}  // namespace obscura::deploy::net
