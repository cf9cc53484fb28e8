#include <gtest/gtest.h>

#include <limits>

#include "compiler/graph/interpret.hpp"
#include "compiler/graph/print.hpp"
#include "compiler/onnx/model_maker.hpp"

// Models in the forms that PyTorch, Keras and others write.

namespace obscura::compiler::onnx_import {
namespace {

using Values = std::vector<double>;
using Dims = std::vector<std::int64_t>;

graph::Graph read(const ModelMaker& make) {
  auto graph = make.read();
  EXPECT_TRUE(graph) << (graph ? "" : graph.error().message);
  return graph ? std::move(*graph) : graph::Graph{};
}

std::string text(const ModelMaker& make) {
  const auto graph = read(make);
  return graph.nodes.empty() ? "" : graph::print(graph);
}

// Constant + Pad + AveragePool, Identity, and the flattening that PyTorch writes for
// x.view(x.size(0), -1): Shape, Gather, Unsqueeze, Concat, Reshape.
TEST(Exporters, PyTorchWithADynamicBatch) {
  ModelMaker make(13);
  make.input("x", {-1, 2, 5, 5});
  make.weights("w", {3, 2, 3, 3});
  make.weights("b", {3});
  make.ints("pads", {0, 0, 1, 1, 0, 0, 0, 0});
  make.node("Identity", {"w"}, "w2");
  auto& conv = make.node("Conv", {"x", "w2", "b"}, "c");
  ModelMaker::attribute(conv, "group", std::int64_t{1});
  ModelMaker::attribute(conv, "kernel_shape", std::vector<std::int64_t>{3, 3});
  ModelMaker::attribute(conv, "pads", std::vector<std::int64_t>{1, 1, 1, 1});
  make.node("Mul", {"c", "c"}, "sq");
  make.constant_float("zero", 0.0F);
  make.node("Pad", {"sq", "pads", "zero"}, "p");
  auto& pool = make.node("AveragePool", {"p"}, "a");
  ModelMaker::attribute(pool, "kernel_shape", std::vector<std::int64_t>{2, 2});
  ModelMaker::attribute(pool, "strides", std::vector<std::int64_t>{2, 2});
  make.node("Shape", {"a"}, "s");
  make.constant("i0", {0}, true);
  make.node("Gather", {"s", "i0"}, "n");
  make.constant("axis", {0});
  make.node("Unsqueeze", {"n", "axis"}, "n1");
  make.constant("rest", {-1});
  ModelMaker::attribute(make.node("Concat", {"n1", "rest"}, "target"), "axis", std::int64_t{0});
  make.node("Reshape", {"a", "target"}, "f");
  make.node("Dropout", {"f"}, "d");
  make.weights("w3", {4, 27});
  make.weights("b3", {4});
  ModelMaker::attribute(make.node("Gemm", {"d", "w3", "b3"}, "y"), "transB", std::int64_t{1});
  make.output("y", {-1, 4});
  EXPECT_EQ(text(make),
            "%0 = input() 'x' : [2, 5, 5]\n"
            "%1 = conv(%0) 'n_c' weights [3, 2, 3, 3] strides [1, 1] pads [1, 1, 1, 1] dilations [1, 1] groups 1 : "
            "[3, 5, 5]\n"
            "%2 = square(%1) 'n_sq' : [3, 5, 5]\n"
            "%3 = pad(%2) 'n_p' before [0, 1, 1] after [0, 0, 0] : [3, 6, 6]\n"
            "%4 = average_pool(%3) 'n_a' kernel [2, 2] strides [2, 2] pads [0, 0, 0, 0] : [3, 3, 3]\n"
            "%5 = reshape(%4) 'n_f' : [27]\n"
            "%6 = dense(%5) 'n_y' weights [4, 27] : [4]\n"
            "output %6\n");
}

// tf2onnx: images with channels last, turned by a Transpose; MatMul + Add; Reshape to [-1, n]; the
// batch fixed to 1 in the target.
TEST(Exporters, KerasWithChannelsLast) {
  ModelMaker make(15, 8);
  make.input("image", {1, 4, 4, 2});
  make.weights("kernel", {3, 2, 2, 2});
  make.weights("gamma", {3});
  make.weights("beta", {3});
  make.weights("mean", {3});
  make.floats("variance", {3}, {0.5F, 1.0F, 2.0F});
  ModelMaker::attribute(make.node("Transpose", {"image"}, "nchw"), "perm", std::vector<std::int64_t>{0, 3, 1, 2});
  ModelMaker::attribute(make.node("Conv", {"nchw", "kernel"}, "c"), "auto_pad", std::string("VALID"));
  auto& norm = make.node("BatchNormalization", {"c", "gamma", "beta", "mean", "variance"}, "bn");
  ModelMaker::attribute(norm, "epsilon", 0.001F);
  ModelMaker::attribute(norm, "momentum", 0.9F);
  make.floats("two", {}, {2.0F});
  make.node("Pow", {"bn", "two"}, "sq");
  ModelMaker::attribute(make.node("Transpose", {"sq"}, "nhwc"), "perm", std::vector<std::int64_t>{0, 2, 3, 1});
  make.ints("flat", {-1, 27});
  make.node("Reshape", {"nhwc", "flat"}, "f");
  make.weights("w", {27, 5});
  make.weights("b", {5});
  make.node("MatMul", {"f", "w"}, "m");
  make.node("Add", {"m", "b"}, "y");
  make.node("Identity", {"y"}, "result");
  make.output("result", {1, 5});
  EXPECT_EQ(text(make),
            "%0 = input() 'image' : [4, 4, 2]\n"
            "%1 = transpose(%0) 'n_nchw' [2, 0, 1] : [2, 4, 4]\n"
            "%2 = conv(%1) 'n_c' weights [3, 2, 2, 2] strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1 : "
            "[3, 3, 3]\n"
            "%3 = affine(%2) 'n_bn' scale per channel, shift per channel : [3, 3, 3]\n"
            "%4 = square(%3) 'n_sq' : [3, 3, 3]\n"
            "%5 = transpose(%4) 'n_nhwc' [1, 2, 0] : [3, 3, 3]\n"
            "%6 = reshape(%5) 'n_f' : [27]\n"
            "%7 = dense(%6) 'n_m' weights [5, 27] : [5]\n"
            "%8 = affine(%7) 'n_y' scale scalar, shift per channel : [5]\n"
            "output %8\n");
}

TEST(Exporters, ReshapeChainsAndGlobalPooling) {
  ModelMaker make(13);
  make.input("x", {-1, 1, 4, 4});
  make.ints("one", {1});
  make.ints("last", {-1});
  make.ints("flat", {0, -1});
  make.ints("shape", {1, 2, 8});
  make.node("Squeeze", {"x", "one"}, "a");
  make.node("Reshape", {"a", "flat"}, "b");
  make.node("Reshape", {"b", "shape"}, "c");
  make.node("Unsqueeze", {"c", "last"}, "d");
  make.node("GlobalAveragePool", {"d"}, "e");
  make.node("Flatten", {"e"}, "y");
  make.output("y", {-1, 2});
  const auto graph = read(make);
  Values x(16);
  for (std::size_t i = 0; i < 16; ++i) x[i] = static_cast<double>(i);
  EXPECT_EQ(graph::interpret(graph, x), (Values{3.5, 11.5}));
}

TEST(Exporters, ArithmeticWithConstantsOnEitherSide) {
  ModelMaker make(14);
  make.input("x", {-1, 2, 1, 2});
  make.floats("k", {2, 1, 1}, {2.0F, 4.0F});
  make.floats("e", {1, 2, 1, 2}, {1.0F, 2.0F, 3.0F, 4.0F});
  make.floats("r", {2}, {10.0F, 20.0F});
  make.node("Mul", {"k", "x"}, "a");
  make.node("Sub", {"e", "a"}, "b");
  make.node("Div", {"b", "k"}, "c");
  make.node("Sub", {"c", "r"}, "d");
  make.node("Sub", {"d", "x"}, "f");
  make.node("Mul", {"f", "x"}, "y");
  make.output("y", {-1, 2, 1, 2});
  const auto graph = read(make);
  Values expected;
  const Values x{0.5, -1.0, 2.0, 3.0};
  const Values k{2, 2, 4, 4};
  const Values r{10, 20, 10, 20};
  for (std::size_t i = 0; i < 4; ++i) {
    const double e = static_cast<double>(i) + 1.0;
    expected.push_back(((e - k[i] * x[i]) / k[i] - r[i] - x[i]) * x[i]);
  }
  EXPECT_EQ(graph::interpret(graph, x), expected);
}

// Constants that exporters left unfolded: weights transposed, joined and reshaped by nodes.
TEST(Exporters, UnfoldedConstants) {
  ModelMaker make(13);
  make.input("x", {-1, 2});
  make.floats("w", {3, 2}, {1, 2, 3, 4, 5, 6});
  make.floats("flat", {1, 3, 1}, {10, 20, 30});
  make.floats("scale", {}, {2.0F});
  make.ints("three", {1, 3});
  make.node("Transpose", {"w"}, "wt");
  make.node("Mul", {"wt", "scale"}, "wt2");
  make.node("MatMul", {"x", "wt2"}, "m");
  make.node("Reshape", {"flat", "three"}, "b");
  make.node("Add", {"m", "b"}, "y");
  make.output("y", {-1, 3});
  EXPECT_EQ(graph::interpret(read(make), Values{1, 10}), (Values{52, 106, 160}));
}

TEST(Exporters, ShapeArithmetic) {
  ModelMaker make(13);
  make.input("x", {-1, 2, 3});
  make.node("Shape", {"x"}, "s");
  make.constant("from", {1});
  make.constant("to", {std::int64_t{1} << 40});
  make.node("Slice", {"s", "from", "to"}, "tail");
  make.constant("c0", {0}, true);
  make.constant("c1", {-1}, true);
  make.node("Gather", {"tail", "c0"}, "rows");
  make.node("Gather", {"tail", "c1"}, "cols");
  make.node("Mul", {"rows", "cols"}, "count");
  make.constant("axis", {0});
  make.node("Unsqueeze", {"count", "axis"}, "count1");
  make.constant("minus", {-1});
  ModelMaker::attribute(make.node("Concat", {"minus", "count1"}, "t"), "axis", std::int64_t{0});
  ModelMaker::attribute(make.node("Cast", {"t"}, "t64"), "to", std::int64_t{7});
  make.node("Reshape", {"x", "t64"}, "y");
  make.output("y", {-1, 6});
  EXPECT_EQ(read(make).nodes.back().shape.dims, (Dims{6}));
}

// How PyTorch 1.13 writes ZeroPad2d: {left, right, top, bottom} filled up with zeros, turned round and
// reordered by nodes.
TEST(Exporters, PaddingComputedByNodes) {
  ModelMaker make(13);
  make.input("x", {-1, 1, 1, 2});
  make.constant("given", {1, 0, 2, 1});
  make.constant("missing", {4});
  auto& fill = *make.node("ConstantOfShape", {"missing"}, "fill").add_attribute();
  fill.set_name("value");
  fill.set_type(onnx::AttributeProto::TENSOR);
  fill.mutable_t()->set_data_type(onnx::TensorProto::INT64);
  fill.mutable_t()->add_dims(1);
  fill.mutable_t()->add_int64_data(0);
  ModelMaker::attribute(make.node("Concat", {"given", "fill"}, "all"), "axis", std::int64_t{0});
  make.constant("pairs", {-1, 2});
  make.node("Reshape", {"all", "pairs"}, "rows");
  make.constant("start", {-1});
  make.constant("end", {std::numeric_limits<std::int64_t>::min() + 1});
  make.constant("axis", {0});
  make.constant("step", {-1});
  make.node("Slice", {"rows", "start", "end", "axis", "step"}, "turned");
  ModelMaker::attribute(make.node("Transpose", {"turned"}, "cols"), "perm", std::vector<std::int64_t>{1, 0});
  make.constant("flat", {-1});
  make.node("Reshape", {"cols", "flat"}, "pads");
  make.node("Pad", {"x", "pads"}, "y");
  make.output("y", {-1, 1, 4, 3});
  const auto graph = read(make);
  EXPECT_EQ(graph::interpret(graph, Values{5, 6}), (Values{0, 0, 0, 0, 0, 0, 0, 5, 6, 0, 0, 0}));
}

// How PyTorch wrote interpolation by a factor: the size computed in floats and rounded down.
TEST(Exporters, UpsamplingToAComputedSize) {
  ModelMaker make(11);
  make.input("x", {-1, 1, 2, 1});
  make.floats("region", {0}, {});
  make.floats("none", {0}, {});
  make.floats("factor", {}, {2.5F});
  make.node("Shape", {"x"}, "s");
  make.constant("zero", {0});
  make.constant("two", {2});
  make.constant("end", {std::numeric_limits<std::int64_t>::max()});
  make.node("Slice", {"s", "zero", "two"}, "front");
  make.node("Slice", {"s", "two", "end"}, "size");
  ModelMaker::attribute(make.node("Cast", {"size"}, "real"), "to", std::int64_t{onnx::TensorProto::FLOAT});
  make.node("Mul", {"real", "factor"}, "larger");
  make.node("Floor", {"larger"}, "down");
  ModelMaker::attribute(make.node("Cast", {"down"}, "whole"), "to", std::int64_t{onnx::TensorProto::INT64});
  ModelMaker::attribute(make.node("Concat", {"front", "whole"}, "sizes"), "axis", std::int64_t{0});
  auto& resize = make.node("Resize", {"x", "region", "none", "sizes"}, "y");
  ModelMaker::attribute(resize, "coordinate_transformation_mode", std::string("asymmetric"));
  ModelMaker::attribute(resize, "nearest_mode", std::string("floor"));
  make.output("y", {-1, 1, 5, 2});
  EXPECT_EQ(graph::interpret(read(make), Values{3, 4}), (Values{3, 3, 3, 3, 3, 3, 4, 4, 4, 4}));
}

// How PyTorch writes expand(-1, -1, 3): -1 stands for the size that is there.
TEST(Exporters, ExpandingToAComputedShape) {
  ModelMaker make(13);
  make.input("x", {-1, 2, 1});
  make.constant("wanted", {-1, -1, 3});
  make.constant("minus", {-1}, true);
  make.node("Shape", {"x"}, "s");
  make.node("Equal", {"wanted", "minus"}, "open");
  make.node("Where", {"open", "s", "wanted"}, "target");
  make.node("Expand", {"x", "target"}, "y");
  make.output("y", {-1, 2, 3});
  EXPECT_EQ(graph::interpret(read(make), Values{1, 2}), (Values{1, 1, 1, 2, 2, 2}));
}

TEST(Exporters, RawDataAndDoubles) {
  ModelMaker make(13);
  make.input("x", {-1, 2});
  auto& w = make.floats("w", {2, 1}, {});
  const float raw[] = {1.5F, -2.0F};
  w.set_raw_data(raw, sizeof(raw));
  make.node("MatMul", {"x", "w"}, "m");
  auto& b = make.floats("b", {1}, {});
  b.set_data_type(onnx::TensorProto::DOUBLE);
  b.add_double_data(0.25);
  ModelMaker::attribute(make.node("Cast", {"m"}, "m2"), "to", std::int64_t{onnx::TensorProto::DOUBLE});
  make.node("Add", {"m2", "b"}, "z");
  make.constant("three", {3});
  ModelMaker::attribute(make.node("Cast", {"three"}, "three64"), "to", std::int64_t{onnx::TensorProto::DOUBLE});
  make.node("Div", {"z", "three64"}, "y");
  make.output("y", {-1, 1});
  make.graph().mutable_output(0)->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::DOUBLE);
  EXPECT_EQ(graph::interpret(read(make), Values{2, 1}), (Values{1.25 * (1.0 / 3.0)}));
}

// Operator sets 7 to 21 change where axes and padding stand; every one gives the same network.
TEST(Exporters, EveryOperatorSet) {
  for (std::int64_t opset = 7; opset <= 21; ++opset) {
    SCOPED_TRACE(opset);
    ModelMaker make(opset, opset > 18 ? 9 : opset > 15 ? 8 : 7);
    make.input("x", {-1, 1, 3, 3});
    make.ints("pads", {0, 0, 0, 1, 0, 0, 0, 0});
    make.ints("axes", {2, 3});
    const bool pads_are_input = opset >= 11;
    auto& pad =
        make.node("Pad", pads_are_input ? std::vector<std::string>{"x", "pads"} : std::vector<std::string>{"x"}, "p");
    if (!pads_are_input) ModelMaker::attribute(pad, "pads", std::vector<std::int64_t>{0, 0, 0, 1, 0, 0, 0, 0});
    const bool axes_are_input = opset >= 18;
    auto& mean = make.node("ReduceMean",
                           axes_are_input ? std::vector<std::string>{"p", "axes"} : std::vector<std::string>{"p"}, "m");
    if (!axes_are_input) ModelMaker::attribute(mean, "axes", std::vector<std::int64_t>{2, 3});
    ModelMaker::attribute(mean, "keepdims", std::int64_t{0});
    make.output("m", {-1, 1});
    EXPECT_EQ(graph::interpret(read(make), Values(9, 4.0)), (Values{3.0}));
  }
}

TEST(Exporters, TheCommittedMnistModel) {
  const std::string path = OBSCURA_SOURCE_DIR "/models/mnist_cryptonets/model.onnx";
  const auto graph = read_onnx_file(path, {});
  ASSERT_TRUE(graph) << graph.error().message;
  std::vector<std::string> operators;
  for (const auto& node : graph->nodes) operators.emplace_back(graph::op_name(node.op));
  EXPECT_EQ(operators, (std::vector<std::string>{"input", "conv", "square", "reshape", "dense", "square", "dense"}));
  EXPECT_EQ(graph->nodes[0].shape.dims, (Dims{1, 28, 28}));
  EXPECT_EQ(graph->nodes.back().shape.dims, (Dims{10}));
}

}  // namespace
}  // namespace obscura::compiler::onnx_import
