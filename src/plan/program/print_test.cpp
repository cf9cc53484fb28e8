#include "plan/program/print.hpp"

#include <gtest/gtest.h>

#include "plan/program/testing/branched_program.hpp"
#include "plan/program/testing/deep_program.hpp"
#include "plan/program/testing/tiny_program.hpp"

namespace obscura::plan::program {
namespace {

TEST(Print, ShowsEveryInstructionOfTheTinyProgram) {
  const std::string expected = R"(program log_n=5 q=45,30,30,30 p=48 security=128 INSECURE
input 1x3x4 scale=0.0039215686274509803 mean=0.5 std=0.25 rgb resize range=-2..2 ciphertexts=2
stage 0 Conv "conv1"
stage 1 Mul "square1"
stage 2 Gemm "dense1"
w0: level 3 scale 2^30
w1: level 3 scale 2^30
w2: level 3 scale 2^30
w3: level 3 scale 2^30
w4: level 2 scale 2^60*q3^-1
w5: level 1 scale 2^30
w6: level 1 scale 2^30
w7: level 1 scale 2^30
%0: level 3 scale 2^30 stage 0 = input 0
%1: level 3 scale 2^30 stage 0 = input 1
%2: level 2 scale 2^60*q3^-1 stage 0 = linear(%0,%1) rescale
    <<0: w0 * #0 + w1 * #1<<1
    <<3: w2 * #0 + w3 * #1<<2
%3: level 2 scale 2^60*q3^-1 stage 0 = add_bias(%2, w4)
%4: level 1 scale 2^120*q2^-1*q3^-2 stage 1 = square(%3)
%5: level 1 scale 2^150*q2^-1*q3^-2 stage 2 = linear(%4)
    <<0: w5 * #0 + w6 * #0<<1
    <<5: w7 * #0
%6: level 1 scale 2^150*q2^-1*q3^-2 stage 2 = rotate(%5, 4)
%7: level 1 scale 2^150*q2^-1*q3^-2 stage 2 = conjugate(%6)
%8: level 1 scale 2^150*q2^-1*q3^-2 stage 2 = multiply_by_i(%7, 3)
%9: level 1 scale 2^150*q2^-1*q3^-2 stage 2 = add(%5, %8)
results %9
output "scores" factor=2 finish=none slots=0:0,0:2,0:5
key relinearize level 3
key rotate 1 level 3
key rotate 2 level 3
key rotate 3 level 3
key rotate 4 level 1
key rotate 5 level 1
key conjugate level 1
key rotate_relinearize 3 level 3
key rotate_relinearize 5 level 1
sealed under the secret key
error sd=0.001 bound=0.0060000000000000001 maximum=12
)";
  EXPECT_EQ(print(testing::tiny_program()), expected);
}

TEST(Print, ShowsBranches) {
  const std::string text = print(testing::branched_program());
  EXPECT_NE(text.find("%5: level 2 scale 2^90*q3^-1*q4^-1 stage 1 = multiply(%3, %0)\n"), std::string::npos);
  EXPECT_NE(text.find("%6: level 1 scale 2^120*q3^-1*q4^-2 stage 2 = change_scale(%5)\n"), std::string::npos);
  EXPECT_NE(text.find("results %8,%11,%10,%1\n"), std::string::npos);
  EXPECT_NE(text.find("output \"mask\" factor=0.5 finish=softmax slots=2:0,3:1\n"), std::string::npos);
}

TEST(Print, ShowsBootstrapsAndTheirKeys) {
  const std::string text = print(testing::deep_program());
  EXPECT_NE(text.find("bootstrap log_slots=9 complex"), std::string::npos);
  EXPECT_NE(text.find("%4: level 6 scale 2^33 stage 0 = bootstrap(%3) from level 3 range 2^3\n"), std::string::npos);
  EXPECT_NE(text.find("key encapsulate level 0\nkey decapsulate level 18\n"), std::string::npos) << text;
}

TEST(Print, MarksExtendedTransformsAndWeights) {
  const std::string text = print(testing::tiny_program({5, true}));
  EXPECT_NE(text.find("w0: level 3 scale 2^30 extended\n"), std::string::npos);
  EXPECT_NE(text.find("linear(%0,%1) extended rescale\n"), std::string::npos);
}

}  // namespace
}  // namespace obscura::plan::program
