#include "runtime/wire/spec_file.hpp"

#include "artifact/container.hpp"
#include "plan/program/labels.hpp"
#include "plan/program/serialize.hpp"
#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/limits.hpp"
#include "runtime/wire/sections.hpp"

namespace obscura::runtime::wire {

std::vector<std::uint8_t> write_spec(const plan::program::Program& program, std::span<const std::string> labels) {
  artifact::ContainerWriter file(artifact::ArtifactKind::kSpec, params_digest(program.params, program.insecure),
                                 program.insecure);
  file.add(number(SectionId::kProgram), plan::program::serialize(program));
  file.add(number(SectionId::kLabels), plan::program::serialize_labels(labels));
  return file.finish();
}

base::Result<Spec> read_spec(std::span<const std::uint8_t> file, const std::string& name) {
  OBSCURA_TRY(const auto reader,
              artifact::ContainerReader::open(file, {artifact::ArtifactKind::kSpec, name, kMaxSpecBytes}));
  OBSCURA_TRY_VOID(check_sections(reader.sections().size(), 2, name));
  OBSCURA_TRY(const auto program_bytes, reader.section(number(SectionId::kProgram)));
  OBSCURA_TRY(const auto label_bytes, reader.section(number(SectionId::kLabels)));
  OBSCURA_TRY(auto program, plan::program::parse(program_bytes));
  OBSCURA_TRY(auto labels, plan::program::parse_labels(label_bytes, program.outputs.front().element.size()));
  OBSCURA_TRY_VOID(
      check_header(reader.header(), params_digest(program.params, program.insecure), program.insecure, name));
  return Spec{std::move(program), std::move(labels), artifact::sha256(program_bytes)};
}

}  // namespace obscura::runtime::wire
