#include "compiler/pack/tensor_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace obscura::compiler::pack {
namespace {

using Slots = std::vector<std::int32_t>;

bool repeats_by(const Slots& element, std::size_t period) {
  return std::equal(element.begin() + static_cast<std::ptrdiff_t>(period), element.end(), element.begin());
}

int period_of(const Slots& element) {
  std::size_t period = element.size();
  while (period > 1 && repeats_by(element, period / 2)) period /= 2;
  return static_cast<int>(period);
}

std::size_t hash_of(const std::vector<Slots>& element) {
  std::size_t hash = 1469598103934665603U;  // FNV-1a over whole numbers
  for (const Slots& slots : element) {
    for (const std::int32_t e : slots) hash = (hash ^ static_cast<std::uint32_t>(e)) * 1099511628211U;
  }
  return hash;
}

std::size_t length_of(const Layout& layout) {
  return static_cast<std::size_t>(layout.elements);
}

// A ciphertext whose slots repeat a vector by a power of two, over and over: a window as long as the ciphertext.
std::optional<Layout> as_window(const std::vector<Slots>& element, std::size_t elements, int period) {
  if (element.size() != 1 || elements > static_cast<std::size_t>(period)) return std::nullopt;
  for (std::size_t s = 0; s < static_cast<std::size_t>(period); ++s) {
    const std::int32_t want = s < elements ? static_cast<std::int32_t>(s) : kGarbage;
    if (element.front()[s] != want) return std::nullopt;
  }
  const int slots = static_cast<int>(element.front().size());
  return Layout{slots, static_cast<int>(elements), period, 1, slots, 0, 0, slots};
}

}  // namespace

TensorLayout::TensorLayout(std::size_t elements, std::vector<Slots> element, std::string name,
                           std::optional<RepeatedParts> parts)
    : element_(std::move(element)), parts_(parts), name_(std::move(name)) {
  OBSCURA_CHECK(!parts_ || element_.size() == 1, "parts are repeated in one ciphertext");
  index(elements);
  windowed_ = as_window(element_, elements, period_.front());
}

TensorLayout::TensorLayout(const Layout& windowed) : element_{element_map(windowed)}, windowed_(windowed) {
  index(length_of(windowed));
  name_ = fmt::format("vector of {} by {}, {} copies", windowed.elements, windowed.period, windowed.copies);
}

void TensorLayout::index(std::size_t elements) {
  OBSCURA_CHECK(!element_.empty(), "a tensor stands in at least one ciphertext");
  place_.resize(elements);
  for (std::size_t c = 0; c < element_.size(); ++c) {
    period_.push_back(period_of(element_[c]));
    for (std::size_t s = 0; s < element_[c].size(); ++s) {
      if (element_[c][s] == kGarbage) continue;
      Place& place = place_[static_cast<std::size_t>(element_[c][s])];
      if (place.ciphertext < 0) place = {static_cast<std::int32_t>(c), static_cast<std::int32_t>(s)};
    }
  }
  complete_ = std::all_of(place_.begin(), place_.end(), [](const Place& p) { return p.ciphertext >= 0; });
}

int TensorLayout::largest_period() const {
  return *std::max_element(period_.begin(), period_.end());
}

bool compatible(const TensorLayout& a, const TensorLayout& b) {
  if (&a == &b) return true;
  if (a.ciphertexts() != b.ciphertexts() || a.slots() != b.slots() || a.elements() != b.elements()) return false;
  for (std::size_t c = 0; c < a.element().size(); ++c) {
    for (std::size_t s = 0; s < a.element()[c].size(); ++s) {
      const std::int32_t x = a.element()[c][s];
      const std::int32_t y = b.element()[c][s];
      if (x != kGarbage && y != kGarbage && x != y) return false;
    }
  }
  return common(a, b).complete();
}

TensorLayout common(const TensorLayout& a, const TensorLayout& b) {
  std::vector<Slots> element = a.element();
  for (std::size_t c = 0; c < element.size(); ++c) {
    for (std::size_t s = 0; s < element[c].size(); ++s) {
      if (b.element()[c][s] == kGarbage) element[c][s] = kGarbage;
    }
  }
  return {a.elements(), std::move(element), a.name()};
}

LayoutPtr LayoutPool::intern(TensorLayout layout) {
  const std::size_t hash = hash_of(layout.element());
  const auto [first, last] = known_.equal_range(hash);
  for (auto it = first; it != last; ++it) {
    const TensorLayout& other = *it->second;
    if (other.element() == layout.element() && other.windowed() == layout.windowed() &&
        other.parts() == layout.parts()) {
      return it->second;
    }
  }
  layout.number_ = known_.size();
  return known_.emplace(hash, std::make_shared<const TensorLayout>(std::move(layout)))->second;
}

LayoutPtr LayoutPool::intern(const Layout& windowed) {
  const auto known = windowed_.find(windowed);
  if (known != windowed_.end()) return known->second;
  return windowed_.emplace(windowed, intern(TensorLayout(windowed))).first->second;
}

}  // namespace obscura::compiler::pack
