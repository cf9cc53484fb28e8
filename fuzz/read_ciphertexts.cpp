#include <array>

#include "artifact/header.hpp"
#include "fuzz/readers.hpp"
#include "runtime/wire/intermediate_file.hpp"
#include "runtime/wire/part_file.hpp"

namespace obscura::fuzz {
namespace {

namespace wire = runtime::wire;
using artifact::ArtifactKind;
using plan::program::Program;

template <class T>
Reading refusal(const base::Result<T>& result) {
  return {result.error(), std::nullopt};
}

/// Values that the other shard could have made, to read beside its part.
std::vector<fhe::ckks::Ciphertext> any_results(Model& model, const Program& program) {
  std::vector<fhe::ckks::Ciphertext> ciphertexts;
  for (const auto id : program.results) {
    ciphertexts.push_back(model.encrypt(program.instructions[static_cast<std::size_t>(id.value())]));
  }
  return ciphertexts;
}

}  // namespace

Reading Readers::ciphertext(std::span<const std::uint8_t> bytes) const {
  const auto header = artifact::read_any_header(bytes, bytes.size(), "x.ct");
  if (header && header->kind == ArtifactKind::kIntermediate) return intermediate(bytes);
  if (header && header->kind == ArtifactKind::kPart) return part(bytes);
  return request(bytes);
}

Reading Readers::request(std::span<const std::uint8_t> bytes) const {
  Model& model = workshop_.whole();
  const auto info = wire::inspect_request(bytes, "x.ct");
  if (!info) return refusal(info);
  const wire::Expected due = expected(model, model.program(), info->provenance.key);
  const auto request = wire::read_request(bytes, "x.ct", model.ring(), due);
  if (!request) return refusal(request);
  wire::Provenance provenance{due.plan, due.key, {}};
  provenance.images = request->images;
  return {std::nullopt, wire::write_request(model.ring(), due.params, true, provenance, request->ciphertexts)};
}

Reading Readers::result(std::span<const std::uint8_t> bytes) const {
  Model& model = workshop_.whole();
  const auto info = wire::inspect_result(bytes, "x.result");
  if (!info) return refusal(info);
  const wire::Expected due = expected(model, model.program(), info->provenance.key);
  const auto result = wire::read_result(bytes, "x.result", model.ring(), due);
  if (!result) return refusal(result);
  if (const auto images = wire::images_in(*result, "x.result", due); !images) return refusal(images);
  wire::Provenance provenance{due.plan, due.key, result->request};
  provenance.images = result->images;
  return {std::nullopt, wire::write_result(model.ring(), due.params, true, provenance, result->ciphertexts)};
}

Reading Readers::intermediate(std::span<const std::uint8_t> bytes) const {
  Model& model = workshop_.staged();
  const auto info = wire::inspect_intermediate(bytes, "x.mid");
  if (!info) return refusal(info);
  // What the first stage hands to a shard of the second.
  const wire::Expected due = expected(model, workshop_.parts()[1].program, info->content.provenance.key);
  const auto received = wire::read_intermediate(bytes, "x.mid", model.ring(), due, workshop_.place(1));
  if (!received) return refusal(received);
  wire::Provenance provenance{due.plan, due.key, received->request};
  provenance.images = received->images;
  return {std::nullopt, wire::write_intermediate(model.ring(), due.params, true, provenance, workshop_.place(0),
                                                 received->ciphertexts)};
}

Reading Readers::part(std::span<const std::uint8_t> bytes) const {
  Model& model = workshop_.staged();
  const auto info = wire::inspect_part(bytes, "x.part");
  if (!info) return refusal(info);
  const wire::Expected due =
      expected(model, workshop_.parts()[workshop_.merge()].program, info->content.provenance.key);
  wire::Provenance provenance{due.plan, due.key, info->content.provenance.request};
  provenance.images = info->content.provenance.images;
  const std::size_t mine = info->shard == 2 ? 2 : 1;
  const std::size_t other = 3 - mine;
  const Bytes beside = wire::write_part(model.ring(), due.params, true, provenance, workshop_.place(other),
                                        any_results(model, workshop_.parts()[other].program));
  std::array<wire::FileBytes, 2> files = {bytes, beside};
  if (mine == 2) std::swap(files[0], files[1]);
  const auto received = wire::read_parts(files, "x.part", model.ring(), due, workshop_.place(workshop_.merge()));
  if (!received) return refusal(received);
  const auto first = workshop_.parts()[1].program.results.size();
  const std::span<const fhe::ckks::Ciphertext> all(received->ciphertexts);
  provenance.request = received->request;
  return {std::nullopt, wire::write_part(model.ring(), due.params, true, provenance, workshop_.place(mine),
                                         mine == 1 ? all.first(first) : all.subspan(first))};
}

}  // namespace obscura::fuzz
