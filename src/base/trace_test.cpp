#include "base/trace.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace obscura::base {
namespace {

using ::testing::HasSubstr;

TEST(Trace, CollectsSpansOfAllThreads) {
  Trace trace;
  {
    const Span outer(&trace, "outer");
    const Span inner(&trace, "inner");
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&trace] { const Span span(&trace, "worker"); });
  }
  for (std::thread& thread : threads) thread.join();
  const auto events = trace.events();
  ASSERT_EQ(events.size(), 5u);
  EXPECT_EQ(events[0].name, "inner");
  EXPECT_EQ(events[1].name, "outer");
  EXPECT_EQ(events[0].thread, events[1].thread);
  EXPECT_NE(events[2].thread, events[0].thread);
  EXPECT_GE(events[0].start_ns, events[1].start_ns);
  EXPECT_LE(events[0].duration_ns, events[1].duration_ns);
  for (const TraceEvent& event : events) {
    EXPECT_GE(event.start_ns, 0);
    EXPECT_GE(event.duration_ns, 0);
  }
}

TEST(Trace, NoTraceIsAllowed) {
  const Span span(nullptr, "nothing");
}

TEST(Trace, WritesEscapedChromeJson) {
  Trace trace;
  const auto start = std::chrono::steady_clock::now();
  trace.add("a \"quoted\"\\\n name", start, start + std::chrono::microseconds(1500));
  trace.add("second", start, start);
  const std::string json = trace.write_chrome_json();
  EXPECT_THAT(json, HasSubstr(R"("name":"a \"quoted\"\\\u000a name")"));
  EXPECT_THAT(json, HasSubstr(R"("dur":1500.000})"));
  EXPECT_THAT(json, HasSubstr("},\n{\"name\":\"second\""));
  EXPECT_EQ(json.find("{\"traceEvents\":["), 0u);
}

}  // namespace
}  // namespace obscura::base
