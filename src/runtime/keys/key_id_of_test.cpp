#include "runtime/keys/key_id_of.hpp"

#include <gtest/gtest.h>

#include <set>

#include "plan/program/testing/tiny_program.hpp"

namespace obscura::runtime::keys {
namespace {

using fhe::ckks::KeyId;
using fhe::params::Level;
using fhe::params::RotationStep;
using fhe::ring::GaloisElement;
using plan::program::KeyKind;

TEST(KeyIdOf, FollowsThePowersOfFive) {
  const int log_n = 5;
  EXPECT_EQ(key_id_of({KeyKind::kRelinearize, RotationStep(0), Level(3)}, log_n),
            (KeyId{fhe::ckks::KeyKind::kRelinearize, GaloisElement(1)}));
  EXPECT_EQ(key_id_of({KeyKind::kRotate, RotationStep(3), Level(3)}, log_n),
            (KeyId{fhe::ckks::KeyKind::kGalois, GaloisElement(125 % 64)}));
  EXPECT_EQ(key_id_of({KeyKind::kConjugate, RotationStep(0), Level(3)}, log_n),
            (KeyId{fhe::ckks::KeyKind::kGalois, GaloisElement(63)}));
  EXPECT_EQ(key_id_of({KeyKind::kRotateRelinearize, RotationStep(2), Level(3)}, log_n),
            (KeyId{fhe::ckks::KeyKind::kGaloisRelinearize, GaloisElement(25)}));
  EXPECT_EQ(key_id_of({KeyKind::kEncapsulate, RotationStep(0), Level(0)}, log_n),
            (KeyId{fhe::ckks::KeyKind::kEncapsulate, GaloisElement(1)}));
  EXPECT_EQ(key_id_of({KeyKind::kDecapsulate, RotationStep(0), Level(3)}, log_n),
            (KeyId{fhe::ckks::KeyKind::kDecapsulate, GaloisElement(1)}));
}

TEST(KeyIdOf, GivesEveryNeedOfAProgramItsOwnName) {
  const auto program = plan::program::testing::tiny_program();
  std::set<KeyId> names;
  for (const auto& need : program.key_needs) names.insert(key_id_of(need, program.params.log_n));
  EXPECT_EQ(names.size(), program.key_needs.size());
}

}  // namespace
}  // namespace obscura::runtime::keys
