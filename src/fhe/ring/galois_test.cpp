#include "fhe/ring/galois.hpp"

#include <gtest/gtest.h>

#include <set>

namespace obscura::fhe::ring {
namespace {

using params::RotationStep;

TEST(Galois, RotationsArePowersOfFive) {
  EXPECT_EQ(galois_of_rotation(RotationStep(0), 5), GaloisElement(1));
  EXPECT_EQ(galois_of_rotation(RotationStep(1), 5), GaloisElement(5));
  EXPECT_EQ(galois_of_rotation(RotationStep(2), 5), GaloisElement(25));
  EXPECT_EQ(galois_of_rotation(RotationStep(3), 5), GaloisElement(125 % 64));
  EXPECT_EQ(galois_of_rotation(RotationStep(16), 5), GaloisElement(1));
  EXPECT_EQ(galois_of_rotation(RotationStep(-1), 5), galois_of_rotation(RotationStep(15), 5));
  EXPECT_EQ(galois_of_conjugation(5), GaloisElement(63));
}

TEST(Galois, RotationsAndConjugationMakeUpTheWholeGroup) {
  constexpr int kLogN = 7;
  std::set<std::uint64_t> seen;
  for (int step = 0; step < 64; ++step) {
    const std::uint64_t g = galois_of_rotation(RotationStep(step), kLogN).value();
    seen.insert(g);
    seen.insert(g * galois_of_conjugation(kLogN).value() % 256);
  }
  EXPECT_EQ(seen.size(), 128U);
}

TEST(Galois, InverseUndoes) {
  for (const int log_n : {4, 13, 17}) {
    const std::uint64_t two_n = std::uint64_t{2} << log_n;
    for (const std::uint64_t g : {std::uint64_t{1}, std::uint64_t{3}, std::uint64_t{5}, two_n / 2 + 1, two_n - 1}) {
      EXPECT_EQ(galois_inverse(GaloisElement(g), log_n).value() * g % two_n, 1U);
    }
    EXPECT_EQ(galois_inverse(galois_of_rotation(RotationStep(7), log_n), log_n),
              galois_of_rotation(RotationStep(-7), log_n));
  }
}

TEST(GaloisDeathTest, EvenElementsAreRefused) {
  EXPECT_DEATH(static_cast<void>(galois_inverse(GaloisElement(2), 5)), "odd");
}

}  // namespace
}  // namespace obscura::fhe::ring
