#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "artifact/digest.hpp"
#include "base/result.hpp"
#include "deploy/client/open_secret.hpp"
#include "fhe/secret/release_count_file.hpp"
#include "fhe/secret/secret_key.hpp"

namespace obscura::deploy::client {

/// Where the count of a secret key file is kept, if nobody says otherwise: KEY.releases, beside it.
[[nodiscard]] std::string release_count_path(const std::string& secret_key_path);

/// How many results a key has released, in a file that outlives this process and that other processes count in at the
/// same time (a lock PATH.lock keeps them apart). What may be released is written down, synced and renamed into place
/// before anything is: so many at a time as were taken so far, at most 64, so that a process that is killed leaves at
/// most as many counted that it never released as it did release, and none uncounted.
///
/// The file carries a tag of the secret key: nobody else can make one, but whoever may write its folder can put an
/// older one in its place. While this object lives that is noticed (kCorrupt); between processes, and for copies of a
/// key on several machines, it is not. May be used from several threads.
class ReleaseCount {
 public:
  /// Starts the count of a new key. Error: kIo, also when the file is there already.
  [[nodiscard]] static base::Result<void> create(const std::string& path, const fhe::secret::SecretKey& secret,
                                                 const artifact::Digest& key);

  /// Of an opened key file. Errors: kNotFound (no file at `path`: one that is lost is not started anew), kMismatch (it
  /// counts for another key), kCorrupt, kLimit, kIo.
  [[nodiscard]] static base::Result<std::unique_ptr<ReleaseCount>> open(const OpenSecret& key, const std::string& path);
  /// Of a key with the digest `key`, which may release `cap` results.
  [[nodiscard]] static base::Result<std::unique_ptr<ReleaseCount>> open(const std::string& path,
                                                                        const fhe::secret::SecretKey& secret,
                                                                        const artifact::Digest& key, std::uint64_t cap);

  /// Allows `results` releases, counted when it returns. Errors: kUsedUp (not so many are left; nothing is counted),
  /// kCorrupt (the file went back since it was last seen here), those of open. Cost: mostly none; a synced write for
  /// every 64 results, or before that whenever their number doubles.
  [[nodiscard]] base::Result<void> take(std::uint64_t results);

  [[nodiscard]] const artifact::Digest& key() const { return key_; }
  [[nodiscard]] std::uint64_t cap() const { return cap_; }
  /// By the file as it was last seen: an upper bound of what was released until then.
  [[nodiscard]] std::uint64_t released() const;

  /// For who lost the file, or has an older one: counts on from `released`. Whoever says less than is true lifts the
  /// cap by as much. Errors: kUsage (the file says more), and those of open but kNotFound.
  [[nodiscard]] static base::Result<void> assume(const OpenSecret& key, const std::string& path,
                                                 std::uint64_t released);

 private:
  ReleaseCount(std::string path, const fhe::secret::SecretKey& secret, const artifact::Digest& key, std::uint64_t cap);
  [[nodiscard]] base::Result<std::uint64_t> read() const;
  [[nodiscard]] base::Result<void> write(std::uint64_t released) const;
  [[nodiscard]] base::Result<void> reserve(std::uint64_t results);

  std::string path_;
  fhe::secret::CountTagKey tag_key_;
  artifact::Digest key_;
  std::uint64_t cap_;

  mutable std::mutex mutex_;
  std::uint64_t released_ = 0;  ///< by the file as it was last seen
  std::uint64_t reserved_ = 0;  ///< of those, what take() may still give out
  std::uint64_t taken_ = 0;
};

}  // namespace obscura::deploy::client
