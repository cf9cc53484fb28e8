// The compiler's operators from end to end: each compiled in a small network, run encrypted with encrypted and with
// clear weights, and every score held against the float interpreter within the error that the plan states.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <string>

#include "tests/operators/encrypted_run.hpp"

namespace obscura::tests::operators {
namespace {

constexpr std::uint64_t kSeed = 20260;
/// The stated error is that of the worst score on average over inputs; a median further below says nothing.
constexpr double kMostBitsBelow = 6;

std::vector<OperatorCase> all_cases() {
  std::vector<OperatorCase> all;
  for (const auto family : {convolution_cases, dense_cases, pooling_cases, elementwise_cases, moving_cases,
                            activation_cases, network_cases}) {
    auto cases = family();
    std::move(cases.begin(), cases.end(), std::back_inserter(all));
  }
  return all;
}

std::vector<OperatorCase> cases(bool quick) {
  std::vector<OperatorCase> some = all_cases();
  std::erase_if(some, [&](const OperatorCase& one) { return one.quick != quick; });
  return some;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Of all cases of one suite.
struct Summary {
  /// The largest value of all cases, and whose it is.
  struct Most {
    double value = 0;
    std::string name;
    void raise(double by, const OperatorCase& one) {
      if (by > value) *this = {by, one.name};
    }
  };
  int cases = 0;
  Most error;                   ///< by bound
  Most bits;                    ///< that a median lies below the stated error
  std::vector<double> medians;  ///< bits that each case's median lies below the stated error
  Most compile_seconds;
  double compile = 0;
  double run = 0;
};

class EncryptedOperators : public ::testing::TestWithParam<OperatorCase> {
 protected:
  static void SetUpTestSuite() { summary_ = {}; }
  static void TearDownTestSuite() {
    const Summary& s = summary_;
    if (!s.medians.empty()) {
      EXPECT_LE(median(s.medians), kMostBitsBelow);
    }
    std::printf(
        "%d operators: largest error %.2f of the bound (%s), medians up to %.1f bits below the stated error (%s); "
        "%.1f s compiling, at most %.2f s (%s); %.1f s running\n",
        s.cases, s.error.value, s.error.name.c_str(), s.bits.value, s.bits.name.c_str(), s.compile,
        s.compile_seconds.value, s.compile_seconds.name.c_str(), s.run);
  }

  static void check(const OperatorCase& one) {
    SCOPED_TRACE(one.name + ", seed " + std::to_string(kSeed));
    const auto seen = run_encrypted(one, kSeed);
    ASSERT_TRUE(seen.has_value()) << seen.error().message << "; " << seen.error().hint;
    ASSERT_FALSE(seen->errors_computed.empty());
    const double sealed = *std::max_element(seen->errors_sealed.begin(), seen->errors_sealed.end());
    const double clear = *std::max_element(seen->errors_clear.begin(), seen->errors_clear.end());
    EXPECT_LE(sealed, seen->bound) << "with encrypted weights";
    EXPECT_LE(clear, seen->bound) << "with clear weights";
    // What is stated is the error of the worst score: the largest one seen must come near. Scores of one network
    // differ, a gate's by the value at the gate, so that medians are held to the bound over all cases together.
    const auto& errors = seen->errors_computed;
    const double worst = *std::max_element(errors.begin(), errors.end());
    EXPECT_LE(std::log2(seen->sd / worst), kMostBitsBelow) << "the stated error " << seen->sd << " says nothing";
    const double bits = std::log2(seen->sd / median(errors));
    summary_.medians.push_back(bits);
    ++summary_.cases;
    summary_.error.raise(std::max(sealed, clear) / seen->bound, one);
    summary_.bits.raise(bits, one);
    summary_.compile_seconds.raise(seen->compile_seconds, one);
    summary_.compile += seen->compile_seconds;
    summary_.run += seen->run_seconds;
  }

 private:
  inline static Summary summary_;
};

std::string name_of(const ::testing::TestParamInfo<OperatorCase>& info) {
  return info.param.name;
}

TEST_P(EncryptedOperators, AreWithinTheirStatedError) {
  check(GetParam());
}
INSTANTIATE_TEST_SUITE_P(Quick, EncryptedOperators, ::testing::ValuesIn(cases(true)), name_of);

class EncryptedOperatorsSlow : public EncryptedOperators {};
TEST_P(EncryptedOperatorsSlow, AreWithinTheirStatedError) {
  check(GetParam());
}
INSTANTIATE_TEST_SUITE_P(All, EncryptedOperatorsSlow, ::testing::ValuesIn(cases(false)), name_of);

TEST(OperatorCases, AreAsManyAsPromised) {
  EXPECT_GE(all_cases().size(), 150U);
}

}  // namespace
}  // namespace obscura::tests::operators
