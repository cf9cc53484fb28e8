#include <string>

#include "tests/operators/operator_case.hpp"

// Functions that polynomials stand for, each between two dense layers.

namespace obscura::tests::operators {
namespace {

constexpr int kDeepRing = 14;

using Attributes = std::function<void(onnx::NodeProto&)>;

OnnxBody between_layers(std::string type, Attributes attributes, std::vector<std::string> more = {}) {
  return [=](ModelMaker& make) {
    make.weights("w1", {6, 5});
    make.weights("b1", {5});
    make.weights("w2", {5, 3});
    make.node("Gemm", {"x", "w1", "b1"}, "before");
    std::vector<std::string> inputs{"before"};
    inputs.insert(inputs.end(), more.begin(), more.end());
    make.floats("low", {}, {-0.5F});
    make.floats("high", {}, {1.0F});
    make.floats("slopes", {5}, {0.1F, 0.25F, -0.5F, 0.0F, 0.75F});
    attributes(make.node(type, inputs, "after"));
    make.node("MatMul", {"after", "w2"}, "y");
  };
}

OperatorCase& add(CaseList& list, const std::string& name, OnnxBody body, std::int64_t opset = 13) {
  OperatorCase& one = list.onnx(name, {6}, std::move(body), opset);
  one.most_log_n = kDeepRing;
  return one;
}

}  // namespace

std::vector<OperatorCase> activation_cases() {
  CaseList list;
  const Attributes none = [](onnx::NodeProto&) {};
  add(list, "relu", between_layers("Relu", none));
  add(list, "leaky_relu", between_layers("LeakyRelu", [](auto& node) { ModelMaker::attribute(node, "alpha", 0.2F); }));
  add(list, "prelu", between_layers("PRelu", none, {"slopes"}));
  add(list, "elu", between_layers("Elu", [](auto& node) { ModelMaker::attribute(node, "alpha", 0.7F); }));
  add(list, "selu", between_layers("Selu", none));
  add(list, "celu", between_layers("Celu", [](auto& node) { ModelMaker::attribute(node, "alpha", 1.5F); }));
  add(list, "sigmoid", between_layers("Sigmoid", none)).quick = true;
  add(list, "tanh", between_layers("Tanh", none));
  add(list, "hard_sigmoid", between_layers("HardSigmoid", none));
  add(list, "hard_swish", between_layers("HardSwish", none), 14);
  add(list, "gelu", between_layers("Gelu", none), 20);
  add(list, "gelu_tanh",
      between_layers("Gelu", [](auto& node) { ModelMaker::attribute(node, "approximate", std::string("tanh")); }), 20);
  add(list, "erf", between_layers("Erf", none));
  add(list, "softplus", between_layers("Softplus", none));
  add(list, "softsign", between_layers("Softsign", none));
  add(list, "clip", between_layers("Clip", none, {"low", "high"}));
  add(list, "silu", [](ModelMaker& make) {
    make.weights("w1", {6, 5});
    make.weights("w2", {5, 3});
    make.node("MatMul", {"x", "w1"}, "before");
    make.node("Sigmoid", {"before"}, "gate");
    make.node("Mul", {"before", "gate"}, "after");
    make.node("MatMul", {"after", "w2"}, "y");
  });
  list.add("relu_on_an_image", {1, 6, 6},
           [](GraphMaker& make, ValueId x) {
             x = make.conv(x, 2, 3, "conv");
             x = make.add(graph::Activation{graph::ActivationKind::kRelu}, {x}, "relu");
             return make.dense(make.flatten(x, "flat"), 4, "dense");
           })
      .most_log_n = kDeepRing;
  list.add("tanh_at_the_end", {5},
           [](GraphMaker& make, ValueId x) {
             return make.add(graph::Activation{graph::ActivationKind::kTanh}, {make.dense(x, 3, "dense")}, "tanh");
           })
      .most_log_n = kDeepRing;
  return list.take();
}

}  // namespace obscura::tests::operators
