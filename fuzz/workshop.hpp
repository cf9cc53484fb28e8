#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "artifact/signature.hpp"
#include "base/bytes.hpp"
#include "deploy/net/testing/pipeline.hpp"
#include "plan/program/cut.hpp"
#include "plan/program/shard.hpp"
#include "plan/weights/weights.hpp"
#include "runtime/wire/stage_place.hpp"
#include "tests/engine/engine.hpp"

/// What the fuzz targets, the mutation test and the malformed vectors share: small models, their keys and files, all
/// drawn from fixed seeds, so that every run sees the same bytes.
namespace obscura::fuzz {

using Bytes = std::vector<std::uint8_t>;

/// A folder in memory, if the system has one, that goes with the object. For readers that take a path.
class ScratchFolder {
 public:
  ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder();
  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }
  /// Writes the file, readable by its owner only, and gives its path.
  std::string write(const std::string& name, std::span<const std::uint8_t> bytes) const;
  [[nodiscard]] Bytes read(const std::string& name) const;

 private:
  std::string path_;
};

/// A plan on a ring of test size, and the keys that it needs.
class Model {
 public:
  explicit Model(plan::weights::Plan plan);

  [[nodiscard]] const plan::weights::Plan& plan() const { return plan_; }
  [[nodiscard]] const plan::program::Program& program() const { return plan_.program; }
  [[nodiscard]] const fhe::ring::RingContext& ring() const { return engine_.ring(); }
  [[nodiscard]] const tests::Engine& engine() const { return engine_; }
  [[nodiscard]] const artifact::Digest& key() const { return key_; }
  /// Drawn values, encrypted at the place of an instruction's value.
  [[nodiscard]] fhe::ckks::Ciphertext encrypt(const plan::program::Instruction& place);
  /// One of a program's weights, of drawn values.
  [[nodiscard]] fhe::ckks::Ciphertext encrypt(const plan::program::WeightInfo& weight);

 private:
  plan::weights::Plan plan_;
  tests::Engine engine_;
  artifact::Digest key_;
  std::mt19937_64 generator_{3};
};

/// Two models: one that is sealed whole, and one in three stages, the second of which is in two shards and a merge.
class Workshop {
 public:
  static constexpr std::size_t kShards = 2;

  Workshop();

  [[nodiscard]] Model& whole() { return whole_; }
  [[nodiscard]] Model& staged() { return staged_; }
  [[nodiscard]] const artifact::SigningKey& signer() const { return cast_.supervisor; }
  [[nodiscard]] const deploy::net::testing::Cast& cast() const { return cast_; }

  /// Programs and places of the first stage, the shards and the merge of the second, and the last stage.
  [[nodiscard]] const std::vector<plan::program::Part>& parts() const { return parts_; }
  [[nodiscard]] const runtime::wire::StagePlace& place(std::size_t part) const { return places_[part]; }
  [[nodiscard]] std::size_t merge() const { return 1 + kShards; }
  [[nodiscard]] std::size_t last() const { return 2 + kShards; }

 private:
  Model whole_;
  Model staged_;
  deploy::net::testing::Cast cast_;
  std::vector<plan::program::Part> parts_;
  std::vector<runtime::wire::StagePlace> places_;
};

}  // namespace obscura::fuzz
