#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <optional>

#include "apps/cli/command.hpp"
#include "apps/cli/measure.hpp"
#include "fhe/ckks/encrypt.hpp"
#include "fhe/ckks/multiply.hpp"
#include "fhe/ckks/relinearize.hpp"
#include "fhe/ckks/rotate.hpp"
#include "fhe/params/noise.hpp"
#include "fhe/secret/decrypt.hpp"
#include "fhe/secret/generate_keys.hpp"

namespace obscura::apps::cli {

namespace {

using Slots = std::vector<std::complex<double>>;

/// The parameter shapes of the operation table (docs/performance.md).
const fhe::params::ParamLiteral kShapes[] = {
    {13, {27, 27, 29, 29, 29, 29}, {37}, fhe::params::Security::k128},
    {14, {40, 40, 40, 40, 40, 40, 40}, {45, 45, 45}, fhe::params::Security::k128},
    {15, std::vector<int>(14, 40), {50, 50, 50, 50}, fhe::params::Security::k128},
    {16, std::vector<int>(24, 49), {50, 50, 50, 50, 50, 50, 50, 50}, fhe::params::Security::k128},
};

constexpr int kHoistedRotations = 16;
constexpr double kLargestValue = 1.5;  ///< of the modulus of a message's slot
/// The rounding of a division meets the key: a slot's error is a product of two complex Gaussians, with tail
/// exp(-sqrt(2) d) at d standard deviations. No slot of 2^15 is further off but once in 10^10 runs.
constexpr double kDeviations = 24;

/// One parameter set with keys and a message to work on.
struct Bench {
  std::unique_ptr<fhe::ckks::Context> context;
  std::optional<fhe::secret::SecretKey> secret;
  std::optional<fhe::ckks::PublicKey> public_key;
  fhe::ckks::EvaluationKeys keys;
  fhe::params::Scale scale = fhe::params::Scale::power_of_two(0);
  fhe::params::Level level{0};
  Slots message;
  double fresh_sd = 0;  ///< predicted error of a slot of a fresh or rotated ciphertext

  [[nodiscard]] const fhe::ring::RingContext& ring() const { return context->ring(); }
  [[nodiscard]] fhe::ckks::Plaintext encode() const { return context->encoder().encode(message, level, scale); }
  /// Whether all slots are within kDeviations predicted standard deviations.
  [[nodiscard]] bool close(const fhe::ckks::Ciphertext& ciphertext, const Slots& expected, double sd) const {
    const Slots got = context->encoder().decode(fhe::secret::decrypt(ring(), *secret, ciphertext));
    for (std::size_t i = 0; i < expected.size(); ++i) {
      if (std::abs(got[i] - expected[i]) > kDeviations * sd) return false;
    }
    return true;
  }
};

/// Predicted error of a slot of the square: twice the value times the error, and the rescale's rounding.
double squared_sd(const Bench& bench) {
  const auto& params = bench.context->params();
  const fhe::params::NoiseModel noise(params);
  const auto prime = fhe::params::PrimeIndex(bench.level.value());
  const double scale = (bench.scale * bench.scale).divided_by_prime(prime).value(params);
  return std::hypot(2 * kLargestValue * bench.fresh_sd, noise.slot_from_coefficient(noise.division_rounding(), scale));
}

fhe::random::Stream fresh_errors() {
  return fhe::random::Stream(fhe::random::random_seed(), fhe::random::Domain::kError, 0);
}

base::Result<Bench> make_bench(const fhe::params::ParamLiteral& shape, const fhe::ckks::EngineOptions& engine) {
  OBSCURA_TRY(fhe::params::ParamSet params, fhe::params::ParamSet::create(shape));
  Bench bench;
  bench.level = params.max_level();
  bench.scale = fhe::params::Scale::power_of_two(shape.q_bits.back() - 3);
  OBSCURA_TRY(bench.context, fhe::ckks::Context::create(std::move(params), engine));
  const fhe::params::NoiseModel noise(bench.context->params());
  const double errors_sd = std::hypot(std::hypot(noise.encode(), noise.encrypt_public(bench.level)),
                                      std::hypot(noise.key_switch(bench.level), noise.division_rounding()));
  bench.fresh_sd = noise.slot_from_coefficient(errors_sd, bench.scale.value(bench.context->params()));
  bench.secret.emplace(fhe::secret::SecretKey::generate(bench.ring()));
  auto errors = fresh_errors();
  bench.public_key.emplace(
      fhe::secret::make_public_key(bench.ring(), *bench.secret, fhe::random::random_seed(), errors));
  const auto add_key = [&](fhe::ckks::KeyId id) {
    bench.keys.insert(id, fhe::secret::make_switching_key(bench.ring(), *bench.secret, id, bench.level,
                                                          fhe::random::random_seed(), errors));
  };
  add_key({fhe::ckks::KeyKind::kRelinearize, fhe::ring::GaloisElement(1)});
  for (int step = 1; step <= kHoistedRotations; ++step) {
    add_key({fhe::ckks::KeyKind::kGalois, fhe::ring::galois_of_rotation(fhe::params::RotationStep(step), shape.log_n)});
  }
  const int slots = bench.context->params().slots();
  for (int i = 0; i < slots; ++i) bench.message.emplace_back(std::cos(0.37 * i), std::sin(0.11 * i));
  return bench;
}

/// Runs rows and collects them; a wrong answer ends the bench.
class Table {
 public:
  Table(const Bench& bench, int repetitions) : bench_(&bench), repetitions_(repetitions) {}

  void row(const std::string& operation, const std::function<void()>& body) {
    const auto sample = time_ms(repetitions_, body);
    const auto& literal = bench_->context->params().literal();
    rows_.push_back({{"operation", operation},
                     {"log_n", literal.log_n},
                     {"primes", literal.q_bits.size()},
                     {"special_primes", literal.p_bits.size()},
                     {"threads", bench_->context->parallel().threads()},
                     {"kernels", bench_->ring().kernels().name},
                     {"median_ms", median(sample)},
                     {"min_ms", quantile(sample, 0.0)},
                     {"max_ms", quantile(sample, 1.0)}});
  }
  [[nodiscard]] nlohmann::json take() { return std::move(rows_); }

 private:
  const Bench* bench_;
  int repetitions_;
  nlohmann::json rows_ = nlohmann::json::array();
};

base::Result<void> check(bool right, const std::string& operation) {
  if (right) return {};
  return base::fail(base::ErrorCode::kCorrupt, fmt::format("bench: '{}' gave a wrong answer", operation),
                    "this is a bug; please report it with the output of `obscura --version` and your processor");
}

base::Result<nlohmann::json> run_shape(const Bench& bench, int repetitions) {
  Table table(bench, repetitions);
  const auto& ring = bench.ring();
  const int log_n = bench.context->params().log_n();
  auto errors = fhe::random::Stream(fhe::random::random_seed(), fhe::random::Domain::kEphemeral, 0);
  const auto plaintext = bench.encode();
  const auto ciphertext = fhe::ckks::encrypt(ring, *bench.public_key, plaintext, errors);
  OBSCURA_TRY_VOID(check(bench.close(ciphertext, bench.message, bench.fresh_sd), "encrypt"));
  table.row("encode", [&] { static_cast<void>(bench.encode()); });
  table.row("encrypt", [&] { static_cast<void>(fhe::ckks::encrypt(ring, *bench.public_key, plaintext, errors)); });
  table.row("decrypt and decode", [&] {
    static_cast<void>(bench.context->encoder().decode(fhe::secret::decrypt(ring, *bench.secret, ciphertext)));
  });

  const auto* relin = bench.keys.find({fhe::ckks::KeyKind::kRelinearize, fhe::ring::GaloisElement(1)});
  const auto square = [&] {
    return fhe::ckks::relinearize_and_rescale(ring, fhe::ckks::multiply(ring, ciphertext, ciphertext), *relin);
  };
  Slots squared = bench.message;
  for (auto& value : squared) value *= value;
  OBSCURA_TRY_VOID(check(bench.close(square(), squared, squared_sd(bench)), "multiply"));
  table.row("multiply, relinearise, rescale", [&] { static_cast<void>(square()); });

  const auto galois = [&](int step) { return fhe::ring::galois_of_rotation(fhe::params::RotationStep(step), log_n); };
  const auto key = [&](int step) { return bench.keys.find({fhe::ckks::KeyKind::kGalois, galois(step)}); };
  Slots rotated = bench.message;
  std::rotate(rotated.begin(), rotated.begin() + 1, rotated.end());
  const auto rotate = [&] { return fhe::ckks::apply_galois(ring, ciphertext, galois(1), *key(1)); };
  OBSCURA_TRY_VOID(check(bench.close(rotate(), rotated, bench.fresh_sd), "rotate"));
  table.row("rotate", [&] { static_cast<void>(rotate()); });
  table.row(fmt::format("{} hoisted rotations", kHoistedRotations), [&] {
    const auto digits = fhe::ckks::hoist(ring, ciphertext);
    for (int step = 1; step <= kHoistedRotations; ++step) {
      static_cast<void>(fhe::ckks::apply_galois_hoisted(ring, ciphertext, digits, galois(step), *key(step)));
    }
  });
  return table.take();
}

base::Result<Report> run_bench(const Global& global, int repetitions, int largest_log_n) {
  Report report;
  report.figures = {{"rows", nlohmann::json::array()}};
  report.text = fmt::format("{:<32}{:>6}{:>8}{:>12}{:>12}\n", "operation", "N", "primes", "median ms", "min ms");
  for (const auto& shape : kShapes) {
    if (shape.log_n > largest_log_n) continue;
    OBSCURA_TRY(const Bench bench, make_bench(shape, global.engine));
    OBSCURA_TRY(const nlohmann::json rows, run_shape(bench, repetitions));
    for (const auto& row : rows) {
      report.figures["rows"].push_back(row);
      report.text += fmt::format("{:<32}{:>6}{:>8}{:>12.3f}{:>12.3f}\n", row["operation"].get<std::string>(),
                                 fmt::format("2^{}", row["log_n"].get<int>()), row["primes"].get<int>(),
                                 row["median_ms"].get<double>(), row["min_ms"].get<double>());
    }
  }
  return report;
}

struct Options {
  int repetitions = 11;
  int largest_log_n = 15;
};

}  // namespace

void add_bench(CLI::App& app, const Global& global, Action& action) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("bench", "Time the engine's operations on this machine");
  command->add_option("--repetitions", options->repetitions, "Timed calls per operation")->check(CLI::Range(1, 10000));
  command->add_option("--max-log-n", options->largest_log_n, "Largest ring degree, as its logarithm")
      ->check(CLI::Range(13, 16));
  command->callback([&global, &action, options] {
    action = [&global, options] { return run_bench(global, options->repetitions, options->largest_log_n); };
  });
}

}  // namespace obscura::apps::cli
