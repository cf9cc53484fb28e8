#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <semaphore>
#include <thread>
#include <vector>

#include "deploy/net/clock.hpp"

namespace obscura::deploy::net {

/// Actors on simulated time: each is ordinary blocking code on a thread of its own, but only one runs at any moment,
/// and only Clock::sleep hands over, to whoever wakes first (at the same moment: to one drawn by the seed). A run is
/// thus a function of its seed, and an hour of waiting costs nothing.
class SimulatedTime {
 public:
  explicit SimulatedTime(std::uint64_t seed);
  ~SimulatedTime();
  SimulatedTime(const SimulatedTime&) = delete;
  SimulatedTime& operator=(const SimulatedTime&) = delete;

  /// Adds an actor, before run(). It may use the clock that it is given, and no other.
  void add(std::function<void(Clock&)> actor);
  /// Runs all actors to their end.
  void run();
  [[nodiscard]] Instant now() const { return now_; }

 private:
  class ActorClock;
  struct Actor;
  void hand_over();
  [[nodiscard]] Actor* next();

  std::mt19937_64 random_;
  Instant now_;
  std::vector<std::unique_ptr<Actor>> actors_;
  std::binary_semaphore all_ended_{0};
};

/// A clock for one thread that stands still but for sleep() and what waits.
class ManualClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return now_; }
  void sleep(Milliseconds duration) override { now_ += duration; }
  /// Somebody sets it: forward, or back.
  void set(Milliseconds by) { now_ += by; }

 private:
  Instant now_{Milliseconds(1'800'000'000'000)};
};

}  // namespace obscura::deploy::net
