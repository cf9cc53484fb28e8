#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "compiler/onnx/model_maker.hpp"

// What is refused, and in which words.

namespace obscura::compiler::onnx_import {
namespace {

using base::ErrorCode;

// "code: message" of a model that must be refused.
std::string refusal(const ModelMaker& make, const ImportOptions& options = {}) {
  const auto graph = make.read(options);
  if (graph) return "accepted";
  EXPECT_FALSE(graph.error().message.empty());
  return std::to_string(static_cast<int>(graph.error().code)) + ": " + graph.error().message;
}

// A model on images of two channels that passes its input through one operator.
ModelMaker one_node(const std::string& type, std::vector<std::string> more_inputs = {}, std::int64_t opset = 13) {
  ModelMaker make(opset);
  make.input("x", {-1, 2, 4, 4});
  more_inputs.insert(more_inputs.begin(), "x");
  make.node(type, more_inputs, "y");
  make.output("y", {-1, 2, 4, 4});
  return make;
}

onnx::NodeProto& last_node(ModelMaker& make) {
  return *make.graph().mutable_node()->rbegin();
}

TEST(Refusals, OperatorsThatAreNotSupported) {
  const auto lstm = one_node("LSTM").read();
  ASSERT_FALSE(lstm);
  EXPECT_EQ(lstm.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(lstm.error().message, "node 'n_y' (LSTM): this operator is not supported");
  EXPECT_NE(lstm.error().hint.find("BatchNormalization"), std::string::npos);
  ModelMaker custom = one_node("Identity");
  last_node(custom).set_domain("com.vendor");
  EXPECT_EQ(refusal(custom), "9: node 'n_y' (Identity): operators of the domain 'com.vendor' are not supported");
  for (const char* type : {"If", "Loop", "Scan"}) {
    EXPECT_EQ(refusal(one_node(type)),
              fmt::format("9: node 'n_y' ({}): control flow cannot depend on encrypted values", type));
  }
}

// Read only on request, since it can only be approximated.
TEST(Refusals, MaxPool) {
  ModelMaker make = one_node("MaxPool");
  ModelMaker::attribute(last_node(make), "kernel_shape", std::vector<std::int64_t>{2, 2});
  const auto graph = make.read();
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().message,
            "node 'n_y' (MaxPool): the largest of several encrypted values can only be approximated, at a high cost");
  EXPECT_EQ(graph.error().hint, "use average pooling and train again, or compile with --approximate-maxpool");
  EXPECT_EQ(refusal(make, {.approximate_maxpool = true}), "accepted");
}

// The key holder does these; nothing encrypted comes after them.
TEST(Refusals, SoftmaxBeforeTheEnd) {
  ModelMaker make = one_node("Softmax");
  EXPECT_EQ(refusal(make), "accepted");
  make.node("Relu", {"y"}, "z");
  make.output("z", {-1, 2, 4, 4});
  EXPECT_EQ(refusal(make), "9: node 'n_y' (softmax): 'n_z' (relu) computes with its result");
}

TEST(Refusals, AttributesThatAreNotSupported) {
  const std::string mixes = "it mixes the samples of a batch";
  ModelMaker unknown = one_node("Flatten");
  ModelMaker::attribute(last_node(unknown), "speed", std::int64_t{1});
  EXPECT_EQ(refusal(unknown), "9: node 'n_y' (Flatten): attribute 'speed' is not supported");
  ModelMaker typed = one_node("Flatten");
  ModelMaker::attribute(last_node(typed), "axis", std::string("one"));
  EXPECT_EQ(refusal(typed), "5: node 'n_y' (Flatten): attribute 'axis' has the wrong type");
  ModelMaker axis = one_node("Flatten");
  ModelMaker::attribute(last_node(axis), "axis", std::int64_t{3});
  EXPECT_EQ(refusal(axis), "9: node 'n_y' (Flatten): " + mixes);
  ModelMaker mode = one_node("Pad", {"p"});
  mode.ints("p", {0, 0, 1, 1, 0, 0, 1, 1});
  ModelMaker::attribute(last_node(mode), "mode", std::string("fancy"));
  EXPECT_EQ(refusal(mode), "5: node 'n_y' (Pad): attribute 'mode' has the unknown value 'fancy'");
  ModelMaker crop = one_node("Pad", {"p"});
  crop.ints("p", {0, 0, -4, 0, 0, 0, 0, 0});
  EXPECT_EQ(refusal(crop), "9: node 'n_y' (Pad): nothing is left of the value");
  ModelMaker batch = one_node("Pad", {"p"});
  batch.ints("p", {1, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_EQ(refusal(batch), "9: node 'n_y' (Pad): it pads the batch");
  ModelMaker perm = one_node("Transpose");
  ModelMaker::attribute(last_node(perm), "perm", std::vector<std::int64_t>{1, 0, 2, 3});
  EXPECT_EQ(refusal(perm), "9: node 'n_y' (Transpose): " + mixes);
}

TEST(Refusals, AxesOfTheBatch) {
  const std::string mixes = "it mixes the samples of a batch";
  for (const char* type : {"ReduceMean", "ReduceSum", "ArgMax", "Split"}) {
    EXPECT_EQ(refusal(one_node(type)), fmt::format("9: node 'n_y' ({}): {}", type, mixes));
  }
  ModelMaker soft = one_node("Softmax");
  ModelMaker::attribute(last_node(soft), "axis", std::int64_t{0});
  EXPECT_EQ(refusal(soft), "9: node 'n_y' (Softmax): " + mixes);
  ModelMaker half = one_node("Cast");
  ModelMaker::attribute(last_node(half), "to", std::int64_t{onnx::TensorProto::FLOAT16});
  EXPECT_EQ(refusal(half), "9: node 'n_y' (Cast): it changes the kind of numbers");
  ModelMaker gelu = one_node("Gelu", {}, 20);
  ModelMaker::attribute(last_node(gelu), "approximate", std::string("cubic"));
  EXPECT_EQ(refusal(gelu), "5: node 'n_y' (Gelu): attribute 'approximate' is neither 'none' nor 'tanh'");
}

TEST(Refusals, PowersAndQuotients) {
  const auto power = [](float exponent) {
    ModelMaker make = one_node("Pow", {"k"});
    make.floats("k", {}, {exponent});
    return refusal(make);
  };
  EXPECT_EQ(power(3.0F), "accepted");
  EXPECT_EQ(power(0.5F), "9: node 'n_y' (Pow): its exponent 0.5 is not an integer from 0 to 63");
  EXPECT_EQ(power(-1.0F), "9: node 'n_y' (Pow): its exponent -1 is not an integer from 0 to 63");
  EXPECT_EQ(power(64.0F), "9: node 'n_y' (Pow): its exponent 64 is not an integer from 0 to 63");
  EXPECT_EQ(refusal(one_node("Div", {"x"})), "9: node 'n_y' (Div): it divides by a value that the network computes");
  EXPECT_EQ(refusal(one_node("MatMul", {"x"})), "9: node 'n_y' (MatMul): the network computes both its inputs");
}

// One input, each message naming the node.
TEST(Refusals, PartsAndJoins) {
  ModelMaker split = one_node("Split", {"sizes"});
  split.ints("sizes", {1, 2});
  last_node(split).add_output("second");
  ModelMaker::attribute(last_node(split), "axis", std::int64_t{1});
  EXPECT_EQ(refusal(split), "5: node 'n_y' (Split): it cannot split 2 elements so");
  ModelMaker join = one_node("Concat", {"k"});
  join.weights("k", {1, 2, 4, 3});
  ModelMaker::attribute(last_node(join), "axis", std::int64_t{1});
  EXPECT_EQ(refusal(join), "5: node 'n_y' (Concat): the shapes of its inputs do not fit each other");
  ModelMaker samples = one_node("Concat", {"k"});
  samples.weights("k", {5, 2, 4, 4});
  ModelMaker::attribute(last_node(samples), "axis", std::int64_t{1});
  EXPECT_EQ(refusal(samples), "9: node 'n_y' (Concat): a constant differs from sample to sample");
  ModelMaker stack = one_node("Concat", {"x"});
  ModelMaker::attribute(last_node(stack), "axis", std::int64_t{0});
  EXPECT_EQ(refusal(stack), "9: node 'n_y' (Concat): it mixes the samples of a batch");
  ModelMaker resize = one_node("Resize", {"", "s"});
  resize.floats("s", {4}, {1, 1, 2, 2});
  ModelMaker::attribute(last_node(resize), "mode", std::string("area"));
  EXPECT_EQ(refusal(resize), "9: node 'n_y' (Resize): attribute 'mode' is 'area'");
  ModelMaker huge = one_node("Resize", {"", "s"});
  huge.floats("s", {4}, {1, 1, 1e6F, 1e6F});
  EXPECT_EQ(refusal(huge).substr(0, 4), "10: ");
  ModelMaker gather = one_node("Gather", {"i"});
  gather.ints("i", {4});
  ModelMaker::attribute(last_node(gather), "axis", std::int64_t{2});
  EXPECT_EQ(refusal(gather), "5: node 'n_y' (Gather): axis 4 of a tensor of 4 dimensions");
}

TEST(Refusals, ConvolutionsAndPools) {
  const auto conv = [](const std::vector<std::int64_t>& weights, const auto& change) {
    ModelMaker make = one_node("Conv", {"w"});
    make.weights("w", weights);
    change(last_node(make));
    return refusal(make);
  };
  const auto nothing = [](onnx::NodeProto&) {};
  EXPECT_NE(conv({3, 2, 3}, nothing).find("weights of 3 dimensions on an input of 4"), std::string::npos);
  EXPECT_NE(conv({3, 4, 3, 3}, nothing).find("do not fit an operand [2, 4, 4]"), std::string::npos);
  EXPECT_NE(conv({3, 2, 5, 5}, nothing).find("does not fit the padded extent 4"), std::string::npos);
  const auto with = [](const std::string& name, std::vector<std::int64_t> values) {
    return [name, values](onnx::NodeProto& node) { ModelMaker::attribute(node, name, values); };
  };
  EXPECT_NE(conv({3, 2, 3, 3}, with("strides", {0, 1})).find("strides is out of range"), std::string::npos);
  EXPECT_NE(conv({3, 2, 3, 3}, with("strides", {1})).find("strides needs 2 numbers"), std::string::npos);
  EXPECT_NE(conv({3, 2, 3, 3}, with("pads", {0, 0, -1, 0})).find("negative pads"), std::string::npos);
  EXPECT_NE(conv({3, 2, 3, 3}, with("pads", {std::int64_t{1} << 62, 0, 0, 0})).find("out of range"), std::string::npos);
  EXPECT_NE(conv({3, 2, 3, 3}, with("kernel_shape", {2, 3})).find("kernel_shape differs"), std::string::npos);
  EXPECT_NE(conv({3, 2, 0, 3}, nothing).find("5: "), std::string::npos);
  ModelMaker pool = one_node("AveragePool");
  EXPECT_NE(refusal(pool).find("kernel_shape does not fit"), std::string::npos);
  ModelMaker::attribute(last_node(pool), "kernel_shape", std::vector<std::int64_t>{2, 2});
  ModelMaker::attribute(last_node(pool), "pads", std::vector<std::int64_t>{2, 0, 0, 0});
  EXPECT_NE(refusal(pool).find("padding is not below the kernel"), std::string::npos);
  ModelMaker weights = one_node("Conv", {"x"});
  EXPECT_NE(refusal(weights).find("the weights must be constant, but the network computes it"), std::string::npos);
}

TEST(Refusals, InputsAndOutputs) {
  const auto input = [](const std::vector<std::int64_t>& dims) {
    ModelMaker make;
    make.input("x", dims);
    make.node("Identity", {"x"}, "y");
    make.output("y", dims);
    return make;
  };
  EXPECT_EQ(refusal(input({8, 3, 4, 4})), "9: input 'x': has the fixed batch size 8");
  EXPECT_EQ(refusal(input({5})), "9: input 'x': has 1 dimensions; a batch and at least one more are needed");
  EXPECT_EQ(refusal(input({1, 3, -1, 4})), "9: input 'x': leaves the size of dimension 2 open");
  EXPECT_EQ(refusal(input({1, std::int64_t{1} << 40, 4})).substr(0, 4), "10: ");
  EXPECT_EQ(refusal(input({1, 4})), "accepted");
  ModelMaker integers = input({1, 4});
  integers.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::UINT8);
  EXPECT_EQ(refusal(integers), "9: input 'x': does not hold floating-point numbers");
  ModelMaker two = input({1, 4});
  two.input("z", {1, 4});
  EXPECT_EQ(refusal(two), "9: the model has the inputs 'x' and 'z'");
  ModelMaker none;
  EXPECT_EQ(refusal(none), "5: the model has no input");
  ModelMaker constant = input({1, 4});
  constant.weights("w", {4});
  constant.output("w", {4});
  EXPECT_EQ(refusal(constant), "9: output 'w' does not depend on the input");
  ModelMaker missing = input({1, 4});
  missing.graph().clear_output();
  EXPECT_EQ(refusal(missing), "5: the model has no output");
}

TEST(Refusals, GraphsThatAreNotSound) {
  ModelMaker cycle;
  cycle.input("x", {1, 4});
  cycle.node("Add", {"x", "b"}, "a");
  cycle.node("Add", {"a", "x"}, "b");
  cycle.output("b", {1, 4});
  EXPECT_EQ(refusal(cycle), "5: node 'n_a' (Add): 'b' is used before anything defines it");
  ModelMaker twice;
  twice.input("x", {1, 4});
  twice.node("Identity", {"x"}, "x");
  twice.output("x", {1, 4});
  EXPECT_EQ(refusal(twice), "5: 'x' is defined twice");
  ModelMaker missing = one_node("Add");
  EXPECT_EQ(refusal(missing), "5: node 'n_y' (Add): it has 1 inputs");
  ModelMaker gap = one_node("Add", {""});
  EXPECT_EQ(refusal(gap), "5: node 'n_y' (Add): it has 1 inputs");
  ModelMaker mask = one_node("Dropout");
  last_node(mask).add_output("mask");
  mask.node("Identity", {"mask"}, "z");
  EXPECT_EQ(refusal(mask), "9: node 'n_z' (Identity): 'mask' is not the first output of its node");
  ModelMaker names;
  names.input("x", {1, 4});
  names.weights("w", {4});
  names.weights("w", {4});
  EXPECT_EQ(refusal(names), "5: two initialisers are named 'w'");
  ModelMaker old(6);
  EXPECT_EQ(refusal(old), "9: the model uses operator set 6; 7 to 21 can be read");
  ModelMaker young(13, 99);
  EXPECT_EQ(refusal(young), "9: the model has ONNX IR version 99; versions 3 to 10 can be read");
  ModelMaker versions;
  versions.model.add_opset_import()->set_version(14);
  EXPECT_EQ(refusal(versions), "5: the model names two operator sets");
  // Only libonnx's checker asks for a name of the graph.
  ModelMaker nameless = one_node("Identity");
  nameless.graph().clear_name();
  EXPECT_NE(refusal(nameless).find("the ONNX checker refuses the model"), std::string::npos);
}

TEST(Refusals, WeightsThatAreNotSound) {
  const auto add = [](const auto& change) {
    ModelMaker make = one_node("Add", {"k"});
    change(make.floats("k", {2, 1, 1}, {1.0F, 2.0F}));
    return refusal(make);
  };
  EXPECT_EQ(add([](onnx::TensorProto&) {}), "accepted");
  EXPECT_EQ(add([](onnx::TensorProto& k) { k.set_float_data(0, std::nanf("")); }),
            "5: node 'n_y' (Add): tensor 'k' holds an infinity or a NaN");
  EXPECT_EQ(add([](onnx::TensorProto& k) { k.set_float_data(1, std::numeric_limits<float>::infinity()); }),
            "5: node 'n_y' (Add): tensor 'k' holds an infinity or a NaN");
  EXPECT_EQ(add([](onnx::TensorProto& k) { k.add_float_data(1.0F); }),
            "5: node 'n_y' (Add): tensor 'k': its data does not hold the 2 elements of its dimensions");
  EXPECT_EQ(add([](onnx::TensorProto& k) { k.set_raw_data("abc"); }),
            "5: node 'n_y' (Add): tensor 'k': its data does not hold the 2 elements of its dimensions");
  EXPECT_EQ(add([](onnx::TensorProto& k) { k.set_dims(0, -2); }),
            "5: node 'n_y' (Add): tensor 'k': a tensor has the dimension -2");
  EXPECT_EQ(add([](onnx::TensorProto& k) { k.set_dims(0, std::int64_t{1} << 62); }).substr(0, 4), "10: ");
  EXPECT_EQ(add([](onnx::TensorProto& k) { k.set_data_location(onnx::TensorProto::EXTERNAL); }),
            "9: node 'n_y' (Add): tensor 'k' keeps its data in another file");
  EXPECT_EQ(add([](onnx::TensorProto& k) { k.set_data_type(onnx::TensorProto::FLOAT16); }),
            "9: node 'n_y' (Add): tensor 'k' has the element type 10");
  EXPECT_EQ(add([](onnx::TensorProto& k) { k.set_data_type(onnx::TensorProto::INT64); }).substr(0, 3), "5: ");
  ModelMaker zero = one_node("Div", {"k"});
  zero.floats("k", {}, {0.0F});
  EXPECT_EQ(refusal(zero), "5: node 'n_y' (Div): it divides by zero");
  ModelMaker wide = one_node("Add", {"k"});
  wide.weights("k", {3, 1, 1});
  EXPECT_NE(refusal(wide).find("its constant does not fit a value of shape [2, 4, 4]"), std::string::npos);
  ModelMaker samples = one_node("Add", {"k"});
  samples.weights("k", {5, 2, 4, 4});
  EXPECT_NE(refusal(samples).find("its constant differs from sample to sample"), std::string::npos);
}

TEST(Refusals, DenseLayersAndReshapes) {
  const auto dense = [](const std::string& type, const std::vector<std::int64_t>& x, const auto& change) {
    ModelMaker make;
    make.input("x", x);
    change(make.node(type, {"x", "w"}, "y"));
    make.weights("w", {4, 3});
    make.output("y", {-1, 3});
    return refusal(make);
  };
  const auto nothing = [](onnx::NodeProto&) {};
  EXPECT_EQ(dense("Gemm", {-1, 4}, nothing), "accepted");
  EXPECT_NE(dense("Gemm", {-1, 5}, nothing).find("weights for 4 inputs on an operand [5]"), std::string::npos);
  EXPECT_NE(dense("Gemm", {-1, 2, 4}, nothing).find("its input [2, 4] is not a vector per sample"), std::string::npos);
  EXPECT_EQ(dense("MatMul", {-1, 2, 4}, nothing), "accepted");
  EXPECT_EQ(dense("MatMul", {-1, 2, 5}, nothing),
            "9: node 'n_y' (MatMul): a constant of 2 dimensions does not fit a value [2, 5]");
  EXPECT_NE(
      dense("Gemm", {-1, 4}, [](onnx::NodeProto& node) { ModelMaker::attribute(node, "transA", std::int64_t{1}); })
          .find("mixes the samples"),
      std::string::npos);
  const auto reshape = [](const std::vector<std::int64_t>& target) {
    ModelMaker make = one_node("Reshape", {"t"});
    make.ints("t", target);
    return refusal(make);
  };
  const std::string mixes = "9: node 'n_y' (Reshape): it mixes the samples of a batch";
  for (const auto& target : std::vector<std::vector<std::int64_t>>{{},
                                                                   {32},
                                                                   {-1},
                                                                   {-1, 16},
                                                                   {2, 16},
                                                                   {-1, -1},
                                                                   {0, 31},
                                                                   {0, -1, -1},
                                                                   {1, 64},
                                                                   {0, 3, -1},
                                                                   {0, -2, 16},
                                                                   {0, std::int64_t{1} << 62, 4},
                                                                   {0, 2, 4, 4, 2}}) {
    EXPECT_EQ(reshape(target), mixes) << ::testing::PrintToString(target);
  }
  EXPECT_EQ(reshape({0, 2, 4, 4, 0}),
            "5: node 'n_y' (Reshape): a dimension of 0 copies one that the input does not have");
  for (const auto& target :
       std::vector<std::vector<std::int64_t>>{{0, -1}, {-1, 32}, {1, 32}, {1, -1}, {0, 0, -1}, {-1, 2, 16}}) {
    EXPECT_EQ(reshape(target), "accepted") << ::testing::PrintToString(target);
  }
}

TEST(Refusals, ShapeArithmetic) {
  const auto slice = [](std::int64_t start, std::int64_t end, std::int64_t step) {
    ModelMaker make = one_node("Reshape", {"t"});
    make.ints("list", {0, 2, 16, -1});
    make.ints("start", {start});
    make.ints("end", {end});
    make.ints("axis", {0});
    make.ints("step", {step});
    make.node("Slice", {"list", "start", "end", "axis", "step"}, "t");
    make.graph().mutable_node()->SwapElements(0, 1);
    return refusal(make);
  };
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(slice(kLeast, 3, 1), "accepted");
  EXPECT_EQ(slice(0, -1, 1), "accepted");
  EXPECT_EQ(slice(kMost, kLeast, -1), "9: node 'n_y' (Reshape): it mixes the samples of a batch");
  EXPECT_EQ(slice(3, 3, 1), "5: node 'n_t' (Slice): nothing is left of the constant");
  EXPECT_EQ(slice(1, 4, 2), "9: node 'n_y' (Reshape): it mixes the samples of a batch");
  EXPECT_EQ(slice(0, kMost, kMost), "9: node 'n_y' (Reshape): it mixes the samples of a batch");
  EXPECT_EQ(slice(0, 4, 0), "5: node 'n_t' (Slice): a step is 0");
  EXPECT_EQ(refusal(one_node("Slice", {"x", "x"})),
            "9: node 'n_y' (Slice): the start must be constant, but the network computes it");
  ModelMaker gather = one_node("Gather", {"i"});
  gather.ints("i", {0});
  EXPECT_EQ(refusal(gather), "9: node 'n_y' (Gather): it mixes the samples of a batch");
  ModelMaker batch = one_node("Reshape", {"t"});
  batch.node("Shape", {"x"}, "s");
  batch.node("Add", {"s", "s"}, "t");
  batch.graph().mutable_node()->SwapElements(0, 1);
  batch.graph().mutable_node()->SwapElements(1, 2);
  EXPECT_EQ(refusal(batch), "9: node 'n_t' (Add): it computes with the number of samples");
  ModelMaker huge = one_node("Add", {"k"});
  huge.ints("n", {std::int64_t{1} << 40});
  huge.node("ConstantOfShape", {"n"}, "k");
  huge.graph().mutable_node()->SwapElements(0, 1);
  EXPECT_EQ(refusal(huge).substr(0, 4), "10: ");
}

TEST(Refusals, Limits) {
  ModelMaker make = one_node("Add", {"k"});
  make.weights("k", {2, 4, 4});
  EXPECT_EQ(refusal(make), "accepted");
  EXPECT_EQ(refusal(make, {.max_file_bytes = 10}).substr(0, 4), "10: ");
  EXPECT_EQ(refusal(make, {.max_nodes = 0}), "10: the model has 1 nodes, more than 0");
  EXPECT_EQ(refusal(make, {.max_constants = 40}),
            "10: node 'n_y' (Add): the model's constants come to more than 40 numbers");
  // A column and a row, each small, whose sum is not.
  ModelMaker bomb = one_node("Add", {"z"});
  bomb.weights("column", {10000, 1});
  bomb.weights("row", {1, 10000});
  bomb.node("Add", {"column", "row"}, "z");
  bomb.graph().mutable_node()->SwapElements(0, 1);
  EXPECT_EQ(refusal(bomb).substr(0, 4), "10: ");
}

}  // namespace
}  // namespace obscura::compiler::onnx_import
