#include "compiler/onnx/detail/check_model.hpp"

#include <fmt/format.h>
#include <onnx/checker.h>

#include <exception>
#include <new>

namespace obscura::compiler::onnx_import {
namespace {

using base::ErrorCode;

constexpr std::int64_t kOldestOpset = 7;
constexpr std::int64_t kNewestOpset = 21;
constexpr std::int64_t kOldestIr = 3;
constexpr std::int64_t kNewestIr = 10;

// What Debian's libonnx 1.12 knows.
constexpr std::int64_t kNewestCheckedOpset = 17;
constexpr std::int64_t kNewestCheckedIr = 8;

}  // namespace

base::Result<std::int64_t> check_versions(const onnx::ModelProto& model) {
  if (model.ir_version() < kOldestIr || model.ir_version() > kNewestIr) {
    return base::fail(ErrorCode::kUnsupported,
                      fmt::format("the model has ONNX IR version {}; versions {} to {} can be read", model.ir_version(),
                                  kOldestIr, kNewestIr),
                      "check that it is an ONNX model, and export it with another version of the exporter");
  }
  std::int64_t opset = 0;
  for (const auto& import : model.opset_import()) {
    if (!import.domain().empty() && import.domain() != "ai.onnx") continue;
    if (opset != 0) return base::fail(ErrorCode::kCorrupt, "the model names two operator sets");
    opset = import.version();
  }
  if (opset == 0) return base::fail(ErrorCode::kCorrupt, "the model names no operator set", "export it again");
  if (opset < kOldestOpset || opset > kNewestOpset) {
    return base::fail(
        ErrorCode::kUnsupported,
        fmt::format("the model uses operator set {}; {} to {} can be read", opset, kOldestOpset, kNewestOpset),
        "export it with opset_version=17");
  }
  return opset;
}

base::Result<void> check_with_libonnx(const onnx::ModelProto& model, std::int64_t opset) {
  if (opset > kNewestCheckedOpset || model.ir_version() > kNewestCheckedIr) return {};
  try {
    onnx::checker::check_model(model);
  } catch (const std::bad_alloc&) {
    std::rethrow_exception(std::current_exception());
  } catch (const std::exception& error) {
    const std::string text = error.what();
    return base::fail(ErrorCode::kCorrupt, "the ONNX checker refuses the model: " + text.substr(0, text.find('\n')),
                      "check how the model was exported");
  }
  return {};
}

}  // namespace obscura::compiler::onnx_import
