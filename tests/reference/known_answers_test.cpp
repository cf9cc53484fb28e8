#include <gtest/gtest.h>

#include <memory>
#include <set>

#include "tests/reference/cases.hpp"

namespace obscura::tests::reference {
namespace {

using fhe::kernels::KernelTable;

/// The benches of one kernel set and number of threads, made when they are asked for.
class Benches {
 public:
  Benches(const Vectors& vectors, ckks::EngineOptions options) : rings_(&vectors.rings), options_(std::move(options)) {}
  Bench& of(const Vector& vector) {
    std::unique_ptr<Bench>& bench = made_[vector.text("ring")];
    if (bench == nullptr) bench = std::make_unique<Bench>(rings_->at(vector.text("ring")), options_);
    return *bench;
  }

 private:
  const std::map<std::string, params::ParamLiteral>* rings_;
  ckks::EngineOptions options_;
  std::map<std::string, std::unique_ptr<Bench>> made_;
};

/// body(vector, kernels, benches) for every vector of a kind on every kernel set of this machine, on one thread and
/// two.
template <class Body>
void for_all(const std::string& kind, const Body& body) {
  const Vectors vectors = read_vectors(kind);
  ASSERT_FALSE(vectors.cases.empty());
  for (const KernelTable* kernels : fhe::kernels::available_kernels()) {
    for (const int threads : {1, 2}) {
      Benches benches(vectors, {threads, kernels->name});
      for (const Vector& vector : vectors.cases) body(vector, *kernels, benches);
    }
  }
}

/// What answer(bench, vector) gives for every vector of a kind.
template <class Answer>
void expect_answers(const std::string& kind, const Answer& answer) {
  for_all(kind, [&](const Vector& vector, const KernelTable& kernels, Benches& benches) {
    expect_answer(vector, answer(benches.of(vector), vector), kernels.name);
  });
}

TEST(KnownAnswers, Arithmetic) {
  for_all("arithmetic", [](const Vector& vector, const KernelTable& kernels, Benches&) {
    expect_answer(vector, answer_arithmetic(kernels, vector), kernels.name);
  });
}

TEST(KnownAnswers, Transforms) {
  const std::set<std::string> of_polynomials{"automorphism", "multiply", "multiply_by_i"};
  for_all("transforms", [&](const Vector& vector, const KernelTable& kernels, Benches& benches) {
    const bool of_polynomial = of_polynomials.contains(vector.text("op"));
    const Bytes answer =
        of_polynomial ? answer_transform(benches.of(vector), vector) : answer_transform(kernels, vector);
    expect_answer(vector, answer, kernels.name);
  });
}

TEST(KnownAnswers, Sampling) {
  for_all("sampling", [](const Vector& vector, const KernelTable& kernels, Benches& benches) {
    const bool needs_ring = vector.text("op") == "uniform";
    expect_answer(vector, needs_ring ? answer_uniform(benches.of(vector), vector) : answer_sampling(vector),
                  kernels.name);
  });
}

TEST(KnownAnswers, Encoding) {
  for_all("encoding", [](const Vector& vector, const KernelTable& kernels, Benches& benches) {
    if (vector.text("op") == "scale") {
      expect_scale(benches.of(vector), vector);
    } else if (vector.text("op") == "decode") {
      expect_decoded(benches.of(vector), vector);
    } else {
      expect_answer(vector, answer_encoding(benches.of(vector), vector), kernels.name);
    }
  });
}

TEST(KnownAnswers, Encryption) {
  expect_answers("encryption", answer_encryption);
}

TEST(KnownAnswers, Operations) {
  expect_answers("operations", answer_operation);
}

TEST(KnownAnswers, KeySwitching) {
  expect_answers("key_switching", answer_key_switching);
}

TEST(KnownAnswers, Circuits) {
  expect_answers("circuits", answer_circuit);
}

TEST(KnownAnswers, Polynomials) {
  expect_answers("polynomials", answer_polynomial);
}

TEST(KnownAnswers, Bootstraps) {
  expect_answers("bootstrap", answer_bootstrap);
}

Bytes bytes_of_hex(const std::string& hex) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

TEST(KnownAnswers, Files) {
  Bytes program;
  for_all("files", [&](const Vector& vector, const KernelTable& kernels, Benches& benches) {
    const std::string& op = vector.text("op");
    if (op == "program") program = bytes_of_hex(vector.text("hex"));
    if (op == "container") return expect_answer(vector, answer_container(vector), kernels.name);
    if (op == "parameters" || op == "primes_and_digits") {
      return expect_answer(vector, answer_parameters(vector), kernels.name);
    }
    expect_answer(vector, answer_file(benches.of(vector), vector, program), kernels.name);
  });
}

}  // namespace
}  // namespace obscura::tests::reference
