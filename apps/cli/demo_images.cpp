#include "apps/cli/demo_images.hpp"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <sstream>

#include "base/file.hpp"
#include "images/idx.hpp"

namespace obscura::apps::cli {

namespace {

namespace fs = std::filesystem;
using base::ErrorCode;

constexpr std::size_t kDefaultImages = 100;
constexpr std::uint64_t kMaxLabelFile = 1 << 20;

/// The path of an idx file in `folder`, gzipped or plain; "" when there is none.
std::string find_idx(const std::string& folder, const std::string& name) {
  for (const auto& candidate : {name + ".gz", name}) {
    const auto path = fs::path(folder) / candidate;
    std::error_code ignored;
    if (fs::exists(path, ignored)) return path.string();
  }
  return {};
}

base::Result<std::string> require_idx(const std::string& folder, const std::string& name) {
  auto path = find_idx(folder, name);
  if (!path.empty()) return path;
  return base::fail(ErrorCode::kNotFound, fmt::format("{} has no {}(.gz)", folder, name),
                    "--data takes a folder of MNIST's own idx files");
}

base::Result<std::size_t> count_for(std::size_t asked, std::size_t available, std::size_t fallback,
                                    const std::string& dataset) {
  if (asked == 0) return std::min(available, fallback);
  if (asked <= available) return asked;
  return base::fail(ErrorCode::kUsage,
                    fmt::format("{} images were asked for, but {} has {}", asked, dataset, available),
                    fmt::format("use --images {} or fewer", available));
}

base::Result<void> write_pgm(const std::string& path, const images::Image& image) {
  const std::string head = fmt::format("P5\n{} {}\n255\n", image.width, image.height);
  std::vector<std::uint8_t> bytes(head.begin(), head.end());
  for (const float value : image.values) bytes.push_back(static_cast<std::uint8_t>(std::lround(value)));
  return base::write_file_atomically(path, bytes);
}

}  // namespace

bool holds_mnist(const std::string& folder) {
  return !find_idx(folder, "t10k-images-idx3-ubyte").empty();
}

base::Result<DemoImages> mnist_images(const std::string& folder, std::size_t count, const std::string& scratch) {
  OBSCURA_TRY(const auto image_path, require_idx(folder, "t10k-images-idx3-ubyte"));
  OBSCURA_TRY(const auto label_path, require_idx(folder, "t10k-labels-idx1-ubyte"));
  DemoImages result{"MNIST test images", {}, {}, {}};
  OBSCURA_TRY(result.calibration, require_idx(folder, "train-images-idx3-ubyte"));
  OBSCURA_TRY(const auto images, images::IdxFile::open(image_path));
  OBSCURA_TRY(const auto labels, images::IdxFile::open(label_path));
  OBSCURA_TRY(count, count_for(count, std::min(images.count(), labels.count()), kDefaultImages, result.dataset));
  for (std::size_t i = 0; i < count; ++i) {
    OBSCURA_TRY(const auto image, images.image(i));
    OBSCURA_TRY(const int label, labels.label(i));
    result.paths.push_back((fs::path(scratch) / fmt::format("{:05}.pgm", i)).string());
    result.labels.push_back(label);
    OBSCURA_TRY_VOID(write_pgm(result.paths.back(), image));
  }
  return result;
}

base::Result<DemoImages> own_images(const std::string& folder, std::size_t count) {
  const auto label_path = (fs::path(folder) / "labels.txt").string();
  OBSCURA_TRY(const auto bytes, base::read_file(label_path, kMaxLabelFile));
  DemoImages result{"own digits", {}, {}, folder};
  std::istringstream lines(std::string(bytes.begin(), bytes.end()));
  std::string name;
  for (int label = 0; lines >> name >> label;) {
    result.paths.push_back((fs::path(folder) / name).string());
    result.labels.push_back(label);
  }
  if (!lines.eof() || result.paths.empty()) {
    return base::fail(ErrorCode::kCorrupt, label_path + " is not a list of lines \"NAME DIGIT\"", "restore the file");
  }
  OBSCURA_TRY(count, count_for(count, result.paths.size(), result.paths.size(), result.dataset));
  result.paths.resize(count);
  result.labels.resize(count);
  return result;
}

}  // namespace obscura::apps::cli
