#include <algorithm>

#include "fhe/params/scale.hpp"
#include "runtime/wire/request_file.hpp"
#include "tests/malformed/vectors.hpp"

/// Requests, results, and what stages and shards hand on.
namespace obscura::fuzz {
namespace {

// Section kInfo: plan, key and request digests; then, in a request or a result, u32 number, u8 level, i64 exponent.
constexpr std::size_t kRequestAt = 64;
constexpr std::size_t kCountAt = 96;
constexpr std::size_t kLevelAt = 100;
constexpr std::size_t kTwoAt = 101;
constexpr std::size_t kPrimesAt = 109;
// In an intermediate and a part: sealing, u32 stage, u32 stages behind the digests; in a part then u32 shard and
// shards.
constexpr std::size_t kSealingAt = 96;
constexpr std::size_t kStageAt = 128;
constexpr std::size_t kStagesAt = 132;
constexpr std::size_t kShardAt = 136;
constexpr std::size_t kShardsAt = 140;

Vector info(const std::string& name, const std::string& format, const std::string& file,
            const std::function<void(Bytes&)>& change, const std::string& words) {
  return {name, format,
          [=](Workshop& workshop) { return with_section(workshop, good(workshop, format, file), 2, change); }, words};
}
Vector request(const std::string& name, const std::function<void(Bytes&)>& change, const std::string& words) {
  return info(name, "ciphertext", "request", change, words);
}
Vector residues(const std::string& name, const std::function<void(Bytes&)>& change, const std::string& words) {
  return {
      name, "ciphertext",
      [=](Workshop& workshop) { return with_section(workshop, good(workshop, "ciphertext", "request"), 64, change); },
      words};
}

Vectors of_requests() {
  return {
      request(
          "a ciphertext of another plan", [](Bytes& b) { b[0] ^= 1; }, "was made for another plan"),
      request(
          "a ciphertext of another key", [](Bytes& b) { b[32] ^= 1; }, "was made for another key"),
      request(
          "a request that names a request", [](Bytes& b) { b[kRequestAt] = 1; }, "a request that answers another"),
      request(
          "a request of no ciphertext", [](Bytes& b) { b = with_number(b, kCountAt, 0, 4); }, "holds 0 ciphertexts"),
      request(
          "a request of 2^32 - 1 ciphertexts", [](Bytes& b) { b = with_number(b, kCountAt, 0xffff'ffff, 4); },
          "1 to 256 are allowed"),
      request(
          "a request of a ciphertext too few", [](Bytes& b) { b = with_number(b, kCountAt, 1, 4); },
          "holds 1 ciphertexts where the plan has 2"),
      request(
          "a ciphertext whose level exceeds the modulus chain", [](Bytes& b) { b[kLevelAt] = 4; }, "is at level 4"),
      request(
          "a ciphertext at level 255", [](Bytes& b) { b[kLevelAt] = 255; }, "is at level 255"),
      request(
          "a ciphertext at a lower level", [](Bytes& b) { b[kLevelAt] = 1; }, "is at level 1")};
}

Vectors of_scales() {
  return {request(
              "a ciphertext at another scale", [](Bytes& b) { b[kTwoAt] = 31; }, "and scale 2^31"),
          request(
              "a ciphertext with a scale of 2^4097", [](Bytes& b) { b = with_number(b, kTwoAt, 4097, 8); },
              "outside -4096..4096"),
          request(
              "a ciphertext with a scale of 2^-2^63",
              [](Bytes& b) { b = with_number(b, kTwoAt, std::uint64_t{1} << 63, 8); }, "outside -4096..4096"),
          request(
              "a ciphertext with a scale of 255 primes", [](Bytes& b) { b[kPrimesAt] = 255; }, "bytes are needed"),
          request(
              "a ciphertext with a scale of 65 primes",
              [](Bytes& b) {
                b[kPrimesAt] = 65;
                b.resize(b.size() + std::size_t{65} * 8, 1);
              },
              "a scale names 65 primes"),
          request(
              "a ciphertext with a scale that is not in its shortest form",
              [](Bytes& b) {
                b[kPrimesAt] = 1;
                b.resize(b.size() + 8);
              },
              "not in its shortest form"),
          request(
              "a request of no image",
              [](Bytes& b) {
                b.insert(b.end(), {0, 0, 0, 0});
              },
              "a number of images"),
          request(
              "a request of 1024 images",
              [](Bytes& b) {
                b.insert(b.end(), {0, 4, 0, 0});
              },
              "a number of images"),
          request(
              "a request with a byte behind its end", [](Bytes& b) { b.push_back(0); }, "bytes are needed"),
          request(
              "a request with its digests cut short", [](Bytes& b) { b.resize(40); }, "bytes are needed")};
}

Vectors of_residues() {
  return {
      residues(
          "a ciphertext of a byte too few", [](Bytes& b) { b.pop_back(); }, "a ciphertext has the wrong size"),
      residues(
          "a ciphertext of no byte", [](Bytes& b) { b.clear(); }, "a ciphertext has the wrong size"),
      residues(
          "a ciphertext with a residue that is none", [](Bytes& b) { std::fill_n(b.begin(), 6, std::uint8_t{0xff}); },
          "a residue is not below its prime"),
      residues(
          "a transparent ciphertext",
          [](Bytes& b) { std::fill(b.begin() + static_cast<std::ptrdiff_t>(b.size() / 2), b.end(), std::uint8_t{0}); },
          "a polynomial is zero"),
      {"a request with a ciphertext that it does not count", "ciphertext",
       [](Workshop& workshop) {
         return with_pieces(workshop, good(workshop, "ciphertext", "request"),
                            [](Pieces& pieces) { pieces.sections.emplace_back(66, pieces.sections.back().second); });
       },
       "4 sections where 3 are due"},
      {"a request with a ciphertext under another number", "ciphertext",
       [](Workshop& workshop) {
         return with_pieces(workshop, good(workshop, "ciphertext", "request"),
                            [](Pieces& pieces) { pieces.sections.back().first = 66; });
       },
       "has no section 65"},
      {"a request made with other parameters", "ciphertext",
       [](Workshop& workshop) {
         return with_pieces(workshop, good(workshop, "ciphertext", "request"),
                            [](Pieces& pieces) { pieces.params.bytes[5] ^= 1; });
       },
       "was made with other parameters"},
      {"a request that hides that it is insecure", "ciphertext",
       [](Workshop& workshop) {
         return with_pieces(workshop, good(workshop, "ciphertext", "request"),
                            [](Pieces& pieces) { pieces.flags = 0; });
       },
       "was made with other parameters"},
      {"a result in place of a request", "ciphertext",
       [](Workshop& workshop) { return good(workshop, "result", "whole"); }, "is an encrypted result"}};
}

Vectors of_results() {
  const auto result = [](const std::string& name, const std::function<void(Bytes&)>& change, const std::string& words) {
    return info(name, "result", "whole", change, words);
  };
  return {result(
              "a result of another key", [](Bytes& b) { b[32] ^= 1; }, "was made for another key"),
          result(
              "a result of two ciphertexts that holds one", [](Bytes& b) { b = with_number(b, kCountAt, 2, 4); },
              "bytes are needed"),
          result(
              "a result of 257 ciphertexts", [](Bytes& b) { b = with_number(b, kCountAt, 257, 4); },
              "1 to 256 are allowed"),
          result(
              "a result at another level", [](Bytes& b) { b[kLevelAt] = 3; }, "is at level 3"),
          result(
              "a result of more images than the plan holds",
              [](Bytes& b) {
                b.insert(b.end(), {1, 0, 0, 0});
              },
              "answers a request of 1 images"),
          {"a request in place of a result", "result",
           [](Workshop& workshop) { return good(workshop, "ciphertext", "request"); }, "is an encrypted input"}};
}

Vectors between_stages() {
  const auto of = [](const std::string& file) {
    return [=](const std::string& name, std::size_t at, std::uint32_t value, const std::string& words) {
      return info(
          name, "ciphertext", file, [=](Bytes& b) { b = with_number(b, at, value, 4); }, words);
    };
  };
  const auto stage = of("intermediate");
  const auto part = of("part1");
  return {stage("what another sealing hands on", kSealingAt, 0, "was made for another sealing"),
          stage("what stage 0 hands on", kStageAt, 0, "a stage that hands nothing on"),
          stage("what the last stage hands on", kStageAt, 3, "a stage that hands nothing on"),
          stage("what a later stage hands on", kStageAt, 2, "was made by stage 2 of 3"),
          stage("what a stage of 65 hands on", kStagesAt, 65, "a stage that hands nothing on"),
          stage("what a stage of another cut hands on", kStagesAt, 4, "was made by stage 1 of 4"),
          part("a part of another sealing", kSealingAt, 0, "was made for another sealing"),
          part("a part of stage 0", kStageAt, 0, "a shard that there is not"),
          part("a part of shard 0", kShardAt, 0, "a shard that there is not"),
          part("a part of shard 3 of 2", kShardAt, 3, "a shard that there is not"),
          part("a part of 65 shards", kShardsAt, 65, "a shard that there is not"),
          part("a part of one shard", kShardsAt, 1, "a shard that there is not"),
          part("a part of another split", kShardsAt, 3, "was made by shard 1 of 3"),
          part("a part of another stage", kStageAt, 1, "of stage 1 of 3")};
}

}  // namespace

Vectors ciphertext_vectors() {
  Vectors all;
  for (const Vectors& some : {of_requests(), of_scales(), of_residues(), of_results(), between_stages()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

}  // namespace obscura::fuzz
