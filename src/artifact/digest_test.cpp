#include "artifact/digest.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace obscura::artifact {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

Bytes from_hex(std::string_view text) {
  Bytes bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

// The recursive definition of RFC 6962, section 2.1.
Digest merkle_by_definition(const std::vector<Digest>& leaves) {
  if (leaves.size() == 1) return leaves[0];
  std::size_t split = 1;
  while (2 * split < leaves.size()) split *= 2;
  const auto middle = leaves.begin() + static_cast<std::ptrdiff_t>(split);
  const Digest left = merkle_by_definition({leaves.begin(), middle});
  const Digest right = merkle_by_definition({middle, leaves.end()});
  Bytes node = {1};
  node.insert(node.end(), left.bytes.begin(), left.bytes.end());
  node.insert(node.end(), right.bytes.begin(), right.bytes.end());
  return sha256(node);
}

TEST(Digest, KnownAnswers) {
  EXPECT_EQ(sha256({}).hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const Digest abc = sha256(bytes_of("abc"));
  EXPECT_EQ(abc.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(fingerprint(abc), "ba78-16bf-8f01-cfea-4141-40de-5dae-2223");
  EXPECT_EQ(Sha256().update(bytes_of("a")).update({}).update(bytes_of("bc")).finish(), abc);
}

TEST(Digest, HexRoundTripsAndRefusesTheRest) {
  const Digest digest = sha256(bytes_of("x"));
  EXPECT_EQ(Digest::from_hex(digest.hex()).value(), digest);
  EXPECT_FALSE(Digest::from_hex(""));
  std::string text = digest.hex();
  text.back() = 'g';
  EXPECT_FALSE(Digest::from_hex(text));
  text.back() = '0';
  text.push_back('0');
  EXPECT_FALSE(Digest::from_hex(text));
}

// The vectors of the certificate-transparency reference implementation.
TEST(Digest, MerkleRootsOfCertificateTransparency) {
  std::vector<Digest> leaves;
  const std::vector<std::string_view> inputs = {
      "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
  for (const std::string_view input : inputs) leaves.push_back(merkle_leaf(from_hex(input)));
  const auto root = [&](std::size_t count) {
    return merkle_root({leaves.begin(), leaves.begin() + static_cast<std::ptrdiff_t>(count)}).hex();
  };
  EXPECT_EQ(root(0), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(root(1), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  EXPECT_EQ(root(2), "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
  EXPECT_EQ(root(3), "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77");
  EXPECT_EQ(root(8), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
}

TEST(Digest, MerkleRootFollowsTheDefinitionForEverySmallCount) {
  std::vector<Digest> leaves;
  for (std::uint8_t count = 1; count <= 40; ++count) {
    leaves.push_back(merkle_leaf(Bytes{count}));
    EXPECT_EQ(merkle_root(leaves), merkle_by_definition(leaves)) << int{count};
  }
}

}  // namespace
}  // namespace obscura::artifact
