#include "fuzz/target.hpp"

OBSCURA_FUZZ_TARGET("ciphertext")
