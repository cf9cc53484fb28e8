#include <fmt/format.h>

#include <cmath>

#include "apps/cli/command.hpp"
#include "artifact/header.hpp"
#include "artifact/identity.hpp"
#include "base/file.hpp"
#include "fhe/secret/key_file.hpp"
#include "fhe/secret/release_count_file.hpp"
#include "plan/program/operation.hpp"
#include "plan/program/verify.hpp"
#include "plan/weights/plan_file.hpp"
#include "runtime/wire/evaluation_keys_file.hpp"
#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/intermediate_file.hpp"
#include "runtime/wire/key_content.hpp"
#include "runtime/wire/limits.hpp"
#include "runtime/wire/manifest_file.hpp"
#include "runtime/wire/part_file.hpp"
#include "runtime/wire/public_key_file.hpp"
#include "runtime/wire/request_file.hpp"
#include "runtime/wire/sealed_model.hpp"
#include "runtime/wire/spec_file.hpp"

namespace obscura::apps::cli {

namespace {

namespace wire = runtime::wire;
using artifact::ArtifactKind;
using Bytes = std::span<const std::uint8_t>;

/// Facts in the order in which they are shown.
class Facts {
 public:
  template <class Value>
  void add(const std::string& name, const Value& value) {
    report_.figures[name] = value;
    report_.text += fmt::format("{:<22}{}\n", name, value);
  }
  void add(const std::string& name, const artifact::Digest& digest) { add(name, artifact::fingerprint(digest)); }
  [[nodiscard]] Report take() { return std::move(report_); }

 private:
  Report report_;
};

base::Result<void> add_params(Facts& facts, const fhe::params::ParamLiteral& literal, bool insecure) {
  OBSCURA_TRY(const auto params,
              insecure ? fhe::params::ParamSet::create_insecure({literal}) : fhe::params::ParamSet::create(literal));
  facts.add("security_bits", insecure ? 0 : static_cast<int>(literal.security));
  facts.add("log_n", literal.log_n);
  facts.add("log_qp", std::round(params.log2_qp() * 100) / 100);
  facts.add("primes", fmt::format("{} | {}", fmt::join(literal.q_bits, " "), fmt::join(literal.p_bits, " ")));
  return {};
}

std::string outputs_text(const plan::program::Program& program) {
  std::vector<std::string> outputs;
  for (const auto& output : program.outputs) {
    outputs.push_back(fmt::format("{} ({})", output.name, output.element.size()));
  }
  return fmt::format("{}", fmt::join(outputs, ", "));
}

void add_images(Facts& facts, const plan::program::InputPacking& packing) {
  if (packing.images > 1) facts.add("images", packing.images);
}

base::Result<void> add_program(Facts& facts, const plan::program::Program& program) {
  OBSCURA_TRY_VOID(add_params(facts, program.params, program.insecure));
  facts.add("plan", wire::plan_digest(program));
  facts.add("instructions", program.instructions.size());
  facts.add("weights", program.weights.size());
  facts.add("evaluation_keys", program.key_needs.size());
  add_images(facts, program.input_packing);
  facts.add("scores", plan::program::score_count(program));
  if (program.outputs.size() > 1) facts.add("outputs", outputs_text(program));
  facts.add("score_error_bound", program.error.score_error_bound);
  return {};
}

void add_provenance(Facts& facts, const wire::CiphertextInfo& info) {
  facts.add("plan", info.provenance.plan);
  facts.add("key", info.provenance.key);
  facts.add("ciphertexts", info.ciphertexts);
  if (info.provenance.images > 0) facts.add("images", info.provenance.images);
  std::vector<int> levels;
  for (const auto level : info.levels) levels.push_back(level.value());
  if (levels.size() == 1) {
    facts.add("level", levels.front());
  } else {
    facts.add("levels", fmt::format("{}", fmt::join(levels, " ")));
  }
}

base::Result<void> add_public_key(Facts& facts, Bytes bytes, const std::string& path) {
  OBSCURA_TRY(const auto file, wire::PublicKeyFile::open(bytes, path));
  const auto& input = file.form().input_spec;
  OBSCURA_TRY_VOID(add_params(facts, file.form().params, file.form().insecure));
  facts.add("plan", file.plan());
  facts.add("key", file.key());
  facts.add("input", fmt::format("{} x {} x {}, pixel * {:g}", input.channels, input.height, input.width, input.scale));
  facts.add("ciphertexts", file.form().input_packing.ciphertexts);
  add_images(facts, file.form().input_packing);
  return {};
}

base::Result<void> add_secret_key(Facts& facts, Bytes bytes, const std::string& path) {
  OBSCURA_TRY(const auto summary, fhe::secret::summarize_key_file(bytes, path));
  OBSCURA_TRY(const auto content, wire::read_key_content(summary.info.parameters, path));
  OBSCURA_TRY_VOID(add_params(facts, content.program.params, content.program.insecure));
  facts.add("protected", summary.is_protected ? "by a passphrase" : "no");
  facts.add("plan", summary.info.spec);
  facts.add("key", content.key);
  return {};
}

base::Result<void> add_sealed_model(Facts& facts, Bytes bytes, const std::string& path) {
  OBSCURA_TRY(const auto model, wire::SealedModel::open(bytes, path, nullptr));
  facts.add("signer", artifact::describe(model.signer()));
  facts.add("key", model.key());
  return add_program(facts, model.program());
}

base::Result<void> add_sealed_stage(Facts& facts, Bytes bytes, const std::string& path) {
  OBSCURA_TRY(const auto stage, wire::SealedModel::open_stage(bytes, path, nullptr));
  const plan::program::Program& program = stage.program();
  facts.add("signer", artifact::describe(stage.signer()));
  facts.add("key", stage.key());
  OBSCURA_TRY_VOID(add_params(facts, program.params, program.insecure));
  facts.add("plan", stage.place().plan);
  facts.add("sealing", stage.place().sealing);
  facts.add("stage", stage.place().number);
  facts.add("stages", stage.place().count);
  if (stage.place().is_merge()) facts.add("shard", "merge");
  if (stage.place().is_shard()) facts.add("shard", stage.place().shard);
  if (stage.place().is_split()) facts.add("shards", stage.place().shards);
  facts.add("instructions", program.instructions.size());
  facts.add("weights", program.weights.size());
  facts.add("evaluation_keys", program.key_needs.size());
  facts.add("ciphertexts_in", program.input_packing.ciphertexts);
  facts.add("ciphertexts_out", program.results.size());
  return {};
}

base::Result<void> add_manifest(Facts& facts, Bytes bytes, const std::string& path) {
  OBSCURA_TRY(const auto read, wire::read_manifest(bytes, path, nullptr));
  facts.add("signer", artifact::describe(read.signer));
  facts.add("key", read.manifest.key);
  facts.add("plan", read.manifest.plan);
  facts.add("sealing", read.manifest.sealing);
  facts.add("stages", read.manifest.stages.size());
  for (std::size_t i = 0; i < read.manifest.stages.size(); ++i) {
    const wire::ManifestStage& stage = read.manifest.stages[i];
    for (std::size_t shard = 0; shard < stage.shards.size(); ++shard) {
      const wire::ManifestShard& one = stage.shards[shard];
      facts.add(fmt::format("stage_{}_shard_{}", i + 1, shard + 1),
                fmt::format("{} bytes, sha256 {}, {} evaluation keys, {} ciphertexts out, {:.0f} MB of memory, "
                            "predicted {:.1f} ms",
                            one.bytes, one.file.hex(), one.key_needs.size(), one.results,
                            static_cast<double>(one.cost.memory_bytes) / 1e6, one.cost.latency_ms));
    }
    facts.add(fmt::format("stage_{}{}", i + 1, stage.shards.empty() ? "" : "_merge"),
              fmt::format("{} bytes, sha256 {}, {} evaluation keys, {} ciphertexts in, {} out, {:.0f} MB of "
                          "memory, predicted {:.1f} ms",
                          stage.bytes, stage.file.hex(), stage.key_needs.size(), stage.inputs, stage.results,
                          static_cast<double>(stage.cost.memory_bytes) / 1e6, stage.cost.latency_ms));
  }
  return {};
}

base::Result<void> add_intermediate(Facts& facts, Bytes bytes, const std::string& path) {
  OBSCURA_TRY(const auto info, wire::inspect_intermediate(bytes, path));
  add_provenance(facts, info.content);
  facts.add("request", info.content.provenance.request);
  facts.add("sealing", info.sealing);
  facts.add("made_by_stage", info.stage);
  facts.add("stages", info.stages);
  return {};
}

base::Result<void> add_part(Facts& facts, Bytes bytes, const std::string& path) {
  OBSCURA_TRY(const auto info, wire::inspect_part(bytes, path));
  add_provenance(facts, info.content);
  facts.add("request", info.content.provenance.request);
  facts.add("sealing", info.sealing);
  facts.add("stage", info.stage);
  facts.add("stages", info.stages);
  facts.add("made_by_shard", info.shard);
  facts.add("shards", info.shards);
  return {};
}

base::Result<void> add_content(Facts& facts, ArtifactKind kind, Bytes bytes, const std::string& path) {
  switch (kind) {
    case ArtifactKind::kIdentitySecret:
      return {};
    case ArtifactKind::kIdentityPublic: {
      OBSCURA_TRY(const auto identity, artifact::load_public_identity(path));
      facts.add("identity", artifact::describe(identity));
      return {};
    }
    case ArtifactKind::kPlan: {
      OBSCURA_TRY(const auto plan, plan::weights::read_plan(bytes, path));
      return add_program(facts, plan.program);
    }
    case ArtifactKind::kSpec: {
      OBSCURA_TRY(const auto spec, wire::read_spec(bytes, path));
      return add_program(facts, spec.program);
    }
    case ArtifactKind::kSecretKey:
      return add_secret_key(facts, bytes, path);
    case ArtifactKind::kPublicKey:
      return add_public_key(facts, bytes, path);
    case ArtifactKind::kEvaluationKeys: {
      OBSCURA_TRY(const auto info, wire::inspect_evaluation_keys(bytes, path));
      facts.add("plan", info.plan);
      facts.add("key", info.key);
      facts.add("evaluation_keys", info.keys);
      return {};
    }
    case ArtifactKind::kSealedModel:
      return add_sealed_model(facts, bytes, path);
    case ArtifactKind::kCiphertext: {
      OBSCURA_TRY(const auto info, wire::inspect_request(bytes, path));
      add_provenance(facts, info);
      return {};
    }
    case ArtifactKind::kResult: {
      OBSCURA_TRY(const auto info, wire::inspect_result(bytes, path));
      add_provenance(facts, info);
      facts.add("request", info.provenance.request);
      return {};
    }
    case ArtifactKind::kSealedStage:
    case ArtifactKind::kSealedShard:
      return add_sealed_stage(facts, bytes, path);
    case ArtifactKind::kManifest:
      return add_manifest(facts, bytes, path);
    case ArtifactKind::kIntermediate:
      return add_intermediate(facts, bytes, path);
    case ArtifactKind::kPart:
      return add_part(facts, bytes, path);
    case ArtifactKind::kReleaseCount: {
      OBSCURA_TRY(const auto count, fhe::secret::inspect_release_count(bytes, path));
      facts.add("key", count.key);
      facts.add("released", count.released);
      return {};
    }
  }
  return base::fail(base::ErrorCode::kUnsupported, path + ": an unknown kind of file", "use a newer version");
}

base::Result<Report> run_inspect(const std::string& path) {
  OBSCURA_TRY(const auto file, base::MappedFile::open(path, wire::kMaxSealedModelBytes));
  OBSCURA_TRY(const auto header, artifact::read_any_header(file.bytes(), file.bytes().size(), path));
  Facts facts;
  facts.add("file", path);
  facts.add("kind", artifact::describe(header.kind));
  facts.add("bytes", file.bytes().size());
  if (header.insecure()) facts.add("INSECURE", "made with test-size parameters that protect nothing");
  OBSCURA_TRY_VOID(add_content(facts, header.kind, file.bytes(), path));
  return facts.take();
}

}  // namespace

void add_inspect(CLI::App& app, const Global&, Action& action) {
  auto path = std::make_shared<std::string>();
  auto* command =
      app.add_subcommand("inspect", "Say what a file is: parameters, security, sizes, fingerprints, signer");
  command->add_option("FILE", *path, "Any file of ours")->required();
  command->callback([&action, path] { action = [path] { return run_inspect(*path); }; });
}

}  // namespace obscura::apps::cli
