#include "bench/operations/catalogue.hpp"

#include <gtest/gtest.h>

#include <set>

#include "bench/operations/published.hpp"
#include "bench/operations/workbench.hpp"

namespace obscura::bench::operations {
namespace {

Shapes small_shapes() {
  const std::vector<int> chain(8, 40);
  const Shape shape{{9, chain, {50, 50}}, true};
  const Shape transform{{9, {45, 40, 40}, {45}}, true};
  const Shape deep{{9, {44, 36, 36, 36, 36, 44, 44, 44, 44, 44, 44, 44, 20, 44, 44, 44, 44}, {45, 45, 45}}, true};
  const fhe::params::BootstrapLiteral all{.log_slots = 8, .slots_to_coeffs = {3, 3, 2}, .coeffs_to_slots = {2, 3, 3}};
  fhe::params::BootstrapLiteral few{.log_slots = 6, .real = true};
  few.slots_to_coeffs = few.coeffs_to_slots = {2, 2, 2};
  return {{shape}, {transform}, {transform}, {{deep, all, 33}, {deep, few, 33}}};
}

TEST(Catalogue, EveryOperationIsRightAndRuns) {
  for (const char* kernels : {"portable", ""}) {
    for (const int threads : {1, 2}) {
      Workbench workbench;
      for (const Operation& operation : catalogue(small_shapes())) {
        const auto prepared = workbench.prepare(operation, {threads, kernels});
        ASSERT_TRUE(prepared.has_value()) << prepared.error().message;
        const Case& made = **prepared;
        EXPECT_GE(made.count, 1) << operation.key();
        EXPECT_GT(made.work.transforms + made.work.lane_ops + made.work.random_bytes, 0) << operation.key();
        EXPECT_GT(made.work.bytes, 0) << operation.key();
        made.run();
        EXPECT_TRUE(made.right()) << operation.key() << " after a run";
      }
    }
  }
}

TEST(Catalogue, NamesEveryOperationOnceAndHoldsAllGroups) {
  std::set<std::string> keys;
  std::set<Group> groups;
  for (const Operation& operation : catalogue(published_shapes())) {
    EXPECT_TRUE(keys.insert(operation.key()).second) << operation.key();
    groups.insert(operation.group);
  }
  EXPECT_EQ(groups.size(), 3U);
  for (const char* key : {"rotate/2^16", "matrix 1024x1024, clear/2^14", "matrix 1024x1024, encrypted/2^14",
                          "convolution 3x3, 16 to 16, 32x32, encrypted/2^15", "polynomial of degree 31/2^14",
                          "bootstrap, complex, 2^15 slots/2^16", "bootstrap, real, 2^14 slots/2^16"}) {
    EXPECT_TRUE(keys.contains(key)) << key;
  }
}

TEST(Catalogue, PublishedShapesAreSecure) {
  const Shapes shapes = published_shapes();
  for (const auto* group : {&shapes.engine, &shapes.dense, &shapes.convolutions}) {
    for (const Shape& shape : *group) {
      EXPECT_FALSE(shape.insecure);
      EXPECT_TRUE(fhe::params::ParamSet::create(shape.literal).has_value()) << shape.literal.log_n;
    }
  }
  for (const BootstrapShape& bootstrap : shapes.bootstraps) EXPECT_FALSE(bootstrap.shape.insecure);
  EXPECT_EQ(fhe::params::ParamSet::create(shapes.engine.back().literal)->digits().size(), 3U);
}

TEST(Catalogue, EveryPublishedFigureHasItsOperation) {
  std::size_t found = 0;
  for (const Operation& operation : catalogue(published_shapes())) {
    const Published figures = published(operation);
    if (!figures.seal.empty() || !figures.openfhe.empty() || !figures.goal.empty()) ++found;
  }
  EXPECT_EQ(found, 13U);
}

}  // namespace
}  // namespace obscura::bench::operations
