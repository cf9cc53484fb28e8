#include "base/parallel.hpp"

#include "base/check.hpp"

#if defined(OBSCURA_PARALLEL_STD)
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>
#else
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>
#endif

namespace obscura::base {

#if defined(OBSCURA_PARALLEL_STD)

namespace {

// One call of for_each. Whoever takes an index below `count` keeps the caller waiting, so `body` outlives it.
struct Loop {
  Loop(std::size_t count_in, const std::function<void(std::size_t)>& body_in) : count(count_in), body(&body_in) {}

  std::size_t count;
  const std::function<void(std::size_t)>* body;
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> done{0};

  // Runs indices until none is left; true when this thread ran the last one to finish.
  bool work() {
    bool finished = false;
    for (std::size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) {
      (*body)(i);
      finished = done.fetch_add(1) + 1 == count;
    }
    return finished;
  }
};

}  // namespace

// Persistent threads for the thread sanitizer, which cannot see into an uninstrumented oneTBB. A thread waits only for
// loops nested deeper than its own, so nested loops cannot wait for each other in a circle.
struct Parallel::Backend {
  explicit Backend(int helpers_in) : helpers(helpers_in) {}

  ~Backend() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    wake.notify_all();
    for (std::thread& thread : threads) thread.join();
  }

  void run(std::size_t count, const std::function<void(std::size_t)>& body) {
    auto loop = std::make_shared<Loop>(count, body);
    {
      const std::lock_guard lock(mutex);
      while (threads.size() < static_cast<std::size_t>(helpers)) threads.emplace_back([this] { serve(); });
      loops.push_back(loop);
    }
    wake.notify_all();
    loop->work();
    std::unique_lock lock(mutex);
    std::erase(loops, loop);
    finished.wait(lock, [&] { return loop->done.load() == count; });
  }

  void serve() {
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [&] { return stopping || !loops.empty(); });
      if (loops.empty()) return;
      const std::shared_ptr<Loop> loop = loops.front();
      lock.unlock();
      const bool last = loop->work();
      lock.lock();
      std::erase(loops, loop);
      if (last) finished.notify_all();
    }
  }

  int helpers;
  std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable finished;
  std::deque<std::shared_ptr<Loop>> loops;
  std::vector<std::thread> threads;
  bool stopping = false;
};

Parallel::Parallel(int threads) : backend_(nullptr), threads_(threads) {
  OBSCURA_CHECK(threads >= 1, "Parallel needs at least one thread");
  if (threads > 1) backend_ = std::make_unique<Backend>(threads - 1);
}

#else

struct Parallel::Backend {
  explicit Backend(int slots) : arena(slots) {}

  void run(std::size_t count, const std::function<void(std::size_t)>& body) {
    arena.execute([&] {
      tbb::parallel_for(
          tbb::blocked_range<std::size_t>(0, count, 1),
          [&](const tbb::blocked_range<std::size_t>& range) {
            for (std::size_t i = range.begin(); i != range.end(); ++i) body(i);
          },
          tbb::simple_partitioner());
    });
  }

  tbb::task_arena arena;
};

Parallel::Parallel(int threads) : backend_(nullptr), threads_(threads) {
  OBSCURA_CHECK(threads >= 1, "Parallel needs at least one thread");
  if (threads > 1) backend_ = std::make_unique<Backend>(threads);
}

#endif

Parallel::~Parallel() = default;

int Parallel::threads() const {
  return threads_;
}

void Parallel::for_each(std::size_t count, const std::function<void(std::size_t)>& body) const {
  if (backend_ == nullptr || count == 1) {
    for (std::size_t i = 0; i < count; ++i) body(i);
  } else if (count > 0) {
    backend_->run(count, body);
  }
}

}  // namespace obscura::base
