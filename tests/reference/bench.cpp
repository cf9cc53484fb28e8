#include "tests/reference/bench.hpp"

#include <array>

#include "fhe/ring/arithmetic.hpp"
#include "fhe/ring/sample.hpp"
#include "fhe/secret/generate_keys.hpp"

namespace obscura::tests::reference {
namespace {

ckks::KeyKind kind_of(const std::string& name) {
  if (name == "relinearize") return ckks::KeyKind::kRelinearize;
  return name == "galois" ? ckks::KeyKind::kGalois : ckks::KeyKind::kGaloisRelinearize;
}

}  // namespace

Bench::Bench(const params::ParamLiteral& literal, const ckks::EngineOptions& options)
    : context_(ckks::Context::create(params::ParamSet::create_insecure({literal}).value(), options).value()),
      secret_(fhe::secret::SecretKey::from_seed(context_->ring(), seed_of("secret"))) {}

ring::EvaluationPoly Bench::poly(std::uint64_t index, params::Level level, bool special) const {
  return ring::uniform(ring(), special ? ring().basis_qp(level) : ring().basis_q(level), seed_of("operands"), index);
}

ckks::Ciphertext Bench::ciphertext(std::uint64_t index, params::Level level) const {
  return {poly(2 * index, level), poly(2 * index + 1, level), level, fresh_scale()};
}

ckks::ProductCiphertext Bench::product(std::uint64_t index, params::Level level) const {
  return {poly(3 * index, level), poly(3 * index + 1, level), poly(3 * index + 2, level), level,
          fresh_scale() * fresh_scale()};
}

ckks::Plaintext Bench::message(std::uint64_t index, params::Level level, bool extended,
                               const params::Scale& scale) const {
  const ring::CoefficientPoly residues = ring::to_coefficient(ring(), poly(index, params::Level(0)));
  const auto q = static_cast<std::int64_t>(params().q()[0].value());
  std::vector<std::int64_t> integers;
  for (const std::uint64_t residue : residues.words()) {
    const auto value = static_cast<std::int64_t>(residue);
    integers.push_back((value > q / 2 ? value - q : value) & 0xFFFFF);
  }
  return encoder().encode_rounded(integers, level, scale, extended);
}

ring::GaloisElement Bench::galois(const std::string& step) const {
  if (step == "conjugate") return ring::galois_of_conjugation(params().log_n());
  return ring::galois_of_rotation(params::RotationStep(std::stoi(step)), params().log_n());
}

const ckks::SwitchingKey& Bench::key(const std::string& kind, const std::string& step, int level) {
  const std::string name = kind + " " + step + " " + std::to_string(level);
  const auto found = keys_.find(name);
  if (found != keys_.end()) return found->second;
  return keys_.emplace(name, make_key(kind, step, level)).first->second;
}

ckks::SwitchingKey Bench::make_key(const std::string& kind, const std::string& step, int level) const {
  const std::string name = kind + " " + step + " " + std::to_string(level);
  random::Stream errors = errors_of(name);
  const ckks::KeyId id{kind_of(kind), galois(step)};
  return fhe::secret::make_switching_key(ring(), secret_, id, params::Level(level), seed_of(name), errors);
}

const ckks::EvaluationKeys& Bench::transform_keys() {
  if (!transform_keys_.all().empty()) return transform_keys_;
  const auto add = [&](const char* kind, const char* step) {
    transform_keys_.insert({kind_of(kind), galois(step)}, make_key(kind, step, top().value()));
  };
  for (const char* step : {"1", "2", "3", "-2"}) add("galois", step);
  for (const char* step : {"2", "-2"}) add("galois_relinearize", step);
  add("relinearize", "0");
  return transform_keys_;
}

ckks::PublicKey Bench::public_key() const {
  random::Stream errors = errors_of("public");
  return fhe::secret::make_public_key(ring(), secret_, seed_of("public"), errors);
}

fhe::secret::EncapsulationKeys Bench::encapsulation_keys(params::Level level) const {
  random::Stream errors = errors_of("encapsulation");
  random::Stream sparse(seed_of("sparse"), random::Domain::kSecretKey, 0);
  return fhe::secret::make_encapsulation_keys(ring(), secret_, level, seed_of("encapsulation"), errors, sparse);
}

params::Scale fresh_scale() {
  return params::Scale::power_of_two(30);
}

std::vector<std::complex<double>> test_slots(std::uint64_t index, std::size_t count) {
  random::Stream stream(seed_of("slots"), random::Domain::kTest, index);
  const auto part = [&stream] {
    std::array<std::uint8_t, 8> bytes{};
    stream.fill(bytes);
    const int low = bytes[0] + (bytes[1] << 8) + ((bytes[2] & 0x1F) << 16);
    return (low - 0x100000) / 1048576.0;
  };
  std::vector<std::complex<double>> slots(count);
  for (std::complex<double>& slot : slots) {
    const double real = part();
    slot = {real, part()};
  }
  return slots;
}

random::Stream errors_of(const std::string& text) {
  return {seed_of("errors " + text), random::Domain::kError, 0};
}

void append(const ring::EvaluationPoly& poly, std::vector<std::uint64_t>& words) {
  words.insert(words.end(), poly.words().begin(), poly.words().end());
}

Bytes words_of(const std::vector<const ring::EvaluationPoly*>& polys) {
  std::vector<std::uint64_t> words;
  for (const ring::EvaluationPoly* poly : polys) append(*poly, words);
  return bytes_of(words);
}

Bytes words_of(const ckks::Ciphertext& ciphertext) {
  return words_of({&ciphertext.c0(), &ciphertext.c1()});
}

Bytes words_of(const ring::PolyPair& pair) {
  return words_of({&pair.c0, &pair.c1});
}

}  // namespace obscura::tests::reference
