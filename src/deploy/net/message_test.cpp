#include "deploy/net/message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "deploy/net/receipt.hpp"
#include "deploy/net/testing/pipeline.hpp"

namespace obscura::deploy::net::testing {
namespace {

using ::testing::SizeIs;

Receipt some_receipt() {
  return {.job = digest_of_text("job"),
          .key = {"tenant", "job", 1},
          .step = {2, kMergeShard},
          .status = Status::kFailed,
          .cause = "no luck",
          .attempt = 3,
          .inputs = digest_of_text("inputs"),
          .outputs = {BlobRef::of(Bytes{1, 2}), BlobRef::of(Bytes{3})},
          .figures = {.evaluate_us = 1234567, .peak_bytes = 1u << 31}};
}

Message some_message() {
  return {.job = sign_job(make_job("job", {1}, make_inputs("job"), Instant(Milliseconds(1))), key_of(1)),
          .receipts = {sign_receipt(some_receipt(), key_of(2)), sign_receipt(some_receipt(), key_of(3))},
          .attachments = {{1, 2, 3}, {}}};
}

TEST(Message, ComesOutAsItWentIn) {
  for (const bool with_job : {true, false}) {
    Message message = some_message();
    if (!with_job) message.job.reset();
    const Bytes bytes = encode(message).value();
    const Message got = decode(bytes, "m").value();
    ASSERT_EQ(got.job.has_value(), with_job);
    if (with_job) {
      EXPECT_EQ(open_job(*got.job).value().key.job, "job");
    }
    ASSERT_THAT(got.receipts, SizeIs(2));
    EXPECT_EQ(open_receipt(got.receipts[1]).value(), some_receipt());
    EXPECT_EQ(got.receipts[1].signer, key_of(3).verify_key());
    EXPECT_EQ(got.attachments, message.attachments);
    EXPECT_EQ(encode(got).value(), bytes);
  }
}

// The bytes of version 1, which other programs keep in their queues.
TEST(Message, KeepsItsBytes) {
  EXPECT_EQ(artifact::sha256(encode(some_message()).value()).hex(),
            "6dab75bca414bebf32471b46d37707360ebae33ce04e41d2e136bd857d7580b8");
}

TEST(Message, EveryTruncationIsRefused) {
  Bytes bytes = encode(some_message()).value();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(decode(std::span(bytes).first(size), "m").error().code, base::ErrorCode::kCorrupt) << size;
  }
  bytes.push_back(0);
  EXPECT_FALSE(decode(bytes, "m"));
}

// A flipped byte makes the message unreadable, or one of its statements unsigned, or an attachment another blob.
TEST(Message, EveryFlippedByteIsNoticed) {
  const Bytes bytes = encode(some_message()).value();
  const Message original = some_message();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes altered = bytes;
    altered[i] ^= 1;
    const auto message = decode(altered, "m");
    if (!message) continue;
    const bool same = message->job && open_job(*message->job) && message->receipts.size() == 2 &&
                      open_receipt(message->receipts[0]) && open_receipt(message->receipts[1]) &&
                      message->attachments == original.attachments;
    EXPECT_FALSE(same) << "byte " << i;
  }
}

TEST(Message, HoldsItsLimits) {
  Message message;
  EXPECT_TRUE(attach(message, Bytes(kMaxInlineBytes - 10)));
  EXPECT_FALSE(attach(message, Bytes(11)));
  EXPECT_TRUE(attach(message, Bytes(10)));
  EXPECT_TRUE(encode(message));
  message.receipts.assign(kMaxReceipts, SignedStatement{.body = Bytes(500), .signer = {}});
  EXPECT_EQ(encode(message).error().code, base::ErrorCode::kLimit);
  EXPECT_FALSE(decode(Bytes(kMaxMessageBytes + 1), "m"));
}

TEST(Message, FindsAnAttachmentByItsDigest) {
  const Message message = some_message();
  EXPECT_EQ(*find_attachment(message, BlobRef::of(Bytes{1, 2, 3})), (Bytes{1, 2, 3}));
  EXPECT_EQ(find_attachment(message, BlobRef::of(Bytes{1, 2, 4})), nullptr);
  EXPECT_NE(find_attachment(message, BlobRef::of({})), nullptr);
}

TEST(Receipt, ComesOutAsItWasSignedAndNotOtherwise) {
  const SignedStatement signed_receipt = sign_receipt(some_receipt(), key_of(2));
  EXPECT_EQ(open_receipt(signed_receipt).value(), some_receipt());
  for (std::size_t i = 0; i < signed_receipt.body.size(); ++i) {
    SignedStatement altered = signed_receipt;
    altered.body[i] ^= 0x80;
    EXPECT_EQ(open_receipt(altered).error().code, base::ErrorCode::kUntrusted) << "byte " << i;
    const SignedStatement cut =
        sign_statement("obscura receipt",
                       {signed_receipt.body.begin(), signed_receipt.body.begin() + static_cast<long>(i)}, key_of(2));
    EXPECT_EQ(open_receipt(cut).error().code, base::ErrorCode::kCorrupt) << i << " bytes";
  }
}

TEST(Receipt, CutsALongCause) {
  Receipt receipt = some_receipt();
  receipt.cause = std::string(kMaxCauseBytes + 1, 'x');
  EXPECT_EQ(open_receipt(sign_receipt(receipt, key_of(2))).value().cause.size(), kMaxCauseBytes);
}

}  // namespace
}  // namespace obscura::deploy::net::testing
