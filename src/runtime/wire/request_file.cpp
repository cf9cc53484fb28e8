#include "runtime/wire/request_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "artifact/container.hpp"
#include "base/bytes.hpp"
#include "plan/program/limits.hpp"
#include "plan/program/print.hpp"
#include "runtime/wire/digest_bytes.hpp"
#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/limits.hpp"
#include "runtime/wire/polynomial.hpp"
#include "runtime/wire/sections.hpp"

namespace obscura::runtime::wire {

namespace {

using artifact::ArtifactKind;
using fhe::params::Level;
using fhe::params::Scale;

/// Section kInfo: plan, key and request digests, u32 number of ciphertexts, then u8 level and the scale (i64 exponent
/// of two, u8 count, i64 exponent per prime): once in a request, whose ciphertexts share them, per ciphertext in a
/// result. Items: c0 and c1 of each ciphertext, packed.
struct Info {
  CiphertextInfo summary;
  std::vector<Scale> scales;  ///< [summary.levels]
};

std::size_t places(ArtifactKind kind, std::size_t ciphertexts) {
  return kind == ArtifactKind::kResult ? ciphertexts : 1;
}

void write_place(base::ByteWriter& out, const fhe::ckks::Ciphertext& ciphertext) {
  const Scale& scale = ciphertext.scale();
  out.u8(static_cast<std::uint8_t>(ciphertext.level().value()));
  out.u64(static_cast<std::uint64_t>(scale.exponent_of_two()));
  out.u8(static_cast<std::uint8_t>(scale.prime_exponents().size()));
  for (const auto exponent : scale.prime_exponents()) out.u64(static_cast<std::uint64_t>(exponent));
}

std::vector<std::uint8_t> write_info(ArtifactKind kind, const Provenance& provenance,
                                     std::span<const fhe::ckks::Ciphertext> ciphertexts) {
  base::ByteWriter out;
  out.bytes(provenance.plan.bytes);
  out.bytes(provenance.key.bytes);
  out.bytes(provenance.request.bytes);
  out.u32(static_cast<std::uint32_t>(ciphertexts.size()));
  for (const auto& ciphertext : ciphertexts.first(places(kind, ciphertexts.size()))) write_place(out, ciphertext);
  return out.take();
}

base::Result<void> check_count(std::size_t ciphertexts, std::size_t most, const std::string& name) {
  if (ciphertexts >= 1 && ciphertexts <= most) return {};
  return base::fail(base::ErrorCode::kLimit,
                    fmt::format("{}: holds {} ciphertexts; 1 to {} are allowed", name, ciphertexts, most),
                    "encrypt the input again");
}

base::Result<void> read_place(base::ByteReader& reader, Info& info) {
  info.summary.levels.emplace_back(reader.u8());
  const auto two = static_cast<std::int64_t>(reader.u64());
  std::vector<std::int64_t> primes(reader.u8());
  for (auto& exponent : primes) exponent = static_cast<std::int64_t>(reader.u64());
  OBSCURA_TRY_VOID(reader.status());
  OBSCURA_TRY(auto scale, Scale::from_exponents(two, std::move(primes)));
  info.scales.push_back(std::move(scale));
  return {};
}

base::Result<Info> parse_info(ArtifactKind kind, std::span<const std::uint8_t> bytes, const std::string& name) {
  base::ByteReader reader(bytes, name);
  Info info;
  info.summary.provenance.plan = read_digest(reader);
  info.summary.provenance.key = read_digest(reader);
  info.summary.provenance.request = read_digest(reader);
  info.summary.ciphertexts = reader.u32();
  OBSCURA_TRY_VOID(reader.status());
  const bool is_result = kind == ArtifactKind::kResult;
  const std::size_t most = is_result ? plan::program::kMaxResults : plan::program::kMaxInputCiphertexts;
  OBSCURA_TRY_VOID(check_count(info.summary.ciphertexts, most, name));
  for (std::size_t i = 0; i < places(kind, info.summary.ciphertexts); ++i) OBSCURA_TRY_VOID(read_place(reader, info));
  OBSCURA_TRY_VOID(reader.finish());
  return info;
}

std::vector<std::uint8_t> write(ArtifactKind kind, const fhe::ring::RingContext& ring, const artifact::Digest& params,
                                bool insecure, const Provenance& provenance,
                                std::span<const fhe::ckks::Ciphertext> ciphertexts) {
  OBSCURA_CHECK(!ciphertexts.empty(), "a file of ciphertexts holds at least one");
  artifact::ContainerWriter file(kind, params, insecure);
  const auto& first = ciphertexts.front();
  file.add(number(SectionId::kInfo), write_info(kind, provenance, ciphertexts));
  for (std::size_t i = 0; i < ciphertexts.size(); ++i) {
    OBSCURA_CHECK(kind == ArtifactKind::kResult ||
                      (ciphertexts[i].level() == first.level() && ciphertexts[i].scale() == first.scale()),
                  "the ciphertexts of one request share level and scale");
    std::vector<std::uint8_t> item;
    item.reserve(2 * packed_bytes(ring, ciphertexts[i].c0().basis()));
    append_packed(ring, ciphertexts[i].c0(), item);
    append_packed(ring, ciphertexts[i].c1(), item);
    file.add(item_section(i), std::move(item));
  }
  return file.finish();
}

struct Opened {
  artifact::ContainerReader reader;
  Info info;
};

base::Result<Opened> open(ArtifactKind kind, std::span<const std::uint8_t> file, const std::string& name) {
  OBSCURA_TRY(auto reader, artifact::ContainerReader::open(file, {kind, name, kMaxRequestBytes}));
  OBSCURA_TRY(const auto bytes, reader.section(number(SectionId::kInfo)));
  OBSCURA_TRY(auto info, parse_info(kind, bytes, name));
  return Opened{std::move(reader), std::move(info)};
}

base::Result<fhe::ckks::Ciphertext> parse_item(const Opened& opened, std::size_t item,
                                               const fhe::ring::RingContext& ring, const std::string& name) {
  OBSCURA_TRY(const auto bytes, opened.reader.section(item_section(item)));
  const std::size_t place = places(opened.reader.header().kind, item + 1) - 1;
  const Level level = opened.info.summary.levels[place];
  const auto basis = ring.basis_q(level);
  const std::size_t half = packed_bytes(ring, basis);
  if (bytes.size() != 2 * half) {
    return base::fail(base::ErrorCode::kCorrupt, name + ": a ciphertext has the wrong size", "encrypt the input again");
  }
  OBSCURA_TRY(auto c0, unpack(ring, basis, bytes.first(half), name));
  OBSCURA_TRY(auto c1, unpack(ring, basis, bytes.last(half), name));
  return fhe::ckks::Ciphertext(std::move(c0), std::move(c1), level, opened.info.scales[place]);
}

base::Result<void> check_params(const artifact::Header& header, const Expected& expected, const std::string& name) {
  if (header.params == expected.params && header.insecure() == expected.program->insecure) return {};
  return base::fail(base::ErrorCode::kMismatch, name + " was made with other parameters than the plan's",
                    "encrypt with the public key that belongs to this plan");
}

/// What a file of ciphertexts is to hold.
struct Form {
  std::size_t ciphertexts;
  std::vector<const plan::program::Instruction*> places;  ///< whose level and scale they have
};

base::Result<void> check_form(const Info& info, const Form& form, const std::string& name) {
  const std::string hint = "encrypt with the public key that belongs to this plan";
  const std::size_t count = form.ciphertexts;
  if (info.summary.ciphertexts != count) {
    return base::fail(
        base::ErrorCode::kMismatch,
        fmt::format("{} holds {} ciphertexts where the plan has {}", name, info.summary.ciphertexts, count), hint);
  }
  for (std::size_t i = 0; i < form.places.size(); ++i) {
    const plan::program::Instruction& due = *form.places[i];
    const Level level = info.summary.levels[i];
    if (level == due.level && info.scales[i] == due.scale) continue;
    return base::fail(
        base::ErrorCode::kMismatch,
        fmt::format("{} is at level {} and scale {} where the plan has level {} and scale {}", name, level.value(),
                    plan::program::print(info.scales[i]), due.level.value(), plan::program::print(due.scale)),
        hint);
  }
  return {};
}

base::Result<std::vector<fhe::ckks::Ciphertext>> read(const Opened& opened, const std::string& name,
                                                      const fhe::ring::RingContext& ring, const Expected& expected,
                                                      const Form& form) {
  const auto& info = opened.info;
  OBSCURA_TRY_VOID(check_params(opened.reader.header(), expected, name));
  OBSCURA_TRY_VOID(check_same(info.summary.provenance.plan, expected.plan, "plan", name));
  OBSCURA_TRY_VOID(check_same(info.summary.provenance.key, expected.key, "key", name));
  OBSCURA_TRY_VOID(check_form(info, form, name));
  OBSCURA_TRY_VOID(check_sections(opened.reader.sections().size(), form.ciphertexts + 1, name));
  std::vector<fhe::ckks::Ciphertext> ciphertexts;
  for (std::size_t i = 0; i < form.ciphertexts; ++i) {
    OBSCURA_TRY(auto ciphertext, parse_item(opened, i, ring, name));
    ciphertexts.push_back(std::move(ciphertext));
  }
  return ciphertexts;
}

}  // namespace

std::vector<std::uint8_t> write_request(const fhe::ring::RingContext& ring, const artifact::Digest& params,
                                        bool insecure, const Provenance& provenance,
                                        std::span<const fhe::ckks::Ciphertext> ciphertexts) {
  return write(ArtifactKind::kCiphertext, ring, params, insecure, provenance, ciphertexts);
}

std::vector<std::uint8_t> write_result(const fhe::ring::RingContext& ring, const artifact::Digest& params,
                                       bool insecure, const Provenance& provenance,
                                       std::span<const fhe::ckks::Ciphertext> ciphertexts) {
  return write(ArtifactKind::kResult, ring, params, insecure, provenance, ciphertexts);
}

base::Result<CiphertextInfo> inspect_request(std::span<const std::uint8_t> file, const std::string& name) {
  OBSCURA_TRY(const auto opened, open(ArtifactKind::kCiphertext, file, name));
  return opened.info.summary;
}

base::Result<CiphertextInfo> inspect_result(std::span<const std::uint8_t> file, const std::string& name) {
  OBSCURA_TRY(const auto opened, open(ArtifactKind::kResult, file, name));
  return opened.info.summary;
}

Expected expect(const plan::program::Program& program, const artifact::Digest& key) {
  return {&program, params_digest(program.params, program.insecure), plan_digest(program), key};
}

base::Result<std::vector<fhe::ckks::Ciphertext>> read_request(std::span<const std::uint8_t> file,
                                                              const std::string& name,
                                                              const fhe::ring::RingContext& ring,
                                                              const Expected& expected) {
  OBSCURA_TRY(const auto opened, open(ArtifactKind::kCiphertext, file, name));
  const auto& instructions = expected.program->instructions;
  const auto input = std::find_if(instructions.begin(), instructions.end(), [](const auto& instruction) {
    return std::holds_alternative<plan::program::Input>(instruction.operation);
  });
  OBSCURA_CHECK(input != instructions.end(), "a verified program takes an input");
  return read(opened, name, ring, expected,
              {static_cast<std::size_t>(expected.program->input_packing.ciphertexts), {&*input}});
}

base::Result<std::vector<fhe::ckks::Ciphertext>> read_result(std::span<const std::uint8_t> file,
                                                             const std::string& name,
                                                             const fhe::ring::RingContext& ring,
                                                             const Expected& expected) {
  OBSCURA_TRY(const auto opened, open(ArtifactKind::kResult, file, name));
  Form form{expected.program->results.size(), {}};
  for (const plan::program::ValueId id : expected.program->results) {
    form.places.push_back(&expected.program->instructions[static_cast<std::size_t>(id.value())]);
  }
  return read(opened, name, ring, expected, form);
}

base::Result<artifact::Digest> request_digest(std::span<const std::uint8_t> file, const std::string& name) {
  OBSCURA_TRY(const auto header, artifact::read_header(file, file.size(), ArtifactKind::kCiphertext, name));
  return header.front;
}

}  // namespace obscura::runtime::wire
