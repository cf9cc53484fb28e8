#include "compiler/place/choose_scales.hpp"

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>

#include "plan/program/operation.hpp"

namespace obscura::compiler::place {
namespace {

constexpr double kOverflowPenalty = 1e4;
/// By what share a sum that was kept up to date may be off before the terms are added up anew.
constexpr double kRounding = 1e-9;

/// A choice of scales with what every instruction adds to its prediction, kept up to date from step to step.
class Descent {
 public:
  Descent(const ScalePlan& scales, const ErrorModel& model, const fhe::params::ParamSet& params,
          std::vector<int>& choice)
      : model_(model), choice_(choice), scores_(model.scores()), size_(scales.results().size()) {
    for (const ScaleForm& form : scales.results()) {
      rest_.push_back(form.rest.log2(params));
      whole_.push_back(std::inner_product(choice.begin(), choice.end(), form.multiple.begin(), 0));
      bits_.push_back(rest_.back() + whole_.back());
    }
    overflow_.resize(size_);
    variance_.resize(size_ * scores_);
    for (std::size_t i = 0; i < size_; ++i) {
      overflow_[i] = model_.overflow(i, bits_);
      model_.add_variance(i, bits_, variance_of(variance_, i));
    }
    add_up();
  }

  [[nodiscard]] const Prediction& prediction() const { return prediction_; }

  // Takes the step `by` times if that lowers the objective.
  bool take(const ScaleSteps::Step& step, int by) {
    move(step, by);
    if (!is_promising(step.touched) || !accept(step.touched)) {
      move(step, -by);
      return false;
    }
    for (std::size_t i = step.first; i <= step.last; ++i) choice_[i] += by;
    return true;
  }

 private:
  [[nodiscard]] std::span<double> variance_of(std::vector<double>& all, std::size_t i) const {
    return std::span(all).subspan(i * scores_, scores_);
  }

  void move(const ScaleSteps::Step& step, int by) {
    for (const auto& [i, bits] : step.moved) {
      whole_[i] += by * bits;
      bits_[i] = rest_[i] + whole_[i];
    }
  }

  // Whether the prediction with what is touched may be lower: by sums from which the old terms are taken away, which is
  // wrong where little is left.
  bool is_promising(const std::vector<std::size_t>& touched) {
    const double most = objective_of(prediction_);
    double overflow = prediction_.overflow_bits;
    touched_overflow_.resize(touched.size());
    touched_variance_.resize(touched.size() * scores_);
    for (std::size_t k = 0; k < touched.size(); ++k) {
      touched_overflow_[k] = model_.overflow(touched[k], bits_);
      overflow += touched_overflow_[k] - overflow_[touched[k]];
    }
    if (kOverflowPenalty * overflow + ErrorModel::log2_sd_of(0) >= most) return false;
    std::vector<double>& sums = sums_now_;
    sums = total_;
    for (std::size_t k = 0; k < touched.size(); ++k) {
      const auto now = variance_of(touched_variance_, k);
      const auto before = variance_of(variance_, touched[k]);
      std::fill(now.begin(), now.end(), 0.0);
      model_.add_variance(touched[k], bits_, now);
      for (std::size_t j = 0; j < scores_; ++j) sums[j] += now[j] - before[j];
    }
    const double worst = *std::max_element(sums.begin(), sums.end());
    const double slack = kRounding * *std::max_element(total_.begin(), total_.end());
    return kOverflowPenalty * overflow + ErrorModel::log2_sd_of(worst - slack) < most + kRounding;
  }

  // Takes over what is touched, and gives it back unless the objective is lower.
  bool accept(const std::vector<std::size_t>& touched) {
    const Prediction before = prediction_;
    swap_touched(touched);
    add_up();
    if (objective_of(prediction_) < objective_of(before)) return true;
    swap_touched(touched);
    add_up();
    return false;
  }

  void swap_touched(const std::vector<std::size_t>& touched) {
    for (std::size_t k = 0; k < touched.size(); ++k) {
      std::swap(overflow_[touched[k]], touched_overflow_[k]);
      std::ranges::swap_ranges(variance_of(variance_, touched[k]), variance_of(touched_variance_, k));
    }
  }

  void add_up() {
    total_.assign(scores_, 0.0);
    prediction_ = {};
    for (std::size_t i = 0; i < size_; ++i) {
      prediction_.overflow_bits += overflow_[i];
      const auto variance = variance_of(variance_, i);
      for (std::size_t j = 0; j < scores_; ++j) total_[j] += variance[j];
    }
    prediction_.log2_sd = ErrorModel::log2_sd_of(*std::max_element(total_.begin(), total_.end()));
  }

  const ErrorModel& model_;
  std::vector<int>& choice_;
  std::size_t scores_;
  std::size_t size_;
  std::vector<double> rest_;      // [instructions] of the scale's bits, what is not chosen
  std::vector<int> whole_;        // [instructions] what is
  std::vector<double> bits_;      // [instructions] their sum
  std::vector<double> overflow_;  // [instructions]
  std::vector<double> variance_;  // [instructions][scores]
  std::vector<double> total_;     // [scores]
  Prediction prediction_;
  // Of the step that is looked at.
  std::vector<double> touched_overflow_;
  std::vector<double> touched_variance_;
  std::vector<double> sums_now_;
};

}  // namespace

double objective_of(const Prediction& prediction) {
  return prediction.log2_sd + kOverflowPenalty * prediction.overflow_bits;
}

ScaleSteps::ScaleSteps(const plan::program::Program& program, const ScalePlan& scales) : scales_(scales) {
  for (const plan::program::Instruction& instruction : program.instructions) {
    std::vector<std::size_t>& operands = operands_.emplace_back();
    for (const auto id : plan::program::operands_of(instruction.operation)) {
      operands.push_back(static_cast<std::size_t>(id.value()));
    }
  }
  const std::size_t count = scales.choices();
  for (std::size_t first = 0; first < count; ++first) {
    const std::size_t end = count > kManyScales ? first + 1 : count;
    for (std::size_t last = first; last < end; ++last) add(first, last);
  }
  if (count > kManyScales) add(0, count - 1);
}

void ScaleSteps::add(std::size_t first, std::size_t last) {
  Step step{first, last, {}, {}};
  std::vector<bool> moves;
  for (std::size_t i = 0; i < operands_.size(); ++i) {
    const auto multiples = std::span(scales_.results()[i].multiple).subspan(first, last - first + 1);
    const int bits = std::accumulate(multiples.begin(), multiples.end(), 0);
    moves.push_back(bits != 0);
    if (bits != 0) step.moved.emplace_back(i, bits);
    const bool reads = std::any_of(operands_[i].begin(), operands_[i].end(), [&](std::size_t o) { return moves[o]; });
    if (bits != 0 || reads) step.touched.push_back(i);
  }
  steps_.push_back(std::move(step));
}

Prediction descend(const ScaleSteps& steps, const ErrorModel& model, const fhe::params::ParamSet& params,
                   std::vector<int>& choice) {
  Descent descent(steps.scales(), model, params, choice);
  for (int by = 4; by >= 1; by /= 2) {
    for (bool improved = true; improved;) {
      improved = false;
      for (const ScaleSteps::Step& step : steps.steps()) {
        improved = descent.take(step, by) || descent.take(step, -by) || improved;
      }
    }
  }
  return descent.prediction();
}

}  // namespace obscura::compiler::place
