#include "deploy/net/simulated_time.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace obscura::deploy::net {

struct SimulatedTime::Actor {
  std::function<void(Clock&)> body;
  Instant wakes;
  bool ended = false;
  std::binary_semaphore turn{0};
  std::thread thread;
};

class SimulatedTime::ActorClock final : public Clock {
 public:
  ActorClock(SimulatedTime& time, Actor& actor) : time_(time), actor_(actor) {}
  [[nodiscard]] Instant now() const override { return time_.now_; }
  void sleep(Milliseconds duration) override {
    actor_.wakes = time_.now_ + std::max(duration, Milliseconds(0));
    Actor* const next = time_.next();
    time_.now_ = next->wakes;
    if (next == &actor_) return;
    next->turn.release();
    actor_.turn.acquire();
  }

 private:
  SimulatedTime& time_;
  Actor& actor_;
};

SimulatedTime::SimulatedTime(std::uint64_t seed) : random_(seed), now_(Milliseconds(1'800'000'000'000)) {}

SimulatedTime::~SimulatedTime() {
  for (const auto& actor : actors_) OBSCURA_CHECK(!actor->thread.joinable(), "run() joins every actor");
}

void SimulatedTime::add(std::function<void(Clock&)> actor) {
  actors_.push_back(std::make_unique<Actor>());
  actors_.back()->body = std::move(actor);
  actors_.back()->wakes = now_;
}

SimulatedTime::Actor* SimulatedTime::next() {
  Actor* first = nullptr;
  std::uint64_t equals = 0;
  for (const auto& actor : actors_) {
    if (actor->ended) continue;
    if (first == nullptr || actor->wakes < first->wakes) {
      first = actor.get();
      equals = 1;
    } else if (actor->wakes == first->wakes && random_() % ++equals == 0) {
      first = actor.get();
    }
  }
  return first;
}

void SimulatedTime::hand_over() {
  Actor* const actor = next();
  if (actor == nullptr) {
    all_ended_.release();
    return;
  }
  now_ = actor->wakes;
  actor->turn.release();
}

void SimulatedTime::run() {
  for (const auto& owned : actors_) {
    Actor& actor = *owned;
    actor.thread = std::thread([this, &actor] {
      actor.turn.acquire();
      ActorClock clock(*this, actor);
      actor.body(clock);
      actor.ended = true;
      hand_over();
    });
  }
  hand_over();
  all_ended_.acquire();
  for (const auto& actor : actors_) actor->thread.join();
}

}  // namespace obscura::deploy::net
