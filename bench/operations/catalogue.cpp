#include "bench/operations/catalogue.hpp"

#include "bench/operations/detail/groups.hpp"

namespace obscura::bench::operations {

std::vector<Operation> catalogue(const Shapes& shapes) {
  std::vector<Operation> all;
  for (const Shape& shape : shapes.engine) {
    detail::add_kernels(shape, all);
    detail::add_ciphertexts(shape, all);
    detail::add_rotations(shape, all);
    detail::add_polynomials(shape, all);
  }
  for (const Shape& shape : shapes.dense) detail::add_dense(shape, all);
  for (const Shape& shape : shapes.convolutions) detail::add_convolution(shape, all);
  for (const BootstrapShape& bootstrap : shapes.bootstraps) detail::add_bootstrap(bootstrap, all);
  return all;
}

}  // namespace obscura::bench::operations
