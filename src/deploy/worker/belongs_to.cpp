#include "deploy/worker/belongs_to.hpp"

namespace obscura::deploy::worker {

bool belongs_to(const runtime::wire::SealedModel& stage, const runtime::wire::Manifest& manifest, std::size_t number) {
  const runtime::wire::StagePlace& place = stage.place();
  return place.sealing == manifest.sealing && place.number == number && place.count == manifest.stages.size() &&
         place.plan == manifest.plan && stage.key() == manifest.key;
}

}  // namespace obscura::deploy::worker
