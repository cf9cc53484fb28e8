#include "deploy/submit/model_at_site.hpp"

#include <fmt/format.h>

#include "artifact/header.hpp"
#include "runtime/wire/limits.hpp"
#include "runtime/wire/manifest_file.hpp"

namespace obscura::deploy::submit {

namespace wire = runtime::wire;
using base::ErrorCode;

base::Result<ModelAtSite> find_model(const net::BlobRef& model, const net::BlobRef& eval_keys, net::Site& site) {
  OBSCURA_TRY(const bool has_model, site.blobs->has(model));
  if (!has_model) {
    return base::fail(ErrorCode::kUnknownModel, fmt::format("the site does not hold the model {}", model.text()),
                      "`obscura push` it first, or wait until the push is over");
  }
  OBSCURA_TRY(const bool has_keys, site.blobs->has(eval_keys));
  if (!has_keys) {
    return base::fail(ErrorCode::kMissingKey,
                      fmt::format("the site does not hold the evaluation keys {}", eval_keys.text()),
                      "`obscura push` the model with these keys first");
  }
  ModelAtSite found{model, eval_keys};
  // Larger than any manifest: a whole model, which is not fetched only to look at its header.
  if (model.size > wire::kMaxManifestBytes) return found;
  const std::string name = "model " + model.text();
  OBSCURA_TRY(const auto bytes, site.blobs->get(model, wire::kMaxManifestBytes));
  OBSCURA_TRY(const auto header, artifact::read_any_header(bytes, bytes.size(), name));
  if (header.kind != artifact::ArtifactKind::kManifest) return found;
  // Whoever named the model vouches for it; who signed it is the workers' question.
  OBSCURA_TRY(const auto read, wire::read_manifest(bytes, name, nullptr));
  found.shards = wire::shards_of(read.manifest);
  found.plan = read.manifest.plan;
  found.key = read.manifest.key;
  return found;
}

}  // namespace obscura::deploy::submit
