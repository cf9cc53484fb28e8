#include "fuzz/readers.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>

#include "base/check.hpp"
#include "fuzz/container_pieces.hpp"
#include "runtime/wire/identity_of.hpp"

namespace obscura::fuzz {

Readers::Readers(Workshop& workshop, Keys keys) : workshop_(workshop), keys_(keys) {
  trust_.add({workshop.signer().verify_key(), "vendor"});
  for (const char* name : {"ca.crt", "own.crt", "own.key", "own.seed", "trust"}) {
    folder_.write(name, std::array<std::uint8_t, 1>{'x'});
  }
}

Reading Readers::read(const std::string& format, std::span<const std::uint8_t> bytes) const {
  using Reader = Reading (Readers::*)(std::span<const std::uint8_t>) const;
  static const std::map<std::string, Reader> kReaders = {{"onnx", &Readers::onnx},
                                                         {"plan", &Readers::plan},
                                                         {"spec", &Readers::spec},
                                                         {"sealed", &Readers::sealed},
                                                         {"manifest", &Readers::manifest},
                                                         {"key", &Readers::key},
                                                         {"evaluation_keys", &Readers::evaluation_keys},
                                                         {"ciphertext", &Readers::ciphertext},
                                                         {"result", &Readers::result},
                                                         {"job", &Readers::job},
                                                         {"ticket", &Readers::ticket},
                                                         {"image", &Readers::image},
                                                         {"tensor", &Readers::tensor},
                                                         {"site", &Readers::site}};
  const auto found = kReaders.find(format);
  OBSCURA_CHECK(found != kReaders.end(), "there is no such format");
  return (this->*found->second)(bytes);
}

const fhe::ring::RingContext* Readers::ring_of(const fhe::params::ParamLiteral& params) const {
  for (Model* model : {&workshop_.whole(), &workshop_.staged()}) {
    if (model->program().params == params) return &model->ring();
  }
  return nullptr;
}

runtime::wire::Expected Readers::expected(Model& model, const plan::program::Program& program,
                                          const artifact::Digest& named) const {
  const artifact::Digest& key = keys_ == Keys::kOfTheModel ? model.key() : named;
  return runtime::wire::expect_stage(program, key, runtime::wire::plan_digest(model.program()));
}

bool same_meaning(std::span<const std::uint8_t> bytes, std::span<const std::uint8_t> again) {
  if (std::equal(bytes.begin(), bytes.end(), again.begin(), again.end())) return true;
  auto left = take_apart(bytes);
  auto right = take_apart(again);
  if (!left || !right) return false;
  std::sort(left->sections.begin(), left->sections.end());
  std::sort(right->sections.begin(), right->sections.end());
  return left->kind == right->kind && left->flags == right->flags && left->params == right->params &&
         left->sections == right->sections;
}

std::string difference(std::span<const std::uint8_t> bytes, std::span<const std::uint8_t> again) {
  const auto left = take_apart(bytes);
  auto right = take_apart(again);
  if (!left || !right) {
    const auto first = std::mismatch(bytes.begin(), bytes.end(), again.begin(), again.end()).first;
    return "byte " + std::to_string(first - bytes.begin());
  }
  if (left->kind != right->kind || left->flags != right->flags || left->params != right->params) return "the header";
  std::string text = "sections";
  for (const auto& [id, section] : left->sections) {
    const Bytes* other = right->section(id);
    if (other == nullptr || *other != section) text += " " + std::to_string(id);
  }
  return text;
}

bool well_put(const base::Error& refusal) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  return !refusal.message.empty() && refusal.message.size() < 2000 &&
         static_cast<int>(refusal.code) >= static_cast<int>(base::ErrorCode::kUsage) &&
         std::none_of(refusal.hint.begin(), refusal.hint.end(), is_control);
}

void check_reading(const Reading& reading, std::span<const std::uint8_t> bytes) {
  const char* wrong = nullptr;
  if (reading.refusal && !well_put(*reading.refusal)) wrong = "a refusal is not one clear sentence";
  if (reading.again && !same_meaning(bytes, *reading.again)) wrong = "bytes were accepted and not heeded";
  if (wrong == nullptr) return;
  std::fprintf(stderr, "obscura fuzz: %s\n", wrong);
  if (reading.refusal) std::fprintf(stderr, "  %s\n", reading.refusal->message.c_str());
  if (reading.again) std::fprintf(stderr, "  in %s\n", difference(bytes, *reading.again).c_str());
  std::abort();
}

}  // namespace obscura::fuzz
