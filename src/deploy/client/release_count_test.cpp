#include "deploy/client/release_count.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <vector>

#include "base/file.hpp"
#include "fhe/ckks/context.hpp"

namespace obscura::deploy::client {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using Count = std::unique_ptr<ReleaseCount>;

class Releases : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "obscura-releases-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    path_ = folder_ + "/secret.releases";
    ASSERT_TRUE(ReleaseCount::create(path_, secret_, key_).has_value());
  }
  void TearDown() override { fs::remove_all(folder_); }

  [[nodiscard]] base::Result<Count> opened(std::uint64_t cap) const {
    return ReleaseCount::open(path_, secret_, key_, cap);
  }
  /// By the file.
  [[nodiscard]] std::uint64_t released() const { return opened(1).value()->released(); }
  [[nodiscard]] OpenSecret key_file(std::uint64_t cap) const {
    OpenSecret open;
    open.secret.emplace(fhe::secret::SecretKey::from_seed(context_->ring(), secret_.reveal_secret_seed()));
    open.content.key = key_;
    open.release_cap = cap;
    return open;
  }

  std::unique_ptr<fhe::ckks::Context> context_ =
      fhe::ckks::Context::create(
          fhe::params::ParamSet::create_insecure({{5, {30, 30}, {30}, fhe::params::Security::k128}}).value(), {1, ""})
          .value();
  fhe::secret::SecretKey secret_ = fhe::secret::SecretKey::generate(context_->ring());
  artifact::Digest key_{{7}};
  std::string folder_;
  std::string path_;
};

TEST_F(Releases, AreCountedBeforeTheyAreGivenOut) {
  const Count count = opened(1000).value();
  EXPECT_EQ(released(), 0u);
  for (std::uint64_t taken = 1; taken <= 500; ++taken) {
    ASSERT_TRUE(count->take(1).has_value());
    const std::uint64_t counted = released();
    ASSERT_GE(counted, taken);
    ASSERT_LT(counted, taken + std::min<std::uint64_t>(taken, 64)) << "more than that is lost by a crash";
    ASSERT_EQ(count->released(), counted);
  }
}

TEST_F(Releases, OneAnswerCostsOne) {
  for (std::uint64_t i = 1; i <= 5; ++i) {
    ASSERT_TRUE(opened(1000).value()->take(1).has_value());
    EXPECT_EQ(released(), i);
  }
}

TEST_F(Releases, EndAtTheCapForGood) {
  const Count count = opened(100).value();
  for (int i = 0; i < 97; ++i) ASSERT_TRUE(count->take(1).has_value());
  EXPECT_EQ(count->take(4).error().code, ErrorCode::kUsedUp);
  EXPECT_TRUE(count->take(3).has_value()) << "a refusal uses nothing up";
  const auto refused = count->take(1);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kUsedUp);
  EXPECT_NE(refused.error().message.find("100 of the 100"), std::string::npos) << refused.error().message;
  EXPECT_EQ(opened(100).value()->take(1).error().code, ErrorCode::kUsedUp);
  EXPECT_EQ(opened(50).value()->take(1).error().code, ErrorCode::kUsedUp) << "also where it is beyond";
  EXPECT_EQ(released(), 100u);
}

TEST_F(Releases, AreNotGivenOutUncounted) {
  const Count count = opened(1000).value();
  fs::remove(path_);
  const auto gone = count->take(1);
  ASSERT_FALSE(gone.has_value());
  EXPECT_EQ(gone.error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(fs::exists(path_)) << "a count that is lost does not start anew";
  EXPECT_EQ(opened(1000).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(base::write_file_atomically(path_, std::vector<std::uint8_t>(300)).has_value());
  EXPECT_EQ(count->take(1).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(ReleaseCount::create(path_, secret_, key_).error().code, ErrorCode::kIo) << "nor is it written over";
}

TEST_F(Releases, OfAnotherKeyOrSecretAreRefused) {
  EXPECT_EQ(ReleaseCount::open(path_, secret_, {}, 10).error().code, ErrorCode::kMismatch);
  const auto other = fhe::secret::SecretKey::generate(context_->ring());
  EXPECT_EQ(ReleaseCount::open(path_, other, key_, 10).error().code, ErrorCode::kCorrupt);
}

TEST_F(Releases, AreReadableByTheKeyHolderAlone) {
  ASSERT_TRUE(opened(10).value()->take(1).has_value());
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(Releases, NoticeAnOlderFileWhileTheyAreOpen) {
  const Count count = opened(1000).value();
  const std::string copy = folder_ + "/copy";
  ASSERT_TRUE(count->take(1).has_value());
  fs::copy_file(path_, copy);
  ASSERT_TRUE(count->take(10).has_value());
  fs::rename(copy, path_);
  const auto refused = count->take(100);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(refused.error().message.find("went back from 11 released results to 1"), std::string::npos)
      << refused.error().message;
}

TEST_F(Releases, GoOnFromWhatIsAssumedAndNeverBack) {
  const OpenSecret key = key_file(100);
  fs::remove(path_);
  ASSERT_TRUE(ReleaseCount::assume(key, path_, 90).has_value());
  EXPECT_EQ(ReleaseCount::assume(key, path_, 89).error().code, ErrorCode::kUsage);
  const Count count = ReleaseCount::open(key, path_).value();
  EXPECT_EQ(count->cap(), 100u);
  EXPECT_EQ(count->released(), 90u);
  EXPECT_TRUE(count->take(10).has_value());
  EXPECT_EQ(count->take(1).error().code, ErrorCode::kUsedUp);
}

TEST_F(Releases, OfSeveralThreadsAreNeverMoreThanTheCap) {
  const Count count = opened(1000).value();
  std::array<int, 4> taken{};
  {
    std::vector<std::jthread> threads;
    for (int& mine : taken) {
      threads.emplace_back([&] {
        while (count->take(1)) ++mine;
      });
    }
  }
  EXPECT_EQ(taken[0] + taken[1] + taken[2] + taken[3], 1000);
}

/// Another process that takes releases one by one, and says so of each after it has it.
class Taker {
 public:
  explicit Taker(const std::function<base::Result<Count>()>& open) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    process_ = ::fork();
    if (process_ == 0) {
      const auto count = open();
      while (count && (*count)->take(1)) {
        if (::write(ends[1], "x", 1) != 1) break;
      }
      ::_exit(0);
    }
    ::close(ends[1]);
    said_ = ends[0];
  }
  Taker(const Taker&) = delete;
  Taker& operator=(const Taker&) = delete;
  ~Taker() {
    kill();
    ::close(said_);
    ::waitpid(process_, nullptr, 0);
  }

  void kill() const { ::kill(process_, SIGKILL); }
  /// How many it took until now, or, to its end, how many it took at all.
  std::uint64_t wait_for(std::uint64_t releases) {
    std::array<char, 256> some{};
    while (taken_ < releases) {
      const ssize_t n = ::read(said_, some.data(), std::min<std::uint64_t>(some.size(), releases - taken_));
      if (n <= 0) break;
      taken_ += static_cast<std::uint64_t>(n);
    }
    return taken_;
  }
  std::uint64_t wait_to_the_end() { return wait_for(~std::uint64_t{0}); }

 private:
  pid_t process_ = -1;
  int said_ = -1;
  std::uint64_t taken_ = 0;
};

TEST_F(Releases, OfTwoProcessesAreNeverMoreThanTheCap) {
  constexpr std::uint64_t kCap = 2000;
  const auto open = [&] { return opened(kCap); };
  Taker first(open);
  Taker second(open);
  const std::uint64_t taken = first.wait_to_the_end() + second.wait_to_the_end();
  // Who ends while the other still has some reserved leaves none uncounted: all that was reserved was given out.
  EXPECT_EQ(taken, kCap);
  EXPECT_EQ(released(), kCap);
}

TEST_F(Releases, OfProcessesThatAreKilledAreAllCounted) {
  constexpr int kKills = 40;
  std::uint64_t taken = 0;
  for (int i = 0; i < kKills; ++i) {
    Taker taker([&] { return opened(1U << 20); });
    taker.wait_for(static_cast<std::uint64_t>(1 + i * 7 % 90));
    taker.kill();
    taken += taker.wait_to_the_end();
    // One more may have been taken than was said.
    ASSERT_GE(released(), taken) << "kill " << i;
    ASSERT_LE(released(), taken + static_cast<std::uint64_t>(i + 1) * 65);
  }
}

}  // namespace
}  // namespace obscura::deploy::client
