#include "base/stop_signals.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace obscura::base {
namespace {

// raise() sends to this thread: threads that other tests have started do not hold signals back.
TEST(StopSignals, AreCountedAndKillNobody) {
  StopSignals signals;
  EXPECT_EQ(signals.seen(), 0);
  raise(SIGTERM);
  EXPECT_EQ(signals.seen(), 1);
  EXPECT_EQ(signals.seen(), 1);
  raise(SIGINT);
  raise(SIGTERM);
  EXPECT_EQ(signals.seen(), 3);
}

TEST(StopSignals, ThatNobodyAskedForDieWithTheirObject) {
  {
    StopSignals signals;
    raise(SIGTERM);
    raise(SIGINT);
  }
  sigset_t waiting;
  sigpending(&waiting);
  EXPECT_EQ(sigismember(&waiting, SIGTERM), 0);
}

TEST(StopSignals, EndWithTheirObject) {
  { StopSignals signals; }
  sigset_t blocked;
  pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  EXPECT_EQ(sigismember(&blocked, SIGTERM), 0);
  EXPECT_EQ(sigismember(&blocked, SIGINT), 0);
}

}  // namespace
}  // namespace obscura::base
