#include "tests/engine/noise_measurement.hpp"

#include "fhe/circuits/linear_transform.hpp"
#include "fhe/circuits/sum_rotations.hpp"
#include "fhe/ckks/add.hpp"
#include "fhe/ckks/linear_combination.hpp"
#include "fhe/ckks/multiply.hpp"
#include "fhe/ckks/relinearize.hpp"
#include "fhe/ckks/rescale.hpp"
#include "fhe/ckks/rotate.hpp"

namespace obscura::tests {
namespace {

namespace circuits = fhe::circuits;

constexpr int kGiant = 5;
// Mean square of a slot whose real and imaginary part are uniform in [-1, 1]: an error times such a slot has two
// thirds of its variance.
constexpr double kSlotPower = 2.0 / 3.0;
// Of a linear combination.
constexpr double kFirstFactor = 0.7;
constexpr double kSecondFactor = -1.3;

/// One set of keys and the trials made with it.
class Batch {
 public:
  Batch(params::ParamSet params, std::uint64_t seed, NoiseTable& table)
      : engine_(std::move(params), seed), generator_(seed), table_(table), top_(engine_.top()) {
    engine_.add_relinearization_key(top_);
    for (const int step : {1, 2, kGiant}) engine_.add_rotation_key(step, top_);
    engine_.add_key(ckks::conjugation_key_id(log_n()), top_);
    engine_.add_key(ckks::rotation_relinearization_key_id(RotationStep(kGiant), log_n()), top_);
  }

  void run_trial() {
    const Slots x = random_slots(engine_.slots(), generator_);
    const Slots y = random_slots(engine_.slots(), generator_);
    measure_encryption(x, y);
    measure_products(x, y);
    measure_relinearization(x, y);
    measure_switching(x);
    measure_clear_factors(x, y);
    measure_horner(x, y);
    for (const bool extended : {false, true}) {
      for (const bool encrypted : {false, true}) measure_transform(x, y, extended, encrypted);
    }
  }

 private:
  [[nodiscard]] int log_n() const { return engine_.params().log_n(); }
  [[nodiscard]] double value(const Scale& scale) const { return scale.value(engine_.params()); }
  [[nodiscard]] double slot(double coefficient_sd, const Scale& scale) const {
    return engine_.noise().slot_from_coefficient(coefficient_sd, value(scale));
  }

  void record(const std::string& operation, double predicted, const Slots& measured, const Slots& expected) {
    NoiseRow& row = table_[operation];
    row.predicted = predicted;
    for (std::size_t i = 0; i < measured.size(); ++i) row.squares += std::norm(measured[i] - expected[i]);
    row.samples += 2 * measured.size();
  }

  void measure_encryption(const Slots& x, const Slots& y) {
    const params::NoiseModel& noise = engine_.noise();
    record("encode", slot(noise.encode(), scale_), engine_.encoder().decode(engine_.encoder().encode(x, top_, scale_)),
           x);
    const ckks::Ciphertext a = engine_.encrypt(x, top_, scale_);
    const double fresh = slot(engine_.fresh_sd(top_), scale_);
    record("encrypt_public", fresh, engine_.decrypt(a), x);
    record("encrypt_symmetric", slot(std::hypot(noise.encode(), noise.encrypt_symmetric()), scale_),
           engine_.decrypt(engine_.encrypt_symmetric(x, top_, scale_)), x);
    const double extended = slot(std::hypot(noise.encode(), noise.encrypt_public_extended()), scale_);
    record("encrypt_public (extended)", extended, engine_.decrypt(engine_.encrypt(x, top_, scale_, true)), x);
    const ckks::Ciphertext b = engine_.encrypt(y, top_, scale_);
    record("add", fresh * std::sqrt(2.0), engine_.decrypt(ckks::add(engine_.ring(), a, b)),
           map_slots(x, y, std::plus<>()));
    record("subtract", fresh * std::sqrt(2.0), engine_.decrypt(ckks::sub(engine_.ring(), a, b)),
           map_slots(x, y, std::minus<>()));
  }

  void measure_products(const Slots& x, const Slots& y) {
    const ring::RingContext& ring = engine_.ring();
    const params::NoiseModel& noise = engine_.noise();
    const ckks::SwitchingKey& key = engine_.key(ckks::relinearization_key_id());
    const ckks::Ciphertext a = engine_.encrypt(x, top_, scale_);
    const ckks::Ciphertext b = engine_.encrypt(y, top_, scale_);
    const Scale product = scale_ * scale_;
    const Scale lower = product.divided_by_prime(params::PrimeIndex(top_.value()));
    const double fresh = slot(engine_.fresh_sd(top_), scale_);
    const double added = std::hypot(slot(noise.key_switch(top_), product), slot(noise.division_rounding(), lower));
    // (x + e)(y + f) = x y + x f + y e + e f.
    const double of_product = std::sqrt(2 * kSlotPower) * fresh;
    const double errors = std::sqrt(2.0) * fresh * fresh;
    const Slots da = engine_.decrypt(a);
    const Slots db = engine_.decrypt(b);
    const Slots ab = engine_.decrypt(ckks::relinearize_and_rescale(ring, ckks::multiply(ring, a, b), key));
    record("multiply", std::hypot(std::hypot(of_product, errors), added), ab, map_slots(x, y, std::multiplies<>()));
    record("multiply (added)", added, ab, map_slots(da, db, std::multiplies<>()));
    const Slots aa = engine_.decrypt(ckks::relinearize_and_rescale(ring, ckks::square(ring, a), key));
    record("square", std::hypot(std::sqrt(4 * kSlotPower) * fresh, added), aa, map_slots(x, x, std::multiplies<>()));
    record("square (added)", added, aa, map_slots(da, da, std::multiplies<>()));
    const Scale large = Scale::power_of_two(52);
    const Scale divided = large.divided_by_prime(params::PrimeIndex(top_.value()));
    const ckks::Ciphertext wide = engine_.encrypt(x, top_, large);
    record("rescale (added)", slot(noise.division_rounding(), divided), engine_.decrypt(ckks::rescale(ring, wide)),
           engine_.decrypt(wide));
  }

  /// Of factors at half of the bits, so that what is added stands out of double precision in a product without
  /// rescaling.
  void measure_relinearization(const Slots& x, const Slots& y) {
    const params::NoiseModel& noise = engine_.noise();
    const Scale half = Scale::power_of_two(engine_.params().literal().q_bits.back() / 2 - 1);
    const ckks::Ciphertext a = engine_.encrypt(x, top_, half);
    const ckks::Ciphertext b = engine_.encrypt(y, top_, half);
    const ckks::ProductCiphertext product = ckks::multiply(engine_.ring(), a, b);
    record("relinearize (added)", slot(std::hypot(noise.key_switch(top_), noise.division_rounding()), half * half),
           engine_.decrypt(ckks::relinearize(engine_.ring(), product, engine_.key(ckks::relinearization_key_id()))),
           map_slots(engine_.decrypt(a), engine_.decrypt(b), std::multiplies<>()));
  }

  void measure_switching(const Slots& x) {
    const ring::RingContext& ring = engine_.ring();
    const params::NoiseModel& noise = engine_.noise();
    const ckks::Ciphertext a = engine_.encrypt(x, top_, scale_);
    const Slots da = engine_.decrypt(a);
    const double added = slot(std::hypot(noise.key_switch(top_), noise.division_rounding()), scale_);
    const ring::GaloisElement one = ring::galois_of_rotation(RotationStep(1), log_n());
    record("rotate (added)", added, engine_.decrypt(ckks::apply_galois(ring, a, one, engine_.rotation_key(1))),
           rotated(da, 1));
    const ring::Digits digits = ckks::hoist(ring, a);
    const ring::GaloisElement two = ring::galois_of_rotation(RotationStep(2), log_n());
    record("hoisted rotation (added)", added,
           engine_.decrypt(ckks::apply_galois_hoisted(ring, a, digits, two, engine_.rotation_key(2))), rotated(da, 2));
    record("conjugate (added)", added,
           engine_.decrypt(ckks::apply_galois(ring, a, ring::galois_of_conjugation(log_n()),
                                              engine_.key(ckks::conjugation_key_id(log_n())))),
           map_slots(da, [](auto z) { return std::conj(z); }));
    const std::vector<RotationStep> steps{RotationStep(1), RotationStep(2)};
    record("sum of two rotations (added)",
           slot(std::hypot(std::sqrt(2.0) * noise.key_switch(top_), noise.division_rounding()), scale_),
           engine_.decrypt(circuits::sum_rotations(ring, engine_.keys(), a, steps)),
           map_slots(rotated(da, 1), rotated(da, 2), std::plus<>()));
    const Level low(top_.value() / 2);
    record("rotate, half the level (added)", slot(std::hypot(noise.key_switch(low), noise.division_rounding()), scale_),
           engine_.decrypt(ckks::apply_galois(ring, ckks::drop_level(ring, a, low), one, engine_.rotation_key(1))),
           rotated(da, 1));
  }

  void measure_clear_factors(const Slots& x, const Slots& y) {
    const ring::RingContext& ring = engine_.ring();
    const params::NoiseModel& noise = engine_.noise();
    const ckks::Ciphertext a = engine_.encrypt(x, top_, scale_);
    const ckks::Ciphertext b = engine_.encrypt(y, top_, scale_);
    const double fresh = slot(engine_.fresh_sd(top_), scale_);
    record("add_plain", std::hypot(fresh, slot(noise.encode(), scale_)),
           engine_.decrypt(ckks::add_plain(ring, a, engine_.encoder().encode(y, top_, scale_))),
           map_slots(x, y, std::plus<>()));
    record("multiply_plain", std::sqrt(kSlotPower) * std::hypot(fresh, slot(noise.encode(), weight_)),
           engine_.decrypt(ckks::multiply_plain(ring, a, engine_.encoder().encode(y, top_, weight_))),
           map_slots(x, y, std::multiplies<>()));
    const std::vector<ckks::WeightedCiphertext> terms{{&a, kFirstFactor}, {&b, kSecondFactor}};
    record("linear combination", std::hypot(kFirstFactor, kSecondFactor) * fresh,
           engine_.decrypt(ckks::linear_combination(ring, terms, 0.5, top_, scale_ * weight_)),
           map_slots(x, y, [](auto p, auto q) { return kFirstFactor * p + kSecondFactor * q + 0.5; }));
    // To the same scale one level lower, as the executor does it: the factor is nearly the prime, so its rounding is
    // nothing.
    const ckks::Ciphertext wider = ckks::linear_combination(ring, {terms.data(), 1}, 0.0, top_,
                                                            scale_.times_prime(params::PrimeIndex(top_.value())));
    record("change of scale (added)", slot(noise.division_rounding(), scale_),
           engine_.decrypt(ckks::rescale(ring, wider)),
           map_slots(engine_.decrypt(a), [](auto z) { return kFirstFactor * z; }));
  }

  /// rot_giant( rot_giant(u x) + v rot_2(x) ) by Horner's rule, v random.
  void measure_horner(const Slots& x, const Slots& u) {
    const Slots v = random_slots(engine_.slots(), generator_);
    const circuits::LinearTransform transform{
        {{RotationStep(kGiant), {{0, RotationStep(0), 0}}}, {RotationStep(kGiant), {{0, RotationStep(2), 1}}}},
        true,
        true};
    const ckks::Ciphertext a = engine_.encrypt(x, top_, scale_);
    const std::vector<const ckks::Ciphertext*> inputs{&a};
    const Slots first = rotated(map_slots(u, x, std::multiplies<>()), kGiant);
    const Slots sum = map_slots(first, map_slots(v, rotated(x, 2), std::multiplies<>()), std::plus<>());
    const params::NoiseModel& noise = engine_.noise();
    const auto square = [](double d) { return d * d; };
    const Scale product = scale_ * weight_;
    // As predict_transform says it: two products, one of them with a rotated input; two giant steps.
    double variance =
        kSlotPower * (2 * square(slot(engine_.fresh_sd(top_), scale_)) + square(slot(noise.key_switch(top_), scale_)) +
                      2 * square(slot(noise.encode(), weight_)));
    variance += 2 * square(slot(noise.key_switch(top_), product));
    variance += 2 * square(slot(std::sqrt(engine_.params().degree() / 12.0 * kSlotPower), product));
    const Scale lower = product.divided_by_prime(params::PrimeIndex(top_.value()));
    variance += square(slot(noise.division_rounding(), lower));
    record("transform, Horner's rule", std::sqrt(variance), engine_.decrypt(run(transform, inputs, u, v, false)),
           rotated(sum, kGiant));
  }

  /// u rot_0(x) + v rot_1(x) + rot_giant(u rot_2(x)), u and v random.
  void measure_transform(const Slots& x, const Slots& u, bool extended, bool encrypted) {
    const Slots v = random_slots(engine_.slots(), generator_);
    const circuits::LinearTransform transform{{{RotationStep(0), {{0, RotationStep(0), 0}, {0, RotationStep(1), 1}}},
                                               {RotationStep(kGiant), {{0, RotationStep(2), 0}}}},
                                              extended};
    const ckks::Ciphertext a = engine_.encrypt(x, top_, scale_);
    const std::vector<const ckks::Ciphertext*> inputs{&a};
    const Slots giant = rotated(map_slots(u, rotated(x, 2), std::multiplies<>()), kGiant);
    Slots expected = map_slots(u, x, std::multiplies<>());
    expected = map_slots(expected, map_slots(v, rotated(x, 1), std::multiplies<>()), std::plus<>());
    expected = map_slots(expected, giant, std::plus<>());
    const std::string name = std::string("transform, ") + (extended ? "extended, " : "") +
                             (encrypted ? "encrypted diagonals" : "clear diagonals");
    record(name, predict_transform(extended, encrypted), engine_.decrypt(run(transform, inputs, u, v, encrypted)),
           expected);
  }

  [[nodiscard]] ckks::Ciphertext run(const circuits::LinearTransform& transform,
                                     const std::vector<const ckks::Ciphertext*>& inputs, const Slots& u, const Slots& v,
                                     bool encrypted) {
    if (!encrypted) {
      const ckks::Plaintext pu = engine_.encoder().encode(u, top_, weight_, transform.extended);
      const ckks::Plaintext pv = engine_.encoder().encode(v, top_, weight_, transform.extended);
      const circuits::ClearDiagonals source = [&](std::size_t i) -> const ckks::Plaintext& { return i == 0 ? pu : pv; };
      return circuits::apply(engine_.ring(), engine_.keys(), transform, inputs, source, true);
    }
    const ckks::Ciphertext eu = engine_.encrypt_symmetric(u, top_, weight_, transform.extended);
    const ckks::Ciphertext ev = engine_.encrypt_symmetric(v, top_, weight_, transform.extended);
    const circuits::EncryptedDiagonals source = [&](std::size_t i) -> const ckks::Ciphertext& {
      return i == 0 ? eu : ev;
    };
    return circuits::apply(engine_.ring(), engine_.keys(), transform, inputs, source, true);
  }

  [[nodiscard]] double predict_transform(bool extended, bool encrypted) const {
    const params::NoiseModel& noise = engine_.noise();
    const auto square = [](double a) { return a * a; };
    const Scale product = scale_ * weight_;
    // Errors of what is multiplied: the input three times, two of them rotated, and three diagonals.
    const double rotation = square(slot(noise.key_switch(top_), scale_)) +
                            (extended ? 0.0 : square(slot(noise.division_rounding(), scale_)));
    const double diagonal =
        square(slot(noise.encode(), weight_)) + (encrypted ? square(slot(noise.encrypt_symmetric(), weight_)) : 0.0);
    double variance = kSlotPower * (3 * square(slot(engine_.fresh_sd(top_), scale_)) + 2 * rotation + 3 * diagonal);
    // Key switches: d2 of the first giant step, d1 and d2 of the other. Extended ones round first: to r s, and r s^2
    // with variance N / 12 * 2 N (2/3)^2.
    const double n = engine_.params().degree();
    const double once = n / 12 * kSlotPower;
    const double twice = n / 12 * 2 * n * kSlotPower * kSlotPower;
    const double rounding = extended ? (encrypted ? once + 2 * twice : once) : 0.0;
    variance += square(slot(noise.key_switch(top_), product)) * (encrypted ? 3 : 1);
    variance += square(slot(std::sqrt(rounding), product));
    const Scale lower = product.divided_by_prime(params::PrimeIndex(top_.value()));
    return std::sqrt(variance + square(slot(noise.division_rounding(), lower)));
  }

  Engine engine_;
  std::mt19937_64 generator_;
  NoiseTable& table_;
  Level top_;
  // A little below the prime that is divided away, so that neither rounding nor fresh errors hide the rest.
  const Scale scale_ = Scale::power_of_two(engine_.params().literal().q_bits.back() - 2);
  const Scale weight_ = Scale::power_of_two(engine_.params().literal().q_bits.back() - 3);
};

}  // namespace

NoiseTable measure_noise(const std::function<params::ParamSet()>& params, const NoiseRun& run) {
  NoiseTable table;
  for (int key = 0; key < run.keys; ++key) {
    Batch batch(params(), run.seed + static_cast<std::uint64_t>(key), table);
    for (int i = 0; i < run.trials_per_key; ++i) batch.run_trial();
  }
  return table;
}

}  // namespace obscura::tests
