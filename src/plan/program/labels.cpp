#include "plan/program/labels.hpp"

#include "base/bytes.hpp"
#include "plan/program/detail/check_input.hpp"
#include "plan/program/detail/narrowed.hpp"
#include "plan/program/limits.hpp"

namespace obscura::plan::program {

std::vector<std::uint8_t> serialize_labels(std::span<const std::string> labels) {
  base::ByteWriter out;
  out.u32(detail::narrowed<std::uint32_t>(labels.size()));
  for (const std::string& label : labels) out.string(label);
  return out.take();
}

base::Result<std::vector<std::string>> parse_labels(std::span<const std::uint8_t> bytes, std::size_t outputs) {
  base::ByteReader in(bytes, "list of labels");
  std::vector<std::string> labels(in.count(outputs, 4));
  for (std::string& label : labels) label = in.string(kMaxNameBytes);
  OBSCURA_TRY_VOID(in.finish());
  if (auto checked = check_labels(labels, outputs); !checked) {
    return base::fail(base::ErrorCode::kCorrupt, checked.error().message, "compile the model again");
  }
  return labels;
}

base::Result<void> check_labels(std::span<const std::string> labels, std::size_t outputs) {
  if (!labels.empty() && labels.size() != outputs) {
    return base::fail(
        base::ErrorCode::kUsage,
        "there are " + std::to_string(labels.size()) + " labels for " + std::to_string(outputs) + " outputs",
        "give one label per output, in the order of the outputs");
  }
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (detail::is_name(labels[i])) continue;
    return base::fail(base::ErrorCode::kUsage, "label " + std::to_string(i) + " is too long or not printable",
                      "use at most " + std::to_string(kMaxNameBytes) + " bytes of printable text");
  }
  return {};
}

}  // namespace obscura::plan::program
