#include "plan/program/work_before.hpp"

#include "plan/program/operation.hpp"
#include "plan/program/schedule.hpp"
#include "plan/program/verify.hpp"

namespace obscura::plan::program {
namespace {

/// Of one value: two squarings before the polynomial, baby and giant steps of it on each of its levels, and the double
/// angles.
int relinearisations(const fhe::params::BootstrapLiteral& bootstrap) {
  const int each = 2 + 2 * (fhe::params::cosine_levels(bootstrap) - 1) + bootstrap.double_angles;
  return bootstrap.real ? each : 2 * each;
}

double bytes_read(const Program& program, const fhe::params::ParamSet& params, std::size_t index) {
  const Operation& operation = program.instructions[index].operation;
  const bool bootstraps = std::holds_alternative<Bootstrap>(operation);
  double bytes = static_cast<double>(value_bytes(params, program.instructions[index]));
  for (const auto& phase : key_phases_of(program, index, true)) {
    for (const KeyNeed& key : phase) {
      const bool repeated = bootstraps && key.kind == KeyKind::kRelinearize;
      bytes += static_cast<double>(key_bytes(params, key)) * (repeated ? relinearisations(*program.bootstrap) : 1);
    }
  }
  for (const WeightId weight : weights_of(operation)) {
    bytes += static_cast<double>(weight_bytes(params, program.weights[static_cast<std::size_t>(weight.value())]));
  }
  return bytes;
}

}  // namespace

std::vector<double> work_before(const Program& program, const fhe::params::ParamSet& params) {
  std::vector<double> before;
  double sum = 0;
  for (std::size_t i = 0; i < program.instructions.size(); ++i) {
    before.push_back(sum);
    sum += bytes_read(program, params, i);
  }
  for (double& share : before) share /= sum;
  return before;
}

}  // namespace obscura::plan::program
