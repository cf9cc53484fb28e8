#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "artifact/digest.hpp"
#include "base/result.hpp"
#include "deploy/net/blob_ref.hpp"
#include "deploy/net/site.hpp"

namespace obscura::deploy::submit {

/// What a submitter needs to know of a model and its keys to write a job.
struct ModelAtSite {
  net::BlobRef model;
  net::BlobRef eval_keys;
  std::vector<std::uint32_t> shards = {1};    ///< of each stage; 1: it is not split
  std::optional<artifact::Digest> plan = {};  ///< of a model in stages, as its manifest says
  std::optional<artifact::Digest> key = {};
};

/// Looks the model and the keys up at the site. Errors: kUnknownModel, kMissingKey, kCorrupt, kIo.
[[nodiscard]] base::Result<ModelAtSite> find_model(const net::BlobRef& model, const net::BlobRef& eval_keys,
                                                   net::Site& site);

}  // namespace obscura::deploy::submit
