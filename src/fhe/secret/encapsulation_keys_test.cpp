#include "fhe/secret/encapsulation_keys.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "fhe/ckks/context.hpp"
#include "fhe/random/seed.hpp"

namespace obscura::fhe::secret {
namespace {

/// Makes keys of a bootstrap for these parameters, which are secure for a dense secret.
void make_keys(int log_n, std::vector<int> q_bits, std::vector<int> p_bits, params::Security security) {
  auto set = params::ParamSet::create({log_n, std::move(q_bits), std::move(p_bits), security}).value();
  const auto context = ckks::Context::create(std::move(set), {}).value();
  const SecretKey secret = SecretKey::generate(context->ring());
  random::Stream errors(random::random_seed(), random::Domain::kError, 0);
  random::Stream sparse(random::random_seed(), random::Domain::kSecretKey, 0);
  static_cast<void>(
      make_encapsulation_keys(context->ring(), secret, params::Level(0), random::random_seed(), errors, sparse));
}

/// As BootstrapParams refuses them.
TEST(EncapsulationKeysDeathTest, AreNotMadeWhereASparseSecretIsNotSecure) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(make_keys(16, {50, 40}, {50}, params::Security::k192), "secure at N = 2\\^16 and 128 bits only");
  EXPECT_DEATH(make_keys(16, {50, 40}, {50}, params::Security::k256), "secure at N = 2\\^16 and 128 bits only");
  EXPECT_DEATH(make_keys(15, {50, 40}, {50}, params::Security::k128), "secure at N = 2\\^16 and 128 bits only");
}

TEST(EncapsulationKeys, AreMadeWhereASparseSecretIsSecure) {
  make_keys(16, {50, 40}, {50}, params::Security::k128);
}

}  // namespace
}  // namespace obscura::fhe::secret
