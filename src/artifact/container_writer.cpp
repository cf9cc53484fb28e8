#include <algorithm>
#include <array>
#include <utility>

#include "artifact/container.hpp"
#include "artifact/detail/container_front.hpp"
#include "artifact/detail/container_layout.hpp"
#include "base/check.hpp"
#include "base/secret.hpp"

namespace obscura::artifact {
namespace {

bool is_secret(ArtifactKind kind) {
  return kind == ArtifactKind::kIdentitySecret || kind == ArtifactKind::kSecretKey;
}

}  // namespace

// All that comes before the sections, and where each of them goes.
struct ContainerWriter::Front {
  std::vector<std::uint8_t> bytes;
  std::vector<Section> sections;
  std::uint64_t total_bytes = 0;
};

ContainerWriter::ContainerWriter(ArtifactKind kind, const Digest& params, bool insecure, std::uint16_t version)
    : header_{.kind = kind, .flags = insecure ? kFlagInsecure : 0, .params = params, .version = version} {
  OBSCURA_CHECK(version >= 1 && version <= newest_version(kind), "a file of a version that there is not");
}

ContainerWriter::~ContainerWriter() {
  if (!is_secret(header_.kind)) return;
  for (auto& section : sections_) base::wipe(section);
}

void ContainerWriter::add(std::uint32_t id, std::vector<std::uint8_t> bytes) {
  OBSCURA_CHECK(known_ids_.insert(id).second, "a section id was added twice");
  ids_.push_back(id);
  sections_.push_back(std::move(bytes));
}

ContainerWriter::Front ContainerWriter::front(const SigningKey* signer) const {
  Front front;
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    Section& section = front.sections.emplace_back(Section{.id = ids_[i], .length = sections_[i].size()});
    detail::digest_section(sections_[i], section);
  }
  front.total_bytes = detail::place_sections(front.sections, signer != nullptr);
  front.bytes = detail::write_front(header_, front.sections, front.total_bytes, signer);
  return front;
}

std::vector<std::uint8_t> ContainerWriter::finish(const SigningKey* signer) const {
  Front front = this->front(signer);
  std::vector<std::uint8_t> file(static_cast<std::size_t>(front.total_bytes));
  std::copy(front.bytes.begin(), front.bytes.end(), file.begin());
  for (std::size_t i = 0; i < sections_.size(); ++i) {
    std::copy(sections_[i].begin(), sections_[i].end(),
              file.begin() + static_cast<std::ptrdiff_t>(front.sections[i].offset));
  }
  return file;
}

base::Result<void> ContainerWriter::write_file(const std::string& path, mode_t mode, base::Existing existing,
                                               const SigningKey* signer) const {
  static constexpr std::array<std::uint8_t, kLargeAlignment> kZeros{};
  const Front front = this->front(signer);
  OBSCURA_TRY(base::AtomicFile file, base::AtomicFile::create(path, mode));
  OBSCURA_TRY_VOID(file.write(front.bytes));
  std::uint64_t position = front.bytes.size();
  for (std::size_t i = 0; i < sections_.size(); ++i) {
    const auto padding = static_cast<std::size_t>(front.sections[i].offset - position);
    OBSCURA_TRY_VOID(file.write(std::span(kZeros).first(padding)));
    OBSCURA_TRY_VOID(file.write(sections_[i]));
    position = front.sections[i].offset + sections_[i].size();
  }
  return file.commit(existing);
}

}  // namespace obscura::artifact
