#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "artifact/digest.hpp"
#include "base/file.hpp"
#include "base/result.hpp"
#include "deploy/net/address.hpp"
#include "deploy/net/job.hpp"

namespace obscura::deploy::submit {

/// What a submitter remembers of a job from before it is handed in: so that after a crash, or the loss of the site, the
/// very same job can be handed in again.
struct Ticket {
  net::Job job;                             ///< of replica 0
  std::vector<std::uint32_t> groups = {0};  ///< operator groups that each do the whole job, at least one
  artifact::Digest source;                  ///< of what was encrypted: another input under the same name is noticed
  std::vector<std::vector<std::uint8_t>> inputs;  ///< requests; empty once the answer has been read

  /// The job as one of the groups has it.
  [[nodiscard]] net::Job job_of(std::uint32_t group) const;
};

/// Tickets as files FOLDER/TENANT/JOB, readable by their owner only. Several processes may share a folder.
class TicketStore {
 public:
  /// Opens or creates the folder. Error: kIo.
  [[nodiscard]] static base::Result<TicketStore> open(const std::string& folder);

  /// Errors: kCorrupt, kUnsupported (another version), kIo.
  [[nodiscard]] base::Result<std::optional<Ticket>> find(const std::string& tenant, const std::string& job) const;
  /// Durable when it returns. Error: kIo, also when there is an older one and `existing` is kRefuse.
  [[nodiscard]] base::Result<void> keep(const Ticket& ticket, base::Existing existing);

 private:
  explicit TicketStore(std::string folder) : folder_(std::move(folder)) {}
  std::string folder_;
};

}  // namespace obscura::deploy::submit
