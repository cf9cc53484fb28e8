#include <algorithm>
#include <array>

#include "base/bytes.hpp"
#include "deploy/net/message.hpp"
#include "tests/malformed/vectors.hpp"

/// Tasks and results, as they travel, and what a submitter keeps.
namespace obscura::fuzz {
namespace {

namespace net = deploy::net;

// Of a message: "OBSM", u16 version, u16 flags, then of the job's statement: signer, signature, u32 length, body.
constexpr std::size_t kSignerAt = 8;
constexpr std::size_t kSignatureAt = 40;
constexpr std::size_t kBodyAt = 108;
// Of the body of a job: u16 version, tenant "tenant" and job "scan-1" (u32 length each), u32 replica, three digests,
// u32 stages, u32 shards each, u32 inputs, u64 deadline at the end.
constexpr std::size_t kTenantAt = 2;
constexpr std::size_t kStagesAt = 122;
constexpr std::size_t kInputsAt = 134;
// Of a receipt's: u16 version, job digest, tenant, job, replica, u32 stage, u32 shard, u8 status.
constexpr std::size_t kStepAt = 58;
constexpr std::size_t kStatusAt = 66;

Vector message(const std::string& name, std::size_t at, std::uint64_t value, std::size_t width,
               const std::string& words) {
  return {name, "job", [=](Workshop& workshop) { return with_number(task_message(workshop), at, value, width); },
          words};
}

/// The message in its parts, changed.
Vector parts(const std::string& name, const std::function<void(net::Message&, const Workshop&)>& change,
             const std::string& words) {
  return {name, "job",
          [=](Workshop& workshop) {
            net::Message message = net::decode(task_message(workshop), "task").value();
            change(message, workshop);
            return net::encode(message).value();
          },
          words};
}

/// The body of the job changed, signed by its submitter.
Vector job(const std::string& name, const std::function<void(Bytes&)>& change, const std::string& words) {
  return parts(
      name,
      [=](net::Message& message, const Workshop& workshop) {
        change(message.job->body);
        *message.job = net::sign_statement("obscura job", message.job->body, workshop.cast().submitter);
      },
      words);
}

/// The body of the first receipt changed, signed by its worker.
Vector receipt(const std::string& name, const std::function<void(Bytes&)>& change, const std::string& words) {
  return parts(
      name,
      [=](net::Message& message, const Workshop& workshop) {
        net::SignedStatement& first = message.receipts.front();
        change(first.body);
        first = net::sign_statement("obscura receipt", first.body, workshop.cast().worker);
      },
      words);
}

Vectors of_messages() {
  return {
      message("a message with another magic", 0, 'X', 1, "it is no message"),
      message("a message of version 2", 4, 2, 2, "has format version 2; this program reads version 1"),
      message("a message with flags that mean nothing", 6, 3, 2, "flags that this program does not know"),
      message("a message without its job", 6, 0, 2, "malformed near byte"),
      message("a job of another signer", kSignerAt, 0, 1, "is no trusted submitter"),
      message("a job with a bit of its signature changed", kSignatureAt, 0xa5a5, 2, "signature of a job"),
      message("a job with its body changed", kBodyAt + 20, 0xa5, 1, "signature of a job"),
      message("a job of 65537 bytes", kBodyAt - 4, 65537, 4, "65537 entries"),
      {"a message of more bytes than it may have", "job",
       [](Workshop& workshop) {
         Bytes bytes = task_message(workshop);
         bytes.resize(net::kMaxMessageBytes + 1);
         return bytes;
       },
       "larger than a message may be"},
      {"a message with a byte behind its end", "job",
       [](Workshop& workshop) {
         Bytes bytes = task_message(workshop);
         bytes.push_back(0);
         return bytes;
       },
       "1 bytes are left over"},
      parts(
          "a message without its job that says so", [](net::Message& m, const Workshop&) { m.job.reset(); },
          "has no job"),
      parts(
          "a job of a stranger",
          [](net::Message& m, const Workshop& w) {
            *m.job = net::sign_statement("obscura job", m.job->body, w.cast().stranger);
          },
          ""),
      parts(
          "a job of another tenant's submitter",
          [](net::Message& m, const Workshop& w) {
            *m.job = net::sign_statement("obscura job", m.job->body, w.cast().other_submitter);
          },
          ""),
      parts(
          "a job signed as a receipt",
          [](net::Message& m, const Workshop& w) {
            *m.job = net::sign_statement("obscura receipt", m.job->body, w.cast().submitter);
          },
          "signature of a job"),
      parts(
          "a task of a receipt too few", [](net::Message& m, const Workshop&) { m.receipts.clear(); }, "no receipt"),
      parts(
          "a task with its receipts in another order",
          [](net::Message& m, const Workshop&) { std::swap(m.receipts[0], m.receipts[1]); }, "has a receipt of step"),
      parts(
          "a receipt of a stranger",
          [](net::Message& m, const Workshop& w) {
            m.receipts[0] = net::sign_statement("obscura receipt", m.receipts[0].body, w.cast().stranger);
          },
          ""),
      parts(
          "a blob with a byte changed", [](net::Message& m, const Workshop&) { m.attachments[0][0] ^= 1; },
          "is not attached")};
}

Vectors of_statements() {
  return {
      job(
          "a job of version 2", [](Bytes& b) { b[0] = 2; }, "has format version 2; this program reads version 1"),
      job(
          "a job of a tenant without a name", [](Bytes& b) { b = with_number(b, kTenantAt, 0, 4); }, "malformed"),
      job(
          "a job of a tenant that leads elsewhere", [](Bytes& b) { b[kTenantAt + 4] = '/'; },
          "the name of a tenant or job is malformed"),
      job(
          "a job of a tenant with 65 letters", [](Bytes& b) { b = with_number(b, kTenantAt, 65, 4); },
          "a text of 65 characters"),
      job(
          "a job of no stage",
          [](Bytes& b) {
            b = with_number(b, kStagesAt, 0, 4);
            b.erase(b.begin() + kStagesAt + 4, b.begin() + kStagesAt + 12);
          },
          "has 0 stages"),
      job(
          "a job of 65 stages", [](Bytes& b) { b = with_number(b, kStagesAt, 65, 4); }, "65 entries where at most 64"),
      job(
          "a job with a stage of no shard", [](Bytes& b) { b = with_number(b, kStagesAt + 4, 0, 4); },
          "splits stage 0 into 0 shards"),
      job(
          "a job with a stage of 65 shards", [](Bytes& b) { b = with_number(b, kStagesAt + 4, 65, 4); },
          "splits stage 0 into 65 shards"),
      job(
          "a job of no input",
          [](Bytes& b) {
            b = with_number(b, kInputsAt, 0, 4);
            b.erase(b.begin() + kInputsAt + 4, b.end() - 8);
          },
          "has 0 inputs"),
      job(
          "a job of 257 inputs", [](Bytes& b) { b = with_number(b, kInputsAt, 257, 4); },
          "257 entries where at most 256"),
      job(
          "a job without a deadline", [](Bytes& b) { b = with_number(b, b.size() - 8, 0, 8); }, "has no deadline"),
      job(
          "a job with a deadline after the year 9999",
          [](Bytes& b) { b = with_number(b, b.size() - 8, ~std::uint64_t{0}, 8); }, "after the year 9999"),
      job(
          "a job cut short", [](Bytes& b) { b.pop_back(); }, "malformed near byte"),
      receipt(
          "a receipt of version 2", [](Bytes& b) { b[0] = 2; }, "has format version 2; this program reads version 1"),
      receipt(
          "a receipt of another job", [](Bytes& b) { b[2] ^= 1; }, "is about another job"),
      receipt(
          "a receipt of a step that comes later", [](Bytes& b) { b = with_number(b, kStepAt, 1, 4); },
          "has a receipt of step"),
      receipt(
          "a receipt of no known status", [](Bytes& b) { b[kStatusAt] = 6; }, "its status is none"),
      receipt(
          "a receipt of status 0", [](Bytes& b) { b[kStatusAt] = 0; }, "its status is none"),
      receipt(
          "a receipt of a step that was not done", [](Bytes& b) { b[kStatusAt] = 2; }, "is not done"),
      receipt(
          "a receipt with a byte behind its end", [](Bytes& b) { b.push_back(0); }, "1 bytes are left over"),
      receipt(
          "a receipt cut short", [](Bytes& b) { b.resize(40); }, "malformed near byte")};
}

/// What the digest at the end of a ticket or a canary covers, changed, and the digest made good.
Vector kept(const std::string& name, const std::string& file, const std::function<void(Bytes&)>& change,
            const std::string& words) {
  return {name, "ticket",
          [=](Workshop& workshop) {
            Bytes bytes = good(workshop, "ticket", file);
            bytes.resize(bytes.size() - 32);
            change(bytes);
            const artifact::Digest digest = artifact::sha256(bytes);
            bytes.insert(bytes.end(), digest.bytes.begin(), digest.bytes.end());
            return bytes;
          },
          words};
}

Vectors of_tickets() {
  // Of a ticket: "OBST", u16 version, tenant, job, u32 replica, three digests, u32 count and shards, u32 count and
  // inputs, u64 deadline, digest, u32 count and groups.
  constexpr std::size_t kTenant = 6;
  constexpr std::size_t kReplica = 26;
  constexpr std::size_t kShards = 126;
  constexpr std::size_t kDeadline = 138 + 4 + 80;
  constexpr std::size_t kGroups = kDeadline + 8 + 32;
  return {kept(
              "a ticket of version 3", "ticket", [](Bytes& b) { b[4] = 3; },
              "has format version 3; this program reads versions 1 to 2"),
          kept(
              "a ticket with another magic", "ticket", [](Bytes& b) { b[0] = 'X'; }, "not a ticket"),
          kept(
              "a ticket of another job", "ticket", [](Bytes& b) { b[kTenant + 4] = 's'; }, "the ticket of another job"),
          kept(
              "a ticket of a replica", "ticket", [](Bytes& b) { b[kReplica] = 1; }, "replica"),
          kept(
              "a ticket of a stage without shards", "ticket", [](Bytes& b) { b[kShards + 4] = 0; },
              "splits stage 0 into 0 shards"),
          kept(
              "a ticket without a deadline", "ticket", [](Bytes& b) { b = with_number(b, kDeadline, 0, 8); },
              "has no deadline"),
          kept(
              "a ticket with a deadline before 1970", "ticket",
              [](Bytes& b) { b = with_number(b, kDeadline, ~std::uint64_t{0}, 8); }, "deadline"),
          kept(
              "a ticket for nobody", "ticket",
              [](Bytes& b) {
                b = with_number(b, kGroups, 0, 4);
                b.erase(b.begin() + kGroups + 4, b.begin() + kGroups + 12);
              },
              "a job for nobody"),
          kept(
              "a ticket for a group that there cannot be", "ticket",
              [](Bytes& b) { b = with_number(b, kGroups + 4, 64, 4); }, "group"),
          kept(
              "a ticket for 65 groups", "ticket", [](Bytes& b) { b = with_number(b, kGroups, 65, 4); },
              "65 entries where at most 64"),
          kept(
              "a ticket with a request of 2^64 - 1 bytes", "ticket",
              [](Bytes& b) { b = with_number(b, kGroups + 16, ~std::uint64_t{0}, 8); }, "bytes are needed"),
          {"a ticket with a byte changed", "ticket",
           [](Workshop& workshop) {
             Bytes bytes = good(workshop, "ticket", "ticket");
             bytes[50] ^= 1;
             return bytes;
           },
           "altered or cut"},
          {"a ticket of 3 bytes", "ticket",
           [](Workshop&) {
             return Bytes{'O', 'B', 'S'};
           },
           "bytes are needed"},
          kept(
              "a canary of version 2", "canary", [](Bytes& b) { b[4] = 2; },
              "has format version 2; this program reads version 1"),
          kept(
              "a canary with a request of 2^63 bytes", "canary",
              [](Bytes& b) { b = with_number(b, b.size() - 13, std::uint64_t{1} << 63, 8); }, "bytes are needed"),
          kept(
              "a canary with 1025 steps", "canary", [](Bytes& b) { b = with_number(b, 86, 1025, 4); },
              "1025 entries where at most 1024")};
}

}  // namespace

Vectors message_vectors() {
  Vectors all;
  for (const Vectors& some : {of_messages(), of_statements(), of_tickets()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

}  // namespace obscura::fuzz
