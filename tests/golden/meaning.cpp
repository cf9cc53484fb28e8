#include "tests/golden/meaning.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>

#include "artifact/container.hpp"
#include "artifact/identity.hpp"
#include "base/bytes.hpp"
#include "fhe/secret/key_file.hpp"
#include "fhe/secret/release_count_file.hpp"
#include "plan/program/request_form.hpp"
#include "plan/program/serialize.hpp"
#include "plan/weights/plan_file.hpp"
#include "runtime/wire/evaluation_keys_file.hpp"
#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/intermediate_file.hpp"
#include "runtime/wire/key_content.hpp"
#include "runtime/wire/manifest_file.hpp"
#include "runtime/wire/part_file.hpp"
#include "runtime/wire/spec_file.hpp"
#include "tests/golden/message_meaning.hpp"

namespace obscura::tests::golden {
namespace {

namespace program = plan::program;

/// SHA-256 over decoded values, each as little-endian bytes.
class Tally {
 public:
  Tally& add(const ring::EvaluationPoly& poly) {
    base::ByteWriter bytes;
    for (const std::uint64_t word : poly.words()) bytes.u64(word);
    sha_.update(bytes.view());
    return *this;
  }
  Tally& add(const ckks::Ciphertext& ciphertext) { return add(ciphertext.c0()).add(ciphertext.c1()); }
  Tally& add(double value) {
    base::ByteWriter bytes;
    bytes.f64(value);
    sha_.update(bytes.view());
    return *this;
  }
  std::string text() { return sha_.finish().hex(); }

 private:
  artifact::Sha256 sha_;
};

std::string words_of(const std::vector<ckks::Ciphertext>& ciphertexts) {
  Tally tally;
  for (const ckks::Ciphertext& ciphertext : ciphertexts) tally.add(ciphertext);
  std::vector<int> levels;
  for (const ckks::Ciphertext& ciphertext : ciphertexts) levels.push_back(ciphertext.level().value());
  return fmt::format("levels {} words {}", fmt::join(levels, " "), tally.text());
}

std::string program_text(const program::Program& program) {
  return fmt::format("N 2^{} instructions {} weights {} keys {} images {} bootstraps {} digest {}",
                     program.params.log_n, program.instructions.size(), program.weights.size(),
                     program.key_needs.size(), program.input_packing.images, program.bootstrap ? "yes" : "no",
                     wire::plan_digest(program).hex());
}

/// Collects the lines.
class Reading {
 public:
  explicit Reading(const OpenedSite& site) : site_(site) {}

  std::string all() {
    read_identities();
    read_plans();
    read_keys();
    read_models();
    read_ciphertexts();
    for (const char* version : {"v3", "v4", "v5", "v6"}) read_program(fmt::format("program.{}", version));
    for (const auto& [name, text] : meaning_of_messages(site_)) say(name, text);
    return text_;
  }

 private:
  void say(const std::string& name, const std::string& what) { text_ += fmt::format("{}: {}\n", name, what); }
  [[nodiscard]] const Bytes& bytes(const std::string& name) const { return site_.bytes(name); }

  void read_identities() {
    const auto secret = artifact::load_secret_identity(site_.path("identity.v1")).value();
    const auto open = artifact::load_public_identity(site_.path("identity.pub.v1")).value();
    say("identity.v1", artifact::describe(secret.public_identity()));
    say("identity.pub.v1", artifact::describe(open));
  }

  void read_plans() {
    const auto plan = plan::weights::read_plan(bytes("plan.v1"), "plan.v1").value();
    Tally weights;
    for (const auto& slots : plan.weights.values) {
      for (const auto& value : slots) weights.add(value.real()).add(value.imag());
    }
    Tally times;
    for (const double ms : plan.predicted_ms) times.add(ms);
    say("plan.v1", fmt::format("{} labels {} values {} times {}", program_text(plan.program),
                               fmt::join(plan.labels, " "), weights.text(), times.text()));
    const auto spec = wire::read_spec(bytes("spec.v1"), "spec.v1").value();
    say("spec.v1", fmt::format("plan {} labels {}", spec.plan.hex(), fmt::join(spec.labels, " ")));
  }

  void read_secret_key(const std::string& name, const std::string& passphrase) {
    const std::span said(reinterpret_cast<const std::uint8_t*>(passphrase.data()), passphrase.size());
    const auto key = fhe::secret::decode_key_file(bytes(name), name, said).value();
    const auto content = wire::read_key_content(key.info.parameters, name).value();
    const std::string cap = key.release_cap > 0 ? fmt::format(" releases {}", key.release_cap) : "";
    say(name, fmt::format("params {} spec {} insecure {} key {} labels {} seed {}{}", key.info.params.hex(),
                          key.info.spec.hex(), key.info.insecure, content.key.hex(), fmt::join(key.labels, " "),
                          artifact::sha256(key.secret_seed.bytes).hex(), cap));
  }

  void read_keys() {
    read_secret_key("secret-key.v1", "");
    read_secret_key("secret-key-passphrase.v1", kPassphrase);
    read_secret_key("secret-key-capped.v1", "");
    read_secret_key("secret-key-capped.v2", "");
    const fhe::secret::CountTagKey tag(site_.secret().secret->reveal_secret_seed());
    const auto count =
        fhe::secret::decode_release_count(bytes("release-count.v1"), "count", site_.secret().content.key, tag).value();
    say("release-count.v1", fmt::format("key {} released {}", count.key.hex(), count.released));
    const auto file = wire::PublicKeyFile::open(bytes("public-key.v1"), "public-key.v1").value();
    const auto key = file.load(site_.ring()).value();
    say("public-key.v1",
        fmt::format("plan {} key {} form {} words {}", file.plan().hex(), file.key().hex(),
                    artifact::sha256(program::serialize(file.form())).hex(), Tally().add(key.b).add(key.a).text()));
    const auto keys =
        wire::read_evaluation_keys(bytes("evaluation-keys.v1"), "evaluation-keys.v1", site_.ring(), site_.expected())
            .value();
    Tally halves;
    for (const auto& [id, each] : keys.all()) {
      for (std::size_t digit = 0; digit < each.b().size(); ++digit) halves.add(each.b()[digit]).add(each.a()[digit]);
    }
    say("evaluation-keys.v1", fmt::format("keys {} words {}", keys.all().size(), halves.text()));
  }

  void read_model(const std::string& name, const wire::SealedModel& model) {
    Tally weights;
    for (std::size_t i = 0; i < model.weights(); ++i) {
      weights.add(model.weight(site_.ring(), program::WeightId(static_cast<int>(i))).value());
    }
    say(name, fmt::format("{} of plan {} key {} signer {} {} words {}", model.place().text(), model.place().plan.hex(),
                          model.key().hex(), artifact::describe(model.signer()), program_text(model.program()),
                          weights.text()));
  }

  void read_models() {
    read_model("sealed-model.v1",
               wire::SealedModel::open(bytes("sealed-model.v1"), "sealed-model.v1", &site_.trust()).value());
    for (const char* name : {"stage-1.v1", "shard-1.v1", "shard-2.v1", "merge.v1", "stage-3.v1"}) {
      read_model(name, site_.stage(name));
    }
    const auto manifest = wire::read_manifest(bytes("manifest.v1"), "manifest.v1", &site_.trust()).value();
    std::string files;
    for (const wire::ManifestFile& file : wire::files_of(manifest.manifest, "m")) {
      files += fmt::format(" [{} {} bytes {}]", file.place.text(), file.bytes, file.file.hex());
    }
    say("manifest.v1",
        fmt::format("plan {} key {} sealing {} signer {}{}", manifest.manifest.plan.hex(), manifest.manifest.key.hex(),
                    manifest.manifest.sealing.hex(), artifact::describe(manifest.signer), files));
  }

  void say_received(const std::string& name, const wire::Received& received) {
    say(name, fmt::format("request {} {}", received.request.hex(), words_of(received.ciphertexts)));
  }

  void read_intermediate(const std::string& name, const std::string& reader) {
    const wire::SealedModel stage = site_.stage(reader);
    const auto expected = wire::expect_stage(stage.program(), stage.key(), stage.place().plan);
    say_received(name, wire::read_intermediate(bytes(name), name, site_.ring(), expected, stage.place()).value());
  }

  void read_ciphertexts() {
    say_received("request.v1",
                 wire::read_request(bytes("request.v1"), "request.v1", site_.ring(), site_.expected()).value());
    read_intermediate("intermediate-1.v1", "shard-1.v1");
    const wire::SealedModel merge = site_.stage("merge.v1");
    const auto expected = wire::expect_stage(merge.program(), merge.key(), merge.place().plan);
    const std::vector<wire::FileBytes> parts{bytes("part-1.v1"), bytes("part-2.v1")};
    say_received("part-1.v1 part-2.v1",
                 wire::read_parts(parts, "parts", site_.ring(), expected, merge.place()).value());
    read_intermediate("intermediate-2.v1", "stage-3.v1");
    say_received("result.v1",
                 wire::read_result(bytes("result.v1"), "result.v1", site_.ring(), site_.expected()).value());
  }

  void read_program(const std::string& name) { say(name, program_text(program::parse(bytes(name)).value())); }

  const OpenedSite& site_;
  std::string text_;
};

std::string container_layout(const Bytes& bytes, const std::string& name) {
  const artifact::Header header = artifact::read_any_header(bytes, bytes.size(), name).value();
  const auto reader = artifact::LazyContainerReader::open(bytes, {header.kind, name, bytes.size()}).value();
  std::string text = fmt::format("version {} kind {} flags {}", bytes[8], bytes[10], header.flags);
  for (const artifact::Section& section : reader.sections()) text += fmt::format(" {}:{}", section.id, section.length);
  return text;
}

}  // namespace

std::string meaning_of(const OpenedSite& site) {
  return Reading(site).all();
}

std::string layout_of(const Files& files) {
  std::string text;
  for (const auto& [name, bytes] : files) {
    const bool is_container = bytes.size() >= 8 && std::string(bytes.begin(), bytes.begin() + 7) == "OBSCURA";
    text += fmt::format("{}: {}\n", name,
                        is_container ? container_layout(bytes, name) : fmt::format("{} bytes", bytes.size()));
  }
  return text;
}

}  // namespace obscura::tests::golden
