#include "compiler/place/choose_primes.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace obscura::compiler::place {
namespace {

using fhe::params::ParamLiteral;
using fhe::params::ParamSet;

constexpr int kMinBits = 20;
constexpr int kMaxBits = 50;
constexpr std::size_t kStarts = 3;
/// By how much a climb may at best lower the log2 of the error.
constexpr double kHopeBits = 12;
/// Programs with more scales are searched less thoroughly: instructions x scales x scales predictions take too long.
constexpr std::size_t kManyScales = 12;
/// A bit of overflow outweighs any precision; so little of it is lost in the head room.
constexpr double kOverflowPenalty = 1e4;
constexpr double kNegligibleOverflow = 0.01;
/// No prediction is below: ErrorModel takes variances under 1e-300 for that.
constexpr double kLeastLog2Sd = -500;

/// One point of the search.
struct Point {
  std::vector<int> q_bits;
  std::vector<int> p_bits;
  std::vector<int> scales;
  Prediction prediction;
  double objective = std::numeric_limits<double>::infinity();
};

class PrimeSearch {
 public:
  PrimeSearch(const plan::program::Program& program, const ScalePlan& scales, const Calibration& calibration,
              const PrimeRequest& request)
      : program_(program), scales_(scales), calibration_(calibration), request_(request) {
    cap_ = fhe::params::max_log_qp(request.security, request.log_n);
  }

  std::optional<PrimeChoice> run() {
    std::vector<Point> points = starts();
    if (points.empty()) return std::nullopt;
    std::stable_sort(points.begin(), points.end(),
                     [](const Point& a, const Point& b) { return a.objective < b.objective; });
    const bool is_hopeless = points.front().prediction.log2_sd > request_.most_log2_sd + kHopeBits;
    if (is_hopeless) return choice_of(points.front());
    points.resize(std::min(points.size(), is_large() ? 1 : kStarts));
    Point best;
    for (Point& point : points) {
      climb(point);
      if (point.objective < best.objective) best = point;
    }
    return choice_of(best);
  }

 private:
  [[nodiscard]] bool is_large() const { return scales_.choices() > kManyScales; }

  [[nodiscard]] std::optional<PrimeChoice> choice_of(const Point& point) const {
    if (point.prediction.overflow_bits > kNegligibleOverflow) return std::nullopt;
    return PrimeChoice{literal_of(point), point.scales, point.prediction.log2_sd};
  }

  ParamLiteral literal_of(const Point& point) const {
    return {request_.log_n, point.q_bits, point.p_bits, request_.security};
  }

  // Fills in scales and objective; infinite when the parameter set does not exist.
  void evaluate(Point& point) const {
    point.objective = std::numeric_limits<double>::infinity();
    const auto all = [](const std::vector<int>& bits) {
      return std::all_of(bits.begin(), bits.end(), [](int b) { return b >= kMinBits && b <= kMaxBits; });
    };
    if (!all(point.q_bits) || !all(point.p_bits)) return;
    const int total = std::accumulate(point.q_bits.begin(), point.q_bits.end(), 0) +
                      std::accumulate(point.p_bits.begin(), point.p_bits.end(), 0);
    if (total > cap_) return;
    const auto params = ParamSet::create(literal_of(point));
    if (!params || params->digit_count(params->max_level()) > request_.digits_at_top) return;
    const ErrorModel model(program_, calibration_, *params, request_.head_room);
    descend(model, *params, point);
  }

  static double objective_of(const Prediction& prediction) {
    return prediction.log2_sd + kOverflowPenalty * prediction.overflow_bits;
  }

  // None when the objective is at least `most`.
  static std::optional<Prediction> prediction_below(const ErrorModel& model, const std::vector<double>& bits,
                                                    double most) {
    Prediction prediction;
    prediction.overflow_bits = model.overflow_bits(bits);
    const double left = most - kOverflowPenalty * prediction.overflow_bits;
    if (left <= kLeastLog2Sd) return std::nullopt;
    prediction.log2_sd = model.log2_sd(bits, left);
    return objective_of(prediction) < most ? std::optional(prediction) : std::nullopt;
  }

  // Coordinate descent over the scales, single ones and neighbours together, with shrinking steps.
  void descend(const ErrorModel& model, const ParamSet& params, Point& point) const {
    const std::vector<ScaleForm>& forms = scales_.results();
    std::vector<double> rest;
    for (const ScaleForm& form : forms) rest.push_back(form.rest.log2(params));
    const auto bits_of = [&](const std::vector<int>& choice) {
      std::vector<double> bits = rest;
      for (std::size_t i = 0; i < bits.size(); ++i) {
        for (std::size_t j = 0; j < choice.size(); ++j) bits[i] += forms[i].multiple[j] * choice[j];
      }
      return bits;
    };
    const auto better = [&](const std::vector<int>& choice, double most) {
      return prediction_below(model, bits_of(choice), most);
    };
    point.prediction = model.predict(bits_of(point.scales));
    point.objective = objective_of(point.prediction);
    const std::size_t count = point.scales.size();
    for (int step = 4; step >= 1; step /= 2) {
      for (bool improved = true; improved;) {
        improved = false;
        for (std::size_t first = 0; first < count; ++first) {
          const std::size_t end = is_large() ? first + 1 : count;
          for (std::size_t last = first; last < end; ++last) {
            improved = shift(better, first, last, step, point) || shift(better, first, last, -step, point) || improved;
          }
        }
        improved = is_large() ? shift(better, 0, count - 1, step, point) || shift(better, 0, count - 1, -step, point) ||
                                    improved
                              : improved;
      }
    }
  }

  template <class Better>
  static bool shift(const Better& better, std::size_t first, std::size_t last, int by, Point& point) {
    for (std::size_t i = first; i <= last; ++i) point.scales[i] += by;
    if (const auto prediction = better(point.scales, point.objective)) {
      point.prediction = *prediction;
      point.objective = objective_of(*prediction);
      return true;
    }
    for (std::size_t i = first; i <= last; ++i) point.scales[i] -= by;
    return false;
  }

  // Chains of equal primes, as large as cap and digits allow, with every size of the special ones.
  std::vector<Point> starts() const {
    std::vector<Point> points;
    for (int special = is_large() ? kMaxBits - 6 : kMinBits; special <= kMaxBits; special += is_large() ? 2 : 1) {
      Point point;
      const int rest = cap_ - special * request_.special;
      const int digit_primes = (request_.primes + request_.digits_at_top - 1) / request_.digits_at_top;
      const int bits = std::min({kMaxBits, rest / request_.primes, special * request_.special / digit_primes});
      if (bits < kMinBits) continue;
      point.q_bits.assign(static_cast<std::size_t>(request_.primes), bits);
      point.p_bits.assign(static_cast<std::size_t>(request_.special), special);
      point.scales.assign(scales_.choices(), bits - 3);
      evaluate(point);
      if (point.objective < std::numeric_limits<double>::infinity()) points.push_back(std::move(point));
    }
    return points;
  }

  // Takes every move that lowers the objective until none does.
  void climb(Point& point) const {
    for (bool improved = true; improved;) {
      improved = false;
      const std::size_t size = point.q_bits.size() + 1;  // the special primes move together
      for (std::size_t up = 0; up <= size; ++up) {
        for (std::size_t down = 0; down <= size; ++down) {
          if (up == down) continue;
          Point next = point;
          change(next, up, 1);
          change(next, down, -1);
          evaluate(next);
          if (next.objective >= point.objective - 1e-9) continue;
          point = std::move(next);
          improved = true;
        }
      }
    }
  }

  // Number q_bits.size() stands for the special primes, the one after it for none.
  static void change(Point& point, std::size_t which, int by) {
    if (which < point.q_bits.size()) {
      point.q_bits[which] += by;
    } else if (which == point.q_bits.size()) {
      for (int& bits : point.p_bits) bits += by;
    }
  }

  const plan::program::Program& program_;
  const ScalePlan& scales_;
  const Calibration& calibration_;
  const PrimeRequest& request_;
  int cap_ = 0;
};

}  // namespace

std::optional<PrimeChoice> choose_primes(const plan::program::Program& program, const ScalePlan& scales,
                                         const Calibration& calibration, const PrimeRequest& request) {
  return PrimeSearch(program, scales, calibration, request).run();
}

}  // namespace obscura::compiler::place
