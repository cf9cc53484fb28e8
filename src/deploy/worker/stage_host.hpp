#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "artifact/signature.hpp"
#include "base/result.hpp"
#include "deploy/net/address.hpp"
#include "deploy/net/catalogue.hpp"
#include "deploy/net/serve_one.hpp"
#include "deploy/worker/blob_cache.hpp"
#include "deploy/worker/memory_budget.hpp"
#include "deploy/worker/stage_choice.hpp"
#include "runtime/session/loaded_model.hpp"
#include "runtime/wire/manifest_file.hpp"

namespace obscura::deploy::worker {

/// A stage that a worker was asked to serve and does not.
struct Unserved {
  net::Lane lane;
  base::Error why;  ///< of BlobCache::fetch, MemoryBudget::admit or LoadedModel::open; it names the stage
};

/// The stages that a worker holds, loaded and ready: which lanes it takes tasks of, and how their steps are computed.
class StageHost {
 public:
  /// The references must outlive the host. `owners`: whose models are served. `memory_bytes` of all stages; 0: no
  /// limit. `replica`: the number of the worker's operator group.
  StageHost(BlobCache& cache, net::BlobStore& store, const artifact::TrustSet& owners,
            const fhe::ckks::EngineOptions& engine, std::uint64_t memory_bytes, std::uint32_t replica = 0);
  ~StageHost();
  StageHost(const StageHost&) = delete;
  StageHost& operator=(const StageHost&) = delete;

  /// Fetches and loads stages (none chosen: all) of a model with evaluation keys for it. A stage, or shard, that cannot
  /// be served, for lack of memory say, is left out with its error (unserved()), and is tried anew when the same is
  /// asked for again. Errors: what is wrong with the model or the keys as a whole: those of BlobCache::fetch and
  /// read_manifest; kUsage (a stage that the model does not have).
  [[nodiscard]] base::Result<void> add(const net::CatalogueEntry& entry, std::span<const StageChoice> choices);

  [[nodiscard]] std::span<const net::Lane> lanes() const { return lanes_; }
  /// What one of lanes() serves: "stage 2 of 3", "shard 1 of 4 of stage 2 of 3".
  [[nodiscard]] std::string text_of(const net::Lane& lane) const;
  [[nodiscard]] std::span<const Unserved> unserved() const { return unserved_; }
  [[nodiscard]] std::uint64_t memory_bytes() const { return budget_.used_bytes(); }

  /// Computes a step of one of lanes(). Asks `still_mine` and `keep_going` before each instruction; kIo when the latter
  /// said no: the task is given back. Errors also: kNotFound (a stage that this host does not hold), kMismatch
  /// (parameters, stages, shards or inputs are not those of the model), those of Session::answer_all.
  [[nodiscard]] base::Result<net::StepOutput> evaluate(const net::StepInput& input, const net::StillMine& still_mine,
                                                       const std::function<bool()>& keep_going);

 private:
  struct Stage;
  struct Wanted;
  [[nodiscard]] base::Result<std::vector<Wanted>> files_of(const net::BlobRef& model);
  [[nodiscard]] base::Result<std::vector<Wanted>> chosen_files(const net::BlobRef& model,
                                                               std::span<const StageChoice> choices);
  [[nodiscard]] static base::Result<void> check_job(const Stage& stage, const net::Job& job);
  [[nodiscard]] base::Result<std::unique_ptr<Stage>> load(const Wanted& wanted, const net::BlobRef& eval_keys);
  [[nodiscard]] Stage* find(const net::Lane& lane);

  BlobCache* cache_;
  net::BlobStore* store_;
  const artifact::TrustSet* owners_;
  fhe::ckks::EngineOptions engine_;
  MemoryBudget budget_;
  std::uint32_t replica_;
  std::vector<std::unique_ptr<Stage>> stages_;
  std::vector<net::Lane> lanes_;  ///< of stages_, in the same order
  std::vector<Unserved> unserved_;
};

}  // namespace obscura::deploy::worker
