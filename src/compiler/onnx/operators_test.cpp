#include <gtest/gtest.h>

#include <cmath>

#include "compiler/graph/final_ops.hpp"
#include "compiler/graph/interpret.hpp"
#include "compiler/onnx/model_maker.hpp"

// What ONNX's own cases do not show: operators of older and newer operator sets, values where those cases have
// constants, and forms that only exporters write.

namespace obscura::compiler::onnx_import {
namespace {

using Values = std::vector<double>;
using Dims = std::vector<std::int64_t>;

graph::Graph read(const ModelMaker& make, const ImportOptions& options = {}) {
  auto graph = make.read(options);
  EXPECT_TRUE(graph) << (graph ? "" : graph.error().message);
  return graph ? std::move(*graph) : graph::Graph{};
}

Values run(const ModelMaker& make, const Values& x) {
  const auto graph = read(make);
  return graph.nodes.empty() ? Values{} : graph::interpret(graph, x);
}

std::int64_t ir_of(std::int64_t opset) {
  return opset > 18 ? 9 : opset > 15 ? 8 : 7;
}

TEST(Operators, ActivationsByOperatorSet) {
  struct Row {
    const char* type;
    std::int64_t since;
    double at_minus_one;
  };
  const double erf = std::erf(1.0 / std::sqrt(2.0));
  const Row rows[] = {{"Relu", 7, 0.0},
                      {"LeakyRelu", 7, -0.01},
                      {"Elu", 7, std::exp(-1.0) - 1.0},
                      {"Selu", 7, 1.05070102214813232421875 * 1.67326319217681884765625 * (std::exp(-1.0) - 1.0)},
                      {"Celu", 12, std::exp(-1.0) - 1.0},
                      {"Sigmoid", 7, 1.0 / (1.0 + std::exp(1.0))},
                      {"Tanh", 7, std::tanh(-1.0)},
                      {"HardSigmoid", 7, 0.3},
                      {"HardSwish", 14, -1.0 / 3.0},
                      {"Gelu", 20, -0.5 * (1.0 - erf)},
                      {"Erf", 9, std::erf(-1.0)},
                      {"Softplus", 7, std::log(1.0 + std::exp(-1.0))},
                      {"Softsign", 7, -0.5}};
  for (const Row& row : rows) {
    for (std::int64_t opset = row.since; opset <= 21; ++opset) {
      SCOPED_TRACE(testing::Message() << row.type << ", operator set " << opset);
      ModelMaker make(opset, ir_of(opset));
      make.input("x", {-1, 1});
      make.node(row.type, {"x"}, "y");
      make.output("y", {-1, 1});
      const Values y = run(make, {-1.0});
      ASSERT_EQ(y.size(), 1U);
      EXPECT_NEAR(y[0], row.at_minus_one, 1e-15);
    }
  }
}

TEST(Operators, ClipKeepsItsBoundsInAttributesOrInputs) {
  for (const std::int64_t opset : {7, 11, 13}) {
    ModelMaker make(opset);
    make.input("x", {-1, 3});
    make.floats("six", {}, {6.0F});
    make.floats("zero", {}, {0.0F});
    const bool inputs = opset >= 11;
    auto& low = make.node("Clip", inputs ? std::vector<std::string>{"x", "zero"} : std::vector<std::string>{"x"}, "a");
    auto& high =
        make.node("Clip", inputs ? std::vector<std::string>{"a", "", "six"} : std::vector<std::string>{"a"}, "y");
    if (!inputs) ModelMaker::attribute(low, "min", 0.0F);
    if (!inputs) ModelMaker::attribute(high, "max", 6.0F);
    make.output("y", {-1, 3});
    const auto graph = read(make);
    EXPECT_EQ(graph::interpret(graph, Values{-3, 4, 9}), (Values{0, 4, 6}));
    // Without an upper bound it is Relu.
    EXPECT_EQ(graph::op_name(graph.nodes[1].op), "relu");
  }
}

// Squeeze-and-excitation: a gate per channel, broadcast over rows and columns.
TEST(Operators, GatesAreBroadcast) {
  ModelMaker make(13);
  make.input("x", {-1, 2, 1, 3});
  make.node("GlobalAveragePool", {"x"}, "mean");
  make.node("Mul", {"x", "mean"}, "scaled");
  make.node("Sub", {"mean", "scaled"}, "y");
  make.output("y", {-1, 2, 1, 3});
  EXPECT_EQ(run(make, {1, 2, 3, 0, 4, 8}), (Values{0, -2, -4, 4, -12, -28}));
}

TEST(Operators, SplitBySizesCountsAndAttributes) {
  for (const std::int64_t opset : {7, 13, 18}) {
    SCOPED_TRACE(opset);
    ModelMaker make(opset, ir_of(opset));
    make.input("x", {-1, 5});
    make.ints("sizes", {2, 3});
    auto& split =
        make.node("Split", opset == 13 ? std::vector<std::string>{"x", "sizes"} : std::vector<std::string>{"x"}, "a");
    split.add_output("b");
    ModelMaker::attribute(split, "axis", std::int64_t{-1});
    if (opset == 7) ModelMaker::attribute(split, "split", Dims{2, 3});
    if (opset == 18) ModelMaker::attribute(split, "num_outputs", std::int64_t{2});
    make.output("b", {-1, 3});
    make.output("a", {-1, 2});
    const Values expected = opset == 18 ? Values{4, 5, 1, 2, 3} : Values{3, 4, 5, 1, 2};
    EXPECT_EQ(run(make, {1, 2, 3, 4, 5}), expected);
  }
}

// Constants between values, along the last dimension and the first.
TEST(Operators, ConcatOfValuesAndConstants) {
  ModelMaker make(13);
  make.input("x", {-1, 1, 2});
  make.floats("k", {1, 1, 1}, {7});
  make.floats("row", {1, 1, 5}, {9, 8, 7, 6, 5});
  ModelMaker::attribute(make.node("Concat", {"x", "k", "x"}, "wide"), "axis", std::int64_t{2});
  ModelMaker::attribute(make.node("Concat", {"row", "wide"}, "y"), "axis", std::int64_t{1});
  make.output("y", {-1, 2, 5});
  EXPECT_EQ(run(make, {1, 2}), (Values{9, 8, 7, 6, 5, 1, 2, 7, 1, 2}));
}

TEST(Operators, SliceAndGatherOfValues) {
  ModelMaker make(9);
  make.input("x", {-1, 2, 3});
  auto& slice = make.node("Slice", {"x"}, "tail");
  ModelMaker::attribute(slice, "starts", Dims{0, -2});
  ModelMaker::attribute(slice, "ends", Dims{1 << 30, 9});
  ModelMaker::attribute(slice, "axes", Dims{1, 2});
  make.constant("i", {1}, true);
  ModelMaker::attribute(make.node("Gather", {"tail", "i"}, "y"), "axis", std::int64_t{1});
  make.output("y", {-1, 2});
  const auto graph = read(make);
  EXPECT_EQ(graph.shape(graph.outputs[0]).dims, (Dims{2}));
  EXPECT_EQ(graph::interpret(graph, Values{1, 2, 3, 4, 5, 6}), (Values{5, 6}));
}

// Nearest neighbours under the three operators that have had them.
TEST(Operators, UpsampleByOperatorSet) {
  for (const std::int64_t opset : {7, 9, 10, 11, 13, 18, 19}) {
    SCOPED_TRACE(opset);
    ModelMaker make(opset, ir_of(opset));
    make.input("x", {-1, 1, 1, 2});
    make.floats("scales", {4}, {1, 1, 2, 2});
    make.floats("region", {0}, {});
    const bool attribute = opset < 9;
    std::vector<std::string> inputs{"x"};
    if (!attribute) inputs.insert(inputs.end(), opset < 11 ? 1 : 2, opset < 11 ? "scales" : "region");
    if (opset >= 11) inputs.back() = "scales";
    auto& node = make.node(opset < 10 ? "Upsample" : "Resize", inputs, "y");
    ModelMaker::attribute(node, "mode", std::string("nearest"));
    if (attribute) {
      auto& scales = *node.add_attribute();
      scales.set_name("scales");
      scales.set_type(onnx::AttributeProto::FLOATS);
      for (const float scale : {1.0F, 1.0F, 2.0F, 2.0F}) scales.add_floats(scale);
    }
    if (opset >= 11) ModelMaker::attribute(node, "coordinate_transformation_mode", std::string("asymmetric"));
    if (opset >= 11) ModelMaker::attribute(node, "nearest_mode", std::string("floor"));
    make.output("y", {-1, 1, 2, 4});
    EXPECT_EQ(run(make, {3, 5}), (Values{3, 3, 5, 5, 3, 3, 5, 5}));
  }
}

// Between two numbers along rows and columns, the ends repeated.
TEST(Operators, ResizeLinearly) {
  ModelMaker make(13);
  make.input("x", {-1, 1, 2, 2});
  make.floats("scales", {4}, {1, 1, 1, 2});
  ModelMaker::attribute(make.node("Resize", {"x", "", "scales"}, "y"), "mode", std::string("linear"));
  make.output("y", {-1, 1, 2, 4});
  const auto graph = read(make);
  EXPECT_EQ(graph::interpret(graph, Values{0, 4, 10, 2}), (Values{0, 1, 3, 4, 10, 8, 4, 2}));
  EXPECT_EQ(graph::op_name(graph.nodes[1].op), "linear");
}

// Constant (operator set 12) without a tensor: one float and several.
TEST(Operators, ConstantsInAttributes) {
  ModelMaker make(13);
  make.input("x", {-1, 2});
  ModelMaker::attribute(make.node("Constant", {}, "half"), "value_float", 0.5F);
  onnx::AttributeProto& list = *make.node("Constant", {}, "shift").add_attribute();
  list.set_name("value_floats");
  list.set_type(onnx::AttributeProto::FLOATS);
  list.add_floats(1.0F);
  list.add_floats(-2.0F);
  make.node("Mul", {"x", "half"}, "scaled");
  make.node("Add", {"scaled", "shift"}, "y");
  make.output("y", {-1, 2});
  EXPECT_EQ(graph::interpret(read(make), Values{4, 6}), (Values{3, 1}));
}

TEST(Operators, GemmWithAComputedSummand) {
  ModelMaker make(13);
  make.input("x", {-1, 2});
  make.floats("w", {2, 2}, {1, 2, 3, 4});
  auto& gemm = make.node("Gemm", {"x", "w", "x"}, "y");
  ModelMaker::attribute(gemm, "alpha", 2.0F);
  ModelMaker::attribute(gemm, "beta", 10.0F);
  make.output("y", {-1, 2});
  EXPECT_EQ(run(make, {1, 1}), (Values{18, 22}));
}

TEST(Operators, MatMulOnSequencesFromBothSides) {
  ModelMaker make(13);
  make.input("x", {-1, 2, 2});
  make.floats("right", {2, 1}, {1, 10});
  make.floats("left", {1, 1, 2}, {100, 1});
  make.node("MatMul", {"x", "right"}, "a");
  make.node("MatMul", {"left", "a"}, "y");
  make.output("y", {-1, 1, 1});
  EXPECT_EQ(run(make, {1, 2, 3, 4}), (Values{21 * 100 + 43}));
}

// Windows that hang over the padded end average what is inside, padding counted.
TEST(Operators, AveragePoolRoundingUpWithPaddingCounted) {
  ModelMaker make(13);
  make.input("x", {-1, 1, 1, 4});
  auto& pool = make.node("AveragePool", {"x"}, "y");
  ModelMaker::attribute(pool, "kernel_shape", Dims{1, 3});
  ModelMaker::attribute(pool, "strides", Dims{1, 3});
  ModelMaker::attribute(pool, "pads", Dims{0, 1, 0, 0});
  ModelMaker::attribute(pool, "ceil_mode", std::int64_t{1});
  ModelMaker::attribute(pool, "count_include_pad", std::int64_t{1});
  make.output("y", {-1, 1, 1, 2});
  EXPECT_EQ(run(make, {3, 6, 5, 9}), (Values{3, 7}));
}

TEST(Operators, PaddingByRepetitionReflectionAndCropping) {
  const auto pad = [](const std::string& mode, const Dims& amounts) {
    ModelMaker make(19, 9);
    make.input("x", {-1, 3});
    make.ints("p", amounts);
    ModelMaker::attribute(make.node("Pad", {"x", "p"}, "y"), "mode", mode);
    make.output("y", {-1, -1});
    return run(make, {1, 2, 3});
  };
  EXPECT_EQ(pad("edge", {0, 2, 0, 1}), (Values{1, 1, 1, 2, 3, 3}));
  EXPECT_EQ(pad("reflect", {0, 2, 0, 1}), (Values{3, 2, 1, 2, 3, 2}));
  EXPECT_EQ(pad("wrap", {0, 2, 0, 1}), (Values{2, 3, 1, 2, 3, 1}));
  EXPECT_EQ(pad("constant", {0, -1, 0, 2}), (Values{2, 3, 0, 0}));
  EXPECT_EQ(pad("constant", {0, -1, 0, -1}), (Values{2}));
}

// Before operator set 13, softmax runs over all dimensions from its axis on.
TEST(Operators, SoftmaxByOperatorSet) {
  for (const std::int64_t opset : {7, 11, 13}) {
    ModelMaker make(opset);
    make.input("x", {-1, 2, 2});
    ModelMaker::attribute(make.node("Softmax", {"x"}, "y"), "axis", std::int64_t{1});
    make.output("y", {-1, 2, 2});
    const double share = opset < 13 ? 0.25 : 0.5;
    EXPECT_EQ(run(make, {3, 3, 3, 3}), Values(4, share));
  }
}

TEST(Operators, ScoresAndTheLabelOfTheLargest) {
  ModelMaker make(13);
  make.input("x", {-1, 3});
  make.node("LogSoftmax", {"x"}, "p");
  auto& label = make.node("ArgMax", {"p"}, "label");
  ModelMaker::attribute(label, "axis", std::int64_t{1});
  ModelMaker::attribute(label, "keepdims", std::int64_t{0});
  make.output("x", {-1, 3});
  make.output("label", {-1});
  make.graph().mutable_output(1)->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::INT64);
  const auto graph = read(make);
  EXPECT_EQ(graph::interpret(graph, Values{1, 7, 3}), (Values{1, 7, 3, 1}));
  EXPECT_TRUE(graph.shape(graph.outputs[1]).dims.empty());
  const auto stripped = graph::strip_final_ops(graph);
  ASSERT_TRUE(stripped);
  EXPECT_EQ(stripped->body.nodes.size(), 1U);
}

TEST(Operators, CubesAndPerElementPowers) {
  ModelMaker make(13);
  make.input("x", {-1, 3});
  make.floats("three", {}, {3});
  make.floats("each", {3}, {0, 1, 4});
  make.node("Pow", {"x", "three"}, "cube");
  make.node("Pow", {"x", "each"}, "powers");
  make.output("cube", {-1, 3});
  make.output("powers", {-1, 3});
  EXPECT_EQ(run(make, {-2, 3, 2}), (Values{-8, 27, 8, 1, 3, 16}));
}

TEST(Operators, PReluPerChannel) {
  ModelMaker make(13);
  make.input("x", {-1, 2, 1, 2});
  make.floats("s", {2, 1, 1}, {0.5F, 0.25F});
  make.node("PRelu", {"x", "s"}, "y");
  make.output("y", {-1, 2, 1, 2});
  EXPECT_EQ(run(make, {-4, 4, -4, 4}), (Values{-2, 4, -1, 4}));
}

}  // namespace
}  // namespace obscura::compiler::onnx_import
