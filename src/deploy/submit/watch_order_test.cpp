#include "deploy/submit/watch_order.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace obscura::deploy::submit {
namespace {

std::string text_of(const WatchLine& line) {
  return line.dropped > 0 ? fmt::format("-{}:{}", line.dropped, line.frame)
                          : fmt::format("{}={}", line.frame, line.answer);
}

std::vector<std::string> take_all(WatchOrder& order) {
  std::vector<std::string> lines;
  while (const auto line = order.take_line()) lines.push_back(text_of(*line));
  return lines;
}

TEST(WatchOrder, LinesComeInTheOrderOfFramesWhateverTheOrderOfAnswers) {
  WatchOrder order(WhenBehind::kWait, 4, 3);
  for (const char* frame : {"a", "b", "c"}) order.arrived(frame);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(order.start_next());
  order.answered("c", "3");
  order.answered("b", "2");
  EXPECT_TRUE(take_all(order).empty());
  order.answered("a", "1");
  EXPECT_EQ(take_all(order), (std::vector<std::string>{"a=1", "b=2", "c=3"}));
  EXPECT_TRUE(order.is_idle());
}

TEST(WatchOrder, WaitingTakesNoMoreThanItHoldsAndLosesNothing) {
  WatchOrder order(WhenBehind::kWait, 2, 1);
  order.arrived("a");
  order.arrived("b");
  EXPECT_FALSE(order.takes_more());
  EXPECT_EQ(order.start_next(), "a");
  EXPECT_FALSE(order.start_next()) << "one is in work already";
  EXPECT_TRUE(order.takes_more());
  order.arrived("c");
  EXPECT_FALSE(order.takes_more());
  order.answered("a", "1");
  EXPECT_FALSE(order.start_next()) << "its line is not taken yet, so it is still held";
  EXPECT_EQ(take_all(order), std::vector<std::string>{"a=1"});
  EXPECT_EQ(order.start_next(), "b");
}

TEST(WatchOrder, DroppingGivesUpTheOldestThatIsNotInWork) {
  WatchOrder order(WhenBehind::kDropOldest, 2, 1);
  order.arrived("a");
  EXPECT_EQ(order.start_next(), "a");
  for (const char* frame : {"b", "c", "d", "e"}) order.arrived(frame);
  EXPECT_EQ(order.waiting(), 2U);
  order.answered("a", "1");
  EXPECT_EQ(take_all(order), (std::vector<std::string>{"a=1", "-2:c"}));
  EXPECT_EQ(order.start_next(), "d");
  order.answered("d", "4");
  EXPECT_EQ(take_all(order), std::vector<std::string>{"d=4"});
}

TEST(WatchOrder, HoldsAFixedNumberHoweverManyFramesCome) {
  WatchOrder order(WhenBehind::kDropOldest, 3, 2);
  for (int i = 0; i < 10'000; ++i) {
    order.arrived(std::to_string(i));
    if (i == 1) {
      EXPECT_EQ(order.start_next(), "0");
      EXPECT_EQ(order.start_next(), "1");
    }
  }
  order.answered("0", "");
  order.answered("1", "");
  const auto lines = take_all(order);
  // All but the two in work and the last three.
  EXPECT_EQ(lines, (std::vector<std::string>{"0=", "1=", "-9995:9996"}));
}

TEST(WatchOrder, EveryFrameIsAnsweredOrCountedOnce) {
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    std::mt19937 random(seed);
    WatchOrder order(seed % 2 == 0 ? WhenBehind::kWait : WhenBehind::kDropOldest, 1 + seed % 4, 1 + seed % 3);
    std::vector<std::string> in_work;
    int sent = 0;
    int seen = 0;
    int last = -1;
    auto take = [&] {
      while (const auto line = order.take_line()) {
        seen += line->dropped > 0 ? static_cast<int>(line->dropped) : 1;
        const int number = std::stoi(line->frame);
        EXPECT_GT(number, last) << "seed " << seed;
        last = number;
      }
    };
    for (int step = 0; step < 500 || !order.is_idle(); ++step) {
      const auto choice = random() % 3;
      if (choice == 0 && step < 500 && order.takes_more()) order.arrived(std::to_string(sent++));
      if (choice == 1) {
        if (const auto frame = order.start_next()) in_work.push_back(*frame);
      }
      if (choice == 2 && !in_work.empty()) {
        const std::size_t at = random() % in_work.size();
        order.answered(in_work[at], "x");
        in_work.erase(in_work.begin() + static_cast<std::ptrdiff_t>(at));
      }
      take();
    }
    EXPECT_EQ(seen, sent) << "seed " << seed;
  }
}

}  // namespace
}  // namespace obscura::deploy::submit
