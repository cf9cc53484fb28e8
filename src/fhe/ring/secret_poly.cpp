#include "fhe/ring/secret_poly.hpp"

#include <cstdint>
#include <span>
#include <utility>

#include "base/secret.hpp"
#include "fhe/ring/sample.hpp"

namespace obscura::fhe::ring {
namespace {

void wipe_words(std::span<std::uint64_t> words) {
  base::wipe({reinterpret_cast<std::uint8_t*>(words.data()), words.size_bytes()});
}

}  // namespace

SecretPoly& SecretPoly::operator=(SecretPoly&& other) noexcept {
  if (this != &other) {
    wipe();
    poly_ = std::move(other.poly_);
  }
  return *this;
}

SecretPoly::~SecretPoly() {
  wipe();
}

void SecretPoly::wipe() {
  wipe_words(poly_.words());
}

SecretPoly sample_error(const RingContext& ring, const Basis& basis, random::Stream& stream) {
  return SecretPoly(from_signed(ring, error_coefficients(ring.degree(), stream), basis));
}

SecretPoly sample_ternary(const RingContext& ring, const Basis& basis, random::Stream& stream) {
  return SecretPoly(from_signed(ring, ternary_coefficients(ring.degree(), stream), basis));
}

SecretPoly sample_sparse_ternary(const RingContext& ring, const Basis& basis, int weight, random::Stream& stream) {
  return SecretPoly(from_signed(ring, sparse_ternary_coefficients(ring.degree(), weight, stream), basis));
}

}  // namespace obscura::fhe::ring
