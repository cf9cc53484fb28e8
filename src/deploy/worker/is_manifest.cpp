#include "deploy/worker/is_manifest.hpp"

#include "artifact/header.hpp"
#include "base/file.hpp"
#include "runtime/wire/limits.hpp"

namespace obscura::deploy::worker {

base::Result<bool> is_manifest(const std::string& path) {
  OBSCURA_TRY(const auto file, base::MappedFile::open(path, runtime::wire::kMaxSealedModelBytes));
  OBSCURA_TRY(const auto header, artifact::read_any_header(file.bytes(), file.bytes().size(), path));
  return header.kind == artifact::ArtifactKind::kManifest;
}

}  // namespace obscura::deploy::worker
