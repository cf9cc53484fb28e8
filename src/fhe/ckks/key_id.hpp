#pragma once

#include "fhe/ckks/keys.hpp"
#include "fhe/params/index.hpp"

namespace obscura::fhe::ckks {

/// Names of the switching keys, from what they are for.
[[nodiscard]] inline KeyId relinearization_key_id() {
  return {KeyKind::kRelinearize, ring::GaloisElement(1)};
}
[[nodiscard]] inline KeyId rotation_key_id(params::RotationStep step, int log_n) {
  return {KeyKind::kGalois, ring::galois_of_rotation(step, log_n)};
}
[[nodiscard]] inline KeyId conjugation_key_id(int log_n) {
  return {KeyKind::kGalois, ring::galois_of_conjugation(log_n)};
}
[[nodiscard]] inline KeyId rotation_relinearization_key_id(params::RotationStep step, int log_n) {
  return {KeyKind::kGaloisRelinearize, ring::galois_of_rotation(step, log_n)};
}

[[nodiscard]] inline KeyId encapsulation_key_id() {
  return {KeyKind::kEncapsulate, ring::GaloisElement(1)};
}
[[nodiscard]] inline KeyId decapsulation_key_id() {
  return {KeyKind::kDecapsulate, ring::GaloisElement(1)};
}

}  // namespace obscura::fhe::ckks
