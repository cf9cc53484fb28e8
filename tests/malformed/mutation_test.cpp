#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>

#include "fuzz/artefacts.hpp"
#include "fuzz/damage.hpp"
#include "fuzz/readers.hpp"

/// Artefacts of every format with random damage: what is not refused says what the original says, or, where damage was
/// done below digests that were then made good, exactly what its bytes say: nothing in them is overlooked.
///
/// OBSCURA_LONG_TESTS=1 makes 100,000 of them, else 5,000. The line `mutations` on standard output counts what became
/// of them.
namespace obscura::fuzz {
namespace {

int count_of_mutations() {
  return std::getenv("OBSCURA_LONG_TESTS") != nullptr ? 100'000 : 5'000;
}

/// Formats of which nothing but their own syntax says what was written: text and numbers may well be others.
bool has_digests(const std::string& format) {
  static const std::set<std::string> kFree = {"onnx", "image", "tensor", "site"};
  return !kFree.contains(format);
}

struct Counts {
  int refused = 0;
  int same = 0;    ///< means what the original means
  int heeded = 0;  ///< reads as what it says: another good artefact
  int taken = 0;   ///< accepted, in a format without digests or where there is no writer
};

class Mutations {
 public:
  Mutations() : readers_(workshop_, Keys::kOfTheModel), artefacts_(make_artefacts(workshop_)) {
    for (std::size_t i = 0; i < artefacts_.size(); ++i) of_format_[artefacts_[i].format].push_back(i);
  }

  /// Number `trial` of the mutations; empty, or what is wrong.
  std::string run(int trial) {
    std::mt19937_64 random(static_cast<std::uint64_t>(trial));
    const std::string& format = format_names()[static_cast<std::size_t>(trial) % format_names().size()];
    const auto& numbers = of_format_.at(format);
    const Artefact& original = artefacts_[numbers[random() % numbers.size()]];
    const Artefact& other = artefacts_[random() % artefacts_.size()];
    Bytes bytes = original.bytes;
    const bool below = random() % 3 != 0;
    const auto change = [&](Bytes& part) {
      for (auto left = 1 + random() % 3; left > 0; --left) damage(part, other.bytes, random);
    };
    if (below) {
      change_below_digests(bytes, change, workshop_, random);
    } else {
      change(bytes);
    }
    return judge(original, bytes, below);
  }

  [[nodiscard]] std::string summary() const {
    std::string text;
    for (const auto& [format, counts] : counts_) {
      text += fmt::format("mutations {}: {} refused, {} as the original, {} as they say, {} taken without a digest\n",
                          format, counts.refused, counts.same, counts.heeded, counts.taken);
    }
    return text;
  }
  [[nodiscard]] const std::map<std::string, Counts>& counts() const { return counts_; }

 private:
  std::string judge(const Artefact& original, const Bytes& bytes, bool below) {
    Counts& counts = counts_[original.format];
    const Reading reading = readers_.read(original.format, bytes);
    if (reading.refusal) {
      ++counts.refused;
      return well_put(*reading.refusal) ? "" : "the refusal is no clear sentence: " + reading.refusal->message;
    }
    if (bytes == original.bytes || (reading.again && same_meaning(original.bytes, *reading.again))) {
      ++counts.same;
      return {};
    }
    if (has_digests(original.format) && !below) return "accepted although a digest or a signature covers it";
    if (!reading.again) {
      ++counts.taken;
      return {};
    }
    ++counts.heeded;
    if (same_meaning(bytes, *reading.again)) return {};
    return original.name + " is accepted, and not all of its bytes are heeded, in " + difference(bytes, *reading.again);
  }

  Workshop workshop_;
  Readers readers_;
  std::vector<Artefact> artefacts_;
  std::map<std::string, std::vector<std::size_t>> of_format_;
  std::map<std::string, Counts> counts_;
};

TEST(Mutations, AreRefusedOrMeanWhatTheySay) {
  Mutations mutations;
  for (int trial = 0; trial < count_of_mutations(); ++trial) {
    const std::string wrong = mutations.run(trial);
    ASSERT_EQ(wrong, "") << "mutation " << trial << ", format "
                         << format_names()[static_cast<std::size_t>(trial) % format_names().size()];
  }
  std::fputs(mutations.summary().c_str(), stdout);
  for (const auto& [format, counts] : mutations.counts()) EXPECT_GT(counts.refused, 0) << format;
}

TEST(Mutations, GoodArtefactsAreReadAsWhatTheySay) {
  Workshop workshop;
  const Readers readers(workshop, Keys::kOfTheModel);
  std::set<std::string> formats;
  for (const Artefact& artefact : make_artefacts(workshop)) {
    const Reading reading = readers.read(artefact.format, artefact.bytes);
    ASSERT_FALSE(reading.refusal) << artefact.format << " " << artefact.name << ": " << reading.refusal->message;
    EXPECT_TRUE(!reading.again || same_meaning(artefact.bytes, *reading.again))
        << artefact.format << " " << artefact.name;
    const bool written_again = artefact.name != "secret_protected" && has_digests(artefact.format);
    EXPECT_EQ(reading.again.has_value(), written_again) << artefact.format << " " << artefact.name;
    formats.insert(artefact.format);
  }
  EXPECT_EQ(formats, std::set<std::string>(format_names().begin(), format_names().end()));
}

TEST(Mutations, ArtefactsAreTheSameAtEveryCall) {
  Workshop one;
  Workshop two;
  const auto first = make_artefacts(one);
  const auto second = make_artefacts(two);
  ASSERT_EQ(first.size(), second.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (first[i].name == "secret_protected") continue;  // salt and nonce are fresh
    EXPECT_EQ(first[i].bytes, second[i].bytes) << first[i].format << " " << first[i].name;
  }
}

}  // namespace
}  // namespace obscura::fuzz
