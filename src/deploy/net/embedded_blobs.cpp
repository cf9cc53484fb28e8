#include "deploy/net/embedded_blobs.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "base/file.hpp"
#include "base/folder.hpp"
#include "deploy/net/detail/partial_file.hpp"
#include "deploy/net/embedded_sweep.hpp"

namespace obscura::deploy::net {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::Result;

tl::unexpected<base::Error> io_error(const std::string& verb, const std::string& path, const std::error_code& error) {
  return base::fail(ErrorCode::kIo, fmt::format("cannot {} {}: {}", verb, path, error.message()),
                    "check the folder and its permissions");
}

tl::unexpected<base::Error> altered(const std::string& path) {
  return base::fail(ErrorCode::kCorrupt, fmt::format("{} does not hold the bytes that its name says", path),
                    "remove the file, and store the blob again");
}

class Blobs final : public BlobStore {
 public:
  /// `root`: what the limit of bytes is about.
  Blobs(std::string folder, std::string root, const EmbeddedBlobsOptions& options)
      : folder_(std::move(folder)), root_(std::move(root)), options_(options) {}

  Result<void> put(const BlobRef& ref, std::span<const std::uint8_t> bytes, const BlobProgress& progress) override;
  Result<std::vector<std::uint8_t>> get(const BlobRef& ref, std::uint64_t max_bytes) override;
  Result<void> download(const BlobRef& ref, const std::string& path, const BlobProgress& progress) override;
  Result<bool> has(const BlobRef& ref) override;
  Result<void> remove(const BlobRef& ref) override;
  BlobStore& of_job(const JobKey& key) override;

 private:
  [[nodiscard]] std::string path_of(const BlobRef& ref) const {
    const std::string hex = ref.sha256.hex();
    return fmt::format("{}/{}/{}", folder_, hex.substr(0, 2), hex);
  }
  // Where an interrupted put left what it had.
  [[nodiscard]] std::string partial_of(const BlobRef& ref) const { return path_of(ref) + ".partial"; }
  // The file of a blob; kNotFound, naming the blob, when there is none.
  [[nodiscard]] Result<base::MappedFile> map(const BlobRef& ref);
  [[nodiscard]] Result<void> check_room(const BlobRef& ref);
  [[nodiscard]] Result<std::uint64_t> used_bytes(const std::string& but_for);

  std::string folder_;
  std::string root_;
  EmbeddedBlobsOptions options_;
  std::unique_ptr<Blobs> of_job_;
};

BlobStore& Blobs::of_job(const JobKey& key) {
  const std::string folder = job_blobs_folder(root_, key);
  OBSCURA_CHECK(!folder.empty(), "the blobs of a job whose name was not checked");
  of_job_ = std::make_unique<Blobs>(folder, root_, options_);
  return *of_job_;
}

// Of all files but the one named. What another process renames or removes meanwhile, folders too, does not count.
Result<std::uint64_t> Blobs::used_bytes(const std::string& but_for) {
  std::uint64_t sum = 0;
  for (std::vector<fs::path> folders{root_}; !folders.empty();) {
    const fs::path folder = std::move(folders.back());
    folders.pop_back();
    std::error_code error;
    for (const fs::path& path : base::paths_in(folder, error)) {
      std::error_code gone;
      if (fs::is_directory(fs::symlink_status(path, gone))) folders.push_back(path);
      if (!fs::is_regular_file(path, gone) || path == but_for) continue;
      const std::uintmax_t size = fs::file_size(path, gone);
      if (!gone) sum += size;
    }
    const bool is_gone = error == std::errc::no_such_file_or_directory && folder != root_;
    if (error && !is_gone) return io_error("list", folder, error);
  }
  return sum;
}

// What an interrupted put of this blob left becomes part of it.
Result<void> Blobs::check_room(const BlobRef& ref) {
  if (options_.max_bytes == 0) return {};
  OBSCURA_TRY(const std::uint64_t used, used_bytes(partial_of(ref)));
  if (ref.size <= options_.max_bytes && used <= options_.max_bytes - ref.size) return {};
  return base::fail(ErrorCode::kLimit,
                    fmt::format("there is no room for a blob of {} bytes: {} of {} bytes are used in {}", ref.size,
                                used, options_.max_bytes, root_),
                    "try later, or raise the limit of the blob store");
}

Result<void> Blobs::put(const BlobRef& ref, std::span<const std::uint8_t> bytes, const BlobProgress& progress) {
  OBSCURA_TRY(bool there, has(ref));
  if (there) {
    // It is asked for: a sweep leaves it alone. (Models are not swept.)
    if (folder_ != root_) (void)::utimensat(AT_FDCWD, path_of(ref).c_str(), nullptr, 0);
    return {};
  }
  OBSCURA_TRY_VOID(check_room(ref));
  const std::string path = path_of(ref);
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  if (error) return io_error("create the folder of", path, error);
  OBSCURA_TRY(detail::PartialFile file, detail::PartialFile::lock(partial_of(ref)));
  OBSCURA_TRY(there, has(ref));  // another process may have stored it while we waited
  if (there) {
    file.discard();
    return {};
  }
  artifact::Sha256 hash;
  for (std::uint64_t done = 0; done < bytes.size();) {
    const auto chunk = bytes.subspan(done, std::min<std::uint64_t>(kMaxChunkBytes, bytes.size() - done));
    hash.update(chunk);
    OBSCURA_TRY_VOID(file.place(done, chunk));
    done += chunk.size();
    if (progress) progress(done, bytes.size());
  }
  if (hash.finish() != ref.sha256 || bytes.size() != ref.size) {
    file.discard();
    return base::fail(ErrorCode::kMismatch, fmt::format("the bytes to store are not blob {}", ref.sha256.hex()),
                      "the file changed after it was named: name it again");
  }
  return file.finish(ref.size, path, options_.survives_power_loss);
}

Result<base::MappedFile> Blobs::map(const BlobRef& ref) {
  const std::string path = path_of(ref);
  auto file = base::MappedFile::open(path, ref.size);
  if (!file && file.error().code == ErrorCode::kNotFound) {
    return base::fail(ErrorCode::kNotFound, fmt::format("there is no blob {} in {}", ref.sha256.hex(), folder_),
                      "store it first, or wait until it arrives");
  }
  if (!file && file.error().code == ErrorCode::kLimit) return altered(path);
  return file;
}

Result<std::vector<std::uint8_t>> Blobs::get(const BlobRef& ref, std::uint64_t max_bytes) {
  if (ref.size > max_bytes) {
    return base::fail(
        ErrorCode::kLimit,
        fmt::format("blob {} has {} bytes, more than the limit of {}", ref.sha256.hex(), ref.size, max_bytes),
        "raise the limit if there is memory for it");
  }
  OBSCURA_TRY(const base::MappedFile file, map(ref));
  // The copy is what is checked and used: others may write to the file.
  std::vector<std::uint8_t> bytes(file.bytes().begin(), file.bytes().end());
  if (BlobRef::of(bytes) != ref) return altered(path_of(ref));
  return bytes;
}

Result<void> Blobs::download(const BlobRef& ref, const std::string& path, const BlobProgress& progress) {
  OBSCURA_TRY(const base::MappedFile source, map(ref));
  if (source.bytes().size() != ref.size) return altered(path_of(ref));
  OBSCURA_TRY(base::AtomicFile file, base::AtomicFile::create(path, base::kPublicMode));
  artifact::Sha256 hash;
  std::vector<std::uint8_t> chunk;
  for (std::uint64_t done = 0; done < ref.size; done += chunk.size()) {
    const auto piece = source.bytes().subspan(done, std::min(kMaxChunkBytes, ref.size - done));
    chunk.assign(piece.begin(), piece.end());
    hash.update(chunk);
    OBSCURA_TRY_VOID(file.write(chunk));
    if (progress) progress(done + chunk.size(), ref.size);
  }
  if (hash.finish() != ref.sha256) return altered(path_of(ref));
  return file.commit();
}

Result<bool> Blobs::has(const BlobRef& ref) {
  const std::string path = path_of(ref);
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) return false;
  if (error) return io_error("examine", path, error);
  return size == ref.size;
}

// Under the lock: what is being put is not taken away from under its writer, but when it is whole.
Result<void> Blobs::remove(const BlobRef& ref) {
  const std::string path = path_of(ref);
  std::error_code error;
  if (!fs::exists(fs::path(path).parent_path(), error)) return {};
  OBSCURA_TRY(detail::PartialFile partial, detail::PartialFile::lock(partial_of(ref)));
  fs::remove(path, error);
  if (error) return io_error("remove", path, error);
  partial.discard();
  return {};
}

}  // namespace

Result<std::unique_ptr<BlobStore>> EmbeddedBlobs::open(const std::string& folder, const EmbeddedBlobsOptions& options) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return io_error("create", folder, error);
  return std::make_unique<Blobs>(folder, folder, options);
}

}  // namespace obscura::deploy::net
