#include "plan/program/request_form.hpp"

#include <string>
#include <utility>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "plan/program/detail/check_input.hpp"
#include "plan/program/detail/fields.hpp"

namespace obscura::plan::program {
namespace {

base::Result<void> check(const RequestForm& form) {
  OBSCURA_TRY(const fhe::params::ParamSet params, make_params(form));
  OBSCURA_TRY_VOID(detail::check_input_spec(form.input_spec));
  OBSCURA_TRY_VOID(detail::check_input_packing(form.input_packing, form.input_spec, params.slots()));
  const std::string hint = "get the public key again from its owner";
  if (form.level > params.max_level()) {
    return base::fail(base::ErrorCode::kCorrupt,
                      "requests are to be made at level " + std::to_string(form.level.value()) +
                          ", the chain ends at level " + std::to_string(params.max_level().value()),
                      hint);
  }
  const bool names_chain = form.scale.prime_exponents().size() <= params.q().size();
  const double bits = names_chain ? form.scale.log2(params) : 0;
  if (!(bits > 0 && bits < params.log2_q(form.level))) {
    return base::fail(base::ErrorCode::kCorrupt, "the scale of requests does not fit their level", hint);
  }
  return {};
}

}  // namespace

RequestForm request_form_of(const Program& program) {
  for (const Instruction& instruction : program.instructions) {
    if (!std::holds_alternative<Input>(instruction.operation)) continue;
    return {program.params,        program.insecure,  program.input_spec,
            program.input_packing, instruction.level, instruction.scale};
  }
  OBSCURA_CHECK(false, "a verified program takes an input");
  return {};
}

std::vector<std::uint8_t> serialize(const RequestForm& form) {
  base::ByteWriter out;
  detail::put_params(out, form.params, form.insecure);
  detail::put_input_spec(out, form.input_spec);
  detail::put_input_packing(out, form.input_packing);
  detail::put_level(out, form.level);
  detail::put_scale(out, form.scale);
  if (form.input_packing.images != 1) detail::put_images(out, form.input_packing);
  return out.take();
}

base::Result<RequestForm> parse_request_form(std::span<const std::uint8_t> bytes) {
  base::ByteReader in(bytes, "form of requests");
  RequestForm form;
  detail::ParamFields params = detail::get_params(in);
  form.params = std::move(params.literal);
  form.insecure = params.insecure;
  form.input_spec = detail::get_input_spec(in);
  form.input_packing = detail::get_input_packing(in);
  form.level = detail::get_level(in);
  form.scale = detail::get_scale(in);
  if (in.ok() && in.remaining() > 0) form.input_packing.images = detail::get_images(in);
  OBSCURA_TRY_VOID(in.finish());
  OBSCURA_TRY_VOID(check(form));
  return form;
}

base::Result<fhe::params::ParamSet> make_params(const RequestForm& form) {
  if (form.insecure) return fhe::params::ParamSet::create_insecure({form.params});
  return fhe::params::ParamSet::create(form.params);
}

}  // namespace obscura::plan::program
