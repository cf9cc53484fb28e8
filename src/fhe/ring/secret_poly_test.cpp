#include "fhe/ring/secret_poly.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "fhe/ring/sample.hpp"
#include "fhe/ring/test_ring.hpp"

namespace obscura::fhe::ring {
namespace {

random::Stream stream(random::Domain domain) {
  random::Seed256 seed;
  seed.bytes[0] = 5;
  return {seed, domain, 0};
}

TEST(SecretPoly, SamplesAreTheCoefficientsOfTheStream) {
  const test::TestRing holder(test::insecure(6, {40, 30}, {41}));
  const RingContext& ring = holder.ring;
  const Basis basis = ring.basis_qp(params::Level(1));
  auto errors = stream(random::Domain::kError);
  auto again = stream(random::Domain::kError);
  EXPECT_TRUE(test::equal(sample_error(ring, basis, errors).reveal_secret(),
                          from_signed(ring, error_coefficients(ring.degree(), again), basis)));
  auto ternary = stream(random::Domain::kEphemeral);
  auto ternary_again = stream(random::Domain::kEphemeral);
  EXPECT_TRUE(test::equal(sample_ternary(ring, basis, ternary).reveal_secret(),
                          from_signed(ring, ternary_coefficients(ring.degree(), ternary_again), basis)));
}

// The pool hands a returned block out again, so what a dead polynomial left behind can be seen.
TEST(SecretPoly, LeavesNothingInThePool) {
  const test::TestRing holder(test::insecure(6, {40, 30}, {41}));
  const RingContext& ring = holder.ring;
  const Basis basis = ring.basis_qp(params::Level(1));
  const auto nothing_left = [&ring, &basis](const std::uint64_t* block) {
    const auto reused = ring.make<Domain::kEvaluation>(basis);
    EXPECT_EQ(reused.words().data(), block) << "the pool gave another block: the test sees nothing";
    return std::ranges::all_of(reused.words(), [](std::uint64_t word) { return word == 0; });
  };
  auto errors = stream(random::Domain::kError);
  const std::uint64_t* block = nullptr;
  {
    const SecretPoly secret = sample_error(ring, basis, errors);
    block = secret.reveal_secret().words().data();
    ASSERT_FALSE(std::ranges::all_of(secret.reveal_secret().words(), [](std::uint64_t word) { return word == 0; }));
  }
  EXPECT_TRUE(nothing_left(block)) << "when it dies";
  SecretPoly target = sample_error(ring, basis, errors);
  block = target.reveal_secret().words().data();
  target = sample_error(ring, basis, errors);
  EXPECT_TRUE(nothing_left(block)) << "when it is overwritten";
}

}  // namespace
}  // namespace obscura::fhe::ring
