#include "runtime/keys/key_id_of.hpp"

#include "base/check.hpp"
#include "fhe/ckks/key_id.hpp"

namespace obscura::runtime::keys {

fhe::ckks::KeyId key_id_of(const plan::program::KeyNeed& need, int log_n) {
  switch (need.kind) {
    case plan::program::KeyKind::kRelinearize:
      return fhe::ckks::relinearization_key_id();
    case plan::program::KeyKind::kRotate:
      return fhe::ckks::rotation_key_id(need.step, log_n);
    case plan::program::KeyKind::kConjugate:
      return fhe::ckks::conjugation_key_id(log_n);
    case plan::program::KeyKind::kRotateRelinearize:
      return fhe::ckks::rotation_relinearization_key_id(need.step, log_n);
    case plan::program::KeyKind::kEncapsulate:
      return fhe::ckks::encapsulation_key_id();
    case plan::program::KeyKind::kDecapsulate:
      return fhe::ckks::decapsulation_key_id();
  }
  OBSCURA_CHECK(false, "a key need has an unknown kind");
  return {};
}

}  // namespace obscura::runtime::keys
