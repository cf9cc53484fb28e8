#include "tests/reference/vectors.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>

#include "fhe/random/sampler.hpp"
#include "fhe/random/stream.hpp"

namespace obscura::tests::reference {
namespace {

using nlohmann::json;

void flatten(const json& value, std::vector<std::string>& out) {
  if (value.is_array()) {
    for (const json& item : value) flatten(item, out);
  } else {
    out.push_back(value.is_string() ? value.get<std::string>() : value.dump());
  }
}

Vector vector_of(const json& object) {
  std::map<std::string, std::vector<std::string>> fields;
  for (const auto& [name, value] : object.items()) flatten(value, fields[name]);
  return Vector(std::move(fields));
}

}  // namespace

fhe::params::Scale Vector::scale(const std::string& name) const {
  std::vector<std::int64_t> exponents;
  for (const std::string& text : list(name)) exponents.push_back(std::stoll(text));
  const std::int64_t two = exponents.at(0);
  exponents.erase(exponents.begin());
  return fhe::params::Scale::from_exponents(two, std::move(exponents)).value();
}

std::string Vector::describe() const {
  std::string text;
  for (const auto& [name, values] : fields_) {
    text += name + "=";
    for (std::size_t i = 0; i < values.size() && i < 8; ++i) text += (i == 0 ? "" : ",") + values[i].substr(0, 80);
    text += " ";
  }
  return text;
}

Vectors read_vectors(const std::string& kind) {
  std::ifstream file(std::string(OBSCURA_SOURCE_DIR "/tests/reference/vectors/") + kind + ".json");
  const json root = json::parse(file);
  Vectors vectors;
  for (const auto& [name, ring] : root.at("rings").items()) {
    vectors.rings[name] = {ring.at("log_n"), ring.at("q"), ring.at("p"), fhe::params::Security::k128};
  }
  for (const json& object : root.at("cases")) vectors.cases.push_back(vector_of(object));
  return vectors;
}

fhe::random::Seed256 seed_of(std::string_view text) {
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  return fhe::random::Seed256(artifact::sha256(bytes).bytes);
}

Bytes bytes_of(const std::vector<std::uint64_t>& words) {
  Bytes bytes(words.size() * sizeof(std::uint64_t));
  if (!bytes.empty()) std::memcpy(bytes.data(), words.data(), bytes.size());
  return bytes;
}

void expect_answer(const Vector& vector, const Bytes& answer, std::string_view kernels) {
  const std::string digest = artifact::sha256(answer).hex();
  if (digest == vector.text("sha256")) return;
  std::string first;
  for (std::size_t i = 0; i < vector.list("first").size() && answer.size() >= 8 * (i + 1); ++i) {
    std::uint64_t word = 0;
    std::memcpy(&word, answer.data() + 8 * i, sizeof word);
    first += std::to_string(word) + " ";
  }
  ADD_FAILURE() << "on the " << kernels << " kernels the engine makes " << answer.size() << " bytes, first words "
                << first << "\nof the vector " << vector.describe();
}

std::vector<std::uint64_t> test_row(std::uint64_t index, std::uint64_t q, std::size_t n) {
  fhe::random::Stream stream(seed_of("rows"), fhe::random::Domain::kTest, index);
  std::vector<std::uint64_t> row(n);
  fhe::random::uniform(stream, row, q);
  std::uint64_t place = index;
  for (const std::uint64_t edge : {std::uint64_t{0}, q - 1, q / 2, q / 2 + 1}) {
    if (place % 5 < n) row[place % 5] = edge;
    ++place;
  }
  return row;
}

}  // namespace obscura::tests::reference
