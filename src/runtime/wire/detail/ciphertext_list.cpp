#include "runtime/wire/detail/ciphertext_list.hpp"

#include <fmt/format.h>

#include <utility>

#include "plan/program/limits.hpp"
#include "plan/program/operation.hpp"
#include "plan/program/print.hpp"
#include "runtime/wire/digest_bytes.hpp"
#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/polynomial.hpp"
#include "runtime/wire/sections.hpp"

namespace obscura::runtime::wire::detail {

namespace {

using base::ErrorCode;
using fhe::ckks::Ciphertext;
using fhe::params::Level;
using fhe::params::Scale;

std::size_t place_of(const Places& places, std::size_t item) {
  return places.levels.size() == 1 ? 0 : item;
}

base::Result<void> check_form(const OpenFile& file, const Form& form) {
  if (file.ciphertexts != form.ciphertexts) {
    return base::fail(
        ErrorCode::kMismatch,
        fmt::format("{} holds {} ciphertexts where the plan has {}", *file.name, file.ciphertexts, form.ciphertexts),
        form.hint);
  }
  for (std::size_t i = 0; i < form.places.size(); ++i) {
    const plan::program::Instruction& due = *form.places[i];
    const Level level = file.places->levels[i];
    const Scale& scale = file.places->scales[i];
    if (level == due.level && scale == due.scale) continue;
    return base::fail(
        ErrorCode::kMismatch,
        fmt::format("{} is at level {} and scale {} where the plan has level {} and scale {}", *file.name,
                    level.value(), plan::program::print(scale), due.level.value(), plan::program::print(due.scale)),
        form.hint);
  }
  return {};
}

base::Result<Ciphertext> read_ciphertext(const OpenFile& file, std::size_t item, const fhe::ring::RingContext& ring,
                                         const Form& form) {
  OBSCURA_TRY(const auto bytes, file.reader->section(item_section(item)));
  const std::size_t place = place_of(*file.places, item);
  const Level level = file.places->levels[place];
  const bool partial = plan::program::is_partial(form.places[place]->operation);
  const auto basis = partial ? ring.basis_qp(level) : ring.basis_q(level);
  const std::size_t half = packed_bytes(ring, basis);
  if (bytes.size() != 2 * half) {
    return base::fail(ErrorCode::kCorrupt, *file.name + ": a ciphertext has the wrong size", form.hint);
  }
  OBSCURA_TRY(auto c0, unpack(ring, basis, bytes.first(half), *file.name));
  OBSCURA_TRY(auto c1, unpack(ring, basis, bytes.last(half), *file.name));
  return Ciphertext(std::move(c0), std::move(c1), level, file.places->scales[place]);
}

}  // namespace

std::vector<const plan::program::Instruction*> input_places(const plan::program::Program& program) {
  std::vector<const plan::program::Instruction*> places(static_cast<std::size_t>(program.input_packing.ciphertexts));
  for (const plan::program::Instruction& instruction : program.instructions) {
    const auto* input = std::get_if<plan::program::Input>(&instruction.operation);
    if (input != nullptr) places[static_cast<std::size_t>(input->index)] = &instruction;
  }
  return places;
}

void put_provenance(base::ByteWriter& out, const Provenance& provenance) {
  out.bytes(provenance.plan.bytes);
  out.bytes(provenance.key.bytes);
  out.bytes(provenance.request.bytes);
}

Provenance get_provenance(base::ByteReader& in) {
  Provenance provenance;
  provenance.plan = read_digest(in);
  provenance.key = read_digest(in);
  provenance.request = read_digest(in);
  return provenance;
}

void put_images(base::ByteWriter& out, const Provenance& provenance) {
  if (provenance.images != 0) out.u32(provenance.images);
}

void get_images(base::ByteReader& in, Provenance& provenance) {
  if (!in.ok() || in.remaining() == 0) return;
  provenance.images = in.u32();
  if (provenance.images < 1 || provenance.images >= static_cast<std::uint32_t>(plan::program::kMaxImages)) {
    in.reject("a number of images that no request has");
  }
}

base::Result<std::size_t> get_count(base::ByteReader& in, std::size_t most, const std::string& name,
                                    const std::string& hint) {
  const std::size_t count = in.u32();
  OBSCURA_TRY_VOID(in.status());
  if (count >= 1 && count <= most) return count;
  return base::fail(ErrorCode::kLimit, fmt::format("{}: holds {} ciphertexts; 1 to {} are allowed", name, count, most),
                    hint);
}

void put_place(base::ByteWriter& out, const Ciphertext& ciphertext) {
  const Scale& scale = ciphertext.scale();
  out.u8(static_cast<std::uint8_t>(ciphertext.level().value()));
  out.u64(static_cast<std::uint64_t>(scale.exponent_of_two()));
  out.u8(static_cast<std::uint8_t>(scale.prime_exponents().size()));
  for (const auto exponent : scale.prime_exponents()) out.u64(static_cast<std::uint64_t>(exponent));
}

base::Result<void> get_place(base::ByteReader& in, Places& places) {
  places.levels.emplace_back(in.u8());
  const auto two = static_cast<std::int64_t>(in.u64());
  std::vector<std::int64_t> primes(in.u8());
  for (auto& exponent : primes) exponent = static_cast<std::int64_t>(in.u64());
  if (!primes.empty() && primes.back() == 0) in.reject("a scale is not in its shortest form");
  OBSCURA_TRY_VOID(in.status());
  OBSCURA_TRY(auto scale, Scale::from_exponents(two, std::move(primes)));
  places.scales.push_back(std::move(scale));
  return {};
}

void add_ciphertexts(artifact::ContainerWriter& file, const fhe::ring::RingContext& ring,
                     std::span<const Ciphertext> ciphertexts) {
  for (std::size_t i = 0; i < ciphertexts.size(); ++i) {
    std::vector<std::uint8_t> item;
    item.reserve(2 * packed_bytes(ring, ciphertexts[i].c0().basis()));
    append_packed(ring, ciphertexts[i].c0(), item);
    append_packed(ring, ciphertexts[i].c1(), item);
    file.add(item_section(i), std::move(item));
  }
}

base::Result<void> check_origin(const OpenFile& file, const Expected& expected, const Form& form) {
  const artifact::Header& header = file.reader->header();
  if (header.params != expected.params || header.insecure() != expected.program->insecure) {
    return base::fail(ErrorCode::kMismatch, *file.name + " was made with other parameters than the plan's", form.hint);
  }
  OBSCURA_TRY_VOID(check_same(file.provenance->plan, expected.plan, "plan", *file.name));
  return check_same(file.provenance->key, expected.key, "key", *file.name);
}

base::Result<std::vector<Ciphertext>> read_ciphertexts(const OpenFile& file, const fhe::ring::RingContext& ring,
                                                       const Form& form) {
  OBSCURA_TRY_VOID(check_form(file, form));
  OBSCURA_TRY_VOID(check_sections(file.reader->sections().size(), form.ciphertexts + 1, *file.name));
  std::vector<Ciphertext> ciphertexts;
  for (std::size_t i = 0; i < form.ciphertexts; ++i) {
    OBSCURA_TRY(auto ciphertext, read_ciphertext(file, i, ring, form));
    ciphertexts.push_back(std::move(ciphertext));
  }
  return ciphertexts;
}

}  // namespace obscura::runtime::wire::detail
