#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "artifact/container.hpp"
#include "artifact/identity.hpp"
#include "deploy/net/embedded_queue.hpp"
#include "deploy/net/job.hpp"
#include "deploy/net/message.hpp"
#include "deploy/net/receipt.hpp"
#include "deploy/submit/canary.hpp"
#include "deploy/submit/ticket.hpp"
#include "fhe/secret/key_file.hpp"
#include "fhe/secret/release_count_file.hpp"
#include "plan/program/serialize.hpp"
#include "plan/weights/plan_file.hpp"
#include "runtime/wire/intermediate_file.hpp"
#include "runtime/wire/manifest_file.hpp"
#include "runtime/wire/part_file.hpp"
#include "runtime/wire/sections.hpp"
#include "runtime/wire/spec_file.hpp"
#include "tests/golden/opened_site.hpp"

/// A file of a version that this program does not know is refused by a sentence that says just that.
namespace obscura::tests::golden {
namespace {

namespace net = deploy::net;
namespace fs = std::filesystem;
using base::ErrorCode;
using ::testing::HasSubstr;

/// Why a reader refused, or nothing.
using Refusal = std::optional<base::Error>;

template <class T>
Refusal refusal(const base::Result<T>& result) {
  return result ? Refusal() : Refusal(result.error());
}

void expect_unsupported(const Refusal& refused, const std::string& name, int version, const std::string& read) {
  ASSERT_TRUE(refused) << name << " was read";
  EXPECT_EQ(refused->code, ErrorCode::kUnsupported) << name << ": " << refused->message;
  EXPECT_THAT(refused->message, HasSubstr("version " + std::to_string(version))) << name;
  EXPECT_THAT(refused->message, HasSubstr(read)) << name;
  EXPECT_FALSE(refused->hint.empty()) << name;
}

class Versions : public ::testing::Test {
 protected:
  using Reader = std::function<Refusal(const Bytes&)>;

  /// Writes the bytes where readers of paths find them.
  [[nodiscard]] std::string put(const std::string& name, const Bytes& bytes) const {
    EXPECT_TRUE(base::write_file_atomically(folder_.file(name), bytes, base::kSecretMode).has_value());
    return folder_.file(name);
  }
  [[nodiscard]] Reader stage_reader() const {
    return [this](const Bytes& b) { return refusal(wire::SealedModel::open_stage(b, "file", &site_.trust())); };
  }
  [[nodiscard]] Reader intermediate_reader(const std::string& reader) const {
    return [this, reader](const Bytes& b) {
      const wire::SealedModel stage = site_.stage(reader);
      const auto expected = wire::expect_stage(stage.program(), stage.key(), stage.place().plan);
      return refusal(wire::read_intermediate(b, "file", site_.ring(), expected, stage.place()));
    };
  }
  [[nodiscard]] Refusal read_part(const Bytes& bytes) const {
    const wire::SealedModel merge = site_.stage("merge.v1");
    const auto expected = wire::expect_stage(merge.program(), merge.key(), merge.place().plan);
    const std::vector<wire::FileBytes> parts{bytes, site_.bytes("part-2.v1")};
    return refusal(wire::read_parts(parts, "file", site_.ring(), expected, merge.place()));
  }

  /// The reader of every container, by the name of its golden file.
  [[nodiscard]] std::map<std::string, Reader> container_readers() const {
    const auto key_file = [](const Bytes& b) { return refusal(fhe::secret::decode_key_file(b, "file", {})); };
    return {
        {"identity.v1", [this](const Bytes& b) { return refusal(artifact::load_secret_identity(put("file", b))); }},
        {"identity.pub.v1", [this](const Bytes& b) { return refusal(artifact::load_public_identity(put("file", b))); }},
        {"plan.v1", [](const Bytes& b) { return refusal(plan::weights::read_plan(b, "file")); }},
        {"spec.v1", [](const Bytes& b) { return refusal(wire::read_spec(b, "file")); }},
        {"secret-key.v1", key_file},
        {"secret-key-capped.v1", key_file},
        {"secret-key-capped.v2", key_file},
        {"release-count.v1", [](const Bytes& b) { return refusal(fhe::secret::inspect_release_count(b, "file")); }},
        {"public-key.v1", [](const Bytes& b) { return refusal(wire::PublicKeyFile::open(b, "file")); }},
        {"evaluation-keys.v1",
         [this](const Bytes& b) {
           return refusal(wire::read_evaluation_keys(b, "file", site_.ring(), site_.expected()));
         }},
        {"sealed-model.v1",
         [this](const Bytes& b) { return refusal(wire::SealedModel::open(b, "file", &site_.trust())); }},
        {"manifest.v1", [this](const Bytes& b) { return refusal(wire::read_manifest(b, "file", &site_.trust())); }},
        {"stage-1.v1", stage_reader()},
        {"shard-1.v1", stage_reader()},
        {"merge.v1", stage_reader()},
        {"request.v1",
         [this](const Bytes& b) { return refusal(wire::read_request(b, "file", site_.ring(), site_.expected())); }},
        {"intermediate-1.v1", intermediate_reader("shard-1.v1")},
        {"part-1.v1", [this](const Bytes& b) { return read_part(b); }},
        {"result.v1",
         [this](const Bytes& b) { return refusal(wire::read_result(b, "file", site_.ring(), site_.expected())); }},
    };
  }

  OpenedSite site_{committed_files()};
  TemporaryFolder folder_;
};

TEST_F(Versions, OfContainersThatAreNewerAreRefused) {
  const auto readers = container_readers();
  std::set<std::uint8_t> kinds;
  for (const auto& [name, read] : readers) {
    Bytes bytes = site_.bytes(name);
    kinds.insert(bytes[10]);
    EXPECT_FALSE(read(bytes)) << name << " itself is refused";
    const bool has_two = name.starts_with("secret-key");
    bytes[8] = has_two ? 3 : 2;
    expect_unsupported(read(bytes), name, bytes[8], has_two ? "reads versions 1 to 2" : "reads version 1");
  }
  EXPECT_EQ(kinds.size(), 16u) << "a kind of file has no golden file, or its version is not held";
}

// Whole and signed or digested anew: only the version is strange.
TEST_F(Versions, OfProgramsThatAreNewerAreRefused) {
  const Bytes spec = site_.bytes("spec.v1");
  const auto read = artifact::ContainerReader::open(spec, {artifact::ArtifactKind::kSpec, "spec", spec.size()}).value();
  for (const int version : {2, 7}) {
    artifact::ContainerWriter writer(artifact::ArtifactKind::kSpec, read.header().params, read.header().insecure());
    for (const artifact::Section& section : read.sections()) {
      const auto content = read.section(section.id).value();
      Bytes bytes(content.begin(), content.end());
      if (section.id == wire::number(wire::SectionId::kProgram)) bytes[0] = static_cast<std::uint8_t>(version);
      writer.add(section.id, std::move(bytes));
    }
    expect_unsupported(refusal(wire::read_spec(writer.finish(), "file")), "spec", version, "reads versions 3 to 6");
  }
}

TEST_F(Versions, OfMessagesThatAreNewerAreRefused) {
  Bytes bytes = site_.bytes("message.v1");
  const net::Message message = net::decode(bytes, "message").value();
  bytes[4] = 2;
  expect_unsupported(refusal(net::decode(bytes, "file")), "message", 2, "reads version 1");
  const artifact::SigningKey key = artifact::SigningKey::generate();
  const auto newer = [&](const char* context, const net::SignedStatement& statement) {
    Bytes body = statement.body;
    body[0] = 2;
    return net::sign_statement(context, body, key);
  };
  expect_unsupported(refusal(net::open_job(newer("obscura job", *message.job))), "job", 2, "reads version 1");
  expect_unsupported(refusal(net::open_receipt(newer("obscura receipt", message.receipts.front()))), "receipt", 2,
                     "reads version 1");
}

TEST_F(Versions, OfTheSubmittersFilesThatAreNewerAreRefused) {
  fs::create_directories(folder_.file("tickets/tenant"));
  fs::create_directories(folder_.file("canaries"));
  Bytes ticket = site_.bytes("ticket.v2");
  ticket[4] = 3;
  (void)put("tickets/tenant/golden", ticket);
  expect_unsupported(refusal(deploy::submit::TicketStore::open(folder_.file("tickets"))->find("tenant", "golden")),
                     "ticket", 3, "reads versions 1 to 2");
  Bytes canary = site_.bytes("canary.v1");
  canary[4] = 2;
  (void)put("canaries/one.canary", canary);
  const net::BlobRef model = net::BlobRef::of(site_.bytes("manifest.v1"));
  const net::BlobRef keys = net::BlobRef::of(site_.bytes("evaluation-keys.v1"));
  expect_unsupported(refusal(deploy::submit::CanaryStock::open(folder_.file("canaries"))->take(model, keys)), "canary",
                     2, "reads version 1");
}

TEST_F(Versions, OfQueuesThatAreNewerAreRefused) {
  Bytes bytes = site_.bytes("queue.v1");
  constexpr std::size_t kUserVersion = 60;  // big-endian: www.sqlite.org/fileformat.html, section 1.3
  ASSERT_EQ(bytes[kUserVersion + 3], 1);
  bytes[kUserVersion + 3] = 2;
  net::SystemClock clock;
  expect_unsupported(refusal(net::EmbeddedQueue::open(put("queue", bytes), {}, clock)), "queue", 2, "uses version 1");
}

}  // namespace
}  // namespace obscura::tests::golden
