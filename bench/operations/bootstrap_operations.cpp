#include <cmath>
#include <memory>
#include <numbers>
#include <string>
#include <utility>

#include "bench/operations/bootstrap_work.hpp"
#include "bench/operations/detail/groups.hpp"
#include "fhe/boot/bootstrapper.hpp"
#include "fhe/boot/dft_factors.hpp"
#include "fhe/boot/mod_raise.hpp"
#include "fhe/ckks/key_id.hpp"
#include "fhe/ckks/rescale.hpp"
#include "fhe/params/bootstrap_error.hpp"

namespace obscura::bench::operations {

namespace {

namespace boot = fhe::boot;
namespace ckks = fhe::ckks;
namespace params = fhe::params;
using params::Level;
using params::Scale;

/// Everything that a run needs, made beforehand.
struct Prepared {
  Engine* engine;
  boot::Bootstrapper bootstrapper;
  boot::BootstrapScales scales;
  BootstrapWork work;

  [[nodiscard]] const params::BootstrapParams& bootstrap() const { return bootstrapper.params(); }
  [[nodiscard]] const params::BootstrapLiteral& literal() const { return bootstrap().literal(); }
  [[nodiscard]] const ckks::SwitchingKey& relinearization_key() const {
    return *engine->keys().find(ckks::relinearization_key_id());
  }

  /// Values in [-1, 1], repeated after 2^log_slots.
  [[nodiscard]] Slots values() const {
    Slots slots = sample_reals(static_cast<std::size_t>(engine->params().slots()), 1);
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const std::size_t place = i % (std::size_t{1} << literal().log_slots);
      slots[i] = literal().real ? slots[place] : std::complex<double>(slots[place].real(), -slots[place].real() / 2);
    }
    return slots;
  }
};

using Shared = std::shared_ptr<Prepared>;

Shared prepare(Engine& engine, const BootstrapShape& shape) {
  // A literal of the catalogue fits its parameters.
  auto bootstrap = params::BootstrapParams::create(engine.params(), shape.literal).value();
  engine.make_keys(bootstrap);
  const Scale scale = Scale::power_of_two(shape.scale_bits);
  const boot::BootstrapScales scales{scale, scale};
  return std::make_shared<Prepared>(Prepared{&engine, boot::Bootstrapper(engine.context(), bootstrap, {scales}), scales,
                                             bootstrap_work(engine.params(), bootstrap)});
}

/// A case on one ciphertext: `make` gives the result, which is to be `expected` up to `tolerance`.
template <class Make>
Case case_of(const Shared& p, const Work& work, ckks::Ciphertext input, Slots expected, double tolerance, Make make) {
  const auto x = std::make_shared<ckks::Ciphertext>(std::move(input));
  Case made;
  made.level = x->level().value();
  made.work = work;
  made.run = [p, x, make] { static_cast<void>(make(*p, *x)); };
  made.right = [p, x, make, expected = std::move(expected), tolerance] {
    return p->engine->close(make(*p, *x), expected, tolerance);
  };
  return made;
}

Case whole(const Shared& p) {
  const Level level = p->bootstrap().input_level();
  const double tolerance =
      2 * params::bootstrap_error_bound(p->engine->params(), p->bootstrap(), p->scales.input, p->scales.output) +
      p->engine->tolerance(p->engine->fresh_sd(), p->scales.input);
  Slots values = p->values();
  ckks::Ciphertext input = p->engine->encrypt(values, level, p->scales.input);
  // The imaginary part of real slots is noise.
  return case_of(p, p->work.total(), std::move(input), std::move(values), tolerance,
                 [](const Prepared& at, const ckks::Ciphertext& x) {
                   return at.bootstrapper.bootstrap(at.engine->keys(), x, at.scales);
                 });
}

/// Values of all slots after the factors, each times `multiple`.
Slots through(const std::vector<boot::DiagonalMatrix>& factors, double multiple, Slots x) {
  for (const boot::DiagonalMatrix& factor : factors) {
    Slots y(x.size());
    for (const auto& [offset, diagonal] : factor.diagonals) {
      for (std::size_t j = 0; j < x.size(); ++j) {
        y[j] += multiple * diagonal[j % diagonal.size()] *
                x[(j + x.size() + static_cast<std::size_t>(offset + factor.slots)) % x.size()];
      }
    }
    x = std::move(y);
  }
  return x;
}

/// A matrix's error: what is rotated and rounded at an input's scale, and what earlier ones left, which a stage times
/// `growth` makes larger.
double transform_tolerance(const Prepared& p, const std::vector<int>& stages, Level level, const Scale& in,
                           const Scale& out, double growth) {
  double variance = std::pow(p.engine->tolerance(p.engine->fresh_sd(), in), 2);
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const double switched = p.engine->key_switch_sd(Level(level.value() - static_cast<int>(i)));
    variance = (variance + std::pow(p.engine->tolerance(switched, in), 2)) * std::pow(growth, 2 * stages[i]);
    const double rounded = p.engine->noise().division_rounding();
    variance += std::pow(p.engine->tolerance(rounded, i + 1 < stages.size() ? in : out), 2);
  }
  return 2 * std::sqrt(variance);
}

Case slots_to_coeffs(const Shared& p) {
  const params::BootstrapLiteral& literal = p->literal();
  const Level level = p->bootstrap().input_level();
  const Slots values = p->values();
  const double tolerance = transform_tolerance(*p, literal.slots_to_coeffs, level, p->scales.input,
                                               p->bootstrap().bottom_scale(), std::numbers::sqrt2);
  Slots expected = through(boot::slots_to_coeffs_factors(literal.log_slots, literal.slots_to_coeffs), 1, values);
  return case_of(p, p->work.slots_to_coeffs, p->engine->encrypt(values, level, p->scales.input), std::move(expected),
                 tolerance, [](const Prepared& at, const ckks::Ciphertext& x) {
                   return at.bootstrapper.slots_to_coeffs(at.engine->keys(), x, at.scales);
                 });
}

Case coeffs_to_slots(const Shared& p) {
  const params::BootstrapLiteral& literal = p->literal();
  const Level level = p->bootstrap().top_level();
  const Scale q0 = Scale::power_of_two(0).times_prime(params::PrimeIndex(0));
  const double traced = std::ldexp(1.0, p->engine->params().log_n() - 1 - literal.log_slots);
  const double each = std::pow(0.5 / traced / p->bootstrapper.eval_mod(p->scales).half_width(),
                               1.0 / static_cast<double>(literal.coeffs_to_slots.size()));
  const Slots values = p->values();
  const Scale out = p->bootstrapper.eval_mod(p->scales).input_scale();
  const double tolerance = transform_tolerance(*p, literal.coeffs_to_slots, level, q0, out, 1 / std::numbers::sqrt2);
  Slots expected = through(boot::coeffs_to_slots_factors(literal.log_slots, literal.coeffs_to_slots), each, values);
  return case_of(p, p->work.coeffs_to_slots, p->engine->encrypt(values, level, q0), std::move(expected), tolerance,
                 [](const Prepared& at, const ckks::Ciphertext& x) {
                   return at.bootstrapper.coeffs_to_slots(at.engine->keys(), x);
                 });
}

/// What is raised is, modulo q_0 again, what it was.
Case raise_modulus(const Shared& p) {
  const Slots values = p->values();
  const Scale scale = p->bootstrap().bottom_scale();
  const double n = p->engine->params().degree();
  const double sparse = std::sqrt(n * params::kErrorVariance / 12);
  const double sd = std::hypot(p->engine->fresh_sd(), sparse, p->engine->key_switch_sd(p->bootstrap().top_level()));
  Case made = case_of(p, p->work.raise, p->engine->encrypt(values, Level(0), scale), values,
                      2 * p->engine->tolerance(sd, scale), [scale](const Prepared& at, const ckks::Ciphertext& x) {
                        const auto& ring = at.engine->ring();
                        const ckks::Ciphertext raised =
                            boot::mod_raise(ring, at.engine->keys(), x, at.bootstrap().top_level());
                        auto [c0, c1] = ckks::drop_level(ring, raised, Level(0)).release();
                        return ckks::Ciphertext(std::move(c0), std::move(c1), Level(0), scale);
                      });
  return made;
}

/// Of values over the message ratio and every integer that EvalMod takes away.
Case eval_mod(const Shared& p) {
  const auto integers = static_cast<std::size_t>(2 * p->literal().range + 1);
  const double ratio = std::ldexp(1.0, p->literal().message_ratio_bits);
  Slots values = sample_reals(static_cast<std::size_t>(p->engine->params().slots()), 2);
  Slots inputs;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double integer = static_cast<double>(i % integers) - p->literal().range;
    inputs.emplace_back((values[i].real() / ratio + integer) / p->bootstrapper.eval_mod(p->scales).half_width());
  }
  const Scale scale = p->bootstrapper.eval_mod(p->scales).input_scale();
  const double tolerance =
      2 * params::bootstrap_error_bound(p->engine->params(), p->bootstrap(), p->scales.input, p->scales.output) +
      p->engine->tolerance(p->engine->fresh_sd(), scale) * ratio * p->bootstrapper.eval_mod(p->scales).half_width();
  ckks::Ciphertext input = p->engine->encrypt(inputs, p->bootstrap().eval_mod_level(), scale);
  return case_of(p, p->work.eval_mod, std::move(input), std::move(values), tolerance,
                 [](const Prepared& at, const ckks::Ciphertext& x) {
                   return at.bootstrapper.eval_mod(at.scales).apply(ckks::drop_level(at.engine->ring(), x, x.level()),
                                                                    at.relinearization_key());
                 });
}

}  // namespace

void detail::add_bootstrap(const BootstrapShape& bootstrap, std::vector<Operation>& to) {
  const std::string kind = bootstrap.literal.real ? "real" : "complex";
  const std::string name = "bootstrap, " + kind + ", 2^" + std::to_string(bootstrap.literal.log_slots) + " slots";
  const auto add = [&](const std::string& phase, Case (*make)(const Shared&)) {
    to.push_back({Group::kCircuits, name + phase, bootstrap.shape,
                  [bootstrap, make](Engine& engine) { return make(prepare(engine, bootstrap)); }});
  };
  add("", whole);
  add(": to coeffs", slots_to_coeffs);
  add(": raise", raise_modulus);
  add(": to slots", coeffs_to_slots);
  add(": EvalMod", eval_mod);
}

}  // namespace obscura::bench::operations
