#include "runtime/wire/polynomial.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/bit_pack.hpp"

namespace obscura::runtime::wire {

namespace {

/// Where each limb begins; one entry more than limbs.
std::vector<std::size_t> limb_offsets(const fhe::ring::RingContext& ring, const fhe::ring::Basis& basis) {
  std::vector<std::size_t> offsets{0};
  for (int i = 0; i < basis.limbs(); ++i) {
    const auto bytes = base::packed_size(static_cast<std::size_t>(ring.degree()), ring.modulus(basis, i).bits());
    offsets.push_back(offsets.back() + bytes);
  }
  return offsets;
}

struct LimbCheck {
  bool in_range = false;
  bool zero = false;
};

}  // namespace

std::size_t packed_bytes(const fhe::ring::RingContext& ring, const fhe::ring::Basis& basis) {
  return limb_offsets(ring, basis).back();
}

void append_packed(const fhe::ring::RingContext& ring, const fhe::ring::EvaluationPoly& poly,
                   std::vector<std::uint8_t>& out) {
  const auto offsets = limb_offsets(ring, poly.basis());
  const std::size_t start = out.size();
  out.resize(start + offsets.back());
  const std::span<std::uint8_t> bytes = std::span(out).subspan(start);
  ring.parallel().for_each(static_cast<std::size_t>(poly.limbs()), [&](std::size_t i) {
    const int limb = static_cast<int>(i);
    base::pack_bits(poly.limb(limb), ring.modulus(poly.basis(), limb).bits(),
                    bytes.subspan(offsets[i], offsets[i + 1] - offsets[i]));
  });
}

base::Result<fhe::ring::EvaluationPoly> unpack(const fhe::ring::RingContext& ring, const fhe::ring::Basis& basis,
                                               std::span<const std::uint8_t> bytes, std::string_view what) {
  const auto offsets = limb_offsets(ring, basis);
  if (bytes.size() != offsets.back()) {
    return base::fail(base::ErrorCode::kCorrupt,
                      fmt::format("{}: a polynomial of {} bytes where {} are due", what, bytes.size(), offsets.back()),
                      "get the file again from where it was made");
  }
  auto poly = ring.make<fhe::ring::Domain::kEvaluation>(basis);
  std::vector<LimbCheck> checks(static_cast<std::size_t>(basis.limbs()));
  ring.parallel().for_each(checks.size(), [&](std::size_t i) {
    const auto& q = ring.modulus(basis, static_cast<int>(i));
    const auto summary = base::unpack_bits(bytes.subspan(offsets[i], offsets[i + 1] - offsets[i]), q.bits(),
                                           poly.limb(static_cast<int>(i)));
    checks[i] = {summary.largest < q.value() && summary.padding_is_zero, summary.largest == 0};
  });
  const bool in_range = std::all_of(checks.begin(), checks.end(), [](const LimbCheck& c) { return c.in_range; });
  const bool zero = std::all_of(checks.begin(), checks.end(), [](const LimbCheck& c) { return c.zero; });
  if (!in_range || zero) {
    return base::fail(base::ErrorCode::kCorrupt,
                      fmt::format("{}: {}", what, zero ? "a polynomial is zero" : "a residue is not below its prime"),
                      "get the file again from where it was made");
  }
  return poly;
}

}  // namespace obscura::runtime::wire
