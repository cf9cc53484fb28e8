#include <string>

#include "tests/operators/operator_case.hpp"

// Operators that move elements without computing.

namespace obscura::tests::operators {
namespace {

ValueId squared(GraphMaker& make, ValueId x, const char* name) {
  return make.add(graph::Square{}, {x}, name);
}

void add_shapes(CaseList& list) {
  list.add("flatten", {2, 3, 4}, graph::Reshape{{{24}}});
  list.add("reshape", {2, 3, 4}, graph::Reshape{{{4, 6}}});
  list.add("reshape_between_squares", {2, 3, 4}, [](GraphMaker& make, ValueId x) {
    return squared(make, make.add(graph::Reshape{{{6, 4}}}, {squared(make, x, "one")}, "reshape"), "two");
  });
  list.add("transpose", {2, 3, 4}, graph::Transpose{{1, 2, 0}}).quick = true;
  list.add("transpose_matrix", {5, 7}, graph::Transpose{{1, 0}});
  list.add("transpose_behind_square", {2, 3, 4}, [](GraphMaker& make, ValueId x) {
    return make.add(graph::Transpose{{2, 0, 1}}, {squared(make, x, "square")}, "transpose");
  });
  list.add("pad", {2, 3, 4}, graph::Pad{{0, 1, 2}, {0, 0, 1}, 0.0});
  list.add("pad_with_a_value", {2, 3, 3}, graph::Pad{{0, 1, 1}, {1, 1, 1}, 0.75}).quick = true;
  list.add("pad_then_conv", {1, 5, 5}, [](GraphMaker& make, ValueId x) {
    return make.conv(make.add(graph::Pad{{0, 0, 1}, {0, 2, 1}, -0.5}, {x}, "pad"), 2, 3, "conv");
  });
}

void add_parts(CaseList& list) {
  list.onnx("slice", {2, 6, 6},
            [](ModelMaker& make) {
              make.ints("starts", {1, 0});
              make.ints("ends", {6, 5});
              make.ints("axes", {2, 3});
              make.ints("steps", {1, 2});
              make.node("Slice", {"x", "starts", "ends", "axes", "steps"}, "y");
            })
      .quick = true;
  list.onnx("slice_backwards", {12}, [](ModelMaker& make) {
    make.ints("starts", {-1});
    make.ints("ends", {-13});
    make.ints("axes", {1});
    make.ints("steps", {-1});
    make.node("Slice", {"x", "starts", "ends", "axes", "steps"}, "y");
  });
  list.onnx("split_and_multiply", {6, 3, 3},
            [](ModelMaker& make) {
              make.ints("sizes", {3, 3});
              auto& split = make.node("Split", {"x", "sizes"}, "a");
              split.add_output(std::string("b"));
              ModelMaker::attribute(split, "axis", std::int64_t{1});
              make.node("Mul", {"a", "b"}, "y");
            })
      .quick = true;
  list.onnx("split_behind_square", {9}, [](ModelMaker& make) {
    make.node("Mul", {"x", "x"}, "s");
    make.ints("sizes", {3, 3, 3});
    auto& split = make.node("Split", {"s", "sizes"}, "a");
    split.add_output(std::string("b"));
    split.add_output(std::string("c"));
    ModelMaker::attribute(split, "axis", std::int64_t{1});
    make.node("Mul", {"a", "c"}, "ac");
    make.node("Sub", {"ac", "b"}, "y");
  });
  list.onnx("gather", {4, 5}, [](ModelMaker& make) {
    make.ints("which", {3, 0, 3});
    ModelMaker::attribute(make.node("Gather", {"x", "which"}, "y"), "axis", std::int64_t{1});
  });
  list.onnx(
      "upsample_nearest", {2, 3, 4},
      [](ModelMaker& make) {
        make.floats("scales", {4}, {1.0F, 1.0F, 2.0F, 2.0F});
        make.node("Upsample", {"x", "scales"}, "y");
      },
      9);
  list.onnx("resize_nearest_by_3", {1, 3, 3}, [](ModelMaker& make) {
    make.floats("scales", {4}, {1.0F, 1.0F, 3.0F, 3.0F});
    auto& node = make.node("Resize", {"x", std::string(), "scales"}, "y");
    ModelMaker::attribute(node, "mode", std::string("nearest"));
    ModelMaker::attribute(node, "coordinate_transformation_mode", std::string("asymmetric"));
    ModelMaker::attribute(node, "nearest_mode", std::string("floor"));
  });
  list.add("select_with_gaps", {8}, graph::Select{{{2, 4}}, {7, -1, 0, 0, 3, -1, -1, 5}});
  list.onnx("expand", {3, 1, 1}, [](ModelMaker& make) {
    make.ints("shape", {1, 3, 2, 4});
    make.node("Expand", {"x", "shape"}, "y");
  });
}

void add_joins(CaseList& list) {
  list.add("concat_of_branches", {2, 5, 5},
           [](GraphMaker& make, ValueId x) {
             return make.add(graph::Concat{0},
                             {make.conv(x, 2, 1, "one"), make.conv(x, 3, 3, "three", {1, 1}, {1, 1, 1, 1})}, "concat");
           })
      .quick = true;
  list.add("concat_of_square_and_skip", {2, 4, 4},
           [](GraphMaker& make, ValueId x) {
             return make.add(graph::Concat{0}, {squared(make, x, "square"), x}, "concat");
           })
      .quick = true;
  list.add("concat_of_three", {2, 4, 4}, [](GraphMaker& make, ValueId x) {
    const ValueId square = squared(make, x, "square");
    const ValueId product = make.add(graph::Multiply{}, {make.conv(x, 2, 1, "conv"), x}, "product");
    return make.add(graph::Concat{1}, {x, square, product}, "concat");
  });
  list.add("concat_with_itself", {9}, [](GraphMaker& make, ValueId x) {
    const ValueId square = squared(make, x, "square");
    return make.add(graph::Concat{0}, {square, square}, "concat");
  });
  list.add("concat_then_square", {6}, [](GraphMaker& make, ValueId x) {
    return squared(make, make.add(graph::Concat{0}, {squared(make, x, "one"), x}, "concat"), "two");
  });
  list.add("concat_then_conv", {2, 5, 5}, [](GraphMaker& make, ValueId x) {
    const ValueId left = squared(make, make.conv(x, 3, 3, "left", {1, 1}, {1, 1, 1, 1}), "square");
    const ValueId right = make.add(graph::AveragePool{{3, 3}, {1, 1}, {1, 1, 1, 1}}, {x}, "pool");
    return make.conv(make.add(graph::Concat{0}, {left, right}, "concat"), 3, 3, "conv");
  });
  list.onnx("concat_with_a_constant", {4}, [](ModelMaker& make) {
    make.weights("c", {1, 3});
    make.node("Mul", {"x", "x"}, "s");
    ModelMaker::attribute(make.node("Concat", {"s", "c"}, "y"), "axis", std::int64_t{1});
  });
}

}  // namespace

std::vector<OperatorCase> moving_cases() {
  CaseList list;
  add_shapes(list);
  add_parts(list);
  add_joins(list);
  return list.take();
}

}  // namespace obscura::tests::operators
