#include "compiler/compile/calibration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <system_error>

#include "images/idx.hpp"
#include "images/tensor.hpp"

namespace obscura::compiler::compile {
namespace {

namespace fs = std::filesystem;
using Inputs = std::vector<std::vector<double>>;

constexpr std::array<std::string_view, 8> kExtensions = {".png", ".jpg", ".jpeg", ".pgm",
                                                         ".ppm", ".pnm", ".npy",  ".csv"};

base::Result<std::vector<fs::path>> input_files(const fs::path& directory) {
  std::error_code error;
  std::vector<fs::path> files;
  for (auto it = fs::directory_iterator(directory, error); !error && it != fs::directory_iterator();
       it.increment(error)) {
    const std::string extension = it->path().extension().string();
    if (std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end()) files.push_back(it->path());
  }
  if (error) {
    return base::fail(base::ErrorCode::kIo, fmt::format("cannot list {}: {}", directory.string(), error.message()));
  }
  std::sort(files.begin(), files.end());
  return files;
}

base::Result<void> append(const fs::path& path, const images::InputSpec& spec, Inputs& inputs) {
  OBSCURA_TRY(const std::vector<float> tensor, images::read_tensor(path.string(), spec));
  inputs.emplace_back(tensor.begin(), tensor.end());
  return {};
}

// `limit` numbers at equal distances below `count`, or all of them.
std::vector<std::size_t> spread(std::size_t count, std::size_t limit) {
  std::vector<std::size_t> indices(std::min(count, limit));
  for (std::size_t i = 0; i < indices.size(); ++i) indices[i] = i * count / indices.size();
  return indices;
}

}  // namespace

base::Result<Inputs> read_calibration(const fs::path& path, const plan::program::InputSpec& program_spec,
                                      std::size_t limit) {
  const images::InputSpec spec = images::input_spec_of(program_spec);
  Inputs inputs;
  if (fs::is_directory(path)) {
    OBSCURA_TRY(const std::vector<fs::path> files, input_files(path));
    for (const std::size_t i : spread(files.size(), limit)) {
      OBSCURA_TRY_VOID(append(files[i], spec, inputs));
    }
  } else if (const auto idx = images::IdxFile::open(path.string())) {
    for (const std::size_t i : spread(idx->count(), limit)) {
      OBSCURA_TRY(const images::Image image, idx->image(i));
      OBSCURA_TRY(const std::vector<float> tensor, images::to_tensor(image, spec));
      inputs.emplace_back(tensor.begin(), tensor.end());
    }
  } else {
    OBSCURA_TRY_VOID(append(path, spec, inputs));
  }
  if (inputs.empty()) {
    return base::fail(base::ErrorCode::kNotFound, fmt::format("{} holds no input to calibrate with", path.string()),
                      "name a directory of images like those the network will see, or an idx file");
  }
  return inputs;
}

}  // namespace obscura::compiler::compile
