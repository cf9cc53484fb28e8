#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/pack/layout.hpp"

namespace obscura::compiler::pack {

/// The slot of a ciphertext in which an element stands first.
struct Place {
  std::int32_t ciphertext = -1;  ///< -1: nowhere
  std::int32_t slot = 0;
};

/// A ciphertext in blocks of `block` slots, a power of two. Each holds a part of the tensor of its own, `size` slots
/// long, over and over: half a block and one more time; what follows is kGarbage.
struct RepeatedParts {
  int block = 0;
  int size = 0;
  /// Within half a block.
  [[nodiscard]] int copies() const { return block / 2 / size; }
  friend bool operator==(const RepeatedParts&, const RepeatedParts&) = default;
};

/// Where the elements of a tensor stand in the slots of one or more ciphertexts, slot by slot. Nothing is known of
/// a slot that holds kGarbage, but that its value is bounded: whoever reads it multiplies it by zero.
class TensorLayout {
 public:
  /// `elements` is the size of the tensor; [ciphertexts][slots] numbers of elements, or kGarbage.
  TensorLayout(std::size_t elements, std::vector<std::vector<std::int32_t>> element, std::string name,
               std::optional<RepeatedParts> parts = std::nullopt);
  /// One ciphertext, as the vector families (diagonals.hpp, gather.hpp) describe it.
  explicit TensorLayout(const Layout& windowed);

  [[nodiscard]] int slots() const { return static_cast<int>(element_.front().size()); }
  [[nodiscard]] int ciphertexts() const { return static_cast<int>(element_.size()); }
  [[nodiscard]] std::size_t elements() const { return place_.size(); }
  [[nodiscard]] const std::vector<std::vector<std::int32_t>>& element() const { return element_; }
  /// The first place of every element. [elements]
  [[nodiscard]] const std::vector<Place>& place() const { return place_; }
  /// Whether every element stands somewhere.
  [[nodiscard]] bool complete() const { return complete_; }
  /// The smallest power of two by which the content of a ciphertext repeats.
  [[nodiscard]] int period(int ciphertext) const { return period_[static_cast<std::size_t>(ciphertext)]; }
  [[nodiscard]] int largest_period() const;
  /// The same layout in terms of the vector families, where that is possible.
  [[nodiscard]] const std::optional<Layout>& windowed() const { return windowed_; }
  /// Set where the layout, of one ciphertext, was made of repeated parts.
  [[nodiscard]] const std::optional<RepeatedParts>& parts() const { return parts_; }
  /// One phrase for the report.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// Set by the pool that keeps the layout: layouts in the order in which they came up.
  [[nodiscard]] std::size_t number() const { return number_; }

 private:
  friend class LayoutPool;
  void index(std::size_t elements);

  std::vector<std::vector<std::int32_t>> element_;
  std::vector<Place> place_;
  std::vector<int> period_;
  std::optional<Layout> windowed_;
  std::optional<RepeatedParts> parts_;
  std::string name_;
  bool complete_ = true;
  std::size_t number_ = 0;
};

using LayoutPtr = std::shared_ptr<const TensorLayout>;

/// The pool's order, null first: the same in every run, as addresses are not.
struct LayoutOrder {
  bool operator()(const LayoutPtr& a, const LayoutPtr& b) const {
    return a == nullptr ? b != nullptr : b != nullptr && a->number() < b->number();
  }
};

/// Whether two tensors of equal shape can be added or multiplied slot by slot: no slot holds different elements, and
/// every element stands in some slot of both.
[[nodiscard]] bool compatible(const TensorLayout& a, const TensorLayout& b);

/// The slots that hold the same element in both. Of compatible layouts.
[[nodiscard]] TensorLayout common(const TensorLayout& a, const TensorLayout& b);

/// Keeps one object per layout, so that equal layouts have equal pointers.
class LayoutPool {
 public:
  LayoutPtr intern(TensorLayout layout);
  LayoutPtr intern(const Layout& windowed);

 private:
  std::multimap<std::size_t, LayoutPtr> known_;
  std::map<Layout, LayoutPtr> windowed_;
};

}  // namespace obscura::compiler::pack
