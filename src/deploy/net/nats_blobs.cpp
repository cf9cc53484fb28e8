#include "deploy/net/nats_blobs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "base/bytes.hpp"
#include "base/file.hpp"
#include "deploy/net/detail/nats_api.hpp"
#include "deploy/net/detail/nats_subjects.hpp"

namespace obscura::deploy::net {
namespace {

using base::ErrorCode;
using base::Result;
using nlohmann::json;
using SteadyClock = std::chrono::steady_clock;

// Chunks on the way at once, how far ahead of the first of them one may be (those between wait in memory), and how long
// one may take before it is asked for again.
constexpr std::uint64_t kWindow = 6;
constexpr std::uint64_t kFurthestAhead = 4 * kWindow;
constexpr Milliseconds kChunkTimeout{2'000};
constexpr Milliseconds kPause{20};
// A server that lags behind the leader may not know yet what somebody else just stored.
constexpr int kLooks = 3;

std::string name_of(const BlobRef& ref) {
  return "blob " + ref.sha256.hex();
}

std::uint64_t chunks_of(const BlobRef& ref) {
  return (ref.size + kMaxChunkBytes - 1) / kMaxChunkBytes;
}

tl::unexpected<base::Error> altered(const BlobRef& ref) {
  return base::fail(ErrorCode::kCorrupt, fmt::format("{} on the NATS site is not what its name says", name_of(ref)),
                    "somebody stored other bytes under this name: the owner removes it and puts it again");
}

tl::unexpected<base::Error> missing(const BlobRef& ref) {
  return base::fail(ErrorCode::kNotFound, fmt::format("there is no {} on the NATS site", name_of(ref)),
                    "store it first, or wait until it arrives");
}

class Blobs final : public BlobStore {
 public:
  Blobs(std::shared_ptr<NatsConnection> connection, detail::BlobPlace place, std::shared_ptr<std::uint64_t> exchanges)
      : connection_(std::move(connection)), place_(std::move(place)), exchanges_(std::move(exchanges)) {}

  Result<void> put(const BlobRef& ref, std::span<const std::uint8_t> bytes, const BlobProgress& progress) override;
  Result<std::vector<std::uint8_t>> get(const BlobRef& ref, std::uint64_t max_bytes) override;
  Result<void> download(const BlobRef& ref, const std::string& path, const BlobProgress& progress) override;
  Result<bool> has(const BlobRef& ref) override;
  Result<void> remove(const BlobRef& ref) override;
  BlobStore& of_job(const JobKey& key) override {
    of_job_ = std::make_unique<Blobs>(connection_, detail::job_place(key), exchanges_);
    return *of_job_;
  }

 private:
  // What is on the way: a request per number, which is sent again when it takes too long.
  using MakeRequest = std::function<NatsRequest(std::uint64_t number)>;
  // Takes an answer; false when it is none and the request is to be sent again.
  using TakeAnswer = std::function<Result<bool>(std::uint64_t number, NatsMessage answer)>;
  Result<void> exchange(std::uint64_t count, const MakeRequest& make, const TakeAnswer& take);

  using Sink = std::function<Result<void>(std::span<const std::uint8_t> chunk)>;
  Result<void> read(const BlobRef& ref, const Sink& sink);
  Result<std::optional<std::uint64_t>> stored_size(const BlobRef& ref, int looks);
  Result<void> publish_meta(const BlobRef& ref);

  std::shared_ptr<NatsConnection> connection_;
  detail::BlobPlace place_;
  std::shared_ptr<std::uint64_t> exchanges_;  // so far, over this connection: answers say to which they belong
  std::unique_ptr<Blobs> of_job_;
};

// Gives up when nothing at all comes back for the time of a call.
Result<void> Blobs::exchange(std::uint64_t count, const MakeRequest& make, const TakeAnswer& take) {
  connection_->drop_answers();
  const std::string prefix = fmt::format("blob{}.", ++*exchanges_);
  std::map<std::uint64_t, SteadyClock::time_point> on_the_way;  // when it is sent again
  std::uint64_t next = 0;
  std::uint64_t losses = connection_->losses();
  SteadyClock::time_point last_answer = SteadyClock::now();
  const auto send = [&](std::uint64_t number) {
    // One that cannot be sent now is sent again like one that is lost.
    const bool sent = connection_->send(make(number), prefix + std::to_string(number)).has_value();
    on_the_way[number] = SteadyClock::now() + (sent ? kChunkTimeout : 5 * kPause);
  };
  const auto may_begin = [&] {
    return next < count && on_the_way.size() < kWindow &&
           (on_the_way.empty() || next < on_the_way.begin()->first + kFurthestAhead);
  };
  while (next < count || !on_the_way.empty()) {
    while (may_begin()) send(next++);
    OBSCURA_TRY(auto answer, connection_->next(kPause));
    const auto now = SteadyClock::now();
    const std::string place = connection_->inbox() + prefix;
    if (answer && answer->subject().starts_with(place)) {
      const std::uint64_t number = std::strtoull(answer->subject().c_str() + place.size(), nullptr, 10);
      if (!on_the_way.contains(number)) continue;
      OBSCURA_TRY(const bool taken, take(number, std::move(*answer)));
      if (taken) {
        on_the_way.erase(number);
        last_answer = now;
      } else {
        on_the_way[number] = std::min(on_the_way[number], now + 5 * kPause);
      }
    }
    const bool lost = std::exchange(losses, connection_->losses()) != connection_->losses();
    for (auto& [number, again] : on_the_way) {
      if (lost || now >= again) send(number);
    }
    if (now - last_answer > connection_->options().call_timeout) {
      return base::fail(ErrorCode::kIo,
                        fmt::format("the NATS site did not answer within {} ms while a blob was moved",
                                    connection_->options().call_timeout.count()),
                        "look whether it runs; the same call goes on where this one stopped");
    }
  }
  return {};
}

// size u64, chunk u64: what the chunks of the blob have, but for the last.
Result<void> Blobs::publish_meta(const BlobRef& ref) {
  base::ByteWriter writer;
  writer.u64(ref.size);
  writer.u64(kMaxChunkBytes);
  OBSCURA_TRY(
      const detail::Published published,
      detail::publish(*connection_,
                      {.subject = place_.subject(ref.sha256, "meta"), .data = writer.view(), .only_first = true}));
  if (published.stored == Stored::kFull) {
    return base::fail(ErrorCode::kLimit,
                      fmt::format("the NATS site has no room for {} in its stream {}", name_of(ref), place_.stream),
                      "remove blobs that nobody needs, or raise the limit of this stream");
  }
  return {};
}

Result<void> Blobs::put(const BlobRef& ref, std::span<const std::uint8_t> bytes, const BlobProgress& progress) {
  if (BlobRef::of(bytes) != ref) {
    return base::fail(ErrorCode::kMismatch, fmt::format("the bytes to store are not {}", name_of(ref)),
                      "the file changed after it was named: name it again");
  }
  // One look: what is there all the same is not stored a second time, and most of what is put is new.
  OBSCURA_TRY(const auto there, stored_size(ref, 1));
  if (there == ref.size) return {};
  std::uint64_t done = 0;
  bool full = false;
  const auto chunk = [&](std::uint64_t number) {
    return bytes.subspan(number * kMaxChunkBytes, std::min(kMaxChunkBytes, bytes.size() - number * kMaxChunkBytes));
  };
  const auto make = [&](std::uint64_t number) {
    return detail::request_of(
        {.subject = place_.subject(ref.sha256, std::to_string(number)), .data = chunk(number), .only_first = true});
  };
  OBSCURA_TRY_VOID(exchange(chunks_of(ref), make, [&](std::uint64_t number, NatsMessage answer) -> Result<bool> {
    const auto published = detail::read_acknowledgement(answer);
    if (!published) return false;
    full = full || published->stored == Stored::kFull || published->stored == Stored::kOversized;
    done += chunk(number).size();
    if (progress && !full) progress(done, ref.size);
    return true;
  }));
  if (full) {
    return base::fail(ErrorCode::kLimit,
                      fmt::format("the NATS site has no room for {} in its stream {}", name_of(ref), place_.stream),
                      "remove blobs that nobody needs, or raise the limit of this stream");
  }
  return publish_meta(ref);
}

Result<std::optional<std::uint64_t>> Blobs::stored_size(const BlobRef& ref, int looks) {
  for (int look = 1;; ++look) {
    OBSCURA_TRY(const auto meta,
                detail::read_directly(*connection_, place_.stream, place_.subject(ref.sha256, "meta")));
    if (meta) {
      base::ByteReader reader(*meta, name_of(ref));
      const std::uint64_t size = reader.u64();
      if (reader.u64() != kMaxChunkBytes) reader.reject("its chunks have another size");
      OBSCURA_TRY_VOID(reader.finish());
      return size;
    }
    if (look == looks) return std::nullopt;
    std::this_thread::sleep_for(kPause);
  }
}

// Chunks come in any order and go out in theirs.
Result<void> Blobs::read(const BlobRef& ref, const Sink& sink) {
  OBSCURA_TRY(const auto size, stored_size(ref, kLooks));
  if (!size) return missing(ref);
  if (*size != ref.size) return altered(ref);
  artifact::Sha256 hash;
  std::map<std::uint64_t, NatsMessage> early;
  std::uint64_t next = 0;
  int not_found = 0;
  const std::string api = fmt::format("{}.DIRECT.GET.{}.", connection_->options().api_prefix, place_.stream);
  const auto make = [&](std::uint64_t number) {
    return NatsRequest{.subject = api + place_.subject(ref.sha256, std::to_string(number))};
  };
  OBSCURA_TRY_VOID(exchange(chunks_of(ref), make, [&](std::uint64_t number, NatsMessage answer) -> Result<bool> {
    if (answer.status() == "404" && ++not_found > kLooks) return missing(ref);
    if (!answer.status().empty()) return false;
    early.emplace(number, std::move(answer));
    for (auto at = early.find(next); at != early.end(); at = early.find(++next)) {
      const auto data = at->second.data();
      if (data.size() != std::min(kMaxChunkBytes, ref.size - next * kMaxChunkBytes)) return altered(ref);
      hash.update(data);
      OBSCURA_TRY_VOID(sink(data));
      early.erase(at);
    }
    return true;
  }));
  if (hash.finish() != ref.sha256) return altered(ref);
  return {};
}

Result<std::vector<std::uint8_t>> Blobs::get(const BlobRef& ref, std::uint64_t max_bytes) {
  if (ref.size > max_bytes) {
    return base::fail(ErrorCode::kLimit,
                      fmt::format("{} has {} bytes, more than the limit of {}", name_of(ref), ref.size, max_bytes),
                      "raise the limit if there is memory for it");
  }
  std::vector<std::uint8_t> bytes;
  OBSCURA_TRY_VOID(read(ref, [&](std::span<const std::uint8_t> chunk) -> Result<void> {
    if (bytes.empty()) bytes.reserve(ref.size);  // it is there, as far as the site can be believed
    bytes.insert(bytes.end(), chunk.begin(), chunk.end());
    return {};
  }));
  return bytes;
}

Result<void> Blobs::download(const BlobRef& ref, const std::string& path, const BlobProgress& progress) {
  OBSCURA_TRY(base::AtomicFile file, base::AtomicFile::create(path, base::kPublicMode));
  std::uint64_t done = 0;
  OBSCURA_TRY_VOID(read(ref, [&](std::span<const std::uint8_t> chunk) -> Result<void> {
    OBSCURA_TRY_VOID(file.write(chunk));
    done += chunk.size();
    if (progress) progress(done, ref.size);
    return {};
  }));
  return file.commit();
}

Result<bool> Blobs::has(const BlobRef& ref) {
  OBSCURA_TRY(const auto size, stored_size(ref, kLooks));
  return size == ref.size;
}

// The meta first: from then on the blob is not there, whatever of it is left.
Result<void> Blobs::remove(const BlobRef& ref) {
  for (const char* piece : {"meta", "*"}) {
    OBSCURA_TRY([[maybe_unused]] const auto purged,
                detail::call_api_or_fail(*connection_, fmt::format("STREAM.PURGE.{}", place_.stream),
                                         json::object({{"filter", place_.subject(ref.sha256, piece)}}).dump()));
  }
  return {};
}

}  // namespace

std::unique_ptr<BlobStore> NatsBlobs::open(std::shared_ptr<NatsConnection> connection) {
  return std::make_unique<Blobs>(std::move(connection), detail::model_place(), std::make_shared<std::uint64_t>(0));
}

}  // namespace obscura::deploy::net
