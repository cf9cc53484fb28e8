#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>

#include "compiler/compile/calibration.hpp"
#include "compiler/compile/compile.hpp"
namespace obscura::compiler::compile {
namespace {
TEST(Try, It) {
  CompileRequest request;
  request.input.height = request.input.width = 28;
  auto inputs = read_calibration(std::getenv("CAL"), request.input, std::getenv("LIM") ? std::atoi(std::getenv("LIM")) : 200);
  ASSERT_TRUE(inputs.has_value()) << inputs.error().message;
  request.calibration = std::move(*inputs);
  request.options.security = static_cast<fhe::params::Security>(std::getenv("SEC") ? std::atoi(std::getenv("SEC")) : 128);
  if (std::getenv("REL")) request.options.most_relative_sd = std::atof(std::getenv("REL"));
  auto t0 = std::chrono::steady_clock::now();
  auto out = compile_onnx(std::string(OBSCURA_SOURCE_DIR) + "/models/mnist_cryptonets/model.onnx", request);
  std::printf("%.2f s\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - t0).count());
  ASSERT_TRUE(out.has_value()) << out.error().message;
  std::printf("%s", to_text(out->report).c_str());
}
}  // namespace
}  // namespace obscura::compiler::compile
