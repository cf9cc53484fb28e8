#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <iostream>

#include "deploy/submit/canary.hpp"
#include "tests/runtime/tampered_site.hpp"

/// Operator groups of which one cheats, through the real protocol: nothing that was tampered with is ever released.
/// tests/soak/tamper-results runs more of the same.
namespace obscura::tests {
namespace {

using base::ErrorCode;
using ::testing::HasSubstr;

// A run of thousands takes minutes, and says how far it is.
constexpr std::uint64_t kProgressEvery = 500;

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// Whether honest workers go on from what the cheat made, so that only the comparison can tell.
bool is_well_formed(Cheat cheat, std::uint32_t stage) {
  if (cheat == Cheat::kFlippedResidue || cheat == Cheat::kZeros || cheat == Cheat::kOtherJob) return true;
  const bool stays_unread = stage + 1 == StagedModel::kStages;
  return stays_unread && (cheat == Cheat::kOtherStage || cheat == Cheat::kTruncated || cheat == Cheat::kOtherKey ||
                          cheat == Cheat::kWrongDigest);
}

class Tamper : public ::testing::Test {
 protected:
  Conduct draw_cheat() {
    return {.cheat = static_cast<Cheat>(random_() % kCheats),
            .stage = static_cast<std::uint32_t>(random_() % StagedModel::kStages)};
  }
  std::string next_id() { return "job" + std::to_string(++jobs_); }

  // Two groups, one of which cheats: caught, and not released.
  void expect_caught(const Conduct& conduct) {
    const std::string id = next_id();
    SCOPED_TRACE(std::string(name(*conduct.cheat)) + " at stage " + std::to_string(conduct.stage + 1));
    const bool first = random_() % 2 == 0;
    const std::uint32_t cheating = first ? 0 : 1;
    if (*conduct.cheat == Cheat::kStaleResult) site_.answer_before(id, cheating, random_);
    std::vector<Conduct> conducts(2);
    conducts[cheating] = conduct;
    const auto done = site_.run(id, site_.model().request(random_()), conducts, random_);
    ASSERT_FALSE(done) << "released";
    const bool by_comparison = is_well_formed(*conduct.cheat, conduct.stage);
    if (by_comparison) {
      EXPECT_EQ(done.error().code, ErrorCode::kDisagreement) << done.error().message;
      EXPECT_THAT(done.error().message,
                  HasSubstr("acme and borea differ, first at stage " + std::to_string(conduct.stage + 1)));
    } else {
      EXPECT_THAT(done.error().code,
                  ::testing::AnyOf(ErrorCode::kDisagreement, ErrorCode::kInvalidJob, ErrorCode::kFailed));
      EXPECT_THAT(done.error().message, HasSubstr("group " + std::string(TamperedSite::kGroups[cheating])));
    }
    ++(by_comparison ? compared_ : refused_);
  }
  void expect_all_caught(std::uint64_t count) {
    std::array<std::uint64_t, kCheats> of_kind = {};
    std::uint64_t caught = 0;
    for (std::uint64_t i = 0; i < count && !HasFatalFailure(); ++i) {
      const Conduct conduct = draw_cheat();
      ++of_kind[static_cast<std::size_t>(*conduct.cheat)];
      expect_caught(conduct);
      caught += HasFatalFailure() ? 0 : 1;
      if ((i + 1) % kProgressEvery == 0) say(i + 1, count);
    }
    for (int kind = 0; kind < kCheats; ++kind) {
      const std::uint64_t tried = of_kind[static_cast<std::size_t>(kind)];
      EXPECT_GT(tried, 0U) << name(static_cast<Cheat>(kind));
      std::cout << name(static_cast<Cheat>(kind)) << ": " << tried << '\n';
    }
    std::cout << count << " tampered answers, seed " << seed_ << ": " << compared_ << " caught by comparison, "
              << refused_ << " by signatures and checks, " << caught << " in all\n";
  }
  void say(std::uint64_t done, std::uint64_t count) const {
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin_;
    std::cout << done << " of " << count << " tampered answers caught, " << spent.count() << " s" << std::endl;
  }
  void expect_no_false_alarm(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count && !HasFatalFailure(); ++i) {
      const Bytes request = site_.model().request(random_());
      const auto done = site_.run(next_id(), request, std::vector<Conduct>(2), random_);
      ASSERT_TRUE(done) << done.error().message;
      EXPECT_EQ(done->result, site_.model().evaluate(request).back());
    }
  }

  const std::uint64_t seed_ = number_from("OBSCURA_TAMPER_SEED", 1);
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::mt19937_64 random_{seed_};
  TamperedSite site_;
  int jobs_ = 0;
  std::uint64_t compared_ = 0;
  std::uint64_t refused_ = 0;
};

TEST_F(Tamper, EveryKindAtEveryStageIsCaught) {
  for (int kind = 0; kind < kCheats; ++kind) {
    for (std::uint32_t stage = 0; stage < StagedModel::kStages; ++stage) {
      expect_caught({static_cast<Cheat>(kind), stage});
      if (HasFatalFailure()) return;
    }
  }
}

TEST_F(Tamper, HonestGroupsAgree) {
  expect_no_false_alarm(20);
}

TEST_F(Tamper, SlowThousandTamperedAnswersAreCaughtWithoutAFalseAlarm) {
  expect_no_false_alarm(200);
  expect_all_caught(number_from("OBSCURA_TAMPER_COUNT", 1000));
}

TEST_F(Tamper, OfThreeTheOneThatDiffersIsNamed) {
  for (const Cheat cheat : {Cheat::kFlippedResidue, Cheat::kZeros, Cheat::kOtherJob}) {
    const auto stage = static_cast<std::uint32_t>(random_() % StagedModel::kStages);
    const auto done = site_.run(next_id(), site_.model().request(random_()), {{}, {cheat, stage}, {}}, random_);
    ASSERT_FALSE(done) << name(cheat);
    EXPECT_EQ(done.error().code, ErrorCode::kDisagreement);
    EXPECT_THAT(done.error().message,
                HasSubstr("the majority (acme and cobo) is borea from stage " + std::to_string(stage + 1) + " on"));
  }
  // A broken signature is no vote, and no answer to be overlooked either.
  const auto forged =
      site_.run(next_id(), site_.model().request(random_()), {{}, {Cheat::kWrongSigner, 2}, {}}, random_);
  ASSERT_FALSE(forged);
  EXPECT_EQ(forged.error().code, ErrorCode::kDisagreement);
  EXPECT_THAT(forged.error().message, HasSubstr("the answer of group borea does not hold"));
}

// Who lies with one voice is believed: replicas help as far as one of the groups is honest.
TEST_F(Tamper, OfThreeTheHonestOneIsOutvotedByTwoThatCollude) {
  const Conduct collusion{Cheat::kOtherJob, 1};
  const auto done = site_.run(next_id(), site_.model().request(5), {collusion, {}, collusion}, random_);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("the majority (acme and cobo) is borea from stage 2 on"));
  const auto both = site_.run(next_id(), site_.model().request(6), {collusion, collusion}, random_);
  EXPECT_TRUE(both) << "k colluding groups are beyond what comparing can find";
}

// They do not know which jobs have answers that are known.
TEST_F(Tamper, CanariesFindGroupsThatCollude) {
  deploy::submit::Canary canary{.model = {}, .eval_keys = {}, .request = site_.model().request(9), .made = {}};
  for (const Bytes& made : site_.model().evaluate(canary.request)) canary.made.push_back(net::BlobRef::of(made));
  const auto checked = [&](const std::vector<Conduct>& conducts) {
    const std::string id = next_id();
    (void)site_.run(id, canary.request, conducts, random_);
    return deploy::submit::check_canary(canary, id, site_.desk().outcomes(id, net::Milliseconds(0)).value().value());
  };
  for (std::uint32_t stage = 0; stage < StagedModel::kStages; ++stage) {
    const Conduct collusion{Cheat::kOtherJob, stage};
    const std::string from = " from stage " + std::to_string(stage + 1) + " on";
    const auto both = checked({collusion, collusion});
    ASSERT_FALSE(both);
    EXPECT_EQ(both.error().code, ErrorCode::kDisagreement);
    EXPECT_THAT(both.error().message, HasSubstr("by acme" + from + "; by borea" + from));
    const auto alone = checked({collusion});
    ASSERT_FALSE(alone) << "one group, whose answers nobody compares";
    EXPECT_THAT(alone.error().message, HasSubstr("by acme" + from));
  }
  EXPECT_TRUE(checked({{}, {}}).value());
}

// Receipts name bytes; those that travel beside them are looked for wherever they are.
TEST_F(Tamper, SpoiltBytesBesideARightAnswerAreNeverTaken) {
  const Bytes request = site_.model().request(7);
  const Conduct spoils{.cheat = {}, .stage = 0, .spoils = true};
  for (const auto& conducts : {std::vector<Conduct>{spoils, {}}, {{}, spoils}}) {
    const auto done = site_.run(next_id(), request, conducts, random_);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->result, site_.model().evaluate(request).back());
  }
  const auto nowhere = site_.run(next_id(), request, {spoils, spoils}, random_);
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, ErrorCode::kNotFound);
}

// A job that a group refuses is answered by the others, as long as there are two.
TEST_F(Tamper, AGroupThatIsRevokedIsNeitherWaitedForNorCounted) {
  const Bytes request = site_.model().request(8);
  const Conduct honest;
  site_.trust().groups[1].workers.clear();
  const auto two = site_.run(next_id(), request, {honest, honest, honest}, random_);
  ASSERT_TRUE(two) << two.error().message;
  EXPECT_EQ(two->result, site_.model().evaluate(request).back());
  EXPECT_TRUE(two->replicas[1].refusal);
  site_.trust().groups[2].workers.clear();
  const auto one = site_.run(next_id(), request, {honest, honest, honest}, random_);
  ASSERT_FALSE(one);
  EXPECT_EQ(one.error().code, ErrorCode::kUntrusted);
  EXPECT_THAT(one.error().message, HasSubstr("one group alone of 3 answered"));
}

}  // namespace
}  // namespace obscura::tests
