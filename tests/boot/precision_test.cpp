#include <cstdio>
#include <cstdlib>

#include "fhe/params/bootstrap_presets.hpp"
#include "tests/boot/boot_engine.hpp"

/// What the preset at N = 2^16 promises, held over 8 or 200 bootstraps: a table of bits on standard output.
namespace obscura::tests {
namespace {

constexpr std::uint64_t kSeed = 20261126;

/// Fifty of each kind are 200 bootstraps: ten minutes, run when OBSCURA_LONG_TESTS is set.
int trials_per_kind() {
  return std::getenv("OBSCURA_LONG_TESTS") != nullptr ? 50 : 2;
}

using Draw = std::complex<double> (*)(std::mt19937_64&);

double uniform(std::mt19937_64& generator) {
  return std::uniform_real_distribution<double>(-1, 1)(generator);
}

double sign(std::mt19937_64& generator) {
  return generator() % 2 == 0 ? -1 : 1;
}

/// As after a ReLU: half of them zero, the others one side of a bell, rarely near 1.
double activation(std::mt19937_64& generator) {
  return std::clamp(std::normal_distribution<double>(0, 0.3)(generator), 0.0, 1.0);
}

struct Kind {
  const char* name;
  Draw draw;
};

constexpr Kind kKinds[] = {
    {"uniform", [](std::mt19937_64& g) { return std::complex<double>(uniform(g), uniform(g)); }},
    {"ones", [](std::mt19937_64&) { return std::complex<double>(1, 1); }},
    {"signs", [](std::mt19937_64& g) { return std::complex<double>(sign(g), sign(g)); }},
    {"activations", [](std::mt19937_64& g) { return std::complex<double>(activation(g), activation(g)); }},
};

/// Absolute errors of real and imaginary parts.
struct Errors {
  double sum = 0;
  double largest = 0;
  double count = 0;
  void add(double error) {
    sum += std::abs(error);
    largest = std::max(largest, std::abs(error));
    ++count;
  }
};

TEST(BootstrapSlow, KeepsEighteenBitsOfEveryKindOfValue) {
  const params::BootstrapPreset preset = params::bootstrap_presets().front();
  Engine engine(params::ParamSet::create(preset.params).value(), kSeed, {2, ""});
  const auto bootstrap = params::BootstrapParams::create(engine.params(), preset.bootstrap).value();
  add_bootstrap_keys(engine, bootstrap);
  const Scale scale = Scale::power_of_two(preset.scale_bits);
  const boot::Bootstrapper bootstrapper(engine.context(), bootstrap, {scale, scale});
  const double bound = params::bootstrap_error_bound(engine.params(), bootstrap, scale);
  std::printf("failure 2^%.1f a bootstrap; noise 2^%.2f, bound 2^%.2f predicted\n", bootstrap.log2_failure(),
              std::log2(params::bootstrap_noise_sd(engine.params(), bootstrap, scale)), std::log2(bound));
  std::mt19937_64 generator(kSeed);
  const int trials = trials_per_kind();
  for (const Kind& kind : kKinds) {
    Errors errors;
    for (int trial = 0; trial < trials; ++trial) {
      Slots x(engine.slots());
      for (auto& slot : x) slot = kind.draw(generator);
      const Slots got =
          engine.decrypt(bootstrapper.bootstrap(engine.keys(), engine.encrypt(x, bootstrap.input_level(), scale)));
      for (std::size_t i = 0; i < x.size(); ++i) {
        errors.add(got[i].real() - x[i].real());
        errors.add(got[i].imag() - x[i].imag());
      }
    }
    std::printf("%-12s mean %.2f bits, worst %.2f bits\n", kind.name, -std::log2(errors.sum / errors.count),
                -std::log2(errors.largest));
    std::fflush(stdout);
    EXPECT_LT(errors.sum / errors.count, 0x1p-18) << kind.name;
    EXPECT_LT(errors.largest, bound) << kind.name;
  }
}

}  // namespace
}  // namespace obscura::tests
