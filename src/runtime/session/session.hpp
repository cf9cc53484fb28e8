#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "fhe/ckks/context.hpp"
#include "fhe/ckks/keys.hpp"
#include "runtime/exec/executor.hpp"
#include "runtime/session/streamed_keys.hpp"
#include "runtime/wire/intermediate_file.hpp"
#include "runtime/wire/part_file.hpp"
#include "runtime/wire/request_file.hpp"
#include "runtime/wire/sealed_model.hpp"

namespace obscura::runtime::session {

struct SessionLimits {
  /// Most bytes that keys, weights and ciphertexts may take together; 0 = no limit. When the expanded weights
  /// do not fit beside the rest they are streamed from the file; where that is not enough, so are the keys; what still
  /// does not fit is refused (kLimit).
  std::uint64_t memory_bytes = 0;
  /// Gives back the pages of the files that keys and weights are streamed from (MappedFile::release_pages), which would
  /// count as memory beside what was made of them. Called after each reading; may be empty.
  std::function<void()> release_pages{};
};

/// A program, or a stage of one, with its weights and the evaluation keys of a key pair, ready to answer requests.
class Session {
 public:
  /// `model` is verified and, like `context` (which has its parameters), outlives the session; so does `key_file` under
  /// a limit that leaves no room for all keys. Errors: those of read_evaluation_keys, SealedModel::weight and
  /// Executor::create.
  [[nodiscard]] static base::Result<std::unique_ptr<Session>> create(const fhe::ckks::Context& context,
                                                                     const wire::SealedModel& model,
                                                                     std::span<const std::uint8_t> key_file,
                                                                     const std::string& key_name,
                                                                     const SessionLimits& limits);
  /// The same with weights from elsewhere: the owner's own clear ones (runtime/clear). `program` is verified and
  /// outlives the session, and `key_file` as above. The limit is for all but these weights. Errors: those of
  /// read_evaluation_keys and Executor::create.
  [[nodiscard]] static base::Result<std::unique_ptr<Session>> create(
      const fhe::ckks::Context& context, const plan::program::Program& program, const artifact::Digest& key,
      std::span<const std::uint8_t> key_file, const std::string& key_name, std::unique_ptr<exec::WeightSource> weights,
      const SessionLimits& limits);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// From the bytes of a request to the bytes of its result. A stage takes a request only if it is the first, else what
  /// the stage before it made, and returns a result only if it is the last, else what the next one takes. A shard takes
  /// what its stage takes and returns a part. `name` is what messages call the input. Errors: those of read_request,
  /// read_intermediate and Executor::run; kMismatch "stage missing" for a request to a later stage, "shard missing" for
  /// a merge. One call at a time.
  [[nodiscard]] base::Result<std::vector<std::uint8_t>> answer(wire::FileBytes input, const std::string& name,
                                                               const exec::ExecOptions& options);
  /// The same from several inputs: a merge takes one part of each shard, in their order, and returns what its stage
  /// returns; all others take one input. Errors also: those of read_parts.
  [[nodiscard]] base::Result<std::vector<std::uint8_t>> answer_all(std::span<const wire::FileBytes> inputs,
                                                                   const std::string& name,
                                                                   const exec::ExecOptions& options);

 private:
  Session(const fhe::ckks::Context& context, const plan::program::Program& program, const artifact::Digest& key,
          const wire::StagePlace& place)
      : context_(&context), expected_(wire::expect_stage(program, key, place.plan)), place_(place) {}
  [[nodiscard]] base::Result<wire::Received> read(std::span<const wire::FileBytes> inputs,
                                                  const std::string& name) const;
  /// Streamed: in as much memory as the others leave.
  base::Result<void> load_keys(std::span<const std::uint8_t> file, const std::string& name,
                               const exec::ExecutorLimits& limits, bool encrypted_weights,
                               const std::function<void()>& release_pages);
  const fhe::ckks::Context* context_;
  wire::Expected expected_;
  wire::StagePlace place_;
  fhe::ckks::EvaluationKeys keys_;
  std::unique_ptr<StreamedKeys> streamed_keys_;  ///< that bring them, unless all are held
  std::unique_ptr<exec::WeightSource> weights_;
  std::unique_ptr<exec::Executor> executor_;
};

}  // namespace obscura::runtime::session
