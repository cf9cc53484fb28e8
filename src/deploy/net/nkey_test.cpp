#include "deploy/net/nkey.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "deploy/net/testing/pipeline.hpp"

namespace obscura::deploy::net::testing {
namespace {

// A pair that NATS's own documentation prints (docs.nats.io, "NKeys").
TEST(Nkey, AgreesWithAKnownPair) {
  const auto key = read_nkey_seed("SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY\n");
  ASSERT_TRUE(key);
  EXPECT_EQ(nkey_public(key->verify_key()), "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4");
}

TEST(Nkey, WhatIsWrittenIsRead) {
  for (std::uint8_t fill = 0; fill < 20; ++fill) {
    const artifact::SigningKey key = key_of(fill);
    const std::string seed = reveal_nkey_seed(key);
    EXPECT_EQ(seed.size(), 58u);
    EXPECT_EQ(seed.substr(0, 2), "SU");
    EXPECT_EQ(nkey_public(key.verify_key()).front(), 'U');
    EXPECT_EQ(read_nkey_seed(seed).value().verify_key(), key.verify_key());
  }
}

TEST(Nkey, EveryAlteredCharacterIsNoticed) {
  const std::string seed = reveal_nkey_seed(key_of(7));
  for (std::size_t at = 0; at < seed.size(); ++at) {
    std::string altered = seed;
    altered[at] = altered[at] == 'A' ? 'Q' : 'A';
    if (altered[at] == seed[at]) continue;
    const auto refused = read_nkey_seed(altered);
    // The last character holds two bits that say nothing.
    if (at + 1 == seed.size() && refused) continue;
    EXPECT_FALSE(refused) << "character " << at;
  }
  EXPECT_FALSE(read_nkey_seed(""));
  EXPECT_FALSE(read_nkey_seed(seed.substr(1)));
  EXPECT_FALSE(read_nkey_seed(nkey_public(key_of(7).verify_key())));
}

TEST(Nkey, KnowsAPublicHalfAndEveryAlteredCharacterOfIt) {
  const std::string whole = nkey_public(key_of(7).verify_key());
  EXPECT_TRUE(is_public_nkey(whole));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string altered = whole;
    altered[at] = altered[at] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(is_public_nkey(altered)) << "character " << at;
  }
  EXPECT_FALSE(is_public_nkey(""));
  EXPECT_FALSE(is_public_nkey(whole.substr(1)));
  EXPECT_FALSE(is_public_nkey(whole + "A"));
  EXPECT_FALSE(is_public_nkey(reveal_nkey_seed(key_of(7))));
}

}  // namespace
}  // namespace obscura::deploy::net::testing
