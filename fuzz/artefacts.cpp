#include "fuzz/artefacts.hpp"

#include <array>
#include <string_view>
#include <utility>

#include "base/check.hpp"
#include "fhe/secret/key_file.hpp"
#include "fuzz/artefact_networks.hpp"
#include "fuzz/artefact_texts.hpp"
#include "plan/weights/plan_file.hpp"
#include "runtime/wire/evaluation_keys_file.hpp"
#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/intermediate_file.hpp"
#include "runtime/wire/key_content.hpp"
#include "runtime/wire/manifest_file.hpp"
#include "runtime/wire/part_file.hpp"
#include "runtime/wire/public_key_file.hpp"
#include "runtime/wire/request_file.hpp"
#include "runtime/wire/sealed_model.hpp"
#include "runtime/wire/spec_file.hpp"

namespace obscura::fuzz {
namespace {

namespace wire = runtime::wire;
using fhe::ckks::Ciphertext;
using plan::program::Program;

std::vector<Ciphertext> encrypt_results(Model& model, const Program& program) {
  std::vector<Ciphertext> ciphertexts;
  for (const auto id : program.results) {
    ciphertexts.push_back(model.encrypt(program.instructions[static_cast<std::size_t>(id.value())]));
  }
  return ciphertexts;
}

/// A weight as it is encrypted under a secret key: half of it, and the name of the other half.
fhe::ckks::SeededCiphertext half_of(Ciphertext ciphertext, std::uint64_t index) {
  const auto level = ciphertext.level();
  const auto scale = ciphertext.scale();
  auto [c0, c1] = std::move(ciphertext).release();
  return {std::move(c0), tests::seed_of(5), index, level, scale};
}

wire::SealedForm form_of(bool seeded) {
  return seeded ? wire::SealedForm::kSeeded : wire::SealedForm::kTwoPart;
}

base::Result<void> write_model(base::Result<wire::SealedModelWriter> file, const artifact::SigningKey& signer,
                               Model& model, const Program& program, const wire::StagePlace& place, bool seeded) {
  OBSCURA_TRY(wire::SealedModelWriter writer, std::move(file));
  for (std::size_t i = 0; i < program.weights.size(); ++i) {
    Ciphertext weight = model.encrypt(program.weights[i]);
    if (seeded) {
      OBSCURA_TRY_VOID(writer.add(half_of(std::move(weight), place.number_of_weight(i))));
    } else {
      OBSCURA_TRY_VOID(writer.add(weight));
    }
  }
  return writer.commit(signer);
}

Bytes evaluation_keys(const Model& model) {
  const ScratchFolder folder;
  OBSCURA_CHECK(wire::write_evaluation_keys(folder.path("keys"), model.ring(), model.program(), model.key(),
                                            model.engine().keys()),
                "evaluation keys are written");
  return folder.read("keys");
}

Bytes secret_key(const Model& model, std::string_view passphrase) {
  fhe::secret::KeyFile file;
  file.info.params = wire::params_digest(model.program().params, model.program().insecure);
  file.info.spec = wire::plan_digest(model.program());
  file.info.insecure = model.program().insecure;
  file.info.parameters = wire::write_key_content({model.key(), model.program()});
  file.labels = model.plan().labels;
  file.secret_seed = tests::seed_of(11);
  const std::span text(reinterpret_cast<const std::uint8_t*>(passphrase.data()), passphrase.size());
  return fhe::secret::encode_key_file(file, {text, passphrase.empty(), {1, 8192}}).value();
}

wire::Manifest manifest(const Workshop& workshop, const Model& model) {
  wire::Manifest manifest;
  manifest.params = wire::params_digest(model.program().params, model.program().insecure);
  manifest.insecure = model.program().insecure;
  manifest.plan = workshop.place(0).plan;
  manifest.key = model.key();
  manifest.sealing = workshop.place(0).sealing;
  for (std::size_t i = 0; i < workshop.parts().size(); ++i) {
    const Program& program = workshop.parts()[i].program;
    const auto results = static_cast<std::uint32_t>(program.results.size());
    const artifact::Digest name = artifact::sha256(std::array<std::uint8_t, 1>{static_cast<std::uint8_t>(i)});
    if (workshop.place(i).shard == 1) {
      manifest.stages.emplace_back().inputs = static_cast<std::uint32_t>(program.input_packing.ciphertexts);
    }
    auto& stage = manifest.stages.back();
    if (workshop.place(i).is_shard()) {
      stage.shards.push_back({name, 1000 + i, results, program.cost, program.key_needs});
    } else {
      stage.file = name;
      stage.bytes = 1000 + i;
      stage.results = results;
      stage.cost = program.cost;
      stage.key_needs = program.key_needs;
    }
  }
  return manifest;
}

Bytes manifest_file(const Workshop& workshop, const Model& model) {
  const ScratchFolder folder;
  OBSCURA_CHECK(wire::write_manifest(folder.path("m"), manifest(workshop, model), workshop.signer()),
                "a manifest is written");
  return folder.read("m");
}

Bytes intermediate_file(Workshop& workshop) {
  Model& model = workshop.staged();
  const wire::Expected whole = wire::expect(model.program(), model.key());
  const Program& first = workshop.parts().front().program;
  return wire::write_intermediate(model.ring(), whole.params, true, {whole.plan, whole.key, whole.params},
                                  workshop.place(0), encrypt_results(model, first));
}

Bytes part_file(Workshop& workshop, std::size_t part) {
  Model& model = workshop.staged();
  const wire::Expected whole = wire::expect(model.program(), model.key());
  return wire::write_part(model.ring(), whole.params, true, {whole.plan, whole.key, whole.params}, workshop.place(part),
                          encrypt_results(model, workshop.parts()[part].program));
}

std::vector<Artefact> files_of_keys(Workshop& workshop) {
  std::vector<Artefact> files;
  const Model& whole = workshop.whole();
  files.push_back({"key", "secret", secret_key(whole, "")});
  files.push_back({"key", "secret_protected", secret_key(whole, kPassphrase)});
  files.push_back(
      {"key", "public", wire::write_public_key(whole.ring(), whole.program(), whole.engine().public_key())});
  files.push_back({"key", "identity_secret", identity_file(workshop, true)});
  files.push_back({"key", "identity_public", identity_file(workshop, false)});
  files.push_back({"evaluation_keys", "whole", evaluation_keys(whole)});
  return files;
}

}  // namespace

Bytes sealed_whole(Workshop& workshop, bool seeded) {
  Model& model = workshop.whole();
  const ScratchFolder folder;
  auto file = wire::SealedModelWriter::create(folder.path("model"), model.ring(), model.program(), model.key(),
                                              form_of(seeded));
  OBSCURA_CHECK(write_model(std::move(file), workshop.signer(), model, model.program(), {}, seeded),
                "a sealed model is written");
  return folder.read("model");
}

Bytes sealed_file(Workshop& workshop, std::size_t part, bool seeded) {
  Model& model = workshop.staged();
  const Program& program = workshop.parts()[part].program;
  const wire::StagePlace& place = workshop.place(part);
  const ScratchFolder folder;
  auto file =
      wire::SealedModelWriter::create(folder.path("model"), model.ring(), program, model.key(), form_of(seeded), place);
  OBSCURA_CHECK(write_model(std::move(file), workshop.signer(), model, program, place, seeded),
                "a sealed model is written");
  return folder.read("model");
}

Bytes request_file(Workshop& workshop) {
  Model& model = workshop.whole();
  const wire::Expected whole = wire::expect(model.program(), model.key());
  const auto& first = model.program().instructions.front();
  std::vector<Ciphertext> ciphertexts;
  for (int i = 0; i < model.program().input_packing.ciphertexts; ++i) ciphertexts.push_back(model.encrypt(first));
  return wire::write_request(model.ring(), whole.params, true, {whole.plan, whole.key, {}}, ciphertexts);
}

Bytes result_file(Workshop& workshop) {
  Model& model = workshop.whole();
  const wire::Expected whole = wire::expect(model.program(), model.key());
  return wire::write_result(model.ring(), whole.params, true, {whole.plan, whole.key, whole.params},
                            encrypt_results(model, model.program()));
}

std::vector<Artefact> make_artefacts(Workshop& workshop) {
  std::vector<Artefact> all = networks();
  const plan::weights::Plan& whole = workshop.whole().plan();
  all.push_back({"plan", "whole", plan::weights::write_plan(whole)});
  all.push_back({"spec", "whole", wire::write_spec(whole.program, whole.labels)});
  const plan::weights::Plan& staged = workshop.staged().plan();
  all.push_back({"spec", "staged", wire::write_spec(staged.program, staged.labels)});
  all.push_back({"sealed", "whole", sealed_whole(workshop, true)});
  all.push_back({"sealed", "whole_two_part", sealed_whole(workshop, false)});
  for (std::size_t part = 0; part < workshop.parts().size(); ++part) {
    all.push_back({"sealed", "part" + std::to_string(part), sealed_file(workshop, part, true)});
  }
  all.push_back({"manifest", "staged", manifest_file(workshop, workshop.staged())});
  for (Artefact& file : files_of_keys(workshop)) all.push_back(std::move(file));
  all.push_back({"ciphertext", "request", request_file(workshop)});
  all.push_back({"ciphertext", "intermediate", intermediate_file(workshop)});
  all.push_back({"ciphertext", "part1", part_file(workshop, 1)});
  all.push_back({"ciphertext", "part2", part_file(workshop, 2)});
  all.push_back({"result", "whole", result_file(workshop)});
  for (Artefact& text : texts_and_messages(workshop)) all.push_back(std::move(text));
  return all;
}

const std::vector<std::string>& format_names() {
  static const std::vector<std::string> kNames = {
      "onnx",       "plan",   "spec", "sealed", "manifest", "key",    "evaluation_keys",
      "ciphertext", "result", "job",  "ticket", "image",    "tensor", "site"};
  return kNames;
}

}  // namespace obscura::fuzz
