#include "fuzz/damage.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <utility>

#include "artifact/digest.hpp"
#include "deploy/net/message.hpp"
#include "fuzz/container_pieces.hpp"

namespace obscura::fuzz {
namespace {

namespace net = deploy::net;

constexpr std::size_t kDigestBytes = 32;
constexpr std::size_t kPngFront = 8;
constexpr std::size_t kPngChunk = 12;  // length, type and checksum

bool begins_with(std::span<const std::uint8_t> bytes, std::string_view text) {
  return bytes.size() >= text.size() && std::equal(text.begin(), text.end(), bytes.begin(), [](char c, std::uint8_t b) {
           return static_cast<std::uint8_t>(c) == b;
         });
}
bool is_kept(std::span<const std::uint8_t> bytes) {
  return begins_with(bytes, "OBST") || begins_with(bytes, "OBSY");
}
bool is_png(std::span<const std::uint8_t> bytes) {
  return begins_with(bytes, "\x89PNG");
}

std::size_t pick(std::size_t count, std::mt19937_64& random) {
  return count == 0 ? 0 : static_cast<std::size_t>(random() % count);
}

/// A range of at most 16 bytes, mostly, within `size`.
std::pair<std::size_t, std::size_t> range_in(std::size_t size, std::mt19937_64& random) {
  const std::size_t begin = pick(size, random);
  const std::size_t most = random() % 8 == 0 ? size - begin : std::min<std::size_t>(16, size - begin);
  return {begin, most == 0 ? 0 : 1 + pick(most, random)};
}

void set_number(Bytes& bytes, std::mt19937_64& random) {
  const std::size_t width = std::size_t{1} << pick(4, random);
  if (bytes.size() < width) return;
  const std::size_t at = pick(bytes.size() - width + 1, random);
  std::uint64_t old = 0;
  for (std::size_t i = 0; i < width; ++i) old |= std::uint64_t{bytes[at + i]} << (8 * i);
  const std::array<std::uint64_t, 10> edges = {
      0,           1,           old + 1,      old - 1,  2 * old,
      0x7fff'ffff, 0xffff'ffff, bytes.size(), random(), std::numeric_limits<std::uint64_t>::max()};
  const std::uint64_t value = edges[pick(edges.size(), random)];
  for (std::size_t i = 0; i < width; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

void insert_range(Bytes& bytes, std::span<const std::uint8_t> from, std::mt19937_64& random) {
  if (from.empty()) return;
  const auto [begin, count] = range_in(from.size(), random);
  const Bytes range(from.begin() + static_cast<std::ptrdiff_t>(begin),
                    from.begin() + static_cast<std::ptrdiff_t>(begin + count));
  const auto at = static_cast<std::ptrdiff_t>(pick(bytes.size() + 1, random));
  bytes.insert(bytes.begin() + at, range.begin(), range.end());
}

void overwrite_range(Bytes& bytes, std::span<const std::uint8_t> from, std::mt19937_64& random) {
  if (from.empty() || bytes.empty()) return;
  const auto [begin, count] = range_in(from.size(), random);
  const std::size_t at = pick(bytes.size(), random);
  const std::size_t fits = std::min(count, bytes.size() - at);
  std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(begin), fits, bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

void remove_range(Bytes& bytes, std::mt19937_64& random) {
  if (bytes.empty()) return;
  const auto [begin, count] = range_in(bytes.size(), random);
  const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(begin);
  bytes.erase(at, at + static_cast<std::ptrdiff_t>(count));
}

void change_container(Bytes& bytes, Pieces pieces, const Change& change, const Workshop& workshop,
                      std::mt19937_64& random) {
  if (pieces.sections.empty()) return;
  // Short sections hold the structure and are as likely as all long ones, of residues, together.
  constexpr std::uint32_t kFirstItem = 64;
  std::vector<Bytes*> chosen;
  const bool items = random() % 4 == 0;
  for (auto& [id, section] : pieces.sections) {
    if ((id >= kFirstItem) == items) chosen.push_back(&section);
  }
  if (chosen.empty()) chosen.push_back(&pieces.sections.front().second);
  change(*chosen[pick(chosen.size(), random)]);
  if (random() % 16 == 0) change(pieces.sections[pick(pieces.sections.size(), random)].second);
  if (random() % 32 == 0) std::swap(pieces.sections.front(), pieces.sections[pick(pieces.sections.size(), random)]);
  if (random() % 64 == 0) pieces.sections.pop_back();
  make_consistent(pieces);
  bytes = put_together(pieces, workshop.signer());
}

/// Each statement by who would have signed it.
void change_message(Bytes& bytes, net::Message message, const Change& change, const Workshop& workshop,
                    std::mt19937_64& random) {
  const std::size_t statements = message.receipts.size() + (message.job ? 1 : 0);
  const std::size_t chosen = pick(statements + 1, random);
  if (chosen == statements) {
    if (message.attachments.empty()) return;
    change(message.attachments[pick(message.attachments.size(), random)]);
  } else {
    net::SignedStatement& statement = chosen < message.receipts.size() ? message.receipts[chosen] : *message.job;
    change(statement.body);
    statement.body.resize(std::min(statement.body.size(), net::kMaxStatementBytes));
  }
  if (message.job) {
    *message.job = net::sign_statement("obscura job", message.job->body, workshop.cast().submitter);
  }
  for (net::SignedStatement& receipt : message.receipts) {
    receipt = net::sign_statement("obscura receipt", receipt.body, workshop.cast().worker);
  }
  if (auto again = net::encode(message)) bytes = std::move(*again);
}

void seal_kept(Bytes& bytes) {
  if (bytes.size() < kDigestBytes) return;
  const std::size_t body = bytes.size() - kDigestBytes;
  const artifact::Digest digest = artifact::sha256(std::span(bytes).first(body));
  std::copy(digest.bytes.begin(), digest.bytes.end(), bytes.begin() + static_cast<std::ptrdiff_t>(body));
}

void change_kept(Bytes& bytes, const Change& change) {
  bytes.resize(bytes.size() - std::min(bytes.size(), kDigestBytes));
  change(bytes);
  bytes.resize(bytes.size() + kDigestBytes);
  seal_kept(bytes);
}

/// The checksum of every chunk that can be found.
void check_png(Bytes& bytes) {
  std::size_t at = kPngFront;
  while (bytes.size() >= at && bytes.size() - at >= kPngChunk) {
    const std::size_t length = std::size_t{bytes[at]} << 24 | std::size_t{bytes[at + 1]} << 16 |
                               std::size_t{bytes[at + 2]} << 8 | bytes[at + 3];
    if (length > bytes.size() - at - kPngChunk) return;
    const auto sum = ::crc32(0, bytes.data() + at + 4, static_cast<uInt>(4 + length));
    for (std::size_t i = 0; i < 4; ++i) {
      bytes[at + 8 + length + i] = static_cast<std::uint8_t>(sum >> (24 - 8 * i));
    }
    at += kPngChunk + length;
  }
}

}  // namespace

void damage(Bytes& bytes, std::span<const std::uint8_t> other, std::mt19937_64& random) {
  switch (random() % 10) {
    case 0:
      if (!bytes.empty()) bytes[pick(bytes.size(), random)] = static_cast<std::uint8_t>(random());
      return;
    case 1:
    case 2:
      return set_number(bytes, random);
    case 3:
      return remove_range(bytes, random);
    case 4:
      return insert_range(bytes, bytes, random);
    case 5:
      return insert_range(bytes, other, random);
    case 6:
      return overwrite_range(bytes, random() % 2 == 0 ? std::span<const std::uint8_t>(bytes) : other, random);
    case 7:
      return bytes.resize(pick(bytes.size() + 1, random));
    case 8:
      return bytes.resize(bytes.size() + 1 + pick(32, random));
    default:
      if (!bytes.empty()) bytes[pick(bytes.size(), random)] ^= static_cast<std::uint8_t>(1U << pick(8, random));
  }
}

void change_below_digests(Bytes& bytes, const Change& change, const Workshop& workshop, std::mt19937_64& random) {
  if (auto pieces = take_apart(bytes); pieces && begins_with(bytes, "OBSCURA")) {
    return change_container(bytes, std::move(*pieces), change, workshop, random);
  }
  if (auto message = net::decode(bytes, "message")) {
    return change_message(bytes, std::move(*message), change, workshop, random);
  }
  if (is_kept(bytes)) return change_kept(bytes, change);
  change(bytes);
  if (is_png(bytes)) check_png(bytes);
}

void make_digests_good(Bytes& bytes, const Workshop& workshop) {
  if (begins_with(bytes, "OBSCURA")) return repair(bytes, workshop.signer());
  if (is_kept(bytes)) return seal_kept(bytes);
  if (is_png(bytes)) check_png(bytes);
}

}  // namespace obscura::fuzz
