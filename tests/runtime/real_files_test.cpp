#include <gtest/gtest.h>

#include <functional>

#include "plan/weights/plan_file.hpp"
#include "plan/weights/testing/tiny_plan.hpp"
#include "tests/runtime/owner_files.hpp"

namespace obscura::tests {
namespace {

using plan::weights::testing::tiny_plan;

struct RealFile {
  std::string name;
  Bytes bytes;
  std::function<bool(std::span<const std::uint8_t>)> accepts;
};

bool accepts_model(std::span<const std::uint8_t> bytes, const OwnerFiles& owner) {
  const auto model = wire::SealedModel::open(bytes, "m.sealed", &owner.trust());
  if (!model) return false;
  for (std::size_t i = 0; i < model->weights(); ++i) {
    if (!model->weight(owner.ring(), plan::program::WeightId(static_cast<int>(i)))) return false;
  }
  return true;
}

/// Two thousand random flips over files of a ring that is secure at 128 bits.
TEST(RealFilesSlow, AreRefusedWithARandomBitFlipped) {
  OwnerFiles owner(tiny_plan({13, false, false}));
  std::vector<RealFile> files = {
      {"plan", plan::weights::write_plan(owner.plan()),
       [](auto bytes) { return plan::weights::read_plan(bytes, "a.plan").has_value(); }},
      {"public key", owner.public_key(),
       [](auto bytes) { return wire::PublicKeyFile::open(bytes, "public").has_value(); }},
      {"evaluation keys", owner.evaluation_keys(),
       [&](auto bytes) {
         return wire::read_evaluation_keys(bytes, "eval", owner.ring(), owner.expected()).has_value();
       }},
      {"sealed model", owner.sealed_model(), [&](auto bytes) { return accepts_model(bytes, owner); }},
      {"request", owner.request(owner.encrypt(owner.draw_inputs(1))),
       [&](auto bytes) { return wire::read_request(bytes, "x.ct", owner.ring(), owner.expected()).has_value(); }},
  };
  const std::uint64_t seed = 20261122;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (RealFile& file : files) {
    ASSERT_TRUE(file.accepts(file.bytes)) << file.name;
    for (int trial = 0; trial < 400; ++trial) {
      const std::size_t at = random() % file.bytes.size();
      const auto mask = static_cast<std::uint8_t>(1u << (random() % 8));
      file.bytes[at] ^= mask;
      ASSERT_FALSE(file.accepts(file.bytes)) << file.name << ", byte " << at;
      file.bytes[at] ^= mask;
    }
  }
}

}  // namespace
}  // namespace obscura::tests
