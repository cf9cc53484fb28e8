#include "tests/operators/operator_case.hpp"

namespace obscura::tests::operators {
namespace {

struct PoolForm {
  Dims kernel;
  Dims strides;
  Dims pads{};
  bool include_pad = false;
  bool ceil = false;
};

OnnxBody average(PoolForm form) {
  return [form](ModelMaker& make) {
    auto& node = make.node("AveragePool", {"x"}, "y");
    ModelMaker::attribute(node, "kernel_shape", form.kernel);
    ModelMaker::attribute(node, "strides", form.strides);
    if (!form.pads.empty()) ModelMaker::attribute(node, "pads", form.pads);
    ModelMaker::attribute(node, "count_include_pad", std::int64_t{form.include_pad});
    ModelMaker::attribute(node, "ceil_mode", std::int64_t{form.ceil});
  };
}

OnnxBody reduce(const char* type, Dims axes, bool keep) {
  return [=](ModelMaker& make) {
    auto& node = make.node(type, {"x"}, "y");
    ModelMaker::attribute(node, "axes", axes);
    ModelMaker::attribute(node, "keepdims", std::int64_t{keep});
  };
}

constexpr std::int64_t kAxesAsAttribute = 11;

}  // namespace

std::vector<OperatorCase> pooling_cases() {
  CaseList list;
  list.onnx("average_pool", {3, 8, 8}, average({{2, 2}, {2, 2}})).quick = true;
  list.onnx("average_pool_overlapping", {2, 9, 9}, average({{3, 3}, {2, 2}}));
  list.onnx("average_pool_stride_1", {2, 6, 7}, average({{2, 2}, {1, 1}}));
  list.onnx("average_pool_padded", {2, 7, 7}, average({{3, 3}, {2, 2}, {1, 1, 1, 1}})).quick = true;
  list.onnx("average_pool_padded_counted", {2, 7, 7}, average({{3, 3}, {2, 2}, {1, 1, 1, 1}, true}));
  list.onnx("average_pool_uneven_pads", {1, 6, 5}, average({{3, 2}, {1, 1}, {1, 0, 0, 1}}));
  list.onnx("average_pool_ceil", {2, 7, 7}, average({{2, 2}, {2, 2}, {}, false, true}));
  list.onnx("average_pool_ceil_padded", {1, 8, 8}, average({{3, 3}, {2, 2}, {1, 1, 1, 1}, true, true}));
  list.onnx("average_pool_wide", {2, 4, 9}, average({{1, 3}, {1, 3}}));
  list.onnx("average_pool_1d", {3, 16}, average({{4}, {4}}));
  list.onnx("global_average_pool", {4, 5, 7}, [](ModelMaker& make) { make.node("GlobalAveragePool", {"x"}, "y"); })
      .quick = true;
  list.onnx("global_average_pool_1d", {5, 12}, [](ModelMaker& make) { make.node("GlobalAveragePool", {"x"}, "y"); });
  list.onnx("reduce_mean_spatial", {3, 4, 5}, reduce("ReduceMean", {2, 3}, false), kAxesAsAttribute).quick = true;
  list.onnx("reduce_mean_channels", {6, 3, 3}, reduce("ReduceMean", {1}, true), kAxesAsAttribute);
  list.onnx("reduce_mean_rows", {2, 5, 4}, reduce("ReduceMean", {2}, false), kAxesAsAttribute);
  list.onnx("reduce_mean_all", {2, 3, 3}, reduce("ReduceMean", {1, 2, 3}, true), kAxesAsAttribute);
  list.onnx("reduce_sum_columns", {2, 4, 6}, reduce("ReduceSum", {-1}, false), kAxesAsAttribute);
  list.onnx("reduce_sum_of_channels_and_rows", {3, 4, 5}, reduce("ReduceSum", {1, 2}, true), kAxesAsAttribute);
  list.onnx("reduce_sum_vector", {30}, reduce("ReduceSum", {1}, false), kAxesAsAttribute);
  list.add("pool_between_squares", {2, 8, 8}, [](GraphMaker& make, ValueId x) {
    x = make.add(graph::Square{}, {x}, "one");
    x = make.add(graph::AveragePool{{2, 2}, {2, 2}}, {x}, "pool");
    return make.add(graph::Square{}, {x}, "two");
  });
  list.add("overlapping_pool_behind_square", {2, 9, 9}, [](GraphMaker& make, ValueId x) {
    return make.add(graph::AveragePool{{3, 3}, {2, 2}, {1, 1, 1, 1}}, {make.add(graph::Square{}, {x}, "square")},
                    "pool");
  });
  return list.take();
}

}  // namespace obscura::tests::operators
