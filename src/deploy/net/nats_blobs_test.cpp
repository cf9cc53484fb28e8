#include "deploy/net/nats_blobs.hpp"

#include <gtest/gtest.h>
#include <nats/nats.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "deploy/net/testing/nats_place.hpp"
#include "deploy/net/testing/pipeline.hpp"

namespace obscura::deploy::net::testing {
namespace {

// Answers as the stream MODEL would, for one blob, but for the first request for its first chunk, which it loses.
class ForgetfulStream {
 public:
  ForgetfulStream(const std::string& url, const BlobRef& ref, Bytes bytes) : bytes_(std::move(bytes)) {
    const std::string chunks = "$JS.API.DIRECT.GET.MODEL.obscura.model." + ref.sha256.hex() + ".*";
    OBSCURA_CHECK(
        natsConnection_ConnectTo(&connection_, url.c_str()) == NATS_OK &&
            natsConnection_Subscribe(&subscription_, connection_, chunks.c_str(), on_request, this) == NATS_OK &&
            natsConnection_Flush(connection_) == NATS_OK,
        "the forgetful stream cannot begin");
  }
  // Nobody may ask any more: the library calls on_request from a thread of its own.
  ~ForgetfulStream() {
    natsSubscription_Destroy(subscription_);
    natsConnection_Destroy(connection_);
  }
  ForgetfulStream(const ForgetfulStream&) = delete;
  ForgetfulStream& operator=(const ForgetfulStream&) = delete;

  /// The furthest chunk that was asked for before the first one was asked for again.
  [[nodiscard]] std::uint64_t furthest_ahead() {
    const std::lock_guard lock(mutex_);
    return furthest_ahead_;
  }

 private:
  static void on_request(natsConnection*, natsSubscription*, natsMsg* message, void* self) {
    static_cast<ForgetfulStream*>(self)->answer(natsMsg_GetSubject(message), natsMsg_GetReply(message));
    natsMsg_Destroy(message);
  }
  void answer(const std::string& subject, const char* reply) {
    const std::string piece = subject.substr(subject.rfind('.') + 1);
    if (piece == "meta") {
      base::ByteWriter writer;
      writer.u64(bytes_.size());
      writer.u64(kMaxChunkBytes);
      const auto meta = writer.take();
      (void)natsConnection_Publish(connection_, reply, meta.data(), static_cast<int>(meta.size()));
      return;
    }
    const std::uint64_t number = std::strtoull(piece.c_str(), nullptr, 10);
    {
      const std::lock_guard lock(mutex_);
      const bool again = !asked_.insert(number).second;
      if (number == 0 && !again) return;
      first_came_ = first_came_ || number == 0;
      if (!first_came_) furthest_ahead_ = std::max(furthest_ahead_, number);
    }
    const std::uint64_t begin = number * kMaxChunkBytes;
    const std::uint64_t size = std::min<std::uint64_t>(kMaxChunkBytes, bytes_.size() - begin);
    (void)natsConnection_Publish(connection_, reply, bytes_.data() + begin, static_cast<int>(size));
  }

  Bytes bytes_;
  natsConnection* connection_ = nullptr;
  natsSubscription* subscription_ = nullptr;
  std::mutex mutex_;
  std::set<std::uint64_t> asked_;
  bool first_came_ = false;
  std::uint64_t furthest_ahead_ = 0;
};

// Chunks that came early wait in memory for the one that is missing: four windows of six at most.
TEST(NatsBlobs, HoldsFewChunksWhileOneIsMissing) {
  LoopbackServer server;
  Bytes bytes(40 * kMaxChunkBytes);
  for (std::size_t i = 0; i < bytes.size(); i += 1000) bytes[i] = static_cast<std::uint8_t>(i * 2654435761u >> 13);
  const BlobRef ref = BlobRef::of(bytes);
  ForgetfulStream stream(server.url(), ref, bytes);
  const auto blobs = NatsBlobs::open(server.connect());
  EXPECT_TRUE(blobs->get(ref, ref.size).value() == bytes);
  EXPECT_LT(stream.furthest_ahead(), 24u);
  EXPECT_GE(stream.furthest_ahead(), 6u) << "it waited for each chunk";
}

}  // namespace
}  // namespace obscura::deploy::net::testing
