#include "fhe/circuits/linear_transform.hpp"

#include <map>
#include <set>

#include "tests/engine/engine.hpp"

namespace obscura::tests {
namespace {

namespace circuits = fhe::circuits;

constexpr std::uint64_t kSeed = 20240613;

/// A transform with the diagonals it names, and what it does in the clear.
struct Case {
  circuits::LinearTransform transform;
  std::vector<Slots> diagonals;
  int inputs = 1;

  [[nodiscard]] Slots apply(const std::vector<Slots>& x) const {
    Slots y(x.front().size());
    for (const circuits::GiantStep& step : transform.steps) {
      Slots sum(y.size());
      for (const circuits::DiagonalTerm& term : step.terms) {
        const Slots r = rotated(x[static_cast<std::size_t>(term.input)], term.baby.value());
        for (std::size_t j = 0; j < y.size(); ++j) sum[j] += diagonals[term.diagonal][j] * r[j];
      }
      sum = rotated(sum, step.giant.value());
      for (std::size_t j = 0; j < y.size(); ++j) y[j] += sum[j];
    }
    return y;
  }

  [[nodiscard]] std::size_t terms() const {
    std::size_t count = 0;
    for (const circuits::GiantStep& step : transform.steps) count += step.terms.size();
    return count;
  }
};

/// Every giant with every (input, baby) of its list, in order.
Case make_case(int inputs, std::vector<std::vector<std::pair<int, int>>> terms, std::vector<int> giants,
               std::size_t slots, std::mt19937_64& generator) {
  Case made;
  made.inputs = inputs;
  for (std::size_t g = 0; g < giants.size(); ++g) {
    circuits::GiantStep step{RotationStep(giants[g]), {}};
    for (const auto& [input, baby] : terms[g]) {
      step.terms.push_back({input, RotationStep(baby), made.diagonals.size()});
      made.diagonals.push_back(random_slots(slots, generator));
    }
    made.transform.steps.push_back(std::move(step));
  }
  return made;
}

void add_keys(Engine& engine, const Case& made, Level level) {
  engine.add_relinearization_key(level);
  const int log_n = engine.params().log_n();
  std::set<int> steps;
  for (const circuits::GiantStep& step : made.transform.steps) {
    const int slots = engine.params().slots();
    if (step.giant.value() % slots != 0) {
      engine.add_key(ckks::rotation_relinearization_key_id(step.giant, log_n), level);
      steps.insert(step.giant.value());
    }
    for (const circuits::DiagonalTerm& term : step.terms) {
      if (term.baby.value() % slots != 0) steps.insert(term.baby.value());
    }
  }
  for (const int step : steps) engine.add_rotation_key(step, level);
}

/// The deviation of a coefficient of the result, at its scale, from the noise model. Slots are at most sqrt 2.
double predicted_bound(const Engine& engine, const Case& made, Level level, const Scale& scale, const Scale& weight,
                       bool encrypted, bool rescale) {
  const params::NoiseModel& noise = engine.noise();
  const double n = engine.params().degree();
  const double switching = std::hypot(noise.key_switch(level), noise.division_rounding());
  const double input = std::hypot(engine.fresh_sd(level), switching);
  const double diagonal = std::hypot(noise.encode(), encrypted ? noise.encrypt_symmetric() : 0.0);
  // Per term: error of the rotated input times the diagonal, and the other way round.
  double variance =
      2 * (std::pow(input * weight.value(engine.params()), 2) + std::pow(diagonal * scale.value(engine.params()), 2)) *
      static_cast<double>(made.terms());
  // Per giant step: d1 and d2 are switched, and rounded where they come from Q P; s^2 has variance 2 N (2/3)^2.
  const double rounding = std::sqrt(n / 12 * (n * 8.0 / 9.0 + 2.0 / 3.0));
  variance += static_cast<double>(made.transform.steps.size()) * (2 * switching * switching + rounding * rounding);
  double sd = std::sqrt(variance);
  const Scale product = scale * weight;
  if (!rescale) return engine.slot_bound(sd, product);
  sd = std::hypot(sd / std::exp2(product.log2(engine.params()) -
                                 product.divided_by_prime(params::PrimeIndex(level.value())).log2(engine.params())),
                  noise.division_rounding());
  return engine.slot_bound(sd, product.divided_by_prime(params::PrimeIndex(level.value())));
}

struct Inputs {
  std::vector<Slots> slots;
  std::vector<ckks::Ciphertext> ciphertexts;
  std::vector<const ckks::Ciphertext*> pointers;
};

Inputs make_inputs(Engine& engine, int count, Level level, const Scale& scale, std::mt19937_64& generator) {
  Inputs inputs;
  for (int i = 0; i < count; ++i) {
    inputs.slots.push_back(random_slots(engine.slots(), generator));
    inputs.ciphertexts.push_back(engine.encrypt(inputs.slots.back(), level, scale));
  }
  for (const ckks::Ciphertext& c : inputs.ciphertexts) inputs.pointers.push_back(&c);
  return inputs;
}

ckks::Ciphertext run_encrypted(Engine& engine, const Case& made, const Inputs& inputs, Level level, const Scale& weight,
                               bool rescale) {
  std::vector<ckks::Ciphertext> diagonals;
  for (const Slots& d : made.diagonals) {
    diagonals.push_back(engine.encrypt_symmetric(d, level, weight, made.transform.extended));
  }
  const circuits::EncryptedDiagonals source = [&](std::size_t i) -> const ckks::Ciphertext& { return diagonals[i]; };
  return circuits::apply(engine.ring(), engine.keys(), made.transform, inputs.pointers, source, rescale);
}

ckks::Ciphertext run_clear(Engine& engine, const Case& made, const Inputs& inputs, Level level, const Scale& weight,
                           bool rescale) {
  std::vector<ckks::Plaintext> diagonals;
  for (const Slots& d : made.diagonals) {
    diagonals.push_back(engine.encoder().encode(d, level, weight, made.transform.extended));
  }
  const circuits::ClearDiagonals source = [&](std::size_t i) -> const ckks::Plaintext& { return diagonals[i]; };
  return circuits::apply(engine.ring(), engine.keys(), made.transform, inputs.pointers, source, rescale);
}

/// Encrypted and clear, extended and not, rescaled and not, all against the plain loops.
void check_case(Engine& engine, Case made, Level level, std::mt19937_64& generator) {
  add_keys(engine, made, level);
  const Scale scale = Scale::power_of_two(28);
  const Scale weight = Scale::power_of_two(27);
  const Inputs inputs = make_inputs(engine, made.inputs, level, scale, generator);
  const Slots expected = made.apply(inputs.slots);
  for (const bool extended : {false, true}) {
    made.transform.extended = extended;
    for (const bool rescale : {false, true}) {
      for (const bool encrypted : {false, true}) {
        const ckks::Ciphertext y = encrypted ? run_encrypted(engine, made, inputs, level, weight, rescale)
                                             : run_clear(engine, made, inputs, level, weight, rescale);
        const Scale product = scale * weight;
        EXPECT_EQ(y.level(), Level(level.value() - (rescale ? 1 : 0)));
        EXPECT_EQ(y.scale(), rescale ? product.divided_by_prime(params::PrimeIndex(level.value())) : product);
        EXPECT_LT(largest_difference(engine.decrypt(y), expected),
                  predicted_bound(engine, made, level, scale, weight, encrypted, rescale))
            << "extended " << extended << " rescale " << rescale << " encrypted " << encrypted;
      }
    }
  }
}

Engine make_engine(bool wide_digits) {
  return wide_digits ? Engine(insecure(5, {45, 35, 35, 35}, {50, 50}), kSeed)
                     : Engine(insecure(5, {40, 30, 30, 30}, {45}), kSeed);
}

TEST(LinearTransform, ProductsWithoutAnyRotation) {
  for (const bool wide : {false, true}) {
    Engine engine = make_engine(wide);
    std::mt19937_64 generator(kSeed);
    check_case(engine, make_case(4, {{{0, 0}, {1, 0}, {2, 0}, {3, 0}}}, {0}, engine.slots(), generator), Level(3),
               generator);
  }
}

TEST(LinearTransform, OneGiantStepManyBabies) {
  for (const bool wide : {false, true}) {
    Engine engine = make_engine(wide);
    std::mt19937_64 generator(kSeed + 1);
    std::vector<std::pair<int, int>> terms;
    for (int b = 0; b < 14; ++b) terms.emplace_back(0, b);
    check_case(engine, make_case(1, {terms}, {0}, engine.slots(), generator), Level(2), generator);
  }
}

TEST(LinearTransform, ManyGiantStepsShareBabies) {
  for (const bool wide : {false, true}) {
    Engine engine = make_engine(wide);
    std::mt19937_64 generator(kSeed + 2);
    check_case(engine,
               make_case(2, {{{0, 1}, {1, 0}, {0, -2}, {1, 1}, {0, 0}}, {{0, 1}, {1, 1}}, {{1, 0}}, {{0, -2}, {0, 1}}},
                         {4, 0, -4, 8}, engine.slots(), generator),
               Level(3), generator);
  }
}

TEST(LinearTransform, OnlyRotatedGiantSteps) {
  Engine engine = make_engine(false);
  std::mt19937_64 generator(kSeed + 3);
  check_case(engine, make_case(1, {{{0, 0}}}, {5}, engine.slots(), generator), Level(1), generator);
  check_case(engine, make_case(1, {{{0, 3}}, {{0, 3}}}, {5, 5}, engine.slots(), generator), Level(1), generator);
}

TEST(LinearTransform, RandomSparseMatricesByDiagonals) {
  Engine engine = make_engine(false);
  const auto n = static_cast<int>(engine.slots());
  std::mt19937_64 generator(kSeed + 4);
  const int babies = 4;
  for (int trial = 0; trial < 4; ++trial) {
    // y = M x, with most entries zero; diagonal d = giant * babies + baby holds M[j][j + d].
    std::vector<Slots> matrix(static_cast<std::size_t>(n), Slots(static_cast<std::size_t>(n)));
    for (Slots& row : matrix) {
      for (std::complex<double>& entry : row) {
        if (generator() % 8 == 0) entry = random_slots(1, generator).front();
      }
    }
    Case made;
    for (int g = 0; g < n; g += babies) {
      circuits::GiantStep step{RotationStep(g), {}};
      for (int b = 0; b < babies; ++b) {
        Slots diagonal(static_cast<std::size_t>(n));
        bool empty = true;
        for (int j = 0; j < n; ++j) {
          const auto row = static_cast<std::size_t>((j - g + n) % n);
          const auto column = static_cast<std::size_t>((j + b) % n);
          diagonal[static_cast<std::size_t>(j)] = matrix[row][column];
          empty = empty && matrix[row][column] == 0.0;
        }
        if (empty) continue;
        step.terms.push_back({0, RotationStep(b), made.diagonals.size()});
        made.diagonals.push_back(std::move(diagonal));
      }
      if (!step.terms.empty()) made.transform.steps.push_back(std::move(step));
    }
    made.transform.extended = trial % 2 == 0;
    add_keys(engine, made, Level(2));
    const Scale scale = Scale::power_of_two(28);
    const Inputs inputs = make_inputs(engine, 1, Level(2), scale, generator);
    Slots expected(engine.slots());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      for (std::size_t j = 0; j < expected.size(); ++j) expected[i] += matrix[i][j] * inputs.slots[0][j];
    }
    const ckks::Ciphertext y = run_encrypted(engine, made, inputs, Level(2), scale, true);
    EXPECT_LT(largest_difference(engine.decrypt(y), expected),
              predicted_bound(engine, made, Level(2), scale, scale, true, true))
        << "trial " << trial;
  }
}

TEST(LinearTransformDeathTest, WrongOperandsAreBugs) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Engine engine = make_engine(false);
  std::mt19937_64 generator(kSeed + 5);
  const Scale scale = Scale::power_of_two(28);
  const Case made = make_case(1, {{{0, 1}}}, {0}, engine.slots(), generator);
  const Inputs inputs = make_inputs(engine, 1, Level(2), scale, generator);
  EXPECT_DEATH((void)run_clear(engine, made, inputs, Level(2), scale, true), "key that the transform needs is missing");
  add_keys(engine, made, Level(1));
  EXPECT_DEATH((void)run_clear(engine, made, inputs, Level(2), scale, true), "lower level");
  Engine equipped = make_engine(false);
  add_keys(equipped, made, Level(2));
  EXPECT_DEATH((void)run_clear(equipped, made, inputs, Level(1), scale, true), "another level or form");
  const Case empty;
  EXPECT_DEATH((void)run_clear(engine, empty, inputs, Level(2), scale, true), "without giant steps");
  const Case stray = make_case(1, {{{1, 0}}}, {0}, engine.slots(), generator);
  EXPECT_DEATH((void)run_clear(engine, stray, inputs, Level(2), scale, true), "no such input");
}

}  // namespace
}  // namespace obscura::tests
