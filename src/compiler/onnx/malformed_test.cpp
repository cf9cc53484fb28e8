#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "compiler/onnx/model_maker.hpp"

// Bytes that no exporter wrote.

namespace obscura::compiler::onnx_import {
namespace {

using base::ErrorCode;

ModelMaker small_network() {
  ModelMaker make(13);
  make.input("x", {-1, 1, 6, 6});
  make.weights("w", {2, 1, 3, 3});
  make.node("Conv", {"x", "w"}, "c");
  make.node("Mul", {"c", "c"}, "s");
  make.ints("t", {0, -1});
  make.node("Reshape", {"s", "t"}, "f");
  make.weights("w2", {32, 2});
  make.node("MatMul", {"f", "w2"}, "y");
  make.output("y", {-1, 2});
  return make;
}

// One operator of each family that takes sizes from the file.
ModelMaker branching_network() {
  ModelMaker make(13);
  make.input("x", {-1, 2, 4, 4});
  make.weights("w", {2, 1, 2, 2});
  ModelMaker::attribute(make.node("ConvTranspose", {"x", "w"}, "up"), "strides", std::vector<std::int64_t>{2, 2});
  auto& split = make.node("Split", {"x"}, "a");
  split.add_output("b");
  ModelMaker::attribute(split, "axis", std::int64_t{1});
  make.floats("region", {0}, {});
  make.floats("scales", {4}, {1, 1, 2, 2});
  make.node("Resize", {"a", "region", "scales"}, "large");
  ModelMaker::attribute(make.node("Concat", {"large", "up"}, "joined"), "axis", std::int64_t{1});
  make.ints("pads", {0, 0, 1, 1, 0, 0, -1, 2});
  ModelMaker::attribute(make.node("Pad", {"joined", "pads"}, "p"), "mode", std::string("reflect"));
  make.ints("from", {1});
  make.ints("to", {7});
  make.ints("axes", {2});
  make.node("Slice", {"p", "from", "to", "axes"}, "part");
  make.floats("three", {}, {3.0F});
  make.node("Pow", {"part", "three"}, "cube");
  make.node("ReduceSum", {"cube", "axes"}, "sum");
  ModelMaker::attribute(make.node("Softmax", {"sum"}, "y"), "axis", std::int64_t{3});
  make.output("y", {-1, 2, 1, 11});
  return make;
}

base::Result<graph::Graph> read(const std::string& bytes) {
  return read_onnx({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, {});
}

class Malformed : public ::testing::TestWithParam<ModelMaker (*)()> {};

TEST_P(Malformed, EveryTruncation) {
  const std::string bytes = GetParam()().model.SerializeAsString();
  const auto whole = read(bytes);
  ASSERT_TRUE(whole) << whole.error().message;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    // A cut between two fields of the model leaves a shorter, sound message.
    const auto graph = read(bytes.substr(0, size));
    EXPECT_TRUE(graph || !graph.error().message.empty());
  }
  EXPECT_FALSE(read(bytes.substr(0, bytes.size() / 2)));
}

TEST_P(Malformed, RandomChangesNeverCrash) {
  const std::string bytes = GetParam()().model.SerializeAsString();
  constexpr std::uint64_t kSeed = 4711;
  std::mt19937_64 random(kSeed);
  int refused = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    std::string changed = bytes;
    for (int change = 0; change <= trial % 3; ++change) {
      changed[random() % changed.size()] = static_cast<char>(random() & 0xff);
    }
    if (!read(changed)) ++refused;
  }
  EXPECT_GT(refused, 1000) << "seed " << kSeed;
}

INSTANTIATE_TEST_SUITE_P(Networks, Malformed, ::testing::Values(small_network, branching_network));

TEST(MalformedFiles, ForeignBytes) {
  EXPECT_FALSE(read(""));
  EXPECT_FALSE(read("\x89PNG\r\n"));
  EXPECT_FALSE(read(std::string(1000, '\xff')));
}

// A gigabyte of zeros that takes no room on the disk.
TEST(MalformedFiles, AGigabyteOfGarbage) {
  const auto path = std::filesystem::temp_directory_path() / fmt::format("obscura_garbage_{}.onnx", ::getpid());
  std::ofstream(path, std::ios::binary) << "not a model";
  std::filesystem::resize_file(path, std::uintmax_t{1} << 30);
  const auto graph = read_onnx_file(path, {});
  std::filesystem::resize_file(path, std::uintmax_t{1} << 20);
  const auto smaller = read_onnx_file(path, {});
  std::filesystem::remove(path);
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().code, ErrorCode::kLimit) << graph.error().message;
  ASSERT_FALSE(smaller);
  EXPECT_EQ(smaller.error().message, path.string() + ": this is not an ONNX model, or it is cut off");
}

// A few weights that claim a million groups, each with as many outputs: nothing of that size is made.
TEST(MalformedFiles, MoreGroupsThanWeights) {
  ModelMaker make(13);
  make.input("x", {-1, 1, 2, 2});
  make.weights("w", {1, 1 << 16, 1, 1});
  ModelMaker::attribute(make.node("ConvTranspose", {"x", "w"}, "y"), "group", std::int64_t{1} << 20);
  make.output("y", {-1, 1, 2, 2});
  const auto graph = make.read();
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().message, "node 'n_y' (ConvTranspose): group is out of range");
}

TEST(MalformedFiles, MissingFile) {
  const auto graph = read_onnx_file("/nowhere/model.onnx", {});
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace obscura::compiler::onnx_import
