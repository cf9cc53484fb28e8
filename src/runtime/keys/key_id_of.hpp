#pragma once

#include "fhe/ckks/keys.hpp"
#include "plan/program/program.hpp"

namespace obscura::runtime::keys {

/// The name under which the engine looks a needed key up, in a ring of degree 2^log_n.
[[nodiscard]] fhe::ckks::KeyId key_id_of(const plan::program::KeyNeed& need, int log_n);

}  // namespace obscura::runtime::keys
