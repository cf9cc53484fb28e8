#include "fhe/random/seed.hpp"

#include <openssl/crypto.h>
#include <sys/random.h>

#include <cerrno>

#include "base/check.hpp"

namespace obscura::fhe::random {

Seed256::~Seed256() {
  OPENSSL_cleanse(bytes.data(), bytes.size());
}

Seed256 random_seed() {
  Seed256 seed;
  ssize_t got = 0;
  do {
    got = getrandom(seed.bytes.data(), seed.bytes.size(), 0);
  } while (got < 0 && errno == EINTR);
  OBSCURA_CHECK(got == static_cast<ssize_t>(seed.bytes.size()), "the operating system gives no entropy");
  return seed;
}

}  // namespace obscura::fhe::random
