#include "tests/operators/operator_case.hpp"

// Several operators together, several outputs, tensors over several ciphertexts.

namespace obscura::tests::operators {
namespace {

ValueId squared(GraphMaker& make, ValueId x, const char* name) {
  return make.add(graph::Square{}, {x}, name);
}

ValueId head(GraphMaker& make, ValueId x, std::int64_t out, const char* name) {
  return make.dense(make.flatten(x, std::string(name) + "_flat"), out, name);
}

void add_layers(CaseList& list) {
  list.add("two_dense_layers", {20},
           [](GraphMaker& make, ValueId x) {
             return make.dense(squared(make, make.dense(x, 12, "one"), "square"), 5, "two");
           })
      .quick = true;
  list.add("three_dense_layers", {16}, [](GraphMaker& make, ValueId x) {
    x = squared(make, make.dense(x, 16, "one"), "square");
    return make.dense(squared(make, make.dense(x, 8, "two"), "again"), 3, "three");
  });
  list.add("conv_square_dense", {1, 9, 9}, [](GraphMaker& make, ValueId x) {
    return head(make, squared(make, make.conv(x, 3, 3, "conv", {2, 2}, {1, 1, 1, 1}), "square"), 6, "dense");
  });
  list.add("conv_square_conv_pool", {2, 8, 8}, [](GraphMaker& make, ValueId x) {
    x = squared(make, make.conv(x, 4, 3, "one", {1, 1}, {1, 1, 1, 1}), "square");
    x = make.conv(x, 4, 3, "two", {2, 2}, {1, 1, 1, 1});
    return make.add(graph::AveragePool{{2, 2}, {2, 2}}, {x}, "pool");
  });
  list.add("convolutions_on_7x5", {1, 7, 5}, [](GraphMaker& make, ValueId x) {
    x = squared(make, make.conv(x, 3, 3, "one", {1, 1}, {1, 1, 1, 1}), "square");
    return make.conv(x, 2, 3, "two", {2, 1}, {0, 1, 1, 0});
  });
  list.onnx("signal_network", {1, 40}, [](ModelMaker& make) {
    make.weights("w1", {4, 1, 5});
    make.weights("w2", {2, 4, 3});
    ModelMaker::attribute(make.node("Conv", {"x", "w1"}, "a"), "strides", Dims{2});
    make.node("Mul", {"a", "a"}, "b");
    ModelMaker::attribute(make.node("Conv", {"b", "w2"}, "c"), "strides", Dims{2});
    make.node("GlobalAveragePool", {"c"}, "y");
  });
  list.add("depthwise_separable", {4, 6, 6}, [](GraphMaker& make, ValueId x) {
    x = squared(make, x, "square");
    x = make.add(graph::Conv{{{{4, 1, 3, 3}}, make.reals(36)}, make.reals(4), {1, 1}, {1, 1, 1, 1}, {1, 1}, 4}, {x},
                 "depthwise");
    return make.conv(x, 6, 1, "pointwise");
  });
  list.add("encoder_and_decoder", {1, 8, 8}, [](GraphMaker& make, ValueId x) {
    x = squared(make, make.conv(x, 4, 3, "down", {2, 2}, {1, 1, 1, 1}), "square");
    return make.add(graph::ConvTranspose{{{{4, 1, 2, 2}}, make.reals(16)}, make.reals(1), {2, 2}}, {x}, "up");
  });
}

void add_gates(CaseList& list) {
  list.add("squeeze_and_excitation", {4, 5, 5}, [](GraphMaker& make, ValueId x) {
    x = make.conv(x, 4, 3, "conv", {1, 1}, {1, 1, 1, 1});
    ValueId gate = make.flatten(make.add(graph::Reduce{{1, 2}, true}, {x}, "mean"), "flat");
    gate = make.dense(squared(make, make.dense(gate, 2, "squeeze"), "square"), 4, "excite");
    std::vector<std::int64_t> source;
    for (std::int64_t i = 0; i < 100; ++i) source.push_back(i / 25);
    return make.add(graph::Multiply{}, {x, make.add(graph::Select{{{4, 5, 5}}, source}, {gate}, "spread")}, "scale");
  });
  list.add("gate_of_different_depths", {2, 4, 4}, [](GraphMaker& make, ValueId x) {
    const ValueId deep = squared(make, squared(make, make.conv(x, 2, 1, "conv"), "one"), "two");
    return make.add(graph::Multiply{}, {deep, x}, "gate");
  });
  list.add("sums_of_different_depths", {8}, [](GraphMaker& make, ValueId x) {
    const ValueId one = squared(make, make.dense(x, 8, "a"), "one");
    const ValueId two = squared(make, one, "two");
    const ValueId sum = make.add(graph::Add{}, {make.add(graph::Add{}, {two, one}, "inner"), x}, "outer");
    return make.dense(sum, 3, "dense");
  });
  list.add("downsampling_residual_block", {2, 8, 8}, [](GraphMaker& make, ValueId x) {
    x = squared(make, make.conv(x, 4, 3, "stem", {1, 1}, {1, 1, 1, 1}), "square");
    const ValueId deep = squared(make, make.conv(x, 6, 3, "down", {2, 2}, {1, 1, 1, 1}), "deep");
    x = make.add(graph::Add{},
                 {make.conv(deep, 6, 3, "same", {1, 1}, {1, 1, 1, 1}), make.conv(x, 6, 1, "skip", {2, 2})}, "add");
    return head(make, make.add(graph::Reduce{{1, 2}, true}, {x}, "mean"), 3, "dense");
  });
}

void add_outputs(CaseList& list) {
  list.add("two_outputs", {10},
           [](GraphMaker& make, ValueId x) {
             make.graph.outputs = {make.dense(x, 4, "one"), make.dense(x, 7, "two")};
             return x;
           })
      .quick = true;
  list.add("outputs_of_different_depth", {10}, [](GraphMaker& make, ValueId x) {
    const ValueId square = squared(make, make.dense(x, 6, "one"), "square");
    make.graph.outputs = {make.dense(square, 3, "deep"), make.dense(x, 4, "shallow")};
    return x;
  });
  list.add("an_output_in_the_middle", {10}, [](GraphMaker& make, ValueId x) {
    const ValueId middle = make.dense(x, 6, "middle");
    make.graph.outputs = {middle, make.dense(squared(make, middle, "square"), 3, "end")};
    return x;
  });
  list.add("a_square_among_the_outputs", {2, 4, 4}, [](GraphMaker& make, ValueId x) {
    const ValueId square = squared(make, make.conv(x, 2, 3, "conv"), "square");
    make.graph.outputs = {head(make, square, 3, "class"), square, head(make, square, 4, "box")};
    return x;
  });
}

OperatorCase& add_wide(CaseList& list, const std::string& name, Dims input, Body body, int most_log_n = 12) {
  OperatorCase& one = list.add(name, std::move(input), std::move(body));
  one.most_log_n = most_log_n;
  return one;
}

void add_wide(CaseList& list) {
  add_wide(list, "wide_pointwise", {3, 32, 32}, [](GraphMaker& make, ValueId x) { return make.conv(x, 2, 1, "conv"); });
  add_wide(list, "wide_conv", {3, 32, 32}, [](GraphMaker& make, ValueId x) {
    return make.conv(x, 4, 3, "conv", {2, 2}, {1, 1, 1, 1});
  });
  add_wide(list, "wide_pool", {3, 32, 32}, [](GraphMaker& make, ValueId x) {
    return make.add(graph::AveragePool{{4, 4}, {4, 4}}, {x}, "pool");
  });
  add_wide(list, "wide_pad", {2, 32, 32}, [](GraphMaker& make, ValueId x) {
    return make.add(graph::Pad{{1, 0, 0}, {0, 0, 0}, 0.5}, {x}, "pad");
  });
  add_wide(list, "wide_dense", {3000}, [](GraphMaker& make, ValueId x) { return make.dense(x, 4, "dense"); });
  add_wide(
      list, "wide_square_then_pool", {8, 32, 32},
      [](GraphMaker& make, ValueId x) {
        return make.add(graph::AveragePool{{8, 8}, {8, 8}}, {squared(make, x, "square")}, "pool");
      },
      13);
  add_wide(
      list, "wide_convolutions", {4, 32, 32},
      [](GraphMaker& make, ValueId x) {
        x = squared(make, make.conv(x, 6, 3, "one", {1, 1}, {1, 1, 1, 1}), "square");
        return make.conv(x, 4, 3, "two", {2, 2}, {1, 1, 1, 1});
      },
      13);
  add_wide(
      list, "wide_concat", {3, 32, 32},
      [](GraphMaker& make, ValueId x) {
        return make.add(graph::Concat{0}, {squared(make, x, "square"), make.conv(x, 3, 1, "conv")}, "concat");
      },
      13);
  add_wide(
      list, "wide_residual_add", {6, 32, 32},
      [](GraphMaker& make, ValueId x) {
        const ValueId skip = make.conv(x, 6, 1, "skip");
        x = squared(make, make.conv(x, 6, 3, "conv", {1, 1}, {1, 1, 1, 1}), "square");
        return make.add(graph::Add{}, {x, skip}, "add");
      },
      13);
  add_wide(
      list, "wide_outputs", {6, 32, 32},
      [](GraphMaker& make, ValueId x) {
        const ValueId square = squared(make, x, "square");
        make.graph.outputs = {make.add(graph::Reduce{{1, 2}, true}, {square}, "mean"), square};
        return x;
      },
      13);
}

}  // namespace

std::vector<OperatorCase> network_cases() {
  CaseList list;
  add_layers(list);
  add_gates(list);
  add_outputs(list);
  add_wide(list);
  return list.take();
}

}  // namespace obscura::tests::operators
