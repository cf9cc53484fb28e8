/// To be preloaded into a program: one of its allocations, or of its operations on files, fails.
///
///   OBSCURA_FAIL_KIND   `new` (operator new, and memory from mmap), `file` (every operation), `space` (those that need
///                       room on a disk that may be written: from the chosen one on all fail), `nameless` (every file
///                       without a name, as on a file system that knows none), or `signal` (none fails, but before the
///                       chosen operation a signal comes)
///   OBSCURA_FAIL_AT     which one, from 1; 0: none
///   OBSCURA_FAIL_ERROR  the errno of a file operation that fails, or the signal
///   OBSCURA_FAIL_COUNT  a file that takes the number of such calls when main returns, and which one failed
///   OBSCURA_FAIL_WAYS   a file that takes, where none is to fail, the number of each call to which the program came by
///                       another way (of callers) than to those before
///
/// Calls are counted while main runs, and those of the program and its C++ libraries: what the C library does by itself
/// does not come by here.
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>

namespace {

enum class Kind { kNone, kNew, kFile, kSpace, kNameless, kSignal };

struct Plan {
  Kind kind = Kind::kNone;
  long at = 0;
  int error = EIO;
};

Plan plan;  // written before main, read after
std::atomic<bool> armed{false};
std::atomic<long> calls{0};
std::atomic<const char*> failed{"none"};

const char* variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Kind kind_of(const char* name) {
  if (std::strcmp(name, "new") == 0) return Kind::kNew;
  if (std::strcmp(name, "file") == 0) return Kind::kFile;
  if (std::strcmp(name, "nameless") == 0) return Kind::kNameless;
  if (std::strcmp(name, "signal") == 0) return Kind::kSignal;
  return std::strcmp(name, "space") == 0 ? Kind::kSpace : Kind::kNone;
}

void read_plan() {
  plan.kind = kind_of(variable("OBSCURA_FAIL_KIND"));
  plan.at = std::atol(variable("OBSCURA_FAIL_AT"));
  if (*variable("OBSCURA_FAIL_ERROR") != 0) plan.error = std::atoi(variable("OBSCURA_FAIL_ERROR"));
}

/// Calls by the first who came their way. Nothing in it allocates.
class Ways {
 public:
  void start() {
    wanted_ = *variable("OBSCURA_FAIL_WAYS") != 0 && plan.at == 0;
    if (wanted_) add(0);  // the first backtrace loads a library
  }

  void add(long number) {
    if (!wanted_) return;
    std::array<void*, 5> callers{};  // this, operator new, and three of the program
    const int count = ::backtrace(callers.data(), callers.size());
    std::uint64_t way = 0xcbf29ce484222325;  // FNV-1a
    for (int i = 0; i < count; ++i) way = (way ^ reinterpret_cast<std::uintptr_t>(callers[i])) * 0x100000001b3;
    const std::lock_guard lock(mutex_);
    for (std::size_t at = way % kMost; count_ < kMost / 2; at = (at + 1) % kMost) {
      if (seen_[at] == way) return;
      if (seen_[at] != 0) continue;
      seen_[at] = way;
      firsts_[count_++] = number;
      return;
    }
  }

  void write() const {
    if (!wanted_) return;
    if (count_ == firsts_.size()) std::abort();  // there may be more
    if (std::FILE* file = std::fopen(variable("OBSCURA_FAIL_WAYS"), "w")) {
      for (std::size_t i = 1; i < count_; ++i) std::fprintf(file, "%ld\n", firsts_[i]);
      std::fclose(file);
    }
  }

 private:
  static constexpr std::size_t kMost = 1 << 16;
  bool wanted_ = false;
  std::mutex mutex_;
  std::array<std::uint64_t, kMost> seen_{};
  std::array<long, kMost / 2> firsts_{};
  std::size_t count_ = 0;
};
Ways ways;

bool is_its_turn(const char* name) {
  const long number = ++calls;
  ways.add(number);
  if (plan.at == 0 || number < plan.at || (number > plan.at && plan.kind != Kind::kSpace)) return false;
  if (number == plan.at) failed = name;
  return true;
}
bool allocation_fails(const char* name) {
  return armed && plan.kind == Kind::kNew && is_its_turn(name);
}
bool operation_fails(const char* name, bool needs_space = false) {
  const bool counts =
      plan.kind == Kind::kFile || plan.kind == Kind::kSignal || (plan.kind == Kind::kSpace && needs_space);
  if (!armed || !counts || !is_its_turn(name)) return false;
  if (plan.kind == Kind::kSignal) {
    ::kill(::getpid(), plan.error);
    return false;
  }
  errno = plan.error;
  return true;
}

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

void* allocate(std::size_t bytes, std::size_t alignment) {
  if (allocation_fails("new")) return nullptr;
  if (alignment <= alignof(std::max_align_t)) return std::malloc(bytes == 0 ? 1 : bytes);
  return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
}
void* allocate_or_throw(std::size_t bytes, std::size_t alignment) {
  void* block = allocate(bytes, alignment);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

int (*real_main)(int, char**, char**) = nullptr;

int counted_main(int count, char** words, char** environment) {
  read_plan();
  ways.start();
  armed = true;
  const int code = real_main(count, words, environment);
  armed = false;
  if (*variable("OBSCURA_FAIL_COUNT") != 0) {
    if (std::FILE* file = std::fopen(variable("OBSCURA_FAIL_COUNT"), "w")) {
      std::fprintf(file, "%ld %s\n", calls.load(), failed.load());
      std::fclose(file);
    }
  }
  ways.write();
  return code;
}

}  // namespace

extern "C" int __libc_start_main(int (*main)(int, char**, char**), int count, char** words, void (*init)(),
                                 void (*fini)(), void (*loader_fini)(), void* stack_end) {
  real_main = main;
  const auto start = next<decltype(&__libc_start_main)>("__libc_start_main");
  return start(counted_main, count, words, init, fini, loader_fini, stack_end);
}

void* operator new(std::size_t bytes) {
  return allocate_or_throw(bytes, 1);
}
void* operator new[](std::size_t bytes) {
  return allocate_or_throw(bytes, 1);
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return allocate_or_throw(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  return allocate_or_throw(bytes, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return allocate(bytes, 1);
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  return allocate(bytes, 1);
}
void operator delete(void* block) noexcept {
  std::free(block);
}
void operator delete[](void* block) noexcept {
  std::free(block);
}
void operator delete(void* block, std::size_t) noexcept {
  std::free(block);
}
void operator delete[](void* block, std::size_t) noexcept {
  std::free(block);
}
void operator delete(void* block, std::align_val_t) noexcept {
  std::free(block);
}
void operator delete[](void* block, std::align_val_t) noexcept {
  std::free(block);
}
void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  std::free(block);
}
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept {
  std::free(block);
}

extern "C" {

int open(const char* path, int flags, ...) {
  std::va_list rest;
  va_start(rest, flags);
  const bool is_nameless = (flags & O_TMPFILE) == O_TMPFILE;
  const bool creates = is_nameless || (flags & O_CREAT) != 0;
  const mode_t mode = creates ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  if (is_nameless && armed && plan.kind == Kind::kNameless) {
    ++calls;
    errno = EOPNOTSUPP;
    return -1;
  }
  if (operation_fails("open", creates)) return -1;
  return next<int (*)(const char*, int, ...)>("open")(path, flags, mode);
}

/// A file that is closed is closed, whatever close says.
int close(int descriptor) {
  const int code = next<decltype(&close)>("close")(descriptor);
  return operation_fails("close") ? -1 : code;
}

ssize_t write(int descriptor, const void* bytes, size_t count) {
  return operation_fails("write", descriptor > 2) ? -1 : next<decltype(&write)>("write")(descriptor, bytes, count);
}

ssize_t read(int descriptor, void* bytes, size_t count) {
  return operation_fails("read") ? -1 : next<decltype(&read)>("read")(descriptor, bytes, count);
}

ssize_t pwrite(int descriptor, const void* bytes, size_t count, off_t offset) {
  return operation_fails("pwrite", true) ? -1 : next<decltype(&pwrite)>("pwrite")(descriptor, bytes, count, offset);
}

int fsync(int descriptor) {
  return operation_fails("fsync", true) ? -1 : next<decltype(&fsync)>("fsync")(descriptor);
}

int rename(const char* from, const char* to) {
  return operation_fails("rename") ? -1 : next<decltype(&rename)>("rename")(from, to);
}

int link(const char* from, const char* to) {
  return operation_fails("link") ? -1 : next<decltype(&link)>("link")(from, to);
}

int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) {
  if (operation_fails("linkat", true)) return -1;
  return next<decltype(&linkat)>("linkat")(from_folder, from, to_folder, to, flags);
}

int access(const char* path, int mode) {
  return operation_fails("access") ? -1 : next<decltype(&access)>("access")(path, mode);
}

int unlink(const char* path) {
  return operation_fails("unlink") ? -1 : next<decltype(&unlink)>("unlink")(path);
}

int mkdir(const char* path, mode_t mode) {
  return operation_fails("mkdir", true) ? -1 : next<decltype(&mkdir)>("mkdir")(path, mode);
}

int flock(int descriptor, int operation) {
  return operation_fails("flock") ? -1 : next<decltype(&flock)>("flock")(descriptor, operation);
}

int fstat(int descriptor, struct stat* status) {
  return operation_fails("fstat") ? -1 : next<decltype(&fstat)>("fstat")(descriptor, status);
}

int stat(const char* path, struct stat* status) {
  return operation_fails("stat") ? -1 : next<int (*)(const char*, struct stat*)>("stat")(path, status);
}

std::FILE* fopen(const char* path, const char* mode) {
  return operation_fails("fopen") ? nullptr : next<decltype(&fopen)>("fopen")(path, mode);
}

void* mmap(void* at, size_t bytes, int protection, int flags, int descriptor, off_t offset) {
  const bool fails = (flags & MAP_ANONYMOUS) != 0 ? allocation_fails("mmap") : operation_fails("mmap");
  if (fails) {
    if (plan.kind == Kind::kNew) errno = ENOMEM;
    return MAP_FAILED;
  }
  return next<decltype(&mmap)>("mmap")(at, bytes, protection, flags, descriptor, offset);
}

}  // extern "C"
