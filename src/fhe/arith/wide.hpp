#pragma once

namespace obscura::fhe::arith {

/// 128-bit integers, which both supported compilers have as an extension.
__extension__ using u128 = unsigned __int128;
__extension__ using i128 = __int128;

}  // namespace obscura::fhe::arith
