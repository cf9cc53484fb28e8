#include "deploy/worker/blob_cache.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/file.hpp"
#include "base/folder.hpp"

namespace obscura::deploy::worker {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::FileLock;
using net::BlobRef;

constexpr std::size_t kNameBytes = 64;
constexpr std::size_t kFolderBytes = 2;
// A download that was cut off this long ago goes on nowhere.
constexpr std::chrono::hours kStale{1};

tl::unexpected<base::Error> io_error(const std::string& verb, const std::string& path, const std::error_code& error) {
  return base::fail(ErrorCode::kIo, fmt::format("cannot {} {}: {}", verb, path, error.message()),
                    "check the cache folder and its permissions");
}

base::Result<void> create_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return io_error("create", path, error);
  return {};
}

struct Entry {
  fs::path path;
  fs::file_time_type used;
  std::uint64_t bytes = 0;
};

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

enum class Content { kForeign, kBlob, kCutOff };

/// What a file in the folder `parent` of the cache is. A download goes on under the blob's name, with a dot and more
/// behind it, until it is whole. Everything else is somebody else's.
Content content_of(const std::string& parent, const std::string& name) {
  const std::string_view digest = std::string_view(name).substr(0, kNameBytes);
  if (digest.size() != kNameBytes || !is_hex(digest) || !digest.starts_with(parent)) return Content::kForeign;
  if (name.size() == kNameBytes) return Content::kBlob;
  return name[kNameBytes] == '.' ? Content::kCutOff : Content::kForeign;
}

base::Result<void> list_folder(const fs::path& folder, std::vector<Entry>& blobs) {
  std::error_code error;
  for (const fs::path& path : base::paths_in(folder, error)) {
    const Content content = content_of(folder.filename().string(), path.filename().string());
    std::error_code gone;
    if (content == Content::kForeign || !fs::is_regular_file(path, gone)) continue;
    const Entry entry{path, fs::last_write_time(path, gone), fs::file_size(path, gone)};
    if (gone) continue;  // another process removed it meanwhile
    if (content == Content::kBlob) {
      blobs.push_back(entry);
    } else if (fs::file_time_type::clock::now() - entry.used > kStale) {
      fs::remove(path, gone);
    }
  }
  if (error) return io_error("list", folder.string(), error);
  return {};
}

/// The blobs in the folders "00" to "ff" of the cache, the least recently used first. Removes what cut-off downloads
/// left there, and looks at nothing else.
base::Result<std::vector<Entry>> list(const std::string& folder) {
  std::vector<Entry> entries;
  std::error_code error;
  for (const fs::path& inner : base::paths_in(folder, error)) {
    const std::string name = inner.filename().string();
    std::error_code gone;
    if (name.size() != kFolderBytes || !is_hex(name) || !fs::is_directory(inner, gone)) continue;
    OBSCURA_TRY_VOID(list_folder(inner, entries));
  }
  if (error) return io_error("list", folder, error);
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.used < b.used; });
  return entries;
}

/// A folder that holds something, and was never a cache, is not made one: it may be anybody's. What another worker
/// makes of an empty one at the same moment is looked at in the order in which it comes to be.
base::Result<void> check_is_ours(const std::string& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) return {};
  const bool empty = fs::is_empty(folder, error);
  if (error) return io_error("open", folder, error);
  if (empty || fs::is_directory(folder + "/locks", error)) return {};
  return base::fail(ErrorCode::kUsage, fmt::format("{} holds files and is no cache of models", folder),
                    "give --cache a folder that is empty or not there yet");
}

}  // namespace

base::Result<BlobCache> BlobCache::open(const std::string& folder, std::uint64_t max_bytes) {
  OBSCURA_TRY_VOID(check_is_ours(folder));
  OBSCURA_TRY_VOID(create_folder(folder + "/locks"));
  return BlobCache(folder, max_bytes);
}

std::string BlobCache::path_of(const artifact::Digest& digest) const {
  const std::string hex = digest.hex();
  return fmt::format("{}/{}/{}", folder_, hex.substr(0, 2), hex);
}

std::string BlobCache::pin_of(const std::string& name) const {
  return fmt::format("{}/locks/{}.pin", folder_, name);
}

base::Result<bool> BlobCache::is_whole(const BlobRef& ref) {
  const std::string path = path_of(ref.sha256);
  std::error_code error;
  if (fs::file_size(path, error) != ref.size || error) return false;
  if (verified_.contains(ref)) return true;
  OBSCURA_TRY(const auto file, base::MappedFile::open(path, ref.size));
  if (artifact::sha256(file.bytes()) != ref.sha256) return false;
  verified_.insert(ref);
  return true;
}

base::Result<void> BlobCache::make_room(const BlobRef& ref) {
  OBSCURA_TRY(const FileLock only, FileLock::take(folder_ + "/locks/evict", FileLock::Kind::kExclusive));
  OBSCURA_TRY(const std::vector<Entry> entries, list(folder_));
  std::uint64_t used = 0;
  for (const Entry& entry : entries) used += entry.bytes;
  const auto fits = [&] { return ref.size <= max_bytes_ && used <= max_bytes_ - ref.size; };
  for (const Entry& entry : entries) {
    if (fits()) break;
    OBSCURA_TRY(const FileLock unused, FileLock::try_exclusive(pin_of(entry.path.filename().string())));
    std::error_code error;
    if (!unused.held() || !fs::remove(entry.path, error)) continue;
    used -= entry.bytes;
    ++counts_.evictions;
  }
  if (fits()) return {};
  return base::fail(ErrorCode::kLimit,
                    fmt::format("there is no room in the cache {} for {} bytes: {} of {} are in use", folder_, ref.size,
                                used, max_bytes_),
                    "raise --cache-gb, or serve fewer models");
}

base::Result<void> BlobCache::download(const BlobRef& ref, net::BlobStore& store, const net::BlobProgress& progress) {
  const std::string lock = fmt::format("{}/locks/{}.fetch", folder_, ref.sha256.hex());
  OBSCURA_TRY(const FileLock fetching, FileLock::take(lock, FileLock::Kind::kExclusive));
  OBSCURA_TRY(const bool there, is_whole(ref));  // somebody else may have fetched it while we waited
  if (there) return {};
  const std::string path = path_of(ref.sha256);
  std::error_code ignored;
  fs::remove(path, ignored);
  OBSCURA_TRY_VOID(make_room(ref));
  OBSCURA_TRY_VOID(create_folder(fs::path(path).parent_path().string()));
  OBSCURA_TRY_VOID(store.download(ref, path, progress));
  counts_.fetched_bytes += ref.size;
  verified_.insert(ref);
  return {};
}

base::Result<CachedBlob> BlobCache::fetch(const BlobRef& ref, net::BlobStore& store,
                                          const net::BlobProgress& progress) {
  const std::string path = path_of(ref.sha256);
  OBSCURA_TRY(FileLock pin, FileLock::take(pin_of(ref.sha256.hex()), FileLock::Kind::kShared));
  OBSCURA_TRY(const bool there, is_whole(ref));
  if (there) {
    ++counts_.hits;
    std::error_code ignored;  // a cache that cannot be written still serves
    fs::last_write_time(path, fs::file_time_type::clock::now(), ignored);
  } else {
    ++counts_.misses;
    OBSCURA_TRY_VOID(download(ref, store, progress));
  }
  return CachedBlob(path, std::move(pin));
}

}  // namespace obscura::deploy::worker
