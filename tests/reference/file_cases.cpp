#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "artifact/container.hpp"
#include "base/secret.hpp"
#include "fhe/ring/arithmetic.hpp"
#include "fhe/secret/encrypt_symmetric.hpp"
#include "fhe/secret/key_file.hpp"
#include "plan/program/request_form.hpp"
#include "plan/program/serialize.hpp"
#include "runtime/keys/key_id_of.hpp"
#include "runtime/wire/evaluation_keys_file.hpp"
#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/key_content.hpp"
#include "runtime/wire/polynomial.hpp"
#include "runtime/wire/public_key_file.hpp"
#include "runtime/wire/request_file.hpp"
#include "runtime/wire/sealed_model.hpp"
#include "tests/reference/cases.hpp"

namespace obscura::tests::reference {
namespace {

namespace program = plan::program;
namespace wire = runtime::wire;

artifact::SigningKey signer() {
  return artifact::SigningKey::from_seed(base::Secret(seed_of("signer").bytes));
}

Bytes of_digest(const artifact::Digest& digest) {
  return {digest.bytes.begin(), digest.bytes.end()};
}

/// What `write` leaves under a path.
template <class Write>
Bytes written(const Write& write) {
  const std::string path = testing::TempDir() + "obscura-known-answer";
  EXPECT_TRUE(write(path).has_value());
  std::ifstream file(path, std::ios::binary);
  Bytes bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::filesystem::remove(path);
  return bytes;
}

/// All that files of one program are made of.
struct Site {
  Site(Bench& given, const Bytes& bytes)
      : bench(given),
        ring(given.ring()),
        compiled(program::parse(bytes).value()),
        params(wire::params_digest(compiled.params, compiled.insecure)),
        plan(wire::plan_digest(compiled)),
        public_key(given.public_key()),
        key(wire::key_digest(ring, public_key)) {}

  [[nodiscard]] Bytes request() const {
    const std::array<ckks::Ciphertext, 1> input{bench.ciphertext(0, params::Level(3))};
    return wire::write_request(ring, params, true, {plan, key, {}, 0}, input);
  }

  Bench& bench;
  const ring::RingContext& ring;
  program::Program compiled;
  artifact::Digest params;
  artifact::Digest plan;
  ckks::PublicKey public_key;
  artifact::Digest key;
};

Bytes answer_evaluation_keys(const Site& site) {
  const std::array<const char*, 4> kinds{"relinearize", "galois", "galois", "galois_relinearize"};
  ckks::EvaluationKeys keys;
  for (const program::KeyNeed& need : site.compiled.key_needs) {
    const bool conjugates = need.kind == program::KeyKind::kConjugate;
    const std::string step = conjugates ? "conjugate" : std::to_string(need.step.value());
    keys.insert(runtime::keys::key_id_of(need, site.compiled.params.log_n),
                site.bench.make_key(kinds.at(static_cast<std::size_t>(need.kind)), step, need.level.value()));
  }
  return written([&](const std::string& path) {
    return wire::write_evaluation_keys(path, site.ring, site.compiled, site.key, keys);
  });
}

Bytes answer_sealed_model(const Site& site) {
  return written([&](const std::string& path) -> base::Result<void> {
    random::Stream errors = errors_of("sealed");
    OBSCURA_TRY(auto writer,
                wire::SealedModelWriter::create(path, site.ring, site.compiled, site.key, wire::SealedForm::kSeeded));
    for (std::size_t i = 0; i < site.compiled.weights.size(); ++i) {
      const program::WeightInfo& weight = site.compiled.weights[i];
      const ckks::Plaintext plaintext = site.bench.message(70 + i, weight.level, weight.extended, weight.scale);
      OBSCURA_TRY_VOID(writer.add(
          fhe::secret::encrypt_symmetric(site.ring, site.bench.secret(), plaintext, seed_of("sealed"), i, errors)));
    }
    return writer.commit(signer());
  });
}

Bytes answer_secret_key(const Site& site) {
  const Bytes content = wire::write_key_content({site.key, site.compiled});
  const artifact::Digest spec{seed_of("spec").bytes};
  const fhe::secret::KeyFile file{{site.params, spec, true, content}, {"cat", "d\xC3\xB6g"}, seed_of("secret")};
  fhe::secret::KeyProtection protection;
  protection.unprotected = true;
  return fhe::secret::encode_key_file(file, protection).value();
}

Bytes answer_result(const Site& site, std::uint32_t images) {
  const auto put = [&](std::uint64_t index, int instruction) {
    const program::Instruction& due = site.compiled.instructions[static_cast<std::size_t>(instruction)];
    const ckks::Ciphertext uniform = site.bench.ciphertext(index, due.level);
    return ckks::Ciphertext(ring::clone(site.ring, uniform.c0()), ring::clone(site.ring, uniform.c1()), due.level,
                            due.scale);
  };
  const std::array<ckks::Ciphertext, 2> answers{put(1, 7), put(2, 8)};
  const artifact::Digest request = wire::request_digest(site.request(), "request").value();
  return wire::write_result(site.ring, site.params, true, {site.plan, site.key, request, images}, answers);
}

}  // namespace

Bytes answer_container(const Vector& vector) {
  artifact::Digest params;
  for (std::size_t i = 0; i < 32; ++i) params.bytes[i] = static_cast<std::uint8_t>(i);
  const bool is_signed = vector.flag("signed");
  artifact::ContainerWriter writer(artifact::ArtifactKind::kResult, params, !is_signed);
  std::uint32_t section = 0;
  for (const std::string& length : vector.list("lengths")) {
    Bytes bytes(std::stoull(length));
    for (std::size_t k = 0; k < bytes.size(); ++k) bytes[k] = static_cast<std::uint8_t>(7 * k + section);
    writer.add(10 + section++, std::move(bytes));
  }
  if (!is_signed) return writer.finish();
  const artifact::SigningKey key = signer();
  return writer.finish(&key);
}

Bytes answer_parameters(const Vector& vector) {
  params::ParamLiteral literal;
  literal.log_n = vector.number("log_n");
  for (const std::string& bits : vector.list("q_bits")) literal.q_bits.push_back(std::stoi(bits));
  for (const std::string& bits : vector.list("p_bits")) literal.p_bits.push_back(std::stoi(bits));
  literal.security = static_cast<params::Security>(vector.number("security"));
  if (vector.text("op") == "parameters") {
    Bytes bytes = program::serialize_params(literal, false);
    bytes.resize(bytes.size() + 8);
    return bytes;
  }
  const params::ParamSet params = params::ParamSet::create(literal).value();
  std::vector<std::uint64_t> words;
  for (const auto primes : {params.q(), params.p()}) {
    for (const fhe::arith::Modulus& prime : primes) words.push_back(prime.value());
  }
  for (const params::DigitRange& digit : params.digits()) {
    words.push_back(static_cast<std::uint64_t>(digit.first));
    words.push_back(static_cast<std::uint64_t>(digit.count));
  }
  return bytes_of(words);
}

Bytes answer_file(Bench& bench, const Vector& vector, const Bytes& bytes) {
  const std::string& op = vector.text("op");
  if (op == "packed") {
    Bytes packed;
    wire::append_packed(bench.ring(), bench.poly(0, bench.top(), true), packed);
    return packed;
  }
  const Site site(bench, bytes);
  if (op == "program") return program::serialize(site.compiled);
  if (op == "plan_digest") return of_digest(site.plan);
  if (op == "request_form") return program::serialize(program::request_form_of(site.compiled));
  if (op == "key_digest") return of_digest(site.key);
  if (op == "public_key_file") return wire::write_public_key(site.ring, site.compiled, site.public_key);
  if (op == "evaluation_keys_file") return answer_evaluation_keys(site);
  if (op == "secret_key_file") return answer_secret_key(site);
  if (op == "request") return site.request();
  if (op == "result") return answer_result(site, 0);
  if (op == "result_of_images") return answer_result(site, 3);
  return op == "sealed_model" ? answer_sealed_model(site) : Bytes();
}

}  // namespace obscura::tests::reference
