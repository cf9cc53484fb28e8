#include "fuzz/artefact_texts.hpp"

#include <string>
#include <utility>

#include "artifact/container.hpp"
#include "base/check.hpp"
#include "deploy/net/nats_roles_file.hpp"
#include "deploy/net/nkey.hpp"
#include "deploy/net/trail.hpp"
#include "deploy/submit/canary.hpp"
#include "deploy/submit/ticket.hpp"
#include "images/testing/encode.hpp"

namespace obscura::fuzz {
namespace {

namespace net = deploy::net;
namespace encode = images::testing;

Bytes bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

const std::vector<Bytes>& inputs() {
  static const std::vector<Bytes> kInputs = {{1, 2, 3, 4, 5}, {6, 7}};
  return kInputs;
}

net::Job job_of_two_stages() {
  return net::testing::make_job("scan-1", {2, 1}, inputs(), net::Instant(net::Milliseconds(2'000'000'000'000)));
}

net::Receipt make_receipt(const net::Job& job, const artifact::Digest& digest, const net::Step& step,
                          std::span<const net::Receipt> before, const Bytes& output) {
  net::Receipt receipt;
  receipt.job = digest;
  receipt.key = job.key;
  receipt.step = step;
  receipt.attempt = 1;
  receipt.inputs = net::digest_of(net::inputs_of(job, step, before.first(net::steps_before(job, step).size())));
  receipt.outputs = {net::BlobRef::of(output)};
  receipt.figures = {1200, 4096};
  return receipt;
}

/// A task of the last stage, or the result: job, the receipts of the steps before it, and what they made.
Bytes make_message(const Workshop& workshop, bool result) {
  const net::Job job = job_of_two_stages();
  net::Message message;
  message.job = net::sign_job(job, workshop.cast().submitter);
  std::vector<net::Step> steps = net::steps_before(job, net::last_step(job));
  if (result) steps.push_back(net::last_step(job));
  std::vector<net::Receipt> receipts;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Bytes output(3 + i, static_cast<std::uint8_t>(i));
    receipts.push_back(make_receipt(job, message.job->digest(), steps[i], receipts, output));
    message.receipts.push_back(net::sign_receipt(receipts.back(), workshop.cast().worker));
    if (i + 1 == steps.size()) OBSCURA_CHECK(net::attach(message, output), "a few bytes fit into a message");
  }
  return net::encode(message).value();
}

Bytes refusal(const Workshop& workshop) {
  const net::Job job = job_of_two_stages();
  net::Message message;
  message.job = net::sign_job(job, workshop.cast().submitter);
  net::Receipt ending;
  ending.job = message.job->digest();
  ending.key = job.key;
  ending.status = net::Status::kFailed;
  ending.cause = "the model is not there";
  message.receipts = {net::sign_receipt(ending, workshop.cast().worker)};
  return net::encode(message).value();
}

Bytes ticket_file() {
  deploy::submit::Ticket ticket;
  ticket.job = job_of_two_stages();
  ticket.groups = {0, 7};
  ticket.source = net::testing::digest_of_text("source");
  ticket.inputs = inputs();
  const ScratchFolder folder;
  auto store = deploy::submit::TicketStore::open(folder.path("tickets")).value();
  OBSCURA_CHECK(store.keep(ticket, base::Existing::kRefuse), "a ticket is kept");
  return folder.read("tickets/tenant/scan-1");
}

Bytes canary_file() {
  deploy::submit::Canary canary;
  canary.model = net::BlobRef::of(inputs()[0]);
  canary.eval_keys = net::BlobRef::of(inputs()[1]);
  canary.request = inputs()[0];
  canary.made = {canary.eval_keys, canary.model};
  const ScratchFolder folder;
  auto stock = deploy::submit::CanaryStock::open(folder.path("stock")).value();
  OBSCURA_CHECK(stock.add(canary), "a canary is kept");
  return folder.read("stock/" + artifact::sha256(canary.request).hex().substr(0, 32) + ".canary");
}

std::vector<Artefact> drawn_images() {
  const Bytes grey = {0, 40, 80, 120, 160, 200, 240, 255, 17, 34, 51, 68};
  const Bytes colour(36, 99);
  const Bytes wide(24, 7);
  return {{"image", "grey_png", encode::encode_png(4, 3, 8, PNG_COLOR_TYPE_GRAY, grey)},
          {"image", "colour_png", encode::encode_png(4, 3, 8, PNG_COLOR_TYPE_RGB, colour, true)},
          {"image", "wide_png", encode::encode_png(4, 3, 16, PNG_COLOR_TYPE_GRAY, wide)},
          {"image", "palette_png", encode::encode_png(4, 3, 4, PNG_COLOR_TYPE_PALETTE, Bytes(12, 3))},
          {"image", "grey_jpeg", encode::encode_jpeg(4, 3, 1, grey)},
          {"image", "colour_jpeg", encode::encode_jpeg(4, 3, 3, colour)},
          {"image", "binary_pgm", bytes_of("P5\n# drawn\n4 3\n255\nabcdefghijkl")},
          {"image", "text_ppm", bytes_of("P3 2 1 255\n1 2 3\n4 5 6\n")}};
}

std::vector<Artefact> drawn_tensors() {
  const std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }            \n";
  Bytes npy = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, static_cast<std::uint8_t>(header.size()), 0};
  npy.insert(npy.end(), header.begin(), header.end());
  const Bytes numbers = {0, 0, 0x80, 0x3f, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40};
  npy.insert(npy.end(), numbers.begin(), numbers.end());
  const Bytes idx = encode::encode_idx({2, 2, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  return {{"tensor", "floats_npy", npy},
          {"tensor", "images_idx", idx},
          {"tensor", "images_idx_gz", encode::encode_gzip(idx)},
          {"tensor", "labels_idx", encode::encode_idx({3}, {1, 2, 3})},
          {"tensor", "rows_csv", bytes_of("1, -2.5,3e2\n4,5,6\n")}};
}

std::vector<Artefact> site_texts(const Workshop& workshop) {
  const std::string reach =
      "server tls://hub1.example:4222  # any\nca ca.crt\ncertificate own.crt\ncertificate_key own.key\nseed own.seed\n";
  const auto key = [](std::uint8_t fill) { return net::nkey_public(net::testing::key_of(fill).verify_key()); };
  const net::NatsRoles roles = {.supervisor = key(1),
                                .owner = key(2),
                                .tenants = {{.name = "clinic", .submitters = {key(3)}}},
                                .groups = {{.workers = {key(6)}}, {.workers = {key(7)}, .revoked = true}}};
  const std::string name = net::BlobRef::of(inputs()[0]).text();
  return {{"site", "client", bytes_of(reach + "role client\ntenant clinic\ntrust trust\ntimeout_ms 700\n")},
          {"site", "worker", bytes_of(reach + "role worker\ngroup 2\n")},
          {"site", "admin", bytes_of(reach + "role admin\ngroups 3\ncopies 3\nlease_ms 2000\nmax_tasks 9\n")},
          {"site", "roles", bytes_of(net::nats_roles_text(roles))},
          {"site", "catalogue", bytes_of(name + " " + name + "\n")},
          {"site", "seed", bytes_of(net::reveal_nkey_seed(workshop.cast().submitter) + "\n")},
          {"site", "note", bytes_of(R"({"stream":"JOBS_0","stream_seq":7,"deliveries":5,"list":[true,null,"x"]})")}};
}

}  // namespace

Bytes task_message(const Workshop& workshop) {
  return make_message(workshop, false);
}

Bytes identity_file(const Workshop& workshop, bool secret) {
  const artifact::SigningKey& key = workshop.signer();
  const auto& half = secret ? key.reveal_secret() : key.verify_key().bytes;
  artifact::ContainerWriter writer(secret ? artifact::ArtifactKind::kIdentitySecret
                                          : artifact::ArtifactKind::kIdentityPublic);
  writer.add(1, {half.begin(), half.end()});
  writer.add(2, bytes_of("vendor"));
  return writer.finish();
}

std::vector<Artefact> texts_and_messages(const Workshop& workshop) {
  std::vector<Artefact> all = {{"job", "task", make_message(workshop, false)},
                               {"job", "result", make_message(workshop, true)},
                               {"job", "refusal", refusal(workshop)},
                               {"ticket", "ticket", ticket_file()},
                               {"ticket", "canary", canary_file()}};
  for (const auto& more : {drawn_images(), drawn_tensors(), site_texts(workshop)}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace obscura::fuzz
