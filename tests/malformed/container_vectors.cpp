#include "tests/malformed/vectors.hpp"

/// What every file has: header, signature block, section table (docs/formats.md).
namespace obscura::fuzz {
namespace {

constexpr std::size_t kTableAt = 128;
constexpr std::size_t kFirstEntry = kTableAt + 8;
constexpr std::size_t kEntryBytes = 56;

/// The specification with a number changed and no digest made good.
Vector as_is(const std::string& name, std::size_t at, std::uint64_t value, std::size_t width,
             const std::string& words) {
  return {name, "spec",
          [=](Workshop& workshop) { return with_number(good(workshop, "spec", "whole"), at, value, width); }, words};
}

/// The same with every digest made good.
Vector repaired(const std::string& name, std::size_t at, std::uint64_t value, std::size_t width,
                const std::string& words) {
  return {name, "spec",
          [=](Workshop& workshop) {
            Bytes file = with_number(good(workshop, "spec", "whole"), at, value, width);
            repair(file, workshop.signer());
            return file;
          },
          words};
}

Vector cut_to(const std::string& name, std::size_t bytes, const std::string& words) {
  return {name, "spec",
          [=](Workshop& workshop) {
            Bytes file = good(workshop, "spec", "whole");
            file.resize(bytes);
            return file;
          },
          words};
}

Vectors headers() {
  return {cut_to("an empty file", 0, "fewer than the 128 of a header"),
          cut_to("a file that ends within its header", 127, "fewer than the 128 of a header"),
          cut_to("a file that ends behind its header", 128, "its header says"),
          as_is("a file with another magic", 0, 'X', 1, "is not an Obscura file"),
          as_is("a file of version 0", 8, 0, 2, "has format version 0"),
          as_is("a file of the next version", 8, 2, 2, "has format version 2"),
          as_is("a file of another kind", 10, 9, 2, "is an encrypted input, but a model specification is needed here"),
          as_is("a file of no known kind", 10, 77, 2, "an unknown kind of file (77)"),
          as_is("a file with a flag that means nothing", 12, 5, 4, "unknown flags"),
          as_is("a file that says it is signed and is not", 12, 3, 4, "signature"),
          as_is("a file whose header states another length", 16, 1, 8, "its header says 1"),
          as_is("a file with reserved bytes that are not zero", 64, 1, 1, "reserved bytes that are not zero"),
          as_is("a file whose parameters were exchanged", 24, 1, 1, "do not match their digest"),
          as_is("a file with a section table beyond its end", 56, 0xffff'ffff, 8, "is larger than the file"),
          as_is("a file with a section table of 2^64 - 1 bytes", 56, ~std::uint64_t{0}, 8, "is larger than the file"),
          as_is("a file whose front digest was changed", 96, 1, 1, "do not match their digest")};
}

Vectors tables() {
  return {
      repaired("a table of no section", kTableAt, 0, 4, "the last section does not end the file"),
      repaired("a table of one section too few", kTableAt, 1, 4, "the last section does not end the file"),
      repaired("a table with reserved bytes that are not zero", kTableAt + 4, 1, 4, "reserved bytes that are not zero"),
      repaired("a section with reserved bytes that are not zero", kFirstEntry + 4, 1, 4,
               "reserved bytes that are not zero"),
      repaired("a section that does not stand on its line", kFirstEntry + 8, 257, 8, "does not stand where it must"),
      repaired("a section at the very end of 64 bits", kFirstEntry + 8, ~std::uint64_t{63}, 8,
               "does not stand where it must"),
      repaired("a section longer than the file", kFirstEntry + 16, 0xffff'ffff, 8, "does not stand where it must"),
      repaired("a section of 2^64 - 1 bytes", kFirstEntry + 16, ~std::uint64_t{0}, 8, "does not stand where it must"),
      repaired("a section that stands there twice", kFirstEntry + kEntryBytes, 1, 4, "stands there twice"),
      repaired("a section under another number", kFirstEntry + kEntryBytes, 9, 4, "has no section 3"),
      as_is("a section with a byte changed", 300, 0xee, 1, "does not match its digest"),
      {"a file with a byte behind its last section", "spec",
       [](Workshop& workshop) {
         Bytes file = good(workshop, "spec", "whole");
         file.push_back(0);
         repair(file, workshop.signer());
         return file;
       },
       "the last section does not end the file"},
      {"a file with a section that nobody asked for", "spec",
       [](Workshop& workshop) {
         return with_pieces(workshop, good(workshop, "spec", "whole"),
                            [](Pieces& pieces) { pieces.sections.emplace_back(9, Bytes{1}); });
       },
       "3 sections"},
      {"padding between sections that is not zero", "spec",
       [](Workshop& workshop) {
         Bytes file = good(workshop, "spec", "whole");
         file[255] = 1;  // behind the table, before the first section
         repair(file, workshop.signer());
         return file;
       },
       "padding that is not zero"}};
}

}  // namespace

Vectors container_vectors() {
  Vectors all = headers();
  for (Vector& vector : tables()) all.push_back(std::move(vector));
  return all;
}

}  // namespace obscura::fuzz
