#include <algorithm>
#include <limits>

#include "artifact/container.hpp"
#include "plan/weights/plan_file.hpp"
#include "tests/malformed/vectors.hpp"

/// Plans, sealed models, their stages and shards, and manifests.
namespace obscura::fuzz {
namespace {

// Section kInfo of a sealed model: key digest, u8 form; of a stage then plan digest, sealing, u32 stage, u32 stages,
// u64 first weight; of a shard, instead of that number, u32 shard, u32 shards, u32 runs, per run u64 first, u64 count.
constexpr std::size_t kFormAt = 32;
constexpr std::size_t kStageAt = 97;
constexpr std::size_t kStagesAt = 101;
constexpr std::size_t kFirstWeightAt = 105;
constexpr std::size_t kShardAt = 105;
constexpr std::size_t kShardsAt = 109;
constexpr std::size_t kRunAt = 117;
// Of a manifest: plan and key digests, sealing, u32 stages, then per stage: digest, u64 bytes, u32 inputs, u32 results,
// f64 ms.
constexpr std::size_t kStageCountAt = 96;
constexpr std::size_t kBytesAt = 132;
constexpr std::size_t kInputsAt = 140;
constexpr std::size_t kLatencyAt = 148;

/// A section of a good file changed, digests and signature made good.
Vector section(const std::string& name, const std::string& format, const std::string& file, std::uint32_t id,
               const std::function<void(Bytes&)>& change, const std::string& words) {
  return {name, format,
          [=](Workshop& workshop) { return with_section(workshop, good(workshop, format, file), id, change); }, words};
}

Vector number(const std::string& name, const std::string& format, const std::string& file, std::size_t at,
              std::uint64_t value, std::size_t width, const std::string& words) {
  return section(
      name, format, file, 2, [=](Bytes& b) { b = with_number(b, at, value, width); }, words);
}

Vectors of_plans() {
  const auto plan = [](const std::string& name, const std::function<void(plan::weights::Plan&)>& change,
                       const std::string& words) {
    return Vector{name, "plan",
                  [=](Workshop& workshop) {
                    plan::weights::Plan changed = workshop.whole().plan();
                    change(changed);
                    return plan::weights::write_plan(changed);
                  },
                  words};
  };
  return {plan(
              "a plan of a weight too few", [](auto& p) { p.weights.values.pop_back(); }, "list of weights"),
          plan(
              "a plan with a weight that is no number",
              [](auto& p) {
                p.weights.values[0][0] = {std::numeric_limits<double>::quiet_NaN(), 0};
              },
              "weight 0"),
          plan(
              "a plan with a predicted time too few", [](auto& p) { p.predicted_ms.pop_back(); },
              "list of predicted times"),
          plan(
              "a plan with a negative predicted time", [](auto& p) { p.predicted_ms[0] = -1; }, "predicted"),
          section(
              "a plan with a weight of three parts", "plan", "whole", 2, [](Bytes& b) { b[0] = 3; },
              "neither one nor two parts"),
          section(
              "a plan with a weight cut short", "plan", "whole", 2, [](Bytes& b) { b.pop_back(); },
              "a weight is cut short"),
          section(
              "a plan with imaginary parts of zero", "plan", "whole", 2,
              [](Bytes& b) {
                b[0] = 2;
                b.insert(b.begin() + 65, 64, std::uint8_t{0});
              },
              "not in its shortest form"),
          {"a plan without predicted times", "plan",
           [](Workshop& workshop) {
             return with_pieces(workshop, good(workshop, "plan", "whole"),
                                [](Pieces& pieces) { pieces.sections.pop_back(); });
           },
           "without predicted times"},
          {"a plan with a section that nobody asked for", "plan",
           [](Workshop& workshop) {
             return with_pieces(workshop, good(workshop, "plan", "whole"),
                                [](Pieces& pieces) { pieces.sections.emplace_back(9, Bytes{1}); });
           },
           "sections"},
          {"a plan whose header names other parameters", "plan",
           [](Workshop& workshop) {
             return with_pieces(workshop, good(workshop, "plan", "whole"),
                                [](Pieces& pieces) { pieces.params.bytes[0] ^= 1; });
           },
           "other parameters"}};
}

Vectors of_models() {
  return {number("a sealed model of no known form", "sealed", "whole", kFormAt, 2, 1, "an unknown form of weights"),
          number("a sealed model of halves that says they are whole", "sealed", "whole", kFormAt, 1, 1, "seed"),
          section(
              "a sealed model of whole weights with a seed", "sealed", "whole_two_part", 4,
              [](Bytes& seed) { seed[0] = 1; }, "seed"),
          section(
              "a stage without weights and with a seed", "sealed", "part4", 4, [](Bytes& seed) { seed[0] = 1; },
              "a seed for weights"),
          section(
              "a sealed model with a seed of 33 bytes", "sealed", "whole", 4, [](Bytes& seed) { seed.push_back(0); },
              "the seed does not have 32 bytes"),
          section(
              "a sealed model with a byte behind its form", "sealed", "whole", 2,
              [](Bytes& info) { info.push_back(0); }, "1 bytes are left over"),
          section(
              "a sealed weight of too few bytes", "sealed", "whole", 64, [](Bytes& b) { b.pop_back(); },
              "weight 0 has the wrong size"),
          section(
              "a sealed weight with a residue that is none", "sealed", "whole", 65,
              [](Bytes& b) { std::fill_n(b.begin(), 6, std::uint8_t{0xff}); }, "a residue is not below its prime"),
          section(
              "a sealed weight of zeros", "sealed", "whole", 64,
              [](Bytes& b) { std::ranges::fill(b, std::uint8_t{0}); }, "a polynomial is zero"),
          {"a sealed model without signature", "sealed",
           [](Workshop& workshop) {
             return with_pieces(workshop, good(workshop, "sealed", "whole"),
                                [](Pieces& pieces) { pieces.flags &= ~artifact::kFlagSigned; });
           },
           "is not signed"},
          {"a sealed model signed by a stranger", "sealed",
           [](Workshop& workshop) {
             return put_together(*take_apart(good(workshop, "sealed", "whole")), workshop.cast().stranger);
           },
           "x.sealed"},
          {"a sealed model with a bit of its signature flipped", "sealed",
           [](Workshop& workshop) {
             Bytes file = good(workshop, "sealed", "whole");
             file[165] ^= 1;
             return file;
           },
           "the signature of x.sealed is wrong"},
          {"a sealed model with a padded signature block", "sealed",
           [](Workshop& workshop) {
             Bytes file = good(workshop, "sealed", "whole");
             file[230] ^= 1;
             return file;
           },
           "padded with something else than zeros"},
          {"a sealed model that ends within its signature", "sealed",
           [](Workshop& workshop) {
             Bytes file = good(workshop, "sealed", "whole");
             file.resize(200);
             return with_number(file, 16, 200, 8);
           },
           "ends within its signature"},
          {"a sealed model of a weight too few", "sealed",
           [](Workshop& workshop) {
             return with_pieces(workshop, good(workshop, "sealed", "whole"), [](Pieces& pieces) {
               std::erase_if(pieces.sections, [](const auto& section) { return section.first == 64; });
             });
           },
           "sections where"}};
}

Vectors of_stages() {
  const auto stage = [](const std::string& name, std::size_t at, std::uint64_t value, std::size_t width,
                        const std::string& words) { return number(name, "sealed", "part0", at, value, width, words); };
  const auto shard = [](const std::string& name, std::size_t at, std::uint64_t value, std::size_t width,
                        const std::string& words) { return number(name, "sealed", "part1", at, value, width, words); };
  return {stage("stage 0", kStageAt, 0, 4, "a stage whose number is not one of the stages"),
          stage("stage 4 of 3", kStageAt, 4, 4, "a stage whose number is not one of the stages"),
          stage("a stage of one", kStagesAt, 1, 4, "a stage whose number is not one of the stages"),
          stage("a stage of 65", kStagesAt, 65, 4, "a stage whose number is not one of the stages"),
          stage("a stage with weights beyond all", kFirstWeightAt, std::uint64_t{1} << 40, 8,
                "a weight whose number is too large"),
          shard("a shard of 65", kShardsAt, 65, 4, "a shard whose number is not one of the shards"),
          shard("a shard of one", kShardsAt, 1, 4, "a shard whose number is not one of the shards"),
          shard("shard 3 of 2", kShardAt, 3, 4, "a shard whose number is not one of the shards"),
          shard("a merge that makes partial sums", kShardAt, 0, 4, "partial sums"),
          shard("a shard with a run of no weight", kRunAt + 8, 0, 8, "weights whose numbers do not ascend"),
          shard("a shard with a run of 2^64 - 1 weights", kRunAt + 8, ~std::uint64_t{0}, 8,
                "weights whose numbers do not ascend"),
          shard("a shard with a run beyond all weights", kRunAt, std::uint64_t{1} << 32, 8,
                "weights whose numbers do not ascend"),
          shard("a shard with a run of more weights than it holds", kRunAt + 8, 1000, 8,
                "numbers of more or fewer weights than it holds"),
          {"a whole program in a stage", "sealed",
           [](Workshop& workshop) {
             const Bytes program = *take_apart(good(workshop, "spec", "staged"))->section(1);
             return with_section(workshop, good(workshop, "sealed", "part0"), 1,
                                 [&](Bytes& section) { section = program; });
           },
           "the program describes the network's"}};
}

Vectors of_manifests() {
  const auto manifest = [](const std::string& name, std::size_t at, std::uint64_t value, std::size_t width,
                           const std::string& words) {
    return number(name, "manifest", "staged", at, value, width, words);
  };
  return {manifest("a manifest of one stage", kStageCountAt, 1, 4, "fewer than two stages"),
          manifest("a manifest of no stage", kStageCountAt, 0, 4, "fewer than two stages"),
          manifest("a manifest of 65 stages", kStageCountAt, 65, 4, "65 entries where at most 64"),
          manifest("a manifest of a stage of 2^63 bytes", kBytesAt, std::uint64_t{1} << 63, 8, "what none can"),
          manifest("a manifest of a stage that takes nothing", kInputsAt, 0, 4, "what none can"),
          manifest("a manifest of a stage that takes 257 ciphertexts", kInputsAt, 257, 4, "what none can"),
          manifest("a manifest of a stage that returns nothing", kInputsAt + 4, 0, 4, "what none can"),
          manifest("a manifest of a stage that takes forever", kLatencyAt, 0x7ff0'0000'0000'0000, 8,
                   "a predicted time is no time"),
          manifest("a manifest of a stage that takes less than no time", kLatencyAt, 0xbff0'0000'0000'0000, 8,
                   "a predicted time is no time"),
          section(
              "a manifest cut short", "manifest", "staged", 2, [](Bytes& b) { b.pop_back(); }, "malformed near byte"),
          section(
              "a manifest with a byte behind its end", "manifest", "staged", 2, [](Bytes& b) { b.push_back(0); },
              "1 bytes are left over"),
          {"a manifest without signature", "manifest",
           [](Workshop& workshop) {
             return with_pieces(workshop, good(workshop, "manifest", "staged"),
                                [](Pieces& pieces) { pieces.flags &= ~artifact::kFlagSigned; });
           },
           "is not signed"},
          {"a manifest signed by a stranger", "manifest",
           [](Workshop& workshop) {
             return put_together(*take_apart(good(workshop, "manifest", "staged")), workshop.cast().stranger);
           },
           "x.manifest"}};
}

}  // namespace

Vectors sealed_vectors() {
  Vectors all;
  for (const Vectors& some : {of_plans(), of_models(), of_stages(), of_manifests()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

}  // namespace obscura::fuzz
