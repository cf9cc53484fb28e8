#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "deploy/net/clock.hpp"

namespace obscura::deploy::net {

struct Revoked {
  std::uint32_t number = 0;
  std::vector<std::string> identities;  ///< described, of the workers that are trusted no more
  std::string folder;                   ///< where their public halves lie from here on
};

/// Takes a group of workers out of a trust folder: its identities move to revoked/, in one step (of the group without a
/// name one after the other), and a line in revoked/log.jsonl says when. Programs that run read the folder again:
/// workers of the group stop, and what they sign counts no more. The group "default" are the workers without one.
/// Errors: kNotFound (no such group, or it is empty), kIo, those of load_site_trust.
[[nodiscard]] base::Result<Revoked> revoke_group(const std::string& trust_folder, const std::string& name, Instant now);

}  // namespace obscura::deploy::net
