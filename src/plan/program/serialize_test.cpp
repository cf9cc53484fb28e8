#include "plan/program/serialize.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

#include "plan/program/testing/branched_program.hpp"
#include "plan/program/testing/deep_program.hpp"
#include "plan/program/testing/tiny_program.hpp"

namespace obscura::plan::program {
namespace {

using Bytes = std::vector<std::uint8_t>;

std::uint64_t fnv1a(const Bytes& bytes) {
  std::uint64_t hash = 14695981039346656037u;
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 1099511628211u;
  return hash;
}

void expect_round_trip(const Program& program) {
  const Bytes bytes = serialize(program);
  const auto parsed = parse(bytes);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_EQ(*parsed, program);
  EXPECT_EQ(serialize(*parsed), bytes);
}

TEST(Serialize, RoundTripsEveryOperation) {
  for (const bool extended : {false, true}) {
    Program program = testing::tiny_program({5, extended});
    program.sealing_key = extended ? SealingKey::kPublic : SealingKey::kSecret;
    expect_round_trip(program);
    expect_round_trip(testing::branched_program({5, extended}));
    expect_round_trip(testing::deep_program({.real = extended}));
  }
}

TEST(Serialize, KeepsItsBytes) {
  const Bytes bytes = serialize(testing::branched_program());
  EXPECT_EQ(bytes.size(), 1086u);
  EXPECT_EQ(fnv1a(bytes), 954433372833230997u) << "the format changed: raise its version and docs/formats.md";
}

/// 16 slots for three images: four places each.
Program program_of_three_images() {
  Program program = testing::branched_program();
  program.input_packing.images = 3;
  program.input_packing.element.resize(program.input_packing.element.size() / 4);
  for (Output& output : program.outputs) {
    for (std::size_t i = 0; i < output.element.size(); ++i) output.element[i].slot = static_cast<int>(4 * i);
  }
  return program;
}

TEST(Serialize, SeveralImagesTakeAVersionOfTheirOwn) {
  const Program program = program_of_three_images();
  expect_round_trip(program);
  Bytes bytes = serialize(program);
  EXPECT_EQ(bytes[0], 4);
  EXPECT_EQ(serialize(testing::branched_program())[0], 3);
  EXPECT_EQ(bytes.size(), 898u);
  EXPECT_EQ(fnv1a(bytes), 9918641601470397375u) << "the format changed: raise its version and docs/formats.md";
  bytes[0] = 3;
  EXPECT_FALSE(parse(bytes).has_value());
}

TEST(Serialize, BootstrapsTakeAVersionOfTheirOwn) {
  Bytes bytes = serialize(testing::deep_program());
  EXPECT_EQ(bytes[0], 5);
  EXPECT_EQ(bytes.size(), 4952u);
  EXPECT_EQ(fnv1a(bytes), 2468636539296880738u) << "the format changed: raise its version and docs/formats.md";
  bytes[0] = 3;
  EXPECT_FALSE(parse(bytes).has_value());
}

TEST(SerializeParams, KeepsItsBytes) {
  const Bytes expected = {5, 128, 0, 1, 4, 45, 30, 30, 30, 1, 48};
  EXPECT_EQ(serialize_params(testing::tiny_program().params, true), expected);
}

TEST(Parse, RefusesTruncationAtEveryLengthAndExtraBytes) {
  const Bytes bytes = serialize(testing::branched_program());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(parse(std::span(bytes).first(length)).has_value()) << "length " << length;
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(parse(longer).has_value());
}

TEST(Parse, RefusesAnotherVersion) {
  Bytes bytes = serialize(testing::branched_program());
  bytes[0] = 2;
  const auto parsed = parse(bytes);
  ASSERT_FALSE(parsed.has_value());
  EXPECT_EQ(parsed.error().code, base::ErrorCode::kUnsupported);
}

/// Whatever is accepted is the one encoding of what it means, so a digest over the bytes names the program.
TEST(Parse, AcceptsNothingButCanonicalBytes) {
  for (const Bytes& bytes : {serialize(testing::branched_program()), serialize(program_of_three_images())}) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      for (const int mask : {0x01, 0x80, 0xff}) {
        Bytes flipped = bytes;
        flipped[i] ^= static_cast<std::uint8_t>(mask);
        const auto parsed = parse(flipped);
        if (parsed) {
          EXPECT_EQ(serialize(*parsed), flipped) << "byte " << i << " mask " << mask;
        }
      }
    }
  }
}

TEST(Parse, SurvivesRandomDamage) {
  const Bytes bytes = serialize(testing::branched_program());
  const std::uint64_t seed = 20260101;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int trial = 0; trial < 500; ++trial) {
    Bytes damaged = bytes;
    for (int i = 0; i < 8; ++i) damaged[random() % damaged.size()] = static_cast<std::uint8_t>(random());
    damaged.resize(random() % (2 * damaged.size()), 0xff);
    const auto parsed = parse(damaged);
    if (parsed) {
      EXPECT_EQ(serialize(*parsed), damaged);
    }
  }
}

}  // namespace
}  // namespace obscura::plan::program
