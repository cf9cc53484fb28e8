#include "deploy/worker/belongs_to.hpp"

namespace obscura::deploy::worker {

bool belongs_to(const runtime::wire::SealedModel& stage, const artifact::Digest& key,
                const runtime::wire::ManifestFile& file) {
  runtime::wire::StagePlace place = stage.place();
  place.weights.clear();
  return place == file.place && stage.key() == key;
}

}  // namespace obscura::deploy::worker
