#include "fuzz/target.hpp"

OBSCURA_FUZZ_TARGET("evaluation_keys")
