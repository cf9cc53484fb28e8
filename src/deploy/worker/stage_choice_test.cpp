#include "deploy/worker/stage_choice.hpp"

#include <gtest/gtest.h>

namespace obscura::deploy::worker {
namespace {

using runtime::wire::kMergeFile;
using runtime::wire::StagePlace;

TEST(StageChoice, IsReadAsItIsWritten) {
  for (const StageChoice& choice : {StageChoice{2}, StageChoice{2, 3}, StageChoice{1, kMergeFile}}) {
    EXPECT_EQ(parse_stage_choice(choice.text()).value(), choice);
  }
  EXPECT_EQ(parse_stage_choice("12.4").value(), (StageChoice{12, 4}));
  for (const char* text :
       {"", "0", "-1", "2.", ".2", "2.0", "2.x", "2.3.4", "merge", "2.merge ", " 2", "99999999999"}) {
    const auto refused = parse_stage_choice(text);
    ASSERT_FALSE(refused.has_value()) << text;
    EXPECT_EQ(refused.error().code, base::ErrorCode::kUsage);
  }
}

TEST(StageChoice, TakesAStageWithItsShardsOrOneOfThem) {
  StagePlace place;
  place.number = 2;
  place.count = 3;
  EXPECT_TRUE(StageChoice{2}.takes(place));
  EXPECT_FALSE(StageChoice{1}.takes(place));
  EXPECT_FALSE((StageChoice{2, 1}.takes(place))) << "a stage that is not split has no shard";
  place.shards = 4;
  place.shard = 3;
  EXPECT_TRUE(StageChoice{2}.takes(place));
  EXPECT_TRUE((StageChoice{2, 3}.takes(place)));
  EXPECT_FALSE((StageChoice{2, 1}.takes(place)));
  EXPECT_FALSE((StageChoice{2, kMergeFile}.takes(place)));
  place.shard = kMergeFile;
  EXPECT_TRUE((StageChoice{2, kMergeFile}.takes(place)));
}

}  // namespace
}  // namespace obscura::deploy::worker
