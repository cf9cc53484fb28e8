#include "deploy/worker/belongs_to.hpp"

namespace obscura::deploy::worker {

bool belongs_to(const runtime::wire::SealedModel& stage, const runtime::wire::Manifest& manifest,
                const runtime::wire::ManifestFile& file) {
  runtime::wire::StagePlace place = stage.place();
  place.weights.clear();
  return place == file.place && stage.key() == manifest.key;
}

}  // namespace obscura::deploy::worker
