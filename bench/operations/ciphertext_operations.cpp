#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "bench/operations/detail/at_level.hpp"
#include "bench/operations/detail/groups.hpp"
#include "fhe/ckks/add.hpp"
#include "fhe/ckks/encrypt.hpp"
#include "fhe/ckks/key_id.hpp"
#include "fhe/ckks/multiply.hpp"
#include "fhe/ckks/relinearize.hpp"
#include "fhe/ring/sample.hpp"
#include "fhe/secret/decrypt.hpp"

namespace obscura::bench::operations {

namespace {

namespace ckks = fhe::ckks;
using fhe::params::Level;
using fhe::params::PrimeIndex;
using fhe::params::Scale;

constexpr double kLargestSlot = 1.5;  ///< of sample_slots

/// A message with what became of it, shared by check and run.
struct Sample {
  Engine* engine;
  Level level;
  Scale scale;
  Slots message;
  ckks::Plaintext plaintext;
  ckks::Ciphertext ciphertext;
  ckks::Ciphertext other;  ///< of the same message
  WorkModel model;
};

using SharedSample = std::shared_ptr<Sample>;

SharedSample make_sample(Engine& engine, Level level) {
  const Scale scale = Scale::power_of_two(engine.params().literal().q_bits.back() - 3);
  Slots message = sample_slots(static_cast<std::size_t>(engine.params().slots()));
  auto plaintext = engine.encoder().encode(message, level, scale, false);
  auto ciphertext = ckks::encrypt(engine.ring(), engine.public_key(), plaintext, engine.masks());
  auto other = ckks::encrypt(engine.ring(), engine.public_key(), plaintext, engine.masks());
  return std::make_shared<Sample>(Sample{&engine, level, scale, std::move(message), std::move(plaintext),
                                         std::move(ciphertext), std::move(other), WorkModel(engine.params(), level)});
}

SharedSample make_sample(Engine& engine) {
  return make_sample(engine, engine.top());
}

/// A case on a sample; `make` gives what the operation returns, `right` judges it.
template <class Make, class Right>
Case case_of(SharedSample s, const Work& work, Make make, Right right) {
  Case made;
  made.level = s->level.value();
  made.work = work;
  made.right = [s, make, right] { return right(*s, make(*s)); };
  made.run = [s, make] { static_cast<void>(make(*s)); };
  return made;
}

bool all_close(const Slots& got, const Slots& expected, double tolerance) {
  return std::equal(got.begin(), got.end(), expected.begin(), expected.end(),
                    [&](auto a, auto b) { return std::abs(a - b) <= tolerance; });
}

Slots squares(const Slots& slots) {
  Slots squared(slots.size());
  std::transform(slots.begin(), slots.end(), squared.begin(), [](auto v) { return v * v; });
  return squared;
}

bool is_message(const Sample& s, const Slots& got) {
  return all_close(got, s.message, s.engine->tolerance(s.engine->fresh_sd(), s.scale));
}

bool holds_message(const Sample& s, const ckks::Ciphertext& got) {
  return s.engine->close(got, s.message, s.engine->tolerance(s.engine->fresh_sd(), s.scale));
}

Case prepare_encode(Engine& engine) {
  const SharedSample s = make_sample(engine);
  const double limbs = s->model.limbs();
  const Work work =
      s->model.embedding() + s->model.memory(1 + limbs) + Work{.transforms = limbs, .lane_ops = limbs * kReduction};
  return case_of(
      s, work, [](const Sample& x) { return x.engine->encode(x.message, x.scale); },
      [](const Sample& x, const ckks::Plaintext& got) { return is_message(x, x.engine->encoder().decode(got)); });
}

Case prepare_encrypt(Engine& engine) {
  const SharedSample s = make_sample(engine);
  const double q = s->model.limbs();
  const double qp = s->model.extended_limbs();
  // The mask and two errors, each drawn once; the mask is transformed, the errors join what the divisions by P
  // transform; two products with the key.
  const Work work = Work{.transforms = qp, .lane_ops = 2 * qp * (kMultiplyAdd + kReduction)} +
                    Work{.random_bytes = s->model.memory(3).bytes} + 2 * s->model.mod_down(false) +
                    s->model.memory(2 * qp + 3 * q);
  return case_of(
      s, work,
      [](Sample& x) { return ckks::encrypt(x.engine->ring(), x.engine->public_key(), x.plaintext, x.engine->masks()); },
      holds_message);
}

Case prepare_decrypt(Engine& engine) {
  const SharedSample s = make_sample(engine);
  const double limbs = s->model.limbs();
  const Work work = s->model.memory(4 * limbs) + Work{.lane_ops = limbs * (kMultiplyAdd + kReduction)};
  return case_of(
      s, work, [](const Sample& x) { return fhe::secret::decrypt(x.engine->ring(), x.engine->secret(), x.ciphertext); },
      [](const Sample& x, const ckks::Plaintext& got) { return is_message(x, x.engine->encoder().decode(got)); });
}

Case prepare_decode(Engine& engine) {
  const SharedSample s = make_sample(engine);
  const double limbs = std::min(2.0, s->model.limbs());
  const Work work = s->model.embedding() + s->model.memory(limbs + 1) + Work{.transforms = limbs};
  return case_of(
      s, work, [](const Sample& x) { return x.engine->encoder().decode(x.plaintext); }, is_message);
}

Case prepare_add(Engine& engine) {
  const SharedSample s = make_sample(engine);
  const Work work = s->model.memory(6 * s->model.limbs()) + Work{.lane_ops = 2 * s->model.limbs() * kModularSum};
  return case_of(
      s, work, [](const Sample& x) { return ckks::add(x.engine->ring(), x.ciphertext, x.other); },
      [](const Sample& x, const ckks::Ciphertext& got) {
        Slots doubled = x.message;
        for (auto& value : doubled) value *= 2;
        return x.engine->close(got, doubled, x.engine->tolerance(2 * x.engine->fresh_sd(), x.scale));
      });
}

Case prepare_multiply_plain(Engine& engine) {
  const SharedSample s = make_sample(engine);
  const double limbs = s->model.limbs();
  const Work work = s->model.memory(5 * limbs) + Work{.lane_ops = 2 * limbs * (kMultiplyAdd + kReduction)};
  return case_of(
      s, work, [](const Sample& x) { return ckks::multiply_plain(x.engine->ring(), x.ciphertext, x.plaintext); },
      [](const Sample& x, const ckks::Ciphertext& got) {
        const double sd = kLargestSlot * std::hypot(x.engine->fresh_sd(), x.engine->noise().encode());
        return x.engine->close(got, squares(x.message), x.engine->tolerance(sd, x.scale));
      });
}

/// Twice the value times the error, the key switch, and the rounding of the division by P q_l.
double product_tolerance(const Sample& s) {
  const auto prime = PrimeIndex(s.level.value());
  const Scale rescaled = (s.scale * s.scale).divided_by_prime(prime);
  const double factor = std::exp2(s.scale.log2(s.engine->params()) - rescaled.log2(s.engine->params()));
  const double carried = 2 * kLargestSlot * s.engine->fresh_sd() / factor;
  return s.engine->tolerance(std::hypot(carried, s.engine->key_switch_sd(s.level)), rescaled);
}

/// The same words for fewer primes, all residues below their primes, and their mean within ten deviations of the
/// middle.
bool is_uniform(const fhe::ring::RingContext& ring, const fhe::ring::EvaluationPoly& all,
                const fhe::ring::EvaluationPoly& first) {
  for (int i = 0; i < all.limbs(); ++i) {
    const double q = static_cast<double>(ring.modulus(all.basis(), i).value());
    const auto limb = all.limb(i);
    double mean = 0;
    for (const std::uint64_t word : limb) mean += static_cast<double>(word) / q / static_cast<double>(limb.size());
    if (std::abs(mean - 0.5) > 10 / std::sqrt(12.0 * static_cast<double>(limb.size()))) return false;
    if (static_cast<double>(*std::max_element(limb.begin(), limb.end())) >= q) return false;
  }
  return std::equal(first.words().begin(), first.words().end(), all.words().begin());
}

Case prepare_seed_expansion(Engine& engine) {
  const auto basis = engine.ring().basis_qp(engine.top());
  const auto seed = fhe::random::random_seed();
  const WorkModel model(engine.params(), engine.top());
  Case made;
  made.level = engine.top().value();
  made.work = model.memory(basis.limbs()) + Work{.random_bytes = model.memory(basis.limbs()).bytes};
  made.run = [&engine, basis, seed] { static_cast<void>(fhe::ring::uniform(engine.ring(), basis, seed, 0)); };
  made.right = [&engine, basis, seed] {
    return is_uniform(engine.ring(), fhe::ring::uniform(engine.ring(), basis, seed, 0),
                      fhe::ring::uniform(engine.ring(), {1, 0}, seed, 0));
  };
  return made;
}

}  // namespace

Case detail::prepare_multiply(Engine& engine, Level level) {
  engine.key(ckks::relinearization_key_id());
  const SharedSample s = make_sample(engine, level);
  const double limbs = s->model.limbs();
  const Work work = s->model.key_switch(true) + s->model.memory(4 * limbs + 2 * (limbs - 1)) +
                    Work{.lane_ops = limbs * (4 * kMultiplyAdd + 3 * kReduction + 2 * kScaling)};
  return case_of(
      s, work,
      [](const Sample& x) {
        const auto product = ckks::multiply(x.engine->ring(), x.ciphertext, x.other);
        return ckks::relinearize_and_rescale(x.engine->ring(), product, x.engine->key(ckks::relinearization_key_id()));
      },
      [](const Sample& x, const ckks::Ciphertext& got) {
        return x.engine->close(got, squares(x.message), product_tolerance(x));
      });
}

void detail::add_ciphertexts(const Shape& shape, std::vector<Operation>& to) {
  to.push_back({Group::kCiphertexts, "seed expansion", shape, prepare_seed_expansion});
  to.push_back({Group::kCiphertexts, "encode", shape, prepare_encode});
  to.push_back({Group::kCiphertexts, "encrypt", shape, prepare_encrypt});
  to.push_back({Group::kCiphertexts, "decrypt", shape, prepare_decrypt});
  to.push_back({Group::kCiphertexts, "decode", shape, prepare_decode});
  to.push_back({Group::kCiphertexts, "add", shape, prepare_add});
  to.push_back({Group::kCiphertexts, "multiply by plaintext", shape, prepare_multiply_plain});
  to.push_back({Group::kCiphertexts, "multiply, relinearise, rescale", shape,
                [](Engine& engine) { return prepare_multiply(engine, engine.top()); }});
}

}  // namespace obscura::bench::operations
