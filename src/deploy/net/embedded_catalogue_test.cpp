#include "deploy/net/embedded_catalogue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <vector>

#include "deploy/net/testing/pipeline.hpp"
#include "deploy/net/testing/temporary_folder.hpp"

namespace obscura::deploy::net {
namespace {

using testing::TemporaryFolder;

TEST(EmbeddedCatalogue, ListsEachEntryOnceAndSkipsOtherFiles) {
  TemporaryFolder folder;
  const auto catalogue = EmbeddedCatalogue::open(folder.path() + "/catalogue").value();
  EXPECT_TRUE(catalogue->list().value().empty());
  const testing::Bytes a = {1};
  const testing::Bytes b = {2};
  const CatalogueEntry first{BlobRef::of(a), BlobRef::of(b)};
  const CatalogueEntry second{BlobRef::of(b), BlobRef::of(a)};
  for (const CatalogueEntry& entry : {first, second, first}) ASSERT_TRUE(catalogue->add(entry));
  std::ofstream(folder.path() + "/catalogue/README") << "not an entry";
  const auto listed = catalogue->list();
  ASSERT_TRUE(listed);
  EXPECT_EQ(*listed, (std::vector<CatalogueEntry>{std::min(first, second), std::max(first, second)}));
}

}  // namespace
}  // namespace obscura::deploy::net
