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

}  // namespace obscura::tests::reference
