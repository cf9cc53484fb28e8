#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "artifact/container.hpp"
#include "artifact/container_file.hpp"
#include "base/result.hpp"
#include "fhe/ckks/context.hpp"
#include "fhe/ckks/keys.hpp"
#include "plan/program/program.hpp"
#include "runtime/wire/request_file.hpp"

namespace obscura::runtime::wire {

/// Writes exactly the keys that program.key_needs names, half of each packed, the other half as its seed, in the order
/// in which they come: memory for one of them. The file appears whole with commit(), or not at all.
class EvaluationKeysWriter {
 public:
  /// Ring and program outlive the writer. Errors: kIo.
  [[nodiscard]] static base::Result<EvaluationKeysWriter> create(const std::string& path,
                                                                 const fhe::ring::RingContext& ring,
                                                                 const plan::program::Program& program,
                                                                 const artifact::Digest& key);
  /// The key that serves a need of the program, at its level. Errors: kIo.
  [[nodiscard]] base::Result<void> add(const plan::program::KeyNeed& need, const fhe::ckks::SwitchingKey& key);
  /// A missing key is a bug of the caller. Errors: kIo.
  [[nodiscard]] base::Result<void> commit();

 private:
  EvaluationKeysWriter(artifact::ContainerFile file, const fhe::ring::RingContext& ring,
                       const plan::program::Program& program, const artifact::Digest& key);
  artifact::ContainerFile file_;
  const fhe::ring::RingContext* ring_;
  const plan::program::Program* program_;
  artifact::Digest key_;
  std::map<std::size_t, fhe::random::Seed256> seeds_;  ///< by number of the need, of the keys that are written
};

/// The same for keys that are all there.
[[nodiscard]] base::Result<void> write_evaluation_keys(const std::string& path, const fhe::ring::RingContext& ring,
                                                       const plan::program::Program& program,
                                                       const artifact::Digest& key,
                                                       const fhe::ckks::EvaluationKeys& keys);

/// Which plan and key a file of evaluation keys belongs to, as `inspect` shows it.
struct EvaluationKeysInfo {
  artifact::Digest plan;
  artifact::Digest key;
  std::size_t keys = 0;
};
[[nodiscard]] base::Result<EvaluationKeysInfo> inspect_evaluation_keys(std::span<const std::uint8_t> file,
                                                                       const std::string& name);

/// A file of evaluation keys whose keys are read one by one. Its const operations are safe from several threads.
class EvaluationKeysFile {
 public:
  /// `file` outlives the object. Errors: those of LazyContainerReader; kMismatch when the file was made for another
  /// plan or another key, or lacks a key that the expected program or stage needs; kCorrupt.
  [[nodiscard]] static base::Result<EvaluationKeysFile> open(std::span<const std::uint8_t> file,
                                                             const std::string& name,
                                                             const fhe::ring::RingContext& ring,
                                                             const Expected& expected);
  EvaluationKeysFile(EvaluationKeysFile&&) noexcept;
  EvaluationKeysFile& operator=(EvaluationKeysFile&&) noexcept;
  ~EvaluationKeysFile();

  /// Reads one key, up to the level of the need; ckks::expand() makes the rest of it. Errors: kMismatch when the file
  /// has none that serves it; kCorrupt. Cost: a copy, a digest and unpacking of the whole key as it is stored.
  [[nodiscard]] base::Result<fhe::ckks::SeededSwitchingKey> key(const fhe::ring::RingContext& ring,
                                                                const plan::program::KeyNeed& need) const;

 private:
  struct State;
  explicit EvaluationKeysFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Reads and expands the keys that the expected program or stage needs, each up to the level at which it is needed
/// there; the others, and what a key can do above that level, take no memory. Errors: those of EvaluationKeysFile.
[[nodiscard]] base::Result<fhe::ckks::EvaluationKeys> read_evaluation_keys(std::span<const std::uint8_t> file,
                                                                           const std::string& name,
                                                                           const fhe::ring::RingContext& ring,
                                                                           const Expected& expected);

}  // namespace obscura::runtime::wire
