#include "fuzz/workshop.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "plan/program/operation.hpp"
#include "plan/program/testing/wide_program.hpp"
#include "plan/program/verify.hpp"
#include "plan/weights/testing/tiny_plan.hpp"
#include "runtime/keys/key_id_of.hpp"
#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/public_key_file.hpp"

namespace obscura::fuzz {
namespace {

namespace fs = std::filesystem;
using plan::program::StageParts;

constexpr std::uint64_t kSeed = 11;

plan::weights::Plan staged_plan() {
  return plan::weights::testing::with_drawn_weights(
      plan::program::testing::wide_program({.log_n = 5, .extended = false}), 7);
}

std::vector<StageParts> cut(const plan::weights::Plan& plan) {
  const std::vector<std::size_t> cuts = {4, 8};
  auto stages = plan::program::cut(plan.program, cuts, plan.predicted_ms).value();
  std::vector<StageParts> parts;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    parts.push_back(i == 1 ? plan::program::shard(stages[i], Workshop::kShards).value()
                           : plan::program::in_one_part(stages[i]));
  }
  return parts;
}

}  // namespace

ScratchFolder::ScratchFolder() {
  const fs::path memory = "/dev/shm";
  std::error_code error;
  const fs::path base = fs::is_directory(memory, error) ? memory : fs::temp_directory_path();
  path_ = (base / "obscura-fuzz-XXXXXX").string();
  if (::mkdtemp(path_.data()) == nullptr) std::abort();
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string ScratchFolder::write(const std::string& name, std::span<const std::uint8_t> bytes) const {
  std::ofstream(path(name), std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  ::chmod(path(name).c_str(), 0600);
  return path(name);
}

Bytes ScratchFolder::read(const std::string& name) const {
  std::ifstream file(path(name), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Model::Model(plan::weights::Plan plan)
    : plan_(std::move(plan)), engine_(plan::program::make_params(plan_.program).value(), kSeed) {
  for (const auto& need : plan_.program.key_needs) {
    engine_.add_key(runtime::keys::key_id_of(need, plan_.program.params.log_n), need.level);
  }
  key_ = runtime::wire::key_digest(ring(), engine_.public_key());
}

fhe::ckks::Ciphertext Model::encrypt(const plan::program::Instruction& place) {
  return engine_.encrypt(tests::random_slots(engine_.slots(), generator_), place.level, place.scale,
                         plan::program::is_partial(place.operation));
}

fhe::ckks::Ciphertext Model::encrypt(const plan::program::WeightInfo& weight) {
  return engine_.encrypt(tests::random_slots(engine_.slots(), generator_), weight.level, weight.scale, weight.extended);
}

Workshop::Workshop()
    : whole_(plan::weights::testing::tiny_plan({4, false, true, plan::program::SealingKey::kPublic})),
      staged_(staged_plan()) {
  runtime::wire::StagePlace place;
  place.plan = runtime::wire::plan_digest(staged_.program());
  place.sealing = artifact::sha256(place.plan.bytes);
  const auto stages = cut(staged_.plan());
  place.count = static_cast<std::uint32_t>(stages.size());
  for (place.number = 1; place.number <= place.count; ++place.number) {
    const StageParts& stage = stages[place.number - 1];
    place.shards = std::max(1U, static_cast<std::uint32_t>(stage.shards.size()));
    for (std::size_t i = 0; i <= stage.shards.size(); ++i) {
      const bool is_last = i == stage.shards.size();
      parts_.push_back(is_last ? stage.last : stage.shards[i]);
      place.shard = !is_last ? static_cast<std::uint32_t>(i + 1) : place.shards > 1 ? runtime::wire::kMergeFile : 1;
      place.weights = parts_.back().weights;
      places_.push_back(place);
    }
  }
}

}  // namespace obscura::fuzz
