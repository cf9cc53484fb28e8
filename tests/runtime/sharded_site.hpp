#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "plan/program/testing/wide_program.hpp"
#include "plan/weights/testing/tiny_plan.hpp"
#include "runtime/session/loaded_model.hpp"
#include "runtime/wire/manifest_file.hpp"
#include "tests/runtime/owner_files.hpp"

namespace obscura::tests {

inline plan::weights::Plan wide_plan(const plan::program::testing::WideOptions& options = {}) {
  return plan::weights::testing::with_drawn_weights(plan::program::testing::wide_program(options), 7);
}

/// An owner's files on disk: a whole model with a wide layer, the same in three stages, of which the second is in
/// shards, and the evaluation keys of all.
class ShardedSite {
 public:
  explicit ShardedSite(plan::weights::Plan plan, std::size_t shards = 4, const ckks::EngineOptions& options = {})
      : engine(options), owner(std::move(plan), options), shards_(shards) {
    write(owner.file("m.eval"), owner.evaluation_keys());
    write(owner.file("m.sealed"), seal(manifest_path()));
  }

  /// Seals once more, to a manifest of that name; returns the whole model.
  Bytes seal(const std::string& path) const {
    const std::vector<std::size_t> cuts = {4, 8};
    const std::vector<std::size_t> shards = {1, shards_, 1};
    return owner.sealed_in_stages(cuts, path, shards);
  }
  static void write(const std::string& path, const Bytes& bytes) {
    EXPECT_TRUE(base::write_file_atomically(path, bytes).has_value());
  }
  static Bytes read(const std::string& path) { return base::read_file(path, std::uint64_t{1} << 30).value(); }

  [[nodiscard]] std::string manifest_path() const { return owner.file("m.manifest"); }
  [[nodiscard]] wire::Manifest manifest() const {
    return wire::read_manifest(read(manifest_path()), "m", &owner.trust()).value().manifest;
  }
  [[nodiscard]] std::string shard_file(std::size_t shard) const { return wire::shard_path(manifest_path(), 2, shard); }
  [[nodiscard]] std::string merge_file() const { return wire::merge_path(manifest_path(), 2); }
  [[nodiscard]] Bytes request(std::uint64_t seed) { return owner.request(owner.encrypt(owner.draw_inputs(seed))); }

  [[nodiscard]] Bytes answer_whole(const Bytes& request) const {
    auto model =
        runtime::session::LoadedModel::open({owner.file("m.sealed"), owner.file("m.eval")}, owner.trust(), engine, {})
            .value();
    return model->session().answer(request, "x.ct", {}).value();
  }
  /// What the file of a stage, a shard or a merge makes of its inputs.
  [[nodiscard]] base::Result<Bytes> answer(const std::string& file, const std::vector<Bytes>& inputs,
                                           const runtime::session::SessionLimits& limits = {}) const {
    auto stage =
        runtime::session::LoadedModel::open_stage({file, owner.file("m.eval")}, owner.trust(), engine, limits).value();
    const std::vector<wire::FileBytes> bytes(inputs.begin(), inputs.end());
    return stage->session().answer_all(bytes, "x.part", {});
  }
  /// Of every shard of the second stage.
  [[nodiscard]] std::vector<Bytes> parts(const Bytes& request) const {
    const Bytes first = answer(wire::stage_path(manifest_path(), 1), {request}).value();
    std::vector<Bytes> made;
    for (std::size_t shard = 1; shard <= shards_; ++shard) made.push_back(answer(shard_file(shard), {first}).value());
    return made;
  }

  ckks::EngineOptions engine;
  OwnerFiles owner;

 private:
  std::size_t shards_;
};

}  // namespace obscura::tests
