#pragma once

#include <vector>

#include "bench/operations/operation.hpp"

namespace obscura::bench::operations::detail {

/// Each appends its operations at one shape.
void add_kernels(const Shape& shape, std::vector<Operation>& to);
void add_ciphertexts(const Shape& shape, std::vector<Operation>& to);
void add_rotations(const Shape& shape, std::vector<Operation>& to);
void add_polynomials(const Shape& shape, std::vector<Operation>& to);
void add_dense(const Shape& shape, std::vector<Operation>& to);
void add_convolution(const Shape& shape, std::vector<Operation>& to);
void add_bootstrap(const BootstrapShape& bootstrap, std::vector<Operation>& to);

}  // namespace obscura::bench::operations::detail
