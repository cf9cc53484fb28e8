#pragma once

#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ckks {

/// A ciphertext as it is at a lower level, where it stands: its first limbs, not copied. Message and scale are those
/// of the whole. Operations read it like any ciphertext; what it views must outlive it.
class LowerView {
 public:
  /// `level` is at most that of `whole`, which is over basis_q. No arithmetic, no copy.
  LowerView(const ring::RingContext& ring, const Ciphertext& whole, params::Level level);

  [[nodiscard]] const Ciphertext& operator*() const { return view_; }

 private:
  Ciphertext view_;
};

}  // namespace obscura::fhe::ckks
