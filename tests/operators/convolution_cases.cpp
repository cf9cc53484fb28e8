#include <fmt/format.h>

#include "tests/operators/operator_case.hpp"

namespace obscura::tests::operators {
namespace {

using graph::Extent2;
using graph::Padding2;

/// Everything but the weights.
struct ConvForm {
  std::int64_t out = 2;
  Extent2 kernel{3, 3};
  Extent2 strides{1, 1};
  Padding2 pads{0, 0, 0, 0};
  Extent2 dilations{1, 1};
  std::int64_t groups = 1;
  Extent2 output_padding{0, 0};  ///< transposed only
};

Body conv(ConvForm form) {
  return [form](GraphMaker& make, ValueId x) {
    const graph::Shape weights{{form.out, make.graph.shape(x).dims[0] / form.groups, form.kernel[0], form.kernel[1]}};
    return make.add(graph::Conv{{weights, make.reals(graph::element_count(weights))},
                                make.reals(form.out),
                                form.strides,
                                form.pads,
                                form.dilations,
                                form.groups},
                    {x}, "conv");
  };
}

Body conv_transpose(ConvForm form) {
  return [form](GraphMaker& make, ValueId x) {
    const graph::Shape weights{{make.graph.shape(x).dims[0], form.out / form.groups, form.kernel[0], form.kernel[1]}};
    return make.add(graph::ConvTranspose{{weights, make.reals(graph::element_count(weights))},
                                         make.reals(form.out),
                                         form.strides,
                                         form.pads,
                                         form.output_padding,
                                         form.dilations,
                                         form.groups},
                    {x}, "conv_transpose");
  };
}

void add_kernels_and_strides(CaseList& list) {
  for (const std::int64_t kernel : {1, 3, 5}) {
    for (const std::int64_t stride : {1, 2, 3}) {
      const std::int64_t pad = kernel / 2;
      const ConvForm form{
          .out = 3, .kernel = {kernel, kernel}, .strides = {stride, stride}, .pads = {pad, pad, pad, pad}};
      list.add(fmt::format("conv_{0}x{0}_stride_{1}", kernel, stride), {2, 9, 9}, conv(form)).quick = kernel == 3;
    }
  }
  list.add("conv_7x7_stride_4", {1, 15, 15}, conv({.kernel = {7, 7}, .strides = {4, 4}, .pads = {3, 3, 3, 3}}));
  list.add("conv_strides_1_3", {2, 8, 9}, conv({.strides = {1, 3}, .pads = {1, 1, 1, 1}}));
  list.add("conv_kernel_3x1", {2, 7, 5}, conv({.kernel = {3, 1}, .pads = {1, 0, 1, 0}}));
  list.add("conv_kernel_of_the_image", {3, 4, 5}, conv({.out = 6, .kernel = {4, 5}}));
}

void add_sizes_and_pads(CaseList& list) {
  for (const Extent2 size : {Extent2{7, 5}, {9, 9}, {5, 11}, {3, 3}, {8, 8}, {1, 13}, {13, 1}}) {
    const auto name = fmt::format("conv_on_{}x{}", size[0], size[1]);
    list.add(name, {2, size[0], size[1]}, conv({.pads = {1, 1, 1, 1}}));
    if (size[0] < 3 || size[1] < 3) continue;
    list.add(name + "_unpadded", {2, size[0], size[1]}, conv({}));
  }
  list.add("conv_pads_uneven", {2, 7, 5}, conv({.pads = {2, 0, 1, 1}})).quick = true;
  list.add("conv_pads_uneven_stride_2", {1, 9, 8}, conv({.strides = {2, 2}, .pads = {0, 0, 1, 1}}));
  list.add("conv_pads_wide", {1, 5, 5}, conv({.pads = {2, 2, 2, 2}}));
}

void add_groups_and_dilations(CaseList& list) {
  list.add("conv_two_groups", {4, 6, 6}, conv({.out = 6, .pads = {1, 1, 1, 1}, .groups = 2})).quick = true;
  list.add("conv_depthwise", {5, 7, 7}, conv({.out = 5, .pads = {1, 1, 1, 1}, .groups = 5})).quick = true;
  list.add("conv_depthwise_two_each", {3, 6, 6}, conv({.out = 6, .pads = {1, 1, 1, 1}, .groups = 3}));
  list.add("conv_depthwise_stride_2", {4, 9, 9},
           conv({.out = 4, .strides = {2, 2}, .pads = {1, 1, 1, 1}, .groups = 4}));
  list.add("conv_dilated", {2, 9, 9}, conv({.pads = {2, 2, 2, 2}, .dilations = {2, 2}})).quick = true;
  list.add("conv_dilated_unevenly", {2, 9, 7}, conv({.dilations = {3, 1}}));
  list.add("conv_dilated_stride_2", {1, 11, 11}, conv({.strides = {2, 2}, .dilations = {2, 2}}));
  list.add("conv_dilated_groups", {4, 8, 8}, conv({.out = 4, .dilations = {2, 2}, .groups = 2}));
  list.add("conv_pointwise_many_channels", {24, 4, 4}, conv({.out = 17, .kernel = {1, 1}}));
}

OnnxBody conv_1d(Dims weights, std::int64_t stride, Dims pads, std::int64_t dilation, std::int64_t groups) {
  return [=](ModelMaker& make) {
    make.weights("w", weights);
    make.weights("b", {weights[0]});
    auto& node = make.node("Conv", {"x", "w", "b"}, "y");
    ModelMaker::attribute(node, "strides", Dims{stride});
    ModelMaker::attribute(node, "pads", pads);
    ModelMaker::attribute(node, "dilations", Dims{dilation});
    ModelMaker::attribute(node, "group", groups);
  };
}

void add_signals(CaseList& list) {
  list.onnx("conv_1d", {2, 20}, conv_1d({3, 2, 5}, 1, {2, 2}, 1, 1)).quick = true;
  list.onnx("conv_1d_stride_2", {1, 33}, conv_1d({4, 1, 3}, 2, {1, 1}, 1, 1));
  list.onnx("conv_1d_dilated", {2, 24}, conv_1d({2, 2, 3}, 1, {0, 0}, 4, 1));
  list.onnx("conv_1d_causal", {1, 40}, conv_1d({3, 1, 4}, 1, {3, 0}, 1, 1));
  list.onnx("conv_1d_depthwise", {6, 15}, conv_1d({6, 1, 3}, 1, {1, 1}, 1, 6));
  list.onnx("conv_1d_long_kernel", {1, 100}, conv_1d({2, 1, 25}, 5, {0, 0}, 1, 1));
}

void add_transposed(CaseList& list) {
  list.add("conv_transpose", {2, 5, 5}, conv_transpose({})).quick = true;
  list.add("conv_transpose_stride_2", {2, 4, 4}, conv_transpose({.strides = {2, 2}, .pads = {1, 1, 1, 1}}));
  list.add("conv_transpose_output_padding", {2, 4, 4},
           conv_transpose({.strides = {2, 2}, .pads = {1, 1, 1, 1}, .output_padding = {1, 1}}))
      .quick = true;
  list.add("conv_transpose_kernel_2_stride_2", {3, 4, 5}, conv_transpose({.kernel = {2, 2}, .strides = {2, 2}}));
  list.add("conv_transpose_stride_3", {1, 4, 3}, conv_transpose({.kernel = {2, 2}, .strides = {3, 3}}));
  list.add("conv_transpose_uneven", {1, 5, 4},
           conv_transpose({.strides = {2, 1}, .pads = {0, 1, 1, 0}, .output_padding = {1, 0}}));
  list.add("conv_transpose_groups", {4, 4, 4}, conv_transpose({.out = 4, .strides = {2, 2}, .groups = 2}));
  list.add("conv_transpose_dilated", {1, 5, 5}, conv_transpose({.dilations = {2, 2}}));
}

}  // namespace

std::vector<OperatorCase> convolution_cases() {
  CaseList list;
  add_kernels_and_strides(list);
  add_sizes_and_pads(list);
  add_groups_and_dilations(list);
  add_signals(list);
  add_transposed(list);
  return list.take();
}

}  // namespace obscura::tests::operators
