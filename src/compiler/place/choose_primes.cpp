#include "compiler/place/choose_primes.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "compiler/place/choose_scales.hpp"

namespace obscura::compiler::place {
namespace {

using fhe::params::ParamLiteral;
using fhe::params::ParamSet;

constexpr int kMinBits = 20;
constexpr int kMaxBits = 50;
constexpr std::size_t kStarts = 3;
/// By how much a climb may at best lower the log2 of the error.
constexpr double kHopeBits = 12;
/// By how much a climb from another start may at best end lower.
constexpr double kOtherStarts = 1;
/// Bits by which scales begin below their primes.
constexpr int kBelowPrime = 3;
/// So little overflow is lost in the head room.
constexpr double kNegligibleOverflow = 0.01;

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
      : program_(program), scales_(scales), steps_(program, scales), calibration_(calibration), request_(request) {
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
      if (best.objective > request_.most_log2_sd + kOtherStarts) break;
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
    point.prediction = descend(steps_, model, *params, point.scales);
    point.objective = objective_of(point.prediction);
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
      point.scales.assign(scales_.choices(), bits - kBelowPrime);
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
  ScaleSteps steps_;
  const Calibration& calibration_;
  const PrimeRequest& request_;
  int cap_ = 0;
};

}  // namespace

std::optional<PrimeChoice> choose_primes(const plan::program::Program& program, const ScalePlan& scales,
                                         const Calibration& calibration, const PrimeRequest& request) {
  return PrimeSearch(program, scales, calibration, request).run();
}

std::optional<PrimeChoice> choose_scales(const plan::program::Program& program, const ScalePlan& scales,
                                         const Calibration& calibration, const ParamSet& params, double head_room) {
  // Each begins a little below the prime above the first value that it decides.
  std::vector<int> choice(scales.choices(), -1);
  for (std::size_t i = program.instructions.size(); i-- > 0;) {
    const int above = std::min(program.instructions[i].level.value() + 1, params.max_level().value());
    const int bits = params.literal().q_bits[static_cast<std::size_t>(above)] - kBelowPrime;
    for (std::size_t c = 0; c < choice.size(); ++c) {
      if (scales.results()[i].multiple[c] != 0) choice[c] = bits;
    }
  }
  const ErrorModel model(program, calibration, params, head_room);
  const Prediction prediction = descend(ScaleSteps(program, scales), model, params, choice);
  if (prediction.overflow_bits > kNegligibleOverflow) return std::nullopt;
  return PrimeChoice{params.literal(), std::move(choice), prediction.log2_sd};
}

}  // namespace obscura::compiler::place
