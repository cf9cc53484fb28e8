#include "base/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

namespace obscura::base {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() { ::close(value_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int value() const { return value_; }

 private:
  int value_;
};

std::string reason(int error) {
  return std::generic_category().message(error);
}

tl::unexpected<Error> io_error(const char* verb, const std::string& path, int error) {
  return fail(ErrorCode::kIo, fmt::format("cannot {} {}: {}", verb, path, reason(error)),
              error == ENOSPC ? "free some space on the disk" : "check the path and its permissions");
}

tl::unexpected<Error> open_error(const std::string& path) {
  if (errno != ENOENT && errno != ENOTDIR) return io_error("open", path, errno);
  return fail(ErrorCode::kNotFound, fmt::format("there is no file {}", path), "check the path");
}

tl::unexpected<Error> too_large(const std::string& path, std::uint64_t max_bytes) {
  return fail(ErrorCode::kLimit, fmt::format("{} is larger than the limit of {} bytes", path, max_bytes),
              "check that it is the file you meant");
}

int open_for_reading(const std::string& path) {
  return ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
}

// The size of the open file; for pipes and devices 0, since theirs is known only at the end.
Result<std::uint64_t> size_of(int descriptor, const std::string& path) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return io_error("examine", path, errno);
  if (S_ISDIR(status.st_mode)) return io_error("read", path, EISDIR);
  return S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
}

// Reads until `into` is full or the file ends; the number of bytes read.
Result<std::size_t> read_up_to(int descriptor, const std::string& path, std::span<std::uint8_t> into) {
  std::size_t got = 0;
  while (got < into.size()) {
    const ssize_t n = ::read(descriptor, into.data() + got, into.size() - got);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("read", path, errno);
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  return got;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<void> sync_folder(const std::string& path) {
  const std::string folder = folder_of(path);
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.value() < 0) return io_error("open", folder, errno);
  // Some file systems cannot sync a folder; they say EINVAL, and there is nothing more to be done.
  if (::fsync(descriptor.value()) != 0 && errno != EINVAL) return io_error("sync", folder, errno);
  return {};
}

Result<std::string> temporary_name(const std::string& path) {
  std::uint64_t suffix = 0;
  if (::getrandom(&suffix, sizeof suffix, 0) != sizeof suffix) return io_error("create", path, errno);
  return fmt::format("{}.{:016x}.tmp", path, suffix);
}

tl::unexpected<Error> create_error(const std::string& path) {
  if (errno != ENOENT && errno != ENOTDIR) return io_error("create", path, errno);
  return fail(ErrorCode::kNotFound, fmt::format("there is no folder {} to write into", folder_of(path)),
              "create the folder first");
}

tl::unexpected<Error> name_error(const std::string& path) {
  if (errno != EEXIST) return io_error("write", path, errno);
  return fail(ErrorCode::kIo, fmt::format("{} exists already", path), "choose another name, or remove it first");
}

// Where an open file without a name is found: linkat(2).
std::string place_of(int descriptor) {
  return fmt::format("/proc/self/fd/{}", descriptor);
}

// 0, or -1 and errno.
int name_file(int descriptor, const std::string& path) {
  return ::linkat(AT_FDCWD, place_of(descriptor).c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW);
}

// A file without a name in the folder of `path`; none where the file system makes none, or nothing could name it later.
Result<std::optional<int>> create_nameless(const std::string& path, mode_t mode) {
  const int descriptor = ::open(folder_of(path).c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, mode);
  if (descriptor < 0) {
    // What file systems and kernels that know nothing of it say: open(2).
    if (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL) return std::nullopt;
    return create_error(path);
  }
  if (::access(place_of(descriptor).c_str(), F_OK) == 0) return descriptor;
  ::close(descriptor);
  return std::nullopt;
}

}  // namespace

Result<std::vector<std::uint8_t>> read_file(const std::string& path, std::uint64_t max_bytes) {
  const Descriptor descriptor(open_for_reading(path));
  if (descriptor.value() < 0) return open_error(path);
  OBSCURA_TRY(const std::uint64_t size, size_of(descriptor.value(), path));
  if (size > max_bytes) return too_large(path, max_bytes);
  constexpr std::size_t kStep = std::size_t{1} << 16;
  std::vector<std::uint8_t> bytes;
  std::size_t got = 0;
  while (true) {
    bytes.resize(got == 0 ? static_cast<std::size_t>(size) + 1 : got + std::max(got, kStep));
    OBSCURA_TRY(const std::size_t more, read_up_to(descriptor.value(), path, std::span(bytes).subspan(got)));
    const bool ended = got + more < bytes.size();
    got += more;
    if (got > max_bytes) return too_large(path, max_bytes);
    if (ended) break;
  }
  bytes.resize(got);
  return bytes;
}

Result<SecretBytes> read_secret_file(const std::string& path, std::uint64_t max_bytes) {
  const Descriptor descriptor(open_for_reading(path));
  if (descriptor.value() < 0) return open_error(path);
  OBSCURA_TRY(const std::uint64_t size, size_of(descriptor.value(), path));
  if (size > max_bytes) return too_large(path, max_bytes);
  SecretBytes bytes(static_cast<std::size_t>(size));
  OBSCURA_TRY(const std::size_t got, read_up_to(descriptor.value(), path, bytes.reveal_secret()));
  if (got != bytes.size()) return fail(ErrorCode::kIo, fmt::format("{} became shorter while it was read", path));
  return bytes;
}

Result<MappedFile> MappedFile::open(const std::string& path, std::uint64_t max_bytes) {
  const Descriptor descriptor(open_for_reading(path));
  if (descriptor.value() < 0) return open_error(path);
  OBSCURA_TRY(const std::uint64_t size, size_of(descriptor.value(), path));
  if (size > max_bytes) return too_large(path, max_bytes);
  if (size == 0) return MappedFile(nullptr, 0);
  void* data = ::mmap(nullptr, static_cast<std::size_t>(size), PROT_READ, MAP_SHARED, descriptor.value(), 0);
  if (data == MAP_FAILED) return io_error("map", path, errno);
  return MappedFile(static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size));
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

void MappedFile::release_pages() const {
  if (size_ > 0) (void)::madvise(const_cast<std::uint8_t*>(data_), size_, MADV_DONTNEED);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::uint8_t*>(data_), size_);
}

AtomicFile::AtomicFile(std::string path, std::string temporary, int descriptor)
    : path_(std::move(path)), temporary_(std::move(temporary)), descriptor_(descriptor) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

NewFiles::NewFiles(const std::vector<std::string>& paths) {
  struct stat status {};
  for (const std::string& path : paths) {
    if (::lstat(path.c_str(), &status) != 0 && errno == ENOENT) paths_.push_back(path);
  }
}

NewFiles::~NewFiles() {
  for (const std::string& path : paths_) ::unlink(path.c_str());
}

Result<AtomicFile> AtomicFile::create(const std::string& path, mode_t mode) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    return fail(ErrorCode::kIo, fmt::format("cannot write {}: it is not an ordinary file", path),
                "name a file that may be replaced");
  }
  OBSCURA_TRY(const std::optional<int> nameless, create_nameless(path, mode));
  if (nameless) return AtomicFile(path, {}, *nameless);
  OBSCURA_TRY(std::string temporary, temporary_name(path));
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  if (descriptor < 0) return create_error(path);
  return AtomicFile(path, std::move(temporary), descriptor);
}

Result<void> AtomicFile::write(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(descriptor_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("write", path_, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

Result<void> AtomicFile::write_at(std::uint64_t offset, std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("write", path_, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

// A file without a name gets that of the target, or one from which it can be moved there.
Result<void> AtomicFile::give_name(Existing existing) {
  if (name_file(descriptor_, path_) == 0) return {};
  if (errno != EEXIST || existing == Existing::kRefuse) return name_error(path_);
  OBSCURA_TRY(std::string temporary, temporary_name(path_));
  if (name_file(descriptor_, temporary) != 0) return io_error("write", path_, errno);
  temporary_ = std::move(temporary);
  return {};
}

Result<void> AtomicFile::commit(Existing existing) {
  if (::fsync(descriptor_) != 0) return io_error("write", path_, errno);
  if (temporary_.empty()) {
    OBSCURA_TRY_VOID(give_name(existing));
  } else if (existing == Existing::kRefuse) {
    if (::link(temporary_.c_str(), path_.c_str()) != 0) return name_error(path_);
    ::unlink(temporary_.c_str());
    temporary_.clear();
  }
  if (!temporary_.empty()) {
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) return io_error("write", path_, errno);
    temporary_.clear();
  }
  ::close(std::exchange(descriptor_, -1));
  Result<void> synced = sync_folder(path_);
  // A new file that may not outlive a power failure is none; one that replaced another stays, since that is gone.
  if (!synced && existing == Existing::kRefuse) ::unlink(path_.c_str());
  return synced;
}

Result<void> write_file_atomically(const std::string& path, std::span<const std::uint8_t> bytes, mode_t mode,
                                   Existing existing) {
  OBSCURA_TRY(AtomicFile file, AtomicFile::create(path, mode));
  OBSCURA_TRY_VOID(file.write(bytes));
  return file.commit(existing);
}

}  // namespace obscura::base
