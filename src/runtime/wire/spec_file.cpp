#include "runtime/wire/spec_file.hpp"

#include "artifact/container.hpp"
#include "base/bytes.hpp"
#include "plan/program/serialize.hpp"
#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/limits.hpp"
#include "runtime/wire/sections.hpp"

namespace obscura::runtime::wire {

namespace {

base::Result<std::vector<std::string>> read_labels(std::span<const std::uint8_t> bytes, const std::string& name) {
  base::ByteReader reader(bytes, "the labels of " + name);
  std::vector<std::string> labels(reader.count(kMaxLabels, 4));
  for (auto& label : labels) label = reader.string(kMaxLabelBytes);
  OBSCURA_TRY_VOID(reader.finish());
  return labels;
}

}  // namespace

std::vector<std::uint8_t> write_spec(const plan::program::Program& program, std::span<const std::string> labels) {
  artifact::ContainerWriter file(artifact::ArtifactKind::kSpec, params_digest(program.params, program.insecure),
                                 program.insecure);
  file.add(number(SectionId::kProgram), plan::program::serialize(program));
  base::ByteWriter out;
  out.u32(static_cast<std::uint32_t>(labels.size()));
  for (const auto& label : labels) out.string(label);
  file.add(number(SectionId::kLabels), out.take());
  return file.finish();
}

base::Result<Spec> read_spec(std::span<const std::uint8_t> file, const std::string& name) {
  OBSCURA_TRY(const auto reader,
              artifact::ContainerReader::open(file, {artifact::ArtifactKind::kSpec, name, kMaxSpecBytes}));
  OBSCURA_TRY(const auto program_bytes, reader.section(number(SectionId::kProgram)));
  OBSCURA_TRY(const auto label_bytes, reader.section(number(SectionId::kLabels)));
  OBSCURA_TRY(auto labels, read_labels(label_bytes, name));
  OBSCURA_TRY(auto program, plan::program::parse(program_bytes));
  OBSCURA_TRY_VOID(check_header(reader.header(), program, name));
  return Spec{std::move(program), std::move(labels), artifact::sha256(program_bytes)};
}

}  // namespace obscura::runtime::wire
