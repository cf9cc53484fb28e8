#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "compiler/onnx/model_maker.hpp"

// What is refused, and in which words; and bytes that no exporter wrote.

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
  const auto relu = one_node("Relu").read();
  ASSERT_FALSE(relu);
  EXPECT_EQ(relu.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(relu.error().message, "node 'n_y' (Relu): this operator is not supported");
  EXPECT_EQ(relu.error().hint, "use the square x*x or a quadratic such as x*x + 2*x as activation and train again");
  EXPECT_EQ(one_node("MaxPool").read().error().hint, "use average pooling and train again");
  EXPECT_NE(one_node("Softmax").read().error().hint.find("after decryption"), std::string::npos);
  EXPECT_NE(one_node("LSTM").read().error().hint.find("BatchNormalization"), std::string::npos);
  ModelMaker custom = one_node("Identity");
  last_node(custom).set_domain("com.vendor");
  EXPECT_EQ(refusal(custom), "9: node 'n_y' (Identity): operators of the domain 'com.vendor' are not supported");
}

TEST(Refusals, AttributesThatAreNotSupported) {
  ModelMaker unknown = one_node("Flatten");
  ModelMaker::attribute(last_node(unknown), "speed", std::int64_t{1});
  EXPECT_EQ(refusal(unknown), "9: node 'n_y' (Flatten): attribute 'speed' is not supported");
  ModelMaker typed = one_node("Flatten");
  ModelMaker::attribute(last_node(typed), "axis", std::string("one"));
  EXPECT_EQ(refusal(typed), "5: node 'n_y' (Flatten): attribute 'axis' has the wrong type");
  ModelMaker axis = one_node("Flatten");
  ModelMaker::attribute(last_node(axis), "axis", std::int64_t{3});
  EXPECT_EQ(refusal(axis), "9: node 'n_y' (Flatten): it mixes the samples of a batch");
  ModelMaker edge = one_node("Pad", {"p"});
  edge.ints("p", {0, 0, 1, 1, 0, 0, 1, 1});
  ModelMaker::attribute(last_node(edge), "mode", std::string("edge"));
  EXPECT_EQ(refusal(edge), "9: node 'n_y' (Pad): attribute 'mode' is 'edge'");
  ModelMaker crop = one_node("Pad", {"p"});
  crop.ints("p", {0, 0, -1, 0, 0, 0, 0, 0});
  EXPECT_EQ(refusal(crop), "9: node 'n_y' (Pad): negative padding crops the tensor");
  ModelMaker batch = one_node("Pad", {"p"});
  batch.ints("p", {1, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_EQ(refusal(batch), "9: node 'n_y' (Pad): it pads the batch");
  ModelMaker perm = one_node("Transpose");
  ModelMaker::attribute(last_node(perm), "perm", std::vector<std::int64_t>{1, 0, 2, 3});
  EXPECT_EQ(refusal(perm), "9: node 'n_y' (Transpose): it mixes the samples of a batch");
  ModelMaker mean = one_node("ReduceMean");
  ModelMaker::attribute(last_node(mean), "axes", std::vector<std::int64_t>{1});
  EXPECT_NE(refusal(mean).find("something else than the rows and columns"), std::string::npos);
  ModelMaker cube = one_node("Pow", {"three"});
  cube.floats("three", {}, {3.0F});
  EXPECT_EQ(refusal(cube), "9: node 'n_y' (Pow): its exponent is not 2");
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
  EXPECT_NE(dense("MatMul", {-1, 2, 4}, nothing).find("its input [2, 4] is not a vector per sample"),
            std::string::npos);
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
  EXPECT_EQ(slice(0, 4, 2), "9: node 'n_t' (Slice): its step is 2");
  EXPECT_EQ(refusal(one_node("Slice", {"x", "x"})),
            "9: node 'n_y' (Slice): what it slices must be constant, but the network computes it");
  ModelMaker gather = one_node("Gather", {"i"});
  gather.ints("i", {0});
  EXPECT_EQ(refusal(gather), "9: node 'n_y' (Gather): it works on something else than the shape of a value");
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

base::Result<graph::Graph> read(const std::string& bytes) {
  return read_onnx({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, {});
}

TEST(Malformed, EveryTruncationAndForeignBytes) {
  const std::string bytes = small_network().model.SerializeAsString();
  ASSERT_TRUE(read(bytes));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    // A cut between two fields of the model leaves a shorter, sound message.
    const auto graph = read(bytes.substr(0, size));
    EXPECT_TRUE(graph || !graph.error().message.empty());
  }
  EXPECT_FALSE(read(bytes.substr(0, bytes.size() / 2)));
  EXPECT_FALSE(read(""));
  EXPECT_FALSE(read("\x89PNG\r\n"));
  EXPECT_FALSE(read(std::string(1000, '\xff')));
}

TEST(Malformed, RandomChangesNeverCrash) {
  const std::string bytes = small_network().model.SerializeAsString();
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

TEST(Malformed, MissingFile) {
  const auto graph = read_onnx_file("/nowhere/model.onnx", {});
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace obscura::compiler::onnx_import
