#include "base/stop_signals.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace obscura::base {
namespace {

TEST(StopSignals, AreCountedAndKillNobody) {
  StopSignals signals;
  EXPECT_EQ(signals.seen(), 0);
  kill(getpid(), SIGTERM);
  EXPECT_EQ(signals.seen(), 1);
  EXPECT_EQ(signals.seen(), 1);
  kill(getpid(), SIGINT);
  kill(getpid(), SIGTERM);
  EXPECT_EQ(signals.seen(), 3);
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
