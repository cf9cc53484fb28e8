#pragma once

#include "fhe/ckks/keys.hpp"
#include "fhe/params/index.hpp"
#include "fhe/random/seed.hpp"
#include "fhe/random/stream.hpp"
#include "fhe/ring/poly.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::secret::detail {

/// The switching key from `from` to `to`, usable up to `level`: for each gadget digit an encryption of zero under `to`
/// and the digit's multiple of `from`. `from` is over basis_qp(level), which `to` covers. `public_seed` names the
/// uniform halves (index = digit) and must be fresh. Constant-time. Cost: digits * limbs NTTs.
[[nodiscard]] ckks::SwitchingKey encrypt_gadget(const ring::RingContext& ring, const ring::EvaluationPoly& from,
                                                const ring::EvaluationPoly& to, params::Level level,
                                                const random::Seed256& public_seed, random::Stream& error_stream);

}  // namespace obscura::fhe::secret::detail
