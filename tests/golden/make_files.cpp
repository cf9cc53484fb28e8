#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "artifact/detail/container_layout.hpp"
#include "artifact/identity.hpp"
#include "deploy/net/embedded_queue.hpp"
#include "deploy/net/message.hpp"
#include "deploy/net/nats_roles_file.hpp"
#include "deploy/net/nkey.hpp"
#include "deploy/net/receipt.hpp"
#include "deploy/net/testing/pipeline.hpp"
#include "deploy/submit/canary.hpp"
#include "deploy/submit/ticket.hpp"
#include "fhe/secret/key_file.hpp"
#include "fhe/secret/release_count_file.hpp"
#include "plan/program/serialize.hpp"
#include "plan/program/testing/branched_program.hpp"
#include "plan/program/testing/deep_program.hpp"
#include "plan/program/testing/wide_program.hpp"
#include "plan/weights/plan_file.hpp"
#include "plan/weights/testing/tiny_plan.hpp"
#include "runtime/wire/key_content.hpp"
#include "runtime/wire/manifest_file.hpp"
#include "tests/golden/golden_files.hpp"
#include "tests/golden/opened_site.hpp"

namespace obscura::tests::golden {
namespace {

namespace fs = std::filesystem;
namespace net = deploy::net;
namespace program = plan::program;
namespace submit = deploy::submit;

constexpr const char* kFolder = OBSCURA_SOURCE_DIR "/tests/golden/files";
constexpr const char* kMeaning = "meaning.txt";
// The least that Argon2id takes.
constexpr fhe::secret::KdfCost kQuick{1, 8192};
// Before the sum of the wide layer's two halves and behind it: three stages, of which the second is split.
const std::vector<std::size_t> kCuts = {4, 8};
const std::vector<std::size_t> kShards = {1, 2, 1};

Bytes bytes_at(const std::string& path) {
  return base::read_file(path, std::uint64_t{1} << 30).value();
}

/// The only file in a folder.
std::string only_file(const std::string& folder) {
  std::string found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file()) found = entry.path().string();
  }
  return found;
}

Bytes secret_key_file(const OwnerFiles& owner, const fhe::secret::KeyProtection& protection) {
  const program::Program& whole = owner.plan().program;
  const wire::Expected expected = owner.expected();
  fhe::secret::KeyFile file;
  file.info = {expected.params, expected.plan, whole.insecure, wire::write_key_content({owner.key(), whole})};
  file.labels = owner.plan().labels;
  file.secret_seed = owner.keys().secret.reveal_secret_seed();
  return fhe::secret::encode_key_file(file, protection).value();
}

void add_sealed(const OwnerFiles& owner, Files& files) {
  const std::string manifest = owner.file("m.manifest");
  files["sealed-model.v1"] = owner.sealed_in_stages(kCuts, manifest, kShards);
  files["manifest.v1"] = bytes_at(manifest);
  files["stage-1.v1"] = bytes_at(wire::stage_path(manifest, 1));
  files["shard-1.v1"] = bytes_at(wire::shard_path(manifest, 2, 1));
  files["shard-2.v1"] = bytes_at(wire::shard_path(manifest, 2, 2));
  files["merge.v1"] = bytes_at(wire::merge_path(manifest, 2));
  files["stage-3.v1"] = bytes_at(wire::stage_path(manifest, 3));
}

/// What is encrypted, and what each step makes of it.
void add_ciphertexts(OwnerFiles& owner, Files& files) {
  const auto slots = static_cast<std::size_t>(owner.context().params().slots());
  files["request.v1"] = owner.request(owner.encrypt({input_slots(slots, 0), input_slots(slots, 1)}));
  const auto made = [&](const std::string& model, const std::vector<std::string>& inputs) {
    return OpenedSite(files).answer(model, inputs);
  };
  files["intermediate-1.v1"] = made("stage-1.v1", {"request.v1"});
  files["part-1.v1"] = made("shard-1.v1", {"intermediate-1.v1"});
  files["part-2.v1"] = made("shard-2.v1", {"intermediate-1.v1"});
  files["intermediate-2.v1"] = made("merge.v1", {"part-1.v1", "part-2.v1"});
  files["result.v1"] = made("stage-3.v1", {"intermediate-2.v1"});
}

/// A container as the first version of its format had it.
Bytes as_first_version(Bytes bytes) {
  constexpr std::size_t kVersionAt = 8;
  constexpr std::size_t kFrontAt = 96;
  bytes[kVersionAt] = 1;
  const auto header = artifact::read_any_header(bytes, bytes.size(), "file").value();
  const auto table = std::span(bytes).subspan(artifact::kHeaderBytes, header.table_bytes);
  const artifact::Digest front = artifact::detail::front_digest(bytes, table);
  std::copy(front.bytes.begin(), front.bytes.end(), bytes.begin() + kFrontAt);
  return bytes;
}

/// The key with a cap of its releases, and the count of them. Before there was the second version, caps stood in files
/// of the first.
void add_releases(Files& files) {
  auto key = fhe::secret::decode_key_file(files.at("secret-key.v1"), "secret-key.v1", {}).value();
  key.release_cap = 1000;
  files["secret-key-capped.v2"] = fhe::secret::encode_key_file(key, {{}, true, {}}).value();
  files["secret-key-capped.v1"] = as_first_version(files["secret-key-capped.v2"]);
  const auto content = wire::read_key_content(key.info.parameters, "secret-key.v1").value();
  files["release-count.v1"] =
      fhe::secret::encode_release_count({content.key, 7}, fhe::secret::CountTagKey(key.secret_seed));
}

void add_artefacts(Files& files) {
  const TemporaryFolder folder;
  EXPECT_TRUE(artifact::create_identity(folder.file("owner"), "golden").has_value());
  files["identity.v1"] = bytes_at(folder.file("owner"));
  files["identity.pub.v1"] = bytes_at(folder.file("owner.pub"));
  OwnerFiles owner(plan::weights::testing::with_drawn_weights(program::testing::wide_program(), 7), {},
                   artifact::load_secret_identity(folder.file("owner")).value().key);
  files["plan.v1"] = plan::weights::write_plan(owner.plan());
  files["spec.v1"] = owner.spec();
  const std::string passphrase = kPassphrase;
  files["secret-key.v1"] = secret_key_file(owner, {{}, true, {}});
  files["secret-key-passphrase.v1"] = secret_key_file(
      owner, {{reinterpret_cast<const std::uint8_t*>(passphrase.data()), passphrase.size()}, false, kQuick});
  add_releases(files);
  files["public-key.v1"] = owner.public_key();
  files["evaluation-keys.v1"] = owner.evaluation_keys();
  add_sealed(owner, files);
  add_ciphertexts(owner, files);
}

/// Programs of the four versions that are written: with and without several images in a request, with and without
/// bootstraps.
void add_programs(Files& files) {
  program::Program images = program::testing::branched_program();
  images.input_packing.images = 2;
  images.input_packing.element.resize(images.input_packing.element.size() / 2);
  for (program::Output& output : images.outputs) {
    for (std::size_t i = 0; i < output.element.size(); ++i) output.element[i].slot = static_cast<int>(2 * i);
  }
  program::Program both = program::testing::deep_program();
  both.input_packing.images = 2;
  both.input_packing.element.resize(both.input_packing.element.size() / 2);
  for (std::size_t i = 0; i < both.outputs[0].element.size(); ++i) {
    both.outputs[0].element[i].slot = static_cast<int>(2 * i);
  }
  files["program.v3"] = program::serialize(program::testing::branched_program());
  files["program.v4"] = program::serialize(images);
  files["program.v5"] = program::serialize(program::testing::deep_program());
  files["program.v6"] = program::serialize(both);
}

net::Job job_of(const net::testing::Blobs& inputs) {
  return net::testing::make_job("golden", {1, 2, 1}, inputs, net::Instant(net::Milliseconds(1'234'567)));
}

/// A task of the second stage: the job, the receipt of the first one, an input that came along.
net::Message task_message() {
  const net::testing::Cast cast;
  const net::testing::Blobs inputs = net::testing::make_inputs("golden");
  const net::Job job = job_of(inputs);
  net::Message message{.job = net::sign_job(job, cast.submitter)};
  const net::Receipt receipt{.job = message.job->digest(),
                             .key = job.key,
                             .step = {0, 0},
                             .attempt = 2,
                             .inputs = net::digest_of(job.inputs),
                             .outputs = {net::BlobRef::of(inputs[0])},
                             .figures = {12'345, 67'890}};
  message.receipts.push_back(net::sign_receipt(receipt, cast.worker));
  EXPECT_TRUE(net::attach(message, inputs[0]));
  return message;
}

/// A ticket before there were operator groups: the present one without its list of groups.
Bytes ticket_without_groups(const submit::Ticket& ticket, Bytes bytes) {
  std::size_t behind = 4 + 32;  // the number of requests, and the digest of the file
  for (const Bytes& input : ticket.inputs) behind += 8 + input.size();
  const auto end = bytes.end() - static_cast<std::ptrdiff_t>(behind);
  bytes.erase(end - static_cast<std::ptrdiff_t>(4 + 4 * ticket.groups.size()), end);
  bytes[4] = 1;
  const artifact::Digest digest = artifact::sha256(std::span(bytes).first(bytes.size() - 32));
  std::copy(digest.bytes.begin(), digest.bytes.end(), bytes.end() - 32);
  return bytes;
}

void add_messages(Files& files) {
  const TemporaryFolder folder;
  files["message.v1"] = net::encode(task_message()).value();
  submit::Ticket ticket;
  ticket.inputs = net::testing::make_inputs("golden");
  ticket.job = job_of(ticket.inputs);
  ticket.source = net::testing::digest_of_text("source");
  ticket.groups = {0, 7};
  EXPECT_TRUE(submit::TicketStore::open(folder.file("tickets"))->keep(ticket, base::Existing::kRefuse).has_value());
  files["ticket.v2"] = bytes_at(folder.file("tickets/tenant/golden"));
  files["ticket.v1"] = ticket_without_groups(ticket, files["ticket.v2"]);
  const submit::Canary canary{.model = net::BlobRef::of(files.at("manifest.v1")),
                              .eval_keys = net::BlobRef::of(files.at("evaluation-keys.v1")),
                              .request = files.at("request.v1"),
                              .made = {net::BlobRef::of(files.at("result.v1"))}};
  EXPECT_TRUE(submit::CanaryStock::open(folder.file("canaries"))->add(canary).has_value());
  files["canary.v1"] = bytes_at(only_file(folder.file("canaries")));
}

/// A task, a part and a result in the queue of one machine.
void add_queue(Files& files) {
  const TemporaryFolder folder;
  const net::Job job = job_of(net::testing::make_inputs("golden"));
  net::SystemClock clock;
  {
    const auto queue = net::EmbeddedQueue::open(folder.file("queue"), {}, clock).value();
    const net::Instant never(std::chrono::hours(24 * 365 * 2000));
    EXPECT_TRUE(queue->publish({job.key, {1, 0}, job.model, job.eval_key, never, files.at("message.v1")}).has_value());
    EXPECT_TRUE(queue->publish_part(job.key, {1, 1}, Bytes{1, 2, 3}).has_value());
    EXPECT_TRUE(queue->publish_result(job.key, Bytes{4, 5, 6}).has_value());
  }
  files["queue.v1"] = bytes_at(folder.file("queue"));
}

Bytes bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}

/// Text has no version: a line that a program does not know is refused by its number.
void add_texts(Files& files) {
  files["site-file.txt"] = bytes_of(
      "# an administrator's\nserver tls://hub.example:4222\nca site-file.txt\nseed site-file.txt\nrole admin\n"
      "groups 3\ncopies 5\nlease_ms 1500\nmax_job_bytes 7\nretention_s 14\nblob_retention_s 17\n");
  const auto key = [](std::uint8_t fill) { return net::nkey_public(net::testing::key_of(fill).verify_key()); };
  files["roles.txt"] =
      bytes_of(net::nats_roles_text({.supervisor = key(1),
                                     .owner = key(2),
                                     .tenants = {{.name = "clinic", .submitters = {key(3), key(4)}}},
                                     .groups = {{.workers = {key(6)}}, {.workers = {key(7)}, .revoked = true}}}));
}

}  // namespace

Files committed_files() {
  Files files;
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    const std::string name = entry.path().filename().string();
    if (name != kMeaning) files[name] = bytes_at(entry.path().string());
  }
  return files;
}

std::string committed_meaning() {
  const Bytes bytes = bytes_at(std::string(kFolder) + "/" + kMeaning);
  return {bytes.begin(), bytes.end()};
}

Files make_files() {
  Files files;
  add_artefacts(files);
  add_programs(files);
  add_messages(files);
  add_queue(files);
  add_texts(files);
  return files;
}

}  // namespace obscura::tests::golden
