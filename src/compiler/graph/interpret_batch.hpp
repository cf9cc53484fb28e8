#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "compiler/graph/graph.hpp"

namespace obscura::compiler::graph {

/// One value of a network for many inputs. Samples lie in blocks of kLanes, so that one block of all elements
/// stays in cache: [blocks][elements][kLanes]. Lanes behind the last sample hold anything.
class Batch {
 public:
  static constexpr std::size_t kLanes = 16;

  Batch(std::size_t elements, std::size_t samples);
  /// From [samples][elements].
  explicit Batch(std::span<const std::vector<double>> inputs);

  [[nodiscard]] std::size_t elements() const { return elements_; }
  [[nodiscard]] std::size_t samples() const { return samples_; }
  [[nodiscard]] std::size_t blocks() const { return (samples_ + kLanes - 1) / kLanes; }
  /// How many lanes of the block hold samples.
  [[nodiscard]] std::size_t lanes(std::size_t block) const;
  [[nodiscard]] double at(std::size_t element, std::size_t sample) const {
    return values_[(sample / kLanes * elements_ + element) * kLanes + sample % kLanes];
  }
  /// [elements][kLanes]
  [[nodiscard]] std::span<const double> block(std::size_t index) const;
  [[nodiscard]] std::span<double> block(std::size_t index);
  /// All elements of one sample.
  [[nodiscard]] std::vector<double> sample(std::size_t index) const;

 private:
  std::size_t elements_;
  std::size_t samples_;
  std::vector<double> values_;
};

/// The value of one node other than the Input for a batch of operands, in the order of node.operands. Agrees with
/// interpret() bit by bit: every sum has the same order. Thread-safe.
[[nodiscard]] Batch evaluate_batch(const Graph& graph, ValueId id, std::span<const Batch* const> operands);

/// The outputs, one after the other, of a verified graph for many inputs at once; values that nothing
/// reads any more are dropped on the way. Thread-safe.
[[nodiscard]] Batch interpret_batch(const Graph& graph, std::span<const std::vector<double>> inputs);

}  // namespace obscura::compiler::graph
