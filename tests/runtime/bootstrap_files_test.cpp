#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "deploy/worker/answer_in_stages.hpp"
#include "plan/weights/testing/deep_plan.hpp"
#include "runtime/clear/clear_weight_source.hpp"
#include "runtime/session/loaded_model.hpp"
#include "tests/runtime/owner_files.hpp"
#include "tests/runtime/reference.hpp"

/// A program with bootstraps through its files: keys as the owner makes them, written and read, a sealed model whole
/// and cut behind each bootstrap, clear weights.
namespace obscura::tests {
namespace {

using plan::program::KeyKind;
using plan::weights::testing::deep_plan;
using runtime::session::LoadedModel;

// Behind each bootstrap of the deep program.
const std::vector<std::size_t> kCuts = {5, 8};

class BootstrapFiles : public ::testing::Test {
 protected:
  BootstrapFiles() : owner_(deep_plan()) {
    write("m.sealed", owner_.sealed_in_stages(kCuts, owner_.file("m.manifest")));
    write("m.eval", owner_.evaluation_keys());
    write("x.ct", owner_.request(owner_.encrypt(owner_.draw_inputs(kSeed))));
  }
  void write(const std::string& name, const Bytes& bytes) const {
    EXPECT_TRUE(base::write_file_atomically(owner_.file(name), bytes).has_value());
  }
  [[nodiscard]] Bytes bytes_of(const std::string& name) const {
    return base::read_file(owner_.file(name), std::uint64_t{1} << 30).value();
  }
  [[nodiscard]] Bytes whole_answer() const {
    const auto model =
        LoadedModel::open({owner_.file("m.sealed"), owner_.file("m.eval")}, owner_.trust(), {}, {}).value();
    return model->session().answer(bytes_of("x.ct"), "x.ct", {}).value();
  }
  /// As a bootstrap's bound: 48 deviations.
  void expect_right(const Bytes& result, bool encrypted) const {
    const auto results = wire::read_result(result, "x.result", owner_.ring(), owner_.expected()).value().ciphertexts;
    const auto predicted =
        Reference(owner_.plan(), owner_.context().params(), encrypted).run(owner_.draw_inputs(kSeed));
    ASSERT_EQ(results.size(), predicted.size());
    for (std::size_t i = 0; i < results.size(); ++i) {
      EXPECT_LT(largest_difference(owner_.decrypt(results[i]), predicted[i].slots),
                48 * std::sqrt(2.0) * predicted[i].error_sd);
    }
  }

  static constexpr std::uint64_t kSeed = 51;
  OwnerFiles owner_;
};

bool same_halves(const std::vector<ring::EvaluationPoly>& a, const std::vector<ring::EvaluationPoly>& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) {
    return x.basis() == y.basis() && std::ranges::equal(x.words(), y.words());
  });
}

TEST_F(BootstrapFiles, HoldEveryKeyOfABootstrap) {
  const auto read = wire::read_evaluation_keys(bytes_of("m.eval"), "m.eval", owner_.ring(), owner_.expected()).value();
  EXPECT_EQ(read.all().size(), owner_.plan().program.key_needs.size());
  for (const auto& [id, key] : owner_.switching_keys().all()) {
    const ckks::SwitchingKey* const found = read.find(id);
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->level(), key.level());
    EXPECT_TRUE(same_halves(found->b(), key.b()));
    EXPECT_TRUE(same_halves(found->a(), key.a()));
  }
  const ckks::SwitchingKey& to_sparse = *read.find(ckks::encapsulation_key_id());
  EXPECT_EQ(to_sparse.b().size(), 1u);
  EXPECT_EQ(to_sparse.b().front().limbs(), 2);
}

TEST_F(BootstrapFiles, AreMadeWithASparseSecretOfTheirOwnEachTime) {
  const auto again = draw_evaluation_keys(owner_.context(), owner_.keys().secret, owner_.plan().program);
  for (const auto& id : {ckks::encapsulation_key_id(), ckks::decapsulation_key_id()}) {
    EXPECT_FALSE(same_halves(again.find(id)->b(), owner_.switching_keys().find(id)->b()));
    EXPECT_FALSE(same_halves(again.find(id)->a(), owner_.switching_keys().find(id)->a()));
  }
}

TEST_F(BootstrapFiles, TakeTheBytesThatThePlanStates) {
  std::uint64_t stated = 0;
  for (const auto& need : owner_.plan().program.key_needs) {
    stated += plan::program::stored_key_bytes(owner_.context().params(), need);
  }
  const std::uint64_t file = bytes_of("m.eval").size();
  EXPECT_GE(file, stated);
  EXPECT_LE(file, stated + 4096 + 256 * owner_.plan().program.key_needs.size());
}

TEST_F(BootstrapFiles, AnswerAsThePlanSaysWithEncryptedWeights) {
  expect_right(whole_answer(), true);
}

TEST_F(BootstrapFiles, AnswerAsThePlanSaysWithClearWeights) {
  const auto& program = owner_.plan().program;
  auto weights = std::make_unique<runtime::clear::ClearWeightSource>(
      owner_.context().encoder(), program, owner_.plan().weights, runtime::clear::Keep::kEncoded);
  const auto session = runtime::session::Session::create(owner_.context(), program, owner_.key(), bytes_of("m.eval"),
                                                         "m.eval", std::move(weights), {})
                           .value();
  expect_right(session->answer(bytes_of("x.ct"), "x.ct", {}).value(), false);
}

TEST_F(BootstrapFiles, AnswerInStagesBitForBit) {
  const auto answers =
      deploy::worker::answer_in_stages({owner_.file("m.manifest"), owner_.file("m.eval")}, owner_.trust(), {}, {},
                                       {{{owner_.file("x.ct"), owner_.file("x.result")}}}, {});
  ASSERT_TRUE(answers.has_value()) << answers.error().message;
  EXPECT_EQ(bytes_of("x.result"), whole_answer());
}

/// What of the mapping of a file counts as memory of this process: "Rss:" in kilobytes, a few lines behind the path.
std::uint64_t resident_kilobytes(const std::string& path) {
  std::ifstream maps("/proc/self/smaps");
  std::uint64_t sum = 0;
  bool here = false;
  for (std::string line; std::getline(maps, line);) {
    if (line.find(path) != std::string::npos) here = true;
    if (!here || !line.starts_with("Rss:")) continue;
    sum += std::stoull(line.substr(4));
    here = false;
  }
  return sum;
}

TEST_F(BootstrapFiles, CountNoPagesBesideWhatIsStreamedFromThem) {
  const Bytes expected = whole_answer();
  {
    const auto mapped = base::MappedFile::open(owner_.file("m.eval"), std::uint64_t{1} << 30).value();
    EXPECT_NE(artifact::Sha256().update(mapped.bytes()).finish(), artifact::Digest{});
    EXPECT_GT(resident_kilobytes(owner_.file("m.eval")), 0u) << "what is looked for is found";
  }
  const auto memory = plan::program::estimate_memory(owner_.plan().program, owner_.context().params());
  const auto model =
      LoadedModel::open({owner_.file("m.sealed"), owner_.file("m.eval")}, owner_.trust(), {}, {memory.least_bytes()})
          .value();
  EXPECT_EQ(model->session().answer(bytes_of("x.ct"), "x.ct", {}).value(), expected);
  for (const char* file : {"m.sealed", "m.eval"}) EXPECT_EQ(resident_kilobytes(owner_.file(file)), 0u) << file;
}

/// From the least that is taken, which is less than the keys of a bootstrap need together, to where all keys fit but
/// one. A second request finds some keys held, others not.
TEST_F(BootstrapFiles, AnswerBitForBitInAnyMemoryThatSuffices) {
  const Bytes expected = whole_answer();
  const auto memory = plan::program::estimate_memory(owner_.plan().program, owner_.context().params());
  const std::uint64_t least = memory.least_bytes();
  const std::uint64_t most = memory.total_bytes(true) - 1;
  ASSERT_LT(least, most - (most - least) / 4);
  for (const std::uint64_t limit : {least, least + (most - least) / 3, least + 2 * (most - least) / 3, most}) {
    const auto model =
        LoadedModel::open({owner_.file("m.sealed"), owner_.file("m.eval")}, owner_.trust(), {}, {limit}).value();
    for (int round = 0; round < 2; ++round) {
      EXPECT_EQ(model->session().answer(bytes_of("x.ct"), "x.ct", {}).value(), expected) << limit;
    }
    // Buffers come in classes that waste at most an eighth.
    EXPECT_LE(model->context().pool().bytes_peak(), limit + limit / 8);
  }
  const auto refused =
      LoadedModel::open({owner_.file("m.sealed"), owner_.file("m.eval")}, owner_.trust(), {}, {least - 1});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, base::ErrorCode::kLimit);
}

TEST_F(BootstrapFiles, AnswerBitForBitWithClearWeightsInTheLeastMemory) {
  namespace clear = runtime::clear;
  const auto& program = owner_.plan().program;
  const Bytes keys = bytes_of("m.eval");
  const auto answer = [&](clear::Keep keep, std::uint64_t limit) {
    auto weights =
        std::make_unique<clear::ClearWeightSource>(owner_.context().encoder(), program, owner_.plan().weights, keep);
    const auto session = runtime::session::Session::create(owner_.context(), program, owner_.key(), keys, "m.eval",
                                                           std::move(weights), {limit})
                             .value();
    return session->answer(bytes_of("x.ct"), "x.ct", {}).value();
  };
  const auto memory = plan::program::estimate_memory(program, owner_.context().params());
  EXPECT_EQ(answer(clear::Keep::kCoefficients, memory.least_bytes()), answer(clear::Keep::kEncoded, 0));
}

/// The second request finds a file of which a byte has changed: of a key that is not held.
TEST_F(BootstrapFiles, ThatAreDamagedWhileTheyAreStreamedGiveAnErrorAndNoAnswer) {
  const auto memory = plan::program::estimate_memory(owner_.plan().program, owner_.context().params());
  const Bytes sealed = bytes_of("m.sealed");
  const auto opened = wire::SealedModel::open(sealed, "m.sealed", &owner_.trust()).value();
  Bytes keys = bytes_of("m.eval");
  const auto session =
      runtime::session::Session::create(owner_.context(), opened, keys, "m.eval", {memory.least_bytes()}).value();
  const Bytes expected = session->answer(bytes_of("x.ct"), "x.ct", {}).value();
  const Bytes whole = keys;
  for (std::size_t i = keys.size() / 4; i < keys.size(); i += 4096) keys[i] ^= 1;
  const auto refused = session->answer(bytes_of("x.ct"), "x.ct", {});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, base::ErrorCode::kCorrupt);
  std::ranges::copy(whole, keys.begin());
  EXPECT_EQ(session->answer(bytes_of("x.ct"), "x.ct", {}).value(), expected) << "what is held is still right";
}

TEST_F(BootstrapFiles, OfAStageWithoutBootstrapsLoadNoKeysOfEncapsulation) {
  const auto& plan = owner_.plan();
  const auto stages = plan::program::cut(plan.program, kCuts, plan.predicted_ms).value();
  const Bytes file = bytes_of("m.eval");
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const auto expected = wire::expect_stage(stages[i].program, owner_.key(), owner_.expected().plan);
    const auto keys = wire::read_evaluation_keys(file, "m.eval", owner_.ring(), expected).value();
    EXPECT_EQ(keys.all().size(), stages[i].program.key_needs.size());
    EXPECT_EQ(keys.find(ckks::encapsulation_key_id()) != nullptr, i < 2) << i;
    EXPECT_EQ(keys.find(ckks::decapsulation_key_id()) != nullptr, i < 2) << i;
  }
}

}  // namespace
}  // namespace obscura::tests
