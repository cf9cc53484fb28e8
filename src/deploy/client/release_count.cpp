#include "deploy/client/release_count.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.hpp"
#include "base/file_lock.hpp"

namespace obscura::deploy::client {

namespace {

using base::ErrorCode;
using base::FileLock;

constexpr std::uint64_t kMostReserved = 64;

std::string lock_path(const std::string& path) {
  return path + ".lock";
}

}  // namespace

std::string release_count_path(const std::string& secret_key_path) {
  return secret_key_path + ".releases";
}

ReleaseCount::ReleaseCount(std::string path, const fhe::secret::SecretKey& secret, const artifact::Digest& key,
                           std::uint64_t cap)
    : path_(std::move(path)), tag_key_(secret.reveal_secret_seed()), key_(key), cap_(cap) {}

base::Result<void> ReleaseCount::create(const std::string& path, const fhe::secret::SecretKey& secret,
                                        const artifact::Digest& key) {
  return base::write_file_atomically(
      path, fhe::secret::encode_release_count({key, 0}, fhe::secret::CountTagKey(secret.reveal_secret_seed())),
      base::kSecretMode, base::Existing::kRefuse);
}

base::Result<std::unique_ptr<ReleaseCount>> ReleaseCount::open(const OpenSecret& key, const std::string& path) {
  return open(path, *key.secret, key.content.key, key.release_cap);
}

base::Result<std::unique_ptr<ReleaseCount>> ReleaseCount::open(const std::string& path,
                                                               const fhe::secret::SecretKey& secret,
                                                               const artifact::Digest& key, std::uint64_t cap) {
  std::unique_ptr<ReleaseCount> count(new ReleaseCount(path, secret, key, cap));
  OBSCURA_TRY(count->released_, count->read());
  return count;
}

base::Result<std::uint64_t> ReleaseCount::read() const {
  const auto bytes = base::read_file(path_, fhe::secret::kMaxReleaseCountBytes);
  if (!bytes && bytes.error().code == ErrorCode::kNotFound) {
    return base::fail(
        ErrorCode::kNotFound, fmt::format("there is no file {}, which counts what the key released", path_),
        "restore its newest copy, or say with `obscura releases --assume` how many results were released");
  }
  if (!bytes) return tl::make_unexpected(bytes.error());
  OBSCURA_TRY(const auto count, fhe::secret::decode_release_count(*bytes, path_, key_, tag_key_));
  return count.released;
}

base::Result<void> ReleaseCount::write(std::uint64_t released) const {
  return base::write_file_atomically(path_, fhe::secret::encode_release_count({key_, released}, tag_key_),
                                     base::kSecretMode);
}

base::Result<void> ReleaseCount::take(std::uint64_t results) {
  const std::scoped_lock only(mutex_);
  if (reserved_ < results) OBSCURA_TRY_VOID(reserve(results - reserved_));
  reserved_ -= results;
  taken_ += results;
  return {};
}

/// At least so many more than are reserved.
base::Result<void> ReleaseCount::reserve(std::uint64_t results) {
  OBSCURA_TRY(const FileLock only, FileLock::take(lock_path(path_), FileLock::Kind::kExclusive));
  OBSCURA_TRY(const std::uint64_t before, read());
  if (before < released_) {
    return base::fail(ErrorCode::kCorrupt,
                      fmt::format("{} went back from {} released results to {}", path_, released_, before),
                      "find out who put an older copy there, and restore the newest");
  }
  released_ = before;
  const std::uint64_t left = cap_ - std::min(cap_, before);
  if (left < results) {
    return base::fail(ErrorCode::kUsedUp,
                      fmt::format("the key has released {} of the {} results that it may, and {} more were asked for",
                                  before, cap_, results),
                      "make a new key with `obscura keygen` and seal the model under it");
  }
  const std::uint64_t block = std::min(std::max(results, std::min(taken_, kMostReserved)), left);
  OBSCURA_TRY_VOID(write(before + block));
  released_ = before + block;
  reserved_ += block;
  return {};
}

std::uint64_t ReleaseCount::released() const {
  const std::scoped_lock only(mutex_);
  return released_;
}

base::Result<void> ReleaseCount::assume(const OpenSecret& key, const std::string& path, std::uint64_t released) {
  const ReleaseCount count(path, *key.secret, key.content.key, key.release_cap);
  OBSCURA_TRY(const FileLock only, FileLock::take(lock_path(path), FileLock::Kind::kExclusive));
  const auto before = count.read();
  if (!before && before.error().code != ErrorCode::kNotFound) return tl::make_unexpected(before.error());
  if (before && *before > released) {
    return base::fail(ErrorCode::kUsage,
                      fmt::format("{} counts {} released results already, more than {}", path, *before, released),
                      "a count never goes back");
  }
  return count.write(released);
}

}  // namespace obscura::deploy::client
