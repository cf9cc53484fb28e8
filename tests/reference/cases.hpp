#pragma once

#include "fhe/kernels/kernel_table.hpp"
#include "tests/reference/bench.hpp"
#include "tests/reference/vectors.hpp"

/// What the engine makes of a vector, by the vector's kind; each has a module of the same name below cases/.
namespace obscura::tests::reference {

[[nodiscard]] Bytes answer_arithmetic(const fhe::kernels::KernelTable& kernels, const Vector& vector);
/// Transforms of rows.
[[nodiscard]] Bytes answer_transform(const fhe::kernels::KernelTable& kernels, const Vector& vector);
/// Transforms of polynomials.
[[nodiscard]] Bytes answer_transform(const Bench& bench, const Vector& vector);
/// Without a ring.
[[nodiscard]] Bytes answer_sampling(const Vector& vector);
[[nodiscard]] Bytes answer_uniform(const Bench& bench, const Vector& vector);
[[nodiscard]] Bytes answer_encoding(const Bench& bench, const Vector& vector);
/// Vectors whose answers are doubles: within what rounding allows.
void expect_scale(const Bench& bench, const Vector& vector);
void expect_decoded(const Bench& bench, const Vector& vector);
[[nodiscard]] Bytes answer_encryption(Bench& bench, const Vector& vector);
[[nodiscard]] Bytes answer_operation(Bench& bench, const Vector& vector);
[[nodiscard]] Bytes answer_key_switching(Bench& bench, const Vector& vector);

[[nodiscard]] Bytes answer_circuit(Bench& bench, const Vector& vector);
[[nodiscard]] Bytes answer_polynomial(Bench& bench, const Vector& vector);
[[nodiscard]] Bytes answer_bootstrap(const Bench& bench, const Vector& vector);
/// Without a ring.
[[nodiscard]] Bytes answer_container(const Vector& vector);
[[nodiscard]] Bytes answer_parameters(const Vector& vector);
/// `program`: bytes of the one that all files of the vectors belong to.
[[nodiscard]] Bytes answer_file(Bench& bench, const Vector& vector, const Bytes& program);

}  // namespace obscura::tests::reference
