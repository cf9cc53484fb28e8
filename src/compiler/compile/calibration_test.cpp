#include "compiler/compile/calibration.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

namespace obscura::compiler::compile {
namespace {

namespace fs = std::filesystem;

/// A directory that goes away with the test.
class CalibrationFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    directory_ = fs::temp_directory_path() / (std::string("obscura_calibration_") + test->name());
    fs::remove_all(directory_);
    fs::create_directories(directory_);
    spec_.height = 1;
    spec_.width = 2;
  }
  void TearDown() override { fs::remove_all(directory_); }
  void write(const std::string& name, const std::string& bytes) {
    std::ofstream(directory_ / name, std::ios::binary) << bytes;
  }

  fs::path directory_;
  plan::program::InputSpec spec_;
};

TEST_F(CalibrationFiles, ReadsImagesOfADirectoryByName) {
  write("b.pgm", "P2 2 1 255 255 0");
  write("a.pgm", "P2 2 1 255 0 51");
  write("labels.txt", "1 2");
  const auto inputs = read_calibration(directory_, spec_, 10);
  ASSERT_TRUE(inputs.has_value()) << inputs.error().message;
  ASSERT_EQ(inputs->size(), 2u);
  EXPECT_NEAR((*inputs)[0][1], 0.2, 1e-6);
  EXPECT_NEAR((*inputs)[1][0], 1.0, 1e-6);
  EXPECT_EQ(read_calibration(directory_, spec_, 1)->size(), 1u);
}

TEST_F(CalibrationFiles, SpreadsOverAnIdxFile) {
  std::string bytes{"\0\0\x08\x03\0\0\0\x04\0\0\0\x01\0\0\0\x02", 16};
  for (const char value : {char{0}, char{1}, char{2}, char{3}}) bytes += {value, value};
  write("images", bytes);
  spec_.scale = 1;
  const auto inputs = read_calibration(directory_ / "images", spec_, 2);
  ASSERT_TRUE(inputs.has_value()) << inputs.error().message;
  ASSERT_EQ(inputs->size(), 2u);
  EXPECT_EQ((*inputs)[0][0], 0);
  EXPECT_EQ((*inputs)[1][0], 2);
}

TEST_F(CalibrationFiles, ChecksWithOthersWhereThereAreEnough) {
  std::string bytes{"\0\0\x08\x03\0\0\0\x06\0\0\0\x01\0\0\0\x02", 16};
  for (char value = 0; value < 6; ++value) bytes += {value, value};
  write("images", bytes);
  spec_.scale = 1;
  // Calibration takes 0 and 3; the others are 1, 2, 4, 5.
  const auto others = read_check_inputs({directory_ / "images", {}, 2}, spec_, 2);
  ASSERT_TRUE(others.has_value()) << others.error().message;
  EXPECT_TRUE(others->unseen);
  ASSERT_EQ(others->inputs.size(), 2u);
  EXPECT_EQ(others->inputs[0][0], 1);
  EXPECT_EQ(others->inputs[1][0], 4);
  const auto some = read_check_inputs({directory_ / "images", {}, 2}, spec_, 5);
  ASSERT_TRUE(some.has_value());
  EXPECT_FALSE(some->unseen);
  EXPECT_EQ(some->inputs.size(), 5u);
  EXPECT_EQ(read_check_inputs({directory_ / "images", {}, 2}, spec_, 50)->inputs.size(), 6u);
}

TEST_F(CalibrationFiles, LabelsGoWithTheirInputs) {
  std::string bytes{"\0\0\x08\x03\0\0\0\x06\0\0\0\x01\0\0\0\x02", 16};
  for (char value = 0; value < 6; ++value) bytes += {value, value};
  write("images", bytes);
  write("labels", "10\r\n11\n12\n13\n14\n15\n");
  write("idx", std::string{"\0\0\x08\x01\0\0\0\x06\x0a\x0b\x0c\x0d\x0e\x0f", 14});
  spec_.scale = 1;
  for (const char* labels : {"labels", "idx"}) {
    const auto check = read_check_inputs({directory_ / "images", directory_ / labels, 2}, spec_, 2);
    ASSERT_TRUE(check.has_value()) << check.error().message;
    EXPECT_EQ(check->labels, (std::vector<int>{11, 14})) << labels;
  }
  const auto all = read_check_inputs({directory_ / "images", directory_ / "labels"}, spec_, 3);
  ASSERT_TRUE(all.has_value()) << all.error().message;
  EXPECT_TRUE(all->unseen);
  EXPECT_EQ(all->labels, (std::vector<int>{10, 12, 14}));
  for (const char* wrong : {"1\n2\n", "1\n2\n3\n4\n5\nsix\n", "1\n2\n3\n4\n5\n-6\n"}) {
    write("wrong", wrong);
    const auto refused = read_check_inputs({directory_ / "images", directory_ / "wrong"}, spec_, 3);
    ASSERT_FALSE(refused.has_value()) << wrong;
    EXPECT_EQ(refused.error().code, base::ErrorCode::kMismatch);
  }
}

TEST_F(CalibrationFiles, RefusesWhatHoldsNoInput) {
  EXPECT_EQ(read_calibration(directory_, spec_, 10).error().code, base::ErrorCode::kNotFound);
  EXPECT_EQ(read_calibration(directory_ / "missing", spec_, 10).error().code, base::ErrorCode::kNotFound);
  write("a.pgm", "P2 3 1 255 0 51 2");
  EXPECT_EQ(read_calibration(directory_, spec_, 10).error().code, base::ErrorCode::kMismatch);
}

TEST_F(CalibrationFiles, ReadsTheDigitsOfTheRepository) {
  spec_.height = spec_.width = 28;
  const auto inputs = read_calibration(std::string(OBSCURA_SOURCE_DIR) + "/models/digits", spec_, 1000);
  ASSERT_TRUE(inputs.has_value()) << inputs.error().message;
  EXPECT_EQ(inputs->size(), 100u);
}

}  // namespace
}  // namespace obscura::compiler::compile
