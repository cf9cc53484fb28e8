#include <algorithm>
#include <string_view>

#include "tests/malformed/vectors.hpp"

/// Secret, public and evaluation keys, and identities.
namespace obscura::fuzz {
namespace {

/// A section of a good file of keys changed, digests made good.
Vector section(const std::string& name, const std::string& format, const std::string& file, std::uint32_t id,
               const std::function<void(Bytes&)>& change, const std::string& words) {
  return {name, format,
          [=](Workshop& workshop) { return with_section(workshop, good(workshop, format, file), id, change); }, words};
}

/// An unprotected secret key with its content changed, in the second version, which has a cap of releases.
Vector capped(const std::string& name, const std::function<void(Bytes&)>& change, const std::string& words) {
  return {name, "key",
          [=](Workshop& workshop) {
            return with_pieces(workshop, good(workshop, "key", "secret"), [&](Pieces& pieces) {
              pieces.version = 2;
              change(*pieces.section(3));
            });
          },
          words};
}

Vectors of_secret_keys() {
  const auto in_front = [](const std::string& name, std::size_t at, std::uint8_t value, const std::string& words) {
    return section(
        name, "key", "secret_protected", 2, [=](Bytes& front) { front[at] = value; }, words);
  };
  return {in_front("a secret key under an unknown protection", 0, 2, "the kind of protection is unknown"),
          in_front("a secret key with reserved bytes that are not zero", 4, 1, "the kind of protection is unknown"),
          in_front("a secret key that costs 17 passes", 8, 17, "cost of deriving the key"),
          in_front("a secret key that costs no pass", 8, 0, "cost of deriving the key"),
          in_front("a secret key that costs 2^57 bytes", 23, 1, "cost of deriving the key"),
          in_front("a secret key with another salt", 24, 0, "the passphrase for x.key is wrong"),
          in_front("a secret key for another specification", 64, 0, "the passphrase for x.key is wrong"),
          section(
              "a secret key with a front cut short", "key", "secret", 2, [](Bytes& front) { front.pop_back(); },
              "bytes are needed"),
          section(
              "an unprotected secret key with a cost", "key", "secret", 2, [](Bytes& front) { front[8] = 1; },
              "is not protected, yet says how"),
          section(
              "a sealed content shorter than its tag", "key", "secret_protected", 3,
              [](Bytes& content) { content.resize(15); }, "too short to hold a sealed key"),
          section(
              "a sealed content with a bit flipped", "key", "secret_protected", 3,
              [](Bytes& content) { content[0] ^= 1; }, "the passphrase for x.key is wrong"),
          section(
              "a secret key of 31 bytes", "key", "secret", 3, [](Bytes& content) { content.resize(31); },
              "32 bytes are needed"),
          section(
              "a secret key with 65537 labels", "key", "secret", 3,
              [](Bytes& content) { content = with_number(content, 32, 65537, 4); }, "65537 entries"),
          section(
              "a secret key with a label of 1025 characters", "key", "secret", 3,
              [](Bytes& content) { content = with_number(content, 36, 1025, 4); }, "a text of 1025 characters"),
          section(
              "a secret key with a program cut short", "key", "secret", 1, [](Bytes& content) { content.pop_back(); },
              "bytes are needed"),
          capped(
              "a secret key of version 2 without a cap", [](Bytes&) {}, "8 bytes are needed"),
          capped(
              "a secret key with a cap of no releases", [](Bytes& content) { content.resize(content.size() + 8); },
              "a cap of no releases"),
          capped(
              "a secret key with a byte behind its cap", [](Bytes& content) { content.resize(content.size() + 9, 1); },
              "1 bytes"),
          {"a secret key without its content", "key",
           [](Workshop& workshop) {
             return with_pieces(workshop, good(workshop, "key", "secret"),
                                [](Pieces& pieces) { pieces.sections.pop_back(); });
           },
           "has no section 3"},
          {"a secret key whose header names other parameters", "key",
           [](Workshop& workshop) {
             return with_pieces(workshop, good(workshop, "key", "secret"),
                                [](Pieces& pieces) { pieces.params.bytes[0] ^= 1; });
           },
           "other parameters"}};
}

Vectors of_public_keys() {
  return {
      section(
          "a public key that is not the one it states", "key", "public", 2, [](Bytes& info) { info[40] ^= 1; },
          "not the one whose fingerprint it states"),
      section(
          "a public key with another half", "key", "public", 64, [](Bytes& half) { half[0] ^= 1; },
          "not the one whose fingerprint it states"),
      section(
          "a public key for requests above the chain", "key", "public", 1,
          [](Bytes& form) { form[form.size() - 4] = 9; }, "at level 9, the chain ends at level 3"),
      section(
          "a public key for requests at a scale that does not fit", "key", "public", 1,
          [](Bytes& form) { form = with_number(form, form.size() - 3, 300, 2); }, "the scale of requests does not fit"),
      section(
          "a public key for requests of one image that says so", "key", "public", 1,
          [](Bytes& form) {
            form.insert(form.end(), {1, 0, 0, 0});
          },
          "a number of images"),
      {"a public key of too few bytes", "key",
       [](Workshop& workshop) {
         return with_pieces(workshop, good(workshop, "key", "public"), [](Pieces& pieces) {
           pieces.section(64)->pop_back();
           make_consistent(pieces);
         });
       },
       "a polynomial of"},
      {"a public key of zeros", "key",
       [](Workshop& workshop) {
         return with_pieces(workshop, good(workshop, "key", "public"), [](Pieces& pieces) {
           std::ranges::fill(*pieces.section(64), std::uint8_t{0});
           make_consistent(pieces);
         });
       },
       "a polynomial is zero"},
      {"a public key with a residue that is none", "key",
       [](Workshop& workshop) {
         return with_pieces(workshop, good(workshop, "key", "public"), [](Pieces& pieces) {
           std::fill_n(pieces.section(64)->begin(), 6, std::uint8_t{0xff});
           make_consistent(pieces);
         });
       },
       "a residue is not below its prime"},
      {"a public key with a seed of 31 bytes", "key",
       [](Workshop& workshop) {
         return with_pieces(workshop, good(workshop, "key", "public"), [](Pieces& pieces) {
           pieces.section(4)->pop_back();
           make_consistent(pieces);
         });
       },
       "the seed does not have 32 bytes"}};
}

Vectors of_evaluation_keys() {
  constexpr std::size_t kCountAt = 64;
  constexpr std::size_t kFirst = kCountAt + 4;
  constexpr std::size_t kEntry = 38;
  const auto info = [](const std::string& name, const std::function<void(Bytes&)>& change, const std::string& words) {
    return section(name, "evaluation_keys", "whole", 2, change, words);
  };
  return {
      info(
          "evaluation keys of another plan", [](Bytes& b) { b[0] ^= 1; }, "was made for another plan"),
      info(
          "evaluation keys of another key", [](Bytes& b) { b[32] ^= 1; }, "was made for another key"),
      info(
          "evaluation keys that count too many", [](Bytes& b) { b = with_number(b, kCountAt, 0xffff'ffff, 4); },
          "entries where at most"),
      info(
          "evaluation keys of no known kind", [](Bytes& b) { b[kFirst] = 200; }, "unknown kind"),
      info(
          "evaluation keys above the chain", [](Bytes& b) { b[kFirst + 5] = 9; }, "beyond the chain"),
      info(
          "evaluation keys without one that is needed", [](Bytes& b) { b[kFirst + 1] = 0xff; }, "lacks the key for"),
      info(
          "evaluation keys at too low a level", [](Bytes& b) { b[kFirst + 5] = 0; }, "lacks the key for"),
      info(
          "evaluation keys of which one is listed twice",
          [](Bytes& b) { std::copy_n(b.begin() + kFirst + kEntry, kEntry, b.begin() + kFirst + 2 * kEntry); },
          "out of order"),
      section(
          "an evaluation key of too few bytes", "evaluation_keys", "whole", 64, [](Bytes& key) { key.pop_back(); },
          "a key has the wrong size"),
      section(
          "an evaluation key with a residue that is none", "evaluation_keys", "whole", 64,
          [](Bytes& key) { std::fill_n(key.begin(), 6, std::uint8_t{0xff}); }, "a residue is not below its prime"),
      section(
          "an evaluation key of zeros", "evaluation_keys", "whole", 64,
          [](Bytes& key) { std::ranges::fill(key, std::uint8_t{0}); }, "a polynomial is zero"),
      {"evaluation keys of which one is missing", "evaluation_keys",
       [](Workshop& workshop) {
         return with_pieces(workshop, good(workshop, "evaluation_keys", "whole"),
                            [](Pieces& pieces) { pieces.sections.pop_back(); });
       },
       "sections where"}};
}

Vectors of_identities() {
  return {section(
              "an identity of 31 bytes", "key", "identity_public", 1, [](Bytes& key) { key.pop_back(); },
              "holds no valid key and name"),
          section(
              "an identity with a name of 65 bytes", "key", "identity_public", 2,
              [](Bytes& name) { name.assign(65, 'x'); }, "holds no valid key and name"),
          section(
              "an identity with a name of two lines", "key", "identity_secret", 2, [](Bytes& name) { name[2] = '\n'; },
              "holds no valid key and name"),
          {"an identity of more than 4096 bytes", "key",
           [](Workshop& workshop) {
             return with_section(workshop, good(workshop, "key", "identity_public"), 2,
                                 [](Bytes& name) { name.assign(4096, 'x'); });
           },
           "4096"}};
}

}  // namespace

Vectors key_vectors() {
  Vectors all;
  for (const Vectors& some : {of_secret_keys(), of_public_keys(), of_evaluation_keys(), of_identities()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

}  // namespace obscura::fuzz
