#include "fhe/ring/secret_poly.hpp"

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/secret.hpp"
#include "fhe/ring/arithmetic.hpp"
#include "fhe/ring/sample.hpp"

namespace obscura::fhe::ring {
namespace {

template <class Word>
void wipe_words(std::span<Word> words) {
  base::wipe({reinterpret_cast<std::uint8_t*>(words.data()), words.size_bytes()});
}

SecretPoly from_coefficients(const RingContext& ring, const Basis& basis, std::vector<std::int64_t> coefficients) {
  SecretPoly result(from_signed(ring, coefficients, basis));
  wipe_words(std::span(coefficients));
  return result;
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
  return from_coefficients(ring, basis, error_coefficients(ring.degree(), stream));
}

SecretPoly sample_ternary(const RingContext& ring, const Basis& basis, random::Stream& stream) {
  return from_coefficients(ring, basis, ternary_coefficients(ring.degree(), stream));
}

}  // namespace obscura::fhe::ring
