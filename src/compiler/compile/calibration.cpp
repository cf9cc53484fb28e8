#include "compiler/compile/calibration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>

#include "base/file.hpp"
#include "base/folder.hpp"
#include "images/idx.hpp"
#include "images/tensor.hpp"

namespace obscura::compiler::compile {
namespace {

namespace fs = std::filesystem;
using Inputs = std::vector<std::vector<double>>;

constexpr std::uint64_t kMaxLabelFile = 1 << 24;
constexpr std::array<std::string_view, 8> kExtensions = {".png", ".jpg", ".jpeg", ".pgm",
                                                         ".ppm", ".pnm", ".npy",  ".csv"};

base::Result<std::vector<fs::path>> input_files(const fs::path& directory) {
  std::error_code error;
  std::vector<fs::path> files = base::paths_in(directory, error);
  if (error) {
    return base::fail(base::ErrorCode::kIo, fmt::format("cannot list {}: {}", directory.string(), error.message()));
  }
  std::erase_if(files, [](const fs::path& file) {
    const std::string extension = file.extension().string();
    return std::find(kExtensions.begin(), kExtensions.end(), extension) == kExtensions.end();
  });
  return files;
}

// `limit` numbers at equal distances below `count`, or all of them.
std::vector<std::size_t> spread(std::size_t count, std::size_t limit) {
  std::vector<std::size_t> indices(std::min(count, limit));
  for (std::size_t i = 0; i < indices.size(); ++i) indices[i] = i * count / indices.size();
  return indices;
}

/// A directory, an idx file, or a single input.
class Source {
 public:
  static base::Result<Source> open(const fs::path& path, const images::InputSpec& spec) {
    Source source;
    source.spec_ = spec;
    std::error_code failure;
    const fs::file_status status = fs::status(path, failure);
    if (failure && status.type() != fs::file_type::not_found) {
      return base::fail(base::ErrorCode::kIo, fmt::format("cannot look at {}: {}", path.string(), failure.message()),
                        "check that the folder can be read");
    }
    if (fs::is_directory(status)) {
      OBSCURA_TRY(source.files_, input_files(path));
    } else if (auto idx = images::IdxFile::open(path.string())) {
      source.idx_ = std::move(*idx);
    } else {
      source.files_ = {path};
    }
    if (source.count() > 0) return source;
    return base::fail(base::ErrorCode::kNotFound, fmt::format("{} holds no input to calibrate with", path.string()),
                      "name a directory of images like those the network will see, or an idx file");
  }

  [[nodiscard]] std::size_t count() const { return idx_ ? idx_->count() : files_.size(); }

  [[nodiscard]] base::Result<Inputs> read(const std::vector<std::size_t>& indices) const {
    Inputs inputs;
    for (const std::size_t i : indices) {
      OBSCURA_TRY(const std::vector<float> tensor, read(i));
      inputs.emplace_back(tensor.begin(), tensor.end());
    }
    return inputs;
  }

 private:
  Source() = default;
  [[nodiscard]] base::Result<std::vector<float>> read(std::size_t i) const {
    if (!idx_) return images::read_tensor(files_[i].string(), spec_);
    OBSCURA_TRY(const images::Image image, idx_->image(i));
    return images::to_tensor(image, spec_);
  }

  images::InputSpec spec_;
  std::optional<images::IdxFile> idx_;
  std::vector<fs::path> files_;
};

std::optional<int> to_number(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  int number = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  if (error != std::errc() || end != line.data() + line.size() || number < 0) return std::nullopt;
  return number;
}

base::Result<std::vector<int>> parse_labels(const std::string& path) {
  std::vector<int> labels;
  if (const auto idx = images::IdxFile::open(path)) {
    for (std::size_t i = 0; i < idx->count(); ++i) {
      OBSCURA_TRY(const int label, idx->label(i));
      labels.push_back(label);
    }
    return labels;
  }
  OBSCURA_TRY(const auto bytes, base::read_file(path, kMaxLabelFile));
  std::istringstream lines(std::string(bytes.begin(), bytes.end()));
  for (std::string line; std::getline(lines, line);) {
    const auto number = to_number(line);
    if (!number) {
      return base::fail(base::ErrorCode::kMismatch,
                        fmt::format("line {} of {} is not the number of a score", labels.size() + 1, path),
                        "give one number a line: 0 for the first score");
    }
    labels.push_back(*number);
  }
  return labels;
}

base::Result<std::vector<int>> read_true_labels(const fs::path& path, std::size_t inputs) {
  OBSCURA_TRY(std::vector<int> labels, parse_labels(path.string()));
  if (labels.size() == inputs) return labels;
  return base::fail(base::ErrorCode::kMismatch,
                    fmt::format("{} has {} labels for {} inputs", path.string(), labels.size(), inputs),
                    "give one label per input, in the order of the inputs' names");
}

}  // namespace

base::Result<Inputs> read_calibration(const fs::path& path, const plan::program::InputSpec& spec, std::size_t limit) {
  OBSCURA_TRY(const Source source, Source::open(path, images::input_spec_of(spec)));
  return source.read(spread(source.count(), limit));
}

base::Result<CheckInputs> read_check_inputs(const CheckSource& from, const plan::program::InputSpec& spec,
                                            std::size_t count) {
  OBSCURA_TRY(const Source source, Source::open(from.inputs, images::input_spec_of(spec)));
  std::vector<std::size_t> seen;
  if (from.calibrated > 0) seen = spread(source.count(), from.calibrated);
  CheckInputs check;
  check.unseen = seen.empty() || source.count() - seen.size() >= count;
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < source.count(); ++i) {
    if (!check.unseen || !std::binary_search(seen.begin(), seen.end(), i)) others.push_back(i);
  }
  std::vector<std::size_t> chosen = spread(others.size(), count);
  for (std::size_t& index : chosen) index = others[index];
  OBSCURA_TRY(check.inputs, source.read(chosen));
  if (from.labels.empty()) return check;
  OBSCURA_TRY(const std::vector<int> labels, read_true_labels(from.labels, source.count()));
  for (const std::size_t index : chosen) check.labels.push_back(labels[index]);
  return check;
}

}  // namespace obscura::compiler::compile
