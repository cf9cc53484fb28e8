#include "fhe/boot/bootstrap_keys.hpp"
#include "fhe/boot/bootstrapper.hpp"
#include "tests/engine/engine.hpp"

namespace obscura::tests {
namespace {

namespace boot = fhe::boot;

constexpr std::uint64_t kSeed = 20261126;

void add_bootstrap_keys(Engine& engine, const params::BootstrapParams& bootstrap) {
  for (const auto& [id, level] : boot::bootstrap_keys(bootstrap)) {
    if (id.kind == ckks::KeyKind::kEncapsulate) continue;
    if (id.kind == ckks::KeyKind::kDecapsulate) {
      engine.add_encapsulation_keys(level);
    } else {
      engine.add_key(id, level);
    }
  }
}

TEST(Bootstrap, Works) {
  Engine engine(
      insecure(10, {50, 40, 40, 40, 40, 40, 50, 50, 50, 50, 50, 50, 42, 20, 50, 50, 50, 50}, {50, 50, 50, 50, 50}),
      kSeed);
  params::BootstrapLiteral literal{.log_slots = 9, .slots_to_coeffs = {3, 3, 3}, .coeffs_to_slots = {3, 3, 3}};
  const auto bootstrap = params::BootstrapParams::create(engine.params(), literal).value();
  printf("out %d in %d usable %d\n", bootstrap.output_level().value(), bootstrap.input_level().value(),
         bootstrap.usable_levels());
  add_bootstrap_keys(engine, bootstrap);
  const boot::Bootstrapper bootstrapper(engine.context(), bootstrap,
                                        {Scale::power_of_two(39), Scale::power_of_two(39)});
  std::mt19937_64 generator(kSeed);
  const Slots x = random_slots(engine.slots(), generator);
  const auto c = engine.encrypt(x, bootstrap.input_level(), Scale::power_of_two(39));
  const auto y = bootstrapper.bootstrap(engine.keys(), c);
  const Slots got = engine.decrypt(y);
  for (int i = 0; i < 8; ++i) printf("%f %f   %f %f\n", x[i].real(), x[i].imag(), got[i].real(), got[i].imag());
  printf("largest 2^%f\n", std::log2(largest_difference(got, x)));
}

}  // namespace
}  // namespace obscura::tests
