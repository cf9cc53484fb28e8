#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "deploy/net/blob_ref.hpp"
#include "deploy/submit/judge_replicas.hpp"

namespace obscura::deploy::submit {

/// A request whose right answer is known, since its submitter evaluated it beforehand. Evaluation is exact to the bit:
/// whoever answers it otherwise computed something else. To a worker it is a request like any other, as long as it was
/// never seen before, so each is used once.
struct Canary {
  net::BlobRef model;
  net::BlobRef eval_keys;
  std::vector<std::uint8_t> request;
  std::vector<net::BlobRef> made;  ///< by each step (net::steps_before), the last of which is the result
};

/// Canaries as files FOLDER/NAME.canary, readable by their owner only: whoever reads one can tell it apart from other
/// requests. Several processes may share a folder; none gets what another got.
class CanaryStock {
 public:
  /// Opens or creates the folder. Error: kIo.
  [[nodiscard]] static base::Result<CanaryStock> open(const std::string& folder);

  /// Error: kIo, also when it is there already.
  [[nodiscard]] base::Result<void> add(const Canary& canary);
  /// One for this model and these keys, and never again: its file moves to FOLDER/used. Nothing: the stock is used up.
  /// Errors: kIo, kCorrupt, kUnsupported (another version).
  [[nodiscard]] base::Result<std::optional<Canary>> take(const net::BlobRef& model, const net::BlobRef& eval_keys);
  /// How many are left for them, as the beginnings of their files say: a spoilt one counts until it is taken. Error:
  /// kIo.
  [[nodiscard]] base::Result<std::size_t> left(const net::BlobRef& model, const net::BlobRef& eval_keys) const;

 private:
  explicit CanaryStock(std::string folder) : folder_(std::move(folder)) {}
  std::string folder_;
};

/// Holds what groups made of a canary against what is known. Whether any group answered. `job` names it in the error.
/// Error: kDisagreement, which names the groups that answered wrong and from which stage on.
[[nodiscard]] base::Result<bool> check_canary(const Canary& canary, const std::string& job,
                                              std::span<const ReplicaOutcome> outcomes);

}  // namespace obscura::deploy::submit
