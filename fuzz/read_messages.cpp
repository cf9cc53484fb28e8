#include <filesystem>
#include <utility>

#include "base/bytes.hpp"
#include "deploy/net/answer.hpp"
#include "deploy/net/message.hpp"
#include "deploy/net/trail.hpp"
#include "deploy/submit/canary.hpp"
#include "deploy/submit/ticket.hpp"
#include "fuzz/readers.hpp"

namespace obscura::fuzz {
namespace {

namespace net = deploy::net;

constexpr std::size_t kPurposeAt = 6;  // of a canary: model and evaluation keys, digest and size of each

template <class T>
Reading refusal(const base::Result<T>& result) {
  return {result.error(), std::nullopt};
}

/// That all of these are attached. Error: kNotFound.
base::Result<void> check_attached(const net::Message& message, std::span<const net::BlobRef> blobs) {
  for (const net::BlobRef& blob : blobs) {
    if (net::find_attachment(message, blob) != nullptr) continue;
    return base::fail(base::ErrorCode::kNotFound, "a blob of the message is not attached");
  }
  return {};
}

/// What its submitter and its workers would sign again, beside the attachments, of which those are looked at that the
/// next step reads. Of a job that was not done only the last receipt counts.
base::Result<net::Message> read_message(std::span<const std::uint8_t> bytes, const net::testing::Cast& cast) {
  OBSCURA_TRY(const net::Message message, net::decode(bytes, "the message"));
  if (!message.job) return base::fail(base::ErrorCode::kCorrupt, "the message has no job");
  OBSCURA_TRY(const net::Job job, net::trusted_job(*message.job, cast.trust));
  net::Message again;
  again.job = net::sign_job(job, cast.submitter);
  again.attachments = message.attachments;
  const auto before = net::steps_before(job, net::last_step(job)).size();
  const bool is_task = message.receipts.size() == before;
  std::vector<net::Receipt> receipts;
  std::vector<net::BlobRef> blobs;
  if (is_task) {
    const artifact::Digest digest = message.job->digest();
    OBSCURA_TRY(receipts, net::check_trail(job, digest, net::last_step(job), message.receipts, cast.trust));
    blobs = net::inputs_of(job, net::last_step(job), receipts);
  } else {
    OBSCURA_TRY(const net::Answer answer, net::open_answer(bytes, *message.job, cast.trust));
    receipts = answer.trail;
    receipts.push_back(answer.ending);
    blobs = answer.ending.outputs;
    const auto unread = message.receipts.size() - receipts.size();
    again.receipts.assign(message.receipts.begin(), message.receipts.begin() + static_cast<std::ptrdiff_t>(unread));
  }
  for (const net::Receipt& receipt : receipts) again.receipts.push_back(net::sign_receipt(receipt, cast.worker));
  OBSCURA_TRY_VOID(check_attached(message, blobs));
  return again;
}

net::BlobRef blob_at(std::span<const std::uint8_t> bytes, std::size_t at) {
  net::BlobRef blob;
  if (bytes.size() < at + 40) return blob;
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), 32, blob.sha256.bytes.begin());
  base::ByteReader size(bytes.subspan(at + 32, 8), "size");
  blob.size = size.u64();
  return blob;
}

Reading read_canary(const ScratchFolder& folder, std::span<const std::uint8_t> bytes) {
  auto stock = deploy::submit::CanaryStock::open(folder.path("stock"));
  if (!stock) return refusal(stock);
  folder.write("stock/it.canary", bytes);
  const auto canary = stock->take(blob_at(bytes, kPurposeAt), blob_at(bytes, kPurposeAt + 40));
  std::filesystem::remove_all(folder.path("stock"));
  if (!canary) return refusal(canary);
  if (!*canary) return {base::Error{base::ErrorCode::kNotFound, "the stock holds none for this model", ""}, {}};
  auto again = deploy::submit::CanaryStock::open(folder.path("again.stock"));
  if (!again || !again->add(**canary)) return {};
  const std::string name = artifact::sha256((*canary)->request).hex().substr(0, 32) + ".canary";
  Reading reading{std::nullopt, folder.read("again.stock/" + name)};
  std::filesystem::remove_all(folder.path("again.stock"));
  return reading;
}

}  // namespace

Reading Readers::job(std::span<const std::uint8_t> bytes) const {
  const auto message = read_message(bytes, workshop_.cast());
  if (!message) return refusal(message);
  const auto again = net::encode(*message);
  if (!again) return refusal(again);
  return {std::nullopt, *again};
}

Reading Readers::ticket(std::span<const std::uint8_t> bytes) const {
  constexpr std::size_t kVersionAt = 4;
  if (bytes.size() > 3 && bytes[3] == 'Y') return read_canary(folder_, bytes);
  auto store = deploy::submit::TicketStore::open(folder_.path("tickets"));
  if (!store) return refusal(store);
  std::filesystem::create_directories(folder_.path("tickets/tenant"));
  folder_.write("tickets/tenant/scan-1", bytes);
  const auto ticket = store->find("tenant", "scan-1");
  if (!ticket) return refusal(ticket);
  for (const std::uint32_t group : (*ticket)->groups) {
    (void)net::sign_job((*ticket)->job_of(group), workshop_.cast().submitter);
  }
  if (bytes[kVersionAt] == 1) return {};  // it is kept in the newest version
  if (const auto kept = store->keep(**ticket, base::Existing::kReplace); !kept) return refusal(kept);
  return {std::nullopt, folder_.read("tickets/tenant/scan-1")};
}

}  // namespace obscura::fuzz
