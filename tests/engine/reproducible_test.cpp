#include <functional>

#include "fhe/circuits/linear_transform.hpp"
#include "fhe/ckks/add.hpp"
#include "fhe/ckks/multiply.hpp"
#include "fhe/ckks/relinearize.hpp"
#include "fhe/ckks/rotate.hpp"
#include "fhe/kernels/kernel_table.hpp"
#include "tests/engine/engine.hpp"

namespace obscura::tests {
namespace {

namespace circuits = fhe::circuits;

constexpr std::uint64_t kSeed = 20240615;

/// Keys, encryption, a transform with encrypted diagonals in both forms, a square, a rotation: every word of the
/// ciphertexts on the way.
std::vector<std::uint64_t> trace(params::ParamSet params, const ckks::EngineOptions& options) {
  Engine engine(std::move(params), kSeed, options);
  const Level top = engine.top();
  engine.add_relinearization_key(top);
  for (const int step : {1, 2, 4}) engine.add_rotation_key(step, top);
  engine.add_key(ckks::rotation_relinearization_key_id(RotationStep(4), engine.params().log_n()), top);
  std::mt19937_64 generator(kSeed);
  const Scale scale = Scale::power_of_two(27);
  const ckks::Ciphertext x = engine.encrypt(random_slots(engine.slots(), generator), top, scale);
  const std::vector<const ckks::Ciphertext*> inputs{&x};
  circuits::LinearTransform transform;
  transform.steps.push_back({RotationStep(0), {{0, RotationStep(0), 0}, {0, RotationStep(1), 1}}});
  transform.steps.push_back({RotationStep(4), {{0, RotationStep(1), 2}, {0, RotationStep(2), 3}}});
  std::vector<std::uint64_t> words;
  const auto keep = [&words](const ckks::Ciphertext& c) {
    words.insert(words.end(), c.c0().words().begin(), c.c0().words().end());
    words.insert(words.end(), c.c1().words().begin(), c.c1().words().end());
  };
  keep(x);
  for (const bool extended : {false, true}) {
    transform.extended = extended;
    std::vector<ckks::Ciphertext> diagonals;
    for (int i = 0; i < 4; ++i) {
      diagonals.push_back(engine.encrypt_symmetric(random_slots(engine.slots(), generator), top, scale, extended));
    }
    const circuits::EncryptedDiagonals source = [&](std::size_t i) -> const ckks::Ciphertext& { return diagonals[i]; };
    const ckks::Ciphertext y = circuits::apply(engine.ring(), engine.keys(), transform, inputs, source, true);
    keep(y);
    const ckks::Ciphertext z = ckks::relinearize_and_rescale(engine.ring(), ckks::square(engine.ring(), y),
                                                             engine.key(ckks::relinearization_key_id()));
    keep(ckks::apply_galois(engine.ring(), z, ring::galois_of_rotation(RotationStep(2), engine.params().log_n()),
                            engine.rotation_key(2)));
  }
  return words;
}

void expect_same_words(const std::function<params::ParamSet()>& params) {
  const std::vector<std::uint64_t> expected = trace(params(), {1, "portable"});
  for (const fhe::kernels::KernelTable* set : fhe::kernels::available_kernels()) {
    for (const int threads : {1, 2}) {
      EXPECT_EQ(trace(params(), {threads, set->name}), expected) << threads << " threads, " << set->name << " kernels";
    }
  }
}

TEST(Reproducible, ThreadsAndKernelsGiveTheSameWords) {
  expect_same_words([] { return insecure(12, {27, 27, 29, 29}, {37}); });
}

TEST(Reproducible, ThreadsAndKernelsGiveTheSameWordsWithWideDigits) {
  expect_same_words([] { return insecure(6, {45, 35, 35, 35}, {50, 50}); });
}

}  // namespace
}  // namespace obscura::tests
