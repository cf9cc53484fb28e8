#include <fmt/format.h>

#include "tests/operators/operator_case.hpp"

namespace obscura::tests::operators {
namespace {

struct Size {
  std::int64_t in;
  std::int64_t out;
};

void add_gemm(CaseList& list) {
  list.onnx("gemm", {12},
            [](ModelMaker& make) {
              make.weights("w", {12, 7});
              make.weights("b", {7});
              make.node("Gemm", {"x", "w", "b"}, "y");
            })
      .quick = true;
  list.onnx("gemm_transposed_with_factors", {9}, [](ModelMaker& make) {
    make.weights("w", {5, 9});
    make.weights("b", {5});
    auto& node = make.node("Gemm", {"x", "w", "b"}, "y");
    ModelMaker::attribute(node, "transB", std::int64_t{1});
    ModelMaker::attribute(node, "alpha", 0.5F);
    ModelMaker::attribute(node, "beta", -2.0F);
  });
  list.onnx("matmul_without_bias", {10}, [](ModelMaker& make) {
    make.weights("w", {10, 4});
    make.node("MatMul", {"x", "w"}, "y");
  });
  list.onnx("matmul_and_add", {10}, [](ModelMaker& make) {
    make.weights("w", {10, 6});
    make.weights("b", {6});
    make.node("MatMul", {"x", "w"}, "t");
    make.node("Add", {"t", "b"}, "y");
  });
  list.onnx("matmul_on_rows", {3, 8}, [](ModelMaker& make) {
    make.weights("w", {8, 5});
    make.node("MatMul", {"x", "w"}, "y");
  });
}

}  // namespace

std::vector<OperatorCase> dense_cases() {
  CaseList list;
  for (const auto [in, out] : {Size{1, 1},
                               {1, 9},
                               {9, 1},
                               {2, 2},
                               {3, 5},
                               {16, 16},
                               {17, 13},
                               {33, 31},
                               {64, 64},
                               {64, 1},
                               {1, 64},
                               {300, 3},
                               {3, 300},
                               {128, 10},
                               {10, 128},
                               {1000, 4}}) {
    const std::int64_t outputs = out;
    list.add(fmt::format("dense_{}_to_{}", in, out), {in},
             [outputs](GraphMaker& make, ValueId x) { return make.dense(x, outputs, "dense"); })
        .quick = in == 1 || in == 17;
  }
  add_gemm(list);
  for (const auto [in, out] : {Size{16, 8}, {40, 40}, {100, 1}}) {
    const std::int64_t outputs = out;
    list.add(fmt::format("dense_{}_to_{}_behind_square", in, out), {in}, [outputs](GraphMaker& make, ValueId x) {
      return make.dense(make.add(graph::Square{}, {x}, "square"), outputs, "dense");
    });
  }
  return list.take();
}

}  // namespace obscura::tests::operators
