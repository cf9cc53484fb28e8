#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "deploy/net/blob_ref.hpp"
#include "deploy/net/catalogue.hpp"
#include "deploy/net/site.hpp"

namespace obscura::deploy::submit {

/// A file that goes to a site, and the name it has there.
struct PushFile {
  std::string path;
  net::BlobRef ref;
};

struct PushPlan {
  std::vector<PushFile> files;  ///< in the order in which they are stored: what names others comes last
  net::CatalogueEntry entry;
  std::vector<std::uint32_t> shards = {1};  ///< of each stage; 1: it is not split
  std::uint64_t total_bytes = 0;
};

/// What has to be stored for a model (a manifest with its stage files beside it, or a whole sealed model) and
/// evaluation keys for it. Reads and names all files. Errors: kNotFound, kIo; kMismatch (a stage file is not the one
/// that the manifest names, keys of another plan or key pair); those of read_manifest, SealedModel::open and
/// inspect_evaluation_keys. Who signed the model is the workers' question.
[[nodiscard]] base::Result<PushPlan> plan_push(const std::string& model, const std::string& eval_keys);

/// Stores it all, has its tasks handed out (Site::open_lane), and lists it in the site's catalogue. What is there
/// already, and what an interrupted push left, is not moved again. `progress` hears of all bytes together. Errors:
/// those of BlobStore::put, Site::open_lane and Catalogue::add.
[[nodiscard]] base::Result<void> push_model(const PushPlan& plan, net::Site& site, const net::BlobProgress& progress);

}  // namespace obscura::deploy::submit
