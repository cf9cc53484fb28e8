#include "fuzz/artefact_networks.hpp"

#include "compiler/onnx/model_maker.hpp"

namespace obscura::fuzz {
namespace {

using compiler::onnx_import::ModelMaker;
using Ints = std::vector<std::int64_t>;

ModelMaker small_network() {
  ModelMaker make(13);
  make.input("x", {-1, 1, 6, 6});
  make.weights("w", {2, 1, 3, 3});
  make.node("Conv", {"x", "w"}, "c");
  make.node("Relu", {"c"}, "s");
  make.ints("t", {0, -1});
  make.node("Reshape", {"s", "t"}, "f");
  make.weights("w2", {32, 2});
  make.node("MatMul", {"f", "w2"}, "y");
  make.output("y", {-1, 2});
  return make;
}

ModelMaker pooling_network() {
  ModelMaker make(13);
  make.input("x", {-1, 2, 4, 4});
  make.weights("w", {2, 1, 3, 3});
  auto& conv = make.node("Conv", {"x", "w"}, "c");
  ModelMaker::attribute(conv, "group", std::int64_t{2});
  ModelMaker::attribute(conv, "pads", Ints{1, 1, 1, 1});
  for (const char* name : {"scale", "shift", "mean", "var"}) make.floats(name, {2}, {0.5F, 1.0F});
  make.node("BatchNormalization", {"c", "scale", "shift", "mean", "var"}, "b");
  ModelMaker::attribute(make.node("AveragePool", {"b"}, "p"), "kernel_shape", Ints{2, 2});
  make.node("GlobalAveragePool", {"p"}, "g");
  make.node("Flatten", {"g"}, "f");
  make.weights("w2", {3, 2});
  make.weights("b2", {3});
  ModelMaker::attribute(make.node("Gemm", {"f", "w2", "b2"}, "y"), "transB", std::int64_t{1});
  make.output("y", {-1, 3});
  return make;
}

ModelMaker moving_network() {
  ModelMaker make(13);
  make.input("x", {-1, 2, 4, 4});
  make.weights("w", {2, 1, 2, 2});
  ModelMaker::attribute(make.node("ConvTranspose", {"x", "w"}, "up"), "strides", Ints{2, 2});
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

Bytes bytes_of(const ModelMaker& make) {
  const std::string text = make.model.SerializeAsString();
  return {text.begin(), text.end()};
}

}  // namespace

std::vector<Artefact> networks() {
  return {{"onnx", "small", bytes_of(small_network())},
          {"onnx", "pooling", bytes_of(pooling_network())},
          {"onnx", "moving", bytes_of(moving_network())}};
}

}  // namespace obscura::fuzz
