#include "artifact/container_file.hpp"

#include <utility>

#include "artifact/detail/container_front.hpp"
#include "base/check.hpp"

namespace obscura::artifact {

base::Result<ContainerFile> ContainerFile::create(const std::string& path, ArtifactKind kind, const Digest& params,
                                                  bool insecure, bool is_signed,
                                                  const std::vector<PlannedSection>& planned) {
  std::vector<Section> sections;
  sections.reserve(planned.size());
  for (const auto& [id, length] : planned) sections.push_back({.id = id, .length = length});
  OBSCURA_TRY(base::AtomicFile file, base::AtomicFile::create(path, base::kPublicMode));
  const Header header{.kind = kind, .flags = insecure ? kFlagInsecure : 0, .params = params};
  return ContainerFile(std::move(file), header, std::move(sections), is_signed);
}

ContainerFile::ContainerFile(base::AtomicFile file, const Header& header, std::vector<Section> sections, bool is_signed)
    : file_(std::move(file)),
      header_(header),
      sections_(std::move(sections)),
      total_bytes_(detail::place_sections(sections_, is_signed)),
      is_signed_(is_signed) {
  for (std::size_t i = 0; i < sections_.size(); ++i) unwritten_[sections_[i].id] = i;
  OBSCURA_CHECK(unwritten_.size() == sections_.size(), "a section id was planned twice");
}

base::Result<void> ContainerFile::write(std::uint32_t id, std::span<const std::uint8_t> bytes) {
  const auto planned = unwritten_.find(id);
  OBSCURA_CHECK(planned != unwritten_.end(), "a section is planned, and written once");
  Section& section = sections_[planned->second];
  OBSCURA_CHECK(bytes.size() == section.length, "a section has the length that was planned");
  detail::digest_section(bytes, section);
  unwritten_.erase(planned);
  return file_.write_at(section.offset, bytes);
}

base::Result<void> ContainerFile::commit(const SigningKey* signer) {
  OBSCURA_CHECK(unwritten_.empty(), "every section that was planned is written");
  OBSCURA_CHECK(is_signed_ == (signer != nullptr), "a file is signed as it was planned");
  OBSCURA_TRY_VOID(file_.write_at(0, detail::write_front(header_, sections_, total_bytes_, signer)));
  return file_.commit();
}

}  // namespace obscura::artifact
