#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "artifact/container.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"
#include "fhe/ckks/context.hpp"
#include "plan/program/program.hpp"
#include "runtime/wire/request_file.hpp"

/// What files of ciphertexts share: requests, results, and what one stage hands to the next.
namespace obscura::runtime::wire::detail {

/// Where ciphertexts stand. [ciphertexts], or one for all.
struct Places {
  std::vector<fhe::params::Level> levels;
  std::vector<fhe::params::Scale> scales;
};

/// The digests.
void put_provenance(base::ByteWriter& out, const Provenance& provenance);
[[nodiscard]] Provenance get_provenance(base::ByteReader& in);

/// At the end of the section, only for a request that is not full: u32 number of images.
void put_images(base::ByteWriter& out, const Provenance& provenance);
void get_images(base::ByteReader& in, Provenance& provenance);

/// u32 number of ciphertexts, 1 to `most`. Errors: kCorrupt, kLimit.
[[nodiscard]] base::Result<std::size_t> get_count(base::ByteReader& in, std::size_t most, const std::string& name,
                                                  const std::string& hint);

/// u8 level, i64 exponent of two, u8 count, i64 exponent per prime. Errors: kCorrupt.
void put_place(base::ByteWriter& out, const fhe::ckks::Ciphertext& ciphertext);
[[nodiscard]] base::Result<void> get_place(base::ByteReader& in, Places& places);

/// c0 and c1 of each, packed, as items 0, 1, ...
void add_ciphertexts(artifact::ContainerWriter& file, const fhe::ring::RingContext& ring,
                     std::span<const fhe::ckks::Ciphertext> ciphertexts);

/// What a reader takes: so many ciphertexts, at the places of these instructions (one each, or one for all).
struct Form {
  std::size_t ciphertexts;
  std::vector<const plan::program::Instruction*> places;
  std::string hint;  ///< what to do about a file of another form
};

/// The places of a program's inputs, in the order of the ciphertexts that they take.
[[nodiscard]] std::vector<const plan::program::Instruction*> input_places(const plan::program::Program& program);

/// A file of ciphertexts whose container has been checked.
struct OpenFile {
  const artifact::ContainerReader* reader;
  const Provenance* provenance;
  std::size_t ciphertexts;
  const Places* places;
  const std::string* name;
};

/// That the file was made for these parameters, this plan and this key, in this order. Error: kMismatch.
[[nodiscard]] base::Result<void> check_origin(const OpenFile& file, const Expected& expected, const Form& form);

/// Checked in this order: count, level and scale, sections, residues. Errors: kMismatch, kCorrupt.
[[nodiscard]] base::Result<std::vector<fhe::ckks::Ciphertext>> read_ciphertexts(const OpenFile& file,
                                                                                const fhe::ring::RingContext& ring,
                                                                                const Form& form);

}  // namespace obscura::runtime::wire::detail
