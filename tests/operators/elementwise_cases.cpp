#include <algorithm>

#include "tests/operators/operator_case.hpp"

namespace obscura::tests::operators {
namespace {

/// A binary operator with a constant of these dimensions on its right, or left.
OnnxBody with_constant(const char* type, Dims constant, bool left = false) {
  return [=](ModelMaker& make) {
    make.weights("c", constant);
    make.node(type, left ? std::vector<std::string>{"c", "x"} : std::vector<std::string>{"x", "c"}, "y");
  };
}

void add_constants(CaseList& list) {
  list.onnx("add_one_number", {7}, with_constant("Add", {1}));
  list.onnx("add_per_channel", {3, 4, 4}, with_constant("Add", {3, 1, 1})).quick = true;
  list.onnx("add_per_element", {2, 3, 5}, with_constant("Add", {2, 3, 5}));
  list.onnx("sub_constant", {9}, with_constant("Sub", {9}));
  list.onnx("sub_from_constant", {3, 2, 2}, with_constant("Sub", {3, 1, 1}, true));
  list.onnx("mul_one_number", {7}, with_constant("Mul", {1}));
  list.onnx("mul_per_channel", {3, 4, 4}, with_constant("Mul", {3, 1, 1})).quick = true;
  list.onnx("mul_per_element", {2, 3, 5}, with_constant("Mul", {2, 3, 5}));
  list.onnx("mul_per_column", {2, 3, 5}, with_constant("Mul", {5}));
  list.onnx("div_constant", {6}, [](ModelMaker& make) {
    make.floats("c", {6}, {2.0F, -4.0F, 1.5F, 3.0F, 0.75F, -1.0F});
    make.node("Div", {"x", "c"}, "y");
  });
  list.onnx("neg", {5}, [](ModelMaker& make) { make.node("Neg", {"x"}, "y"); });
  list.add("batch_normalization", {3, 4, 5},
           [](GraphMaker& make, ValueId x) {
             return make.add(graph::Affine{make.reals(3), make.reals(3)}, {x}, "norm");
           })
      .quick = true;
  list.onnx("batch_normalization_behind_conv", {2, 6, 6}, [](ModelMaker& make) {
    make.weights("w", {3, 2, 3, 3});
    make.node("Conv", {"x", "w"}, "t");
    make.weights("scale", {3});
    make.weights("bias", {3});
    make.weights("mean", {3});
    make.floats("variance", {3}, {0.5F, 1.0F, 2.0F});
    make.node("BatchNormalization", {"t", "scale", "bias", "mean", "variance"}, "y");
  });
  list.onnx("batch_normalization_1d", {4, 9}, [](ModelMaker& make) {
    make.weights("scale", {4});
    make.weights("bias", {4});
    make.weights("mean", {4});
    make.floats("variance", {4}, {0.5F, 1.0F, 2.0F, 0.25F});
    make.node("BatchNormalization", {"x", "scale", "bias", "mean", "variance"}, "y");
  });
}

ValueId branch(GraphMaker& make, ValueId x, const char* name) {
  return make.conv(x, make.graph.shape(x).dims[0], 3, name, {1, 1}, {1, 1, 1, 1});
}

void add_branches(CaseList& list) {
  list.add("residual_add", {3, 6, 6},
           [](GraphMaker& make, ValueId x) {
             return make.add(graph::Add{}, {branch(make, x, "conv"), x}, "add");
           })
      .quick = true;
  list.add("add_of_two_convolutions", {2, 5, 7}, [](GraphMaker& make, ValueId x) {
    return make.add(graph::Add{}, {branch(make, x, "left"), branch(make, x, "right")}, "add");
  });
  list.add("add_of_square_and_skip", {2, 5, 5}, [](GraphMaker& make, ValueId x) {
    x = branch(make, x, "conv");
    return make.add(graph::Add{}, {make.add(graph::Square{}, {x}, "square"), x}, "add");
  });
  list.add("residual_block_of_squares", {2, 6, 6}, [](GraphMaker& make, ValueId x) {
    const ValueId skip = make.add(graph::Square{}, {branch(make, x, "first")}, "square");
    const ValueId deep = make.add(graph::Square{}, {branch(make, skip, "second")}, "deep");
    return make.dense(make.flatten(make.add(graph::Add{}, {branch(make, deep, "third"), skip}, "add"), "flat"), 4,
                      "dense");
  });
  list.add("add_of_strided_branches", {2, 8, 8}, [](GraphMaker& make, ValueId x) {
    const ValueId left = make.conv(x, 4, 3, "left", {2, 2}, {1, 1, 1, 1});
    return make.add(graph::Add{}, {make.add(graph::Square{}, {left}, "square"), make.conv(x, 4, 1, "right", {2, 2})},
                    "add");
  });
  list.onnx("sub_of_branches", {8},
            [](ModelMaker& make) {
              make.weights("w", {8, 8});
              make.node("MatMul", {"x", "w"}, "a");
              make.node("Mul", {"a", "a"}, "b");
              make.node("Sub", {"b", "x"}, "y");
            })
      .quick = true;
  list.add("gate", {2, 4, 4},
           [](GraphMaker& make, ValueId x) {
             return make.add(graph::Multiply{}, {branch(make, x, "left"), branch(make, x, "right")}, "gate");
           })
      .quick = true;
  list.add("gate_of_input_and_dense", {12}, [](GraphMaker& make, ValueId x) {
    return make.add(graph::Multiply{}, {make.dense(x, 12, "dense"), x}, "gate");
  });
  list.add("gate_then_dense", {10}, [](GraphMaker& make, ValueId x) {
    const ValueId gate = make.add(graph::Multiply{}, {make.dense(x, 6, "left"), make.dense(x, 6, "right")}, "gate");
    return make.dense(gate, 3, "dense");
  });
  list.onnx("gate_per_channel", {3, 4, 4}, [](ModelMaker& make) {
    make.node("GlobalAveragePool", {"x"}, "mean");
    make.node("Mul", {"x", "mean"}, "y");
  });
}

Body quadratic(std::size_t count, double least_a) {
  return [=](GraphMaker& make, ValueId x) {
    graph::Quadratic op{make.reals(static_cast<std::int64_t>(count)), make.reals(static_cast<std::int64_t>(count)),
                        make.reals(static_cast<std::int64_t>(count))};
    for (double& a : op.a) a = a < 0 ? std::min(a, -least_a) : std::max(a, least_a);
    const ValueId conv = make.conv(x, 3, 3, "conv");
    return make.dense(make.flatten(make.add(op, {conv}, "quadratic"), "flat"), 4, "dense");
  };
}

Body polynomial(std::size_t degree, bool per_channel) {
  return [=](GraphMaker& make, ValueId x) {
    graph::Polynomial op;
    for (std::size_t i = 0; i <= degree; ++i) op.coefficients.push_back(make.reals(per_channel ? 3 : 1));
    return make.add(op, {make.dense(x, 3, "dense")}, "polynomial");
  };
}

OnnxBody power(float exponent) {
  return [=](ModelMaker& make) {
    make.floats("e", {}, {exponent});
    make.node("Pow", {"x", "e"}, "y");
  };
}

void add_powers(CaseList& list) {
  list.add("square", {11}, graph::Square{}).quick = true;
  list.add("square_of_an_image", {3, 5, 5}, graph::Square{});
  list.add("square_of_square", {6}, [](GraphMaker& make, ValueId x) {
    return make.add(graph::Square{}, {make.add(graph::Square{}, {x}, "one")}, "two");
  });
  list.onnx("pow_2", {6}, power(2.0F));
  list.onnx("pow_3", {6}, power(3.0F)).quick = true;
  list.onnx("pow_4", {2, 3, 3}, power(4.0F));
  list.onnx("product_x_x_x", {5}, [](ModelMaker& make) {
    make.node("Mul", {"x", "x"}, "xx");
    make.node("Mul", {"xx", "x"}, "y");
  });
  list.add("quadratic", {1, 6, 6}, quadratic(1, 0.25));
  list.add("quadratic_per_channel", {1, 6, 6}, quadratic(3, 0.25)).quick = true;
  list.add("polynomial_3", {4}, polynomial(3, false));
  list.add("polynomial_3_per_channel", {4}, polynomial(3, true));
  list.add("polynomial_4", {4}, polynomial(4, false));
  list.add("polynomial_5", {4}, polynomial(5, false));
}

}  // namespace

std::vector<OperatorCase> elementwise_cases() {
  CaseList list;
  add_constants(list);
  add_branches(list);
  add_powers(list);
  return list.take();
}

}  // namespace obscura::tests::operators
