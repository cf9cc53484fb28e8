#include "tests/golden/message_meaning.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>

#include "deploy/net/embedded_queue.hpp"
#include "deploy/net/job.hpp"
#include "deploy/net/message.hpp"
#include "deploy/net/nats_roles_file.hpp"
#include "deploy/net/receipt.hpp"
#include "deploy/net/site_file.hpp"
#include "deploy/submit/canary.hpp"
#include "deploy/submit/ticket.hpp"

namespace obscura::tests::golden {
namespace {

namespace fs = std::filesystem;
namespace net = deploy::net;
namespace submit = deploy::submit;

std::string text_of(const std::vector<net::BlobRef>& blobs) {
  std::vector<std::string> names;
  for (const net::BlobRef& blob : blobs) names.push_back(blob.text());
  return fmt::format("[{}]", fmt::join(names, " "));
}

std::string text_of(const std::vector<Bytes>& blobs) {
  std::vector<net::BlobRef> names;
  for (const Bytes& blob : blobs) names.push_back(net::BlobRef::of(blob));
  return text_of(names);
}

std::string text_of(const net::Job& job) {
  return fmt::format("job {} model {} params {} keys {} shards {} inputs {} deadline {}", job.key.text(),
                     job.model.hex(), job.params.hex(), job.eval_key.hex(), fmt::join(job.shards, " "),
                     text_of(job.inputs), job.deadline.time_since_epoch().count());
}

std::string text_of(const net::Receipt& receipt) {
  return fmt::format("[receipt of {} {} {} {} attempt {} read {} made {} us {} bytes {}]", receipt.job.hex(),
                     receipt.key.text(), receipt.step.text(), net::name(receipt.status), receipt.attempt,
                     receipt.inputs.hex(), text_of(receipt.outputs), receipt.figures.evaluate_us,
                     receipt.figures.peak_bytes);
}

std::string message(const OpenedSite& site) {
  const net::Message message = net::decode(site.bytes("message.v1"), "message.v1").value();
  std::string text = text_of(net::open_job(*message.job).value());
  for (const net::SignedStatement& receipt : message.receipts) {
    text += " " + text_of(net::open_receipt(receipt).value());
  }
  return text + " with " + text_of(message.attachments);
}

std::string ticket(const OpenedSite& site, const std::string& name) {
  const TemporaryFolder folder;
  fs::create_directories(folder.file("tickets/tenant"));
  fs::copy_file(site.path(name), folder.file("tickets/tenant/golden"));
  const auto ticket = submit::TicketStore::open(folder.file("tickets"))->find("tenant", "golden").value().value();
  return fmt::format("{} groups {} source {} inputs {}", text_of(ticket.job), fmt::join(ticket.groups, " "),
                     ticket.source.hex(), text_of(ticket.inputs));
}

std::string canary(const OpenedSite& site) {
  const TemporaryFolder folder;
  const net::BlobRef model = net::BlobRef::of(site.bytes("manifest.v1"));
  const net::BlobRef keys = net::BlobRef::of(site.bytes("evaluation-keys.v1"));
  fs::create_directories(folder.file("canaries"));
  fs::copy_file(site.path("canary.v1"), folder.file("canaries/one.canary"));
  const auto canary = submit::CanaryStock::open(folder.file("canaries"))->take(model, keys).value().value();
  return fmt::format("model {} keys {} request {} made {}", canary.model.text(), canary.eval_keys.text(),
                     net::BlobRef::of(canary.request).text(), text_of(canary.made));
}

std::string queue(const OpenedSite& site) {
  const TemporaryFolder folder;
  fs::copy_file(site.path("queue.v1"), folder.file("queue"));
  net::SystemClock clock;
  const auto queue = net::EmbeddedQueue::open(folder.file("queue"), {}, clock).value();
  const net::Job job = net::open_job(*net::decode(site.bytes("message.v1"), "message.v1")->job).value();
  const std::vector<net::Lane> lanes{{job.model, job.eval_key, 1, 0, 0}};
  const net::Lease lease = queue->fetch(lanes, net::Milliseconds(0)).value().value();
  std::string parts;
  const std::vector<net::Part> stored = queue->parts(job.key, 1).value();
  for (const net::Part& part : stored) {
    parts += fmt::format(" part {} {}", part.shard, net::BlobRef::of(part.message).text());
  }
  const Bytes result = queue->result(job.key, net::Milliseconds(0)).value().value();
  return fmt::format("task {} message {}{} result {}", lease.task.id(), net::BlobRef::of(lease.task.message).text(),
                     parts, net::BlobRef::of(result).text());
}

std::string site_file(const OpenedSite& site) {
  const net::SiteFile file = net::read_site_file(site.path("site-file.txt")).value();
  return fmt::format("role {} servers {} groups {} copies {} lease {} job bytes {} retention {} {}",
                     net::name_of(file.role), fmt::join(file.reach.servers, " "), file.settings.groups,
                     file.settings.copies, file.settings.lease.count(), file.settings.max_job_bytes,
                     file.streams.retention.count(), file.settings.blob_retention.count());
}

std::string roles(const OpenedSite& site) {
  const std::string text = net::nats_roles_text(net::read_nats_roles(site.path("roles.txt")).value());
  return "text " + artifact::sha256({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}).hex();
}

}  // namespace

std::map<std::string, std::string> meaning_of_messages(const OpenedSite& site) {
  return {{"message.v1", message(site)},
          {"ticket.v1", ticket(site, "ticket.v1")},
          {"ticket.v2", ticket(site, "ticket.v2")},
          {"canary.v1", canary(site)},
          {"queue.v1", queue(site)},
          {"site-file.txt", site_file(site)},
          {"roles.txt", roles(site)}};
}

}  // namespace obscura::tests::golden
