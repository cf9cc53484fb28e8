#include "deploy/net/nats_catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <thread>
#include <utility>

#include "deploy/net/detail/nats_api.hpp"
#include "deploy/net/detail/nats_subjects.hpp"
#include "deploy/net/job_queue.hpp"

namespace obscura::deploy::net {
namespace {

using base::ErrorCode;
using base::Result;

// Of those who add at the same time one gets through each time; a server that lags behind shows an old list meanwhile.
constexpr int kTries = 100;
constexpr Milliseconds kPause{20};

class ListCatalogue final : public Catalogue {
 public:
  explicit ListCatalogue(std::shared_ptr<NatsConnection> connection) : connection_(std::move(connection)) {}
  Result<void> add(const CatalogueEntry& entry) override;
  Result<std::vector<CatalogueEntry>> list() override;

 private:
  struct Listed {
    std::uint64_t sequence = 0;  // 0: nothing was ever pushed
    std::vector<CatalogueEntry> entries;
  };
  Result<Listed> read();

  std::shared_ptr<NatsConnection> connection_;
};

Result<ListCatalogue::Listed> ListCatalogue::read() {
  OBSCURA_TRY(const auto last,
              detail::read_last(*connection_, std::string(detail::kSiteStream), detail::kModelsSubject));
  Listed listed;
  if (!last) return listed;
  listed.sequence = last->sequence;
  std::istringstream text(std::string(last->data.begin(), last->data.end()));
  for (std::string line; std::getline(text, line) && listed.entries.size() < kMaxCatalogue;) {
    if (const auto entry = parse_catalogue_entry(line)) listed.entries.push_back(*entry);
  }
  return listed;
}

Result<void> ListCatalogue::add(const CatalogueEntry& entry) {
  for (int attempt = 0; attempt < kTries; ++attempt) {
    OBSCURA_TRY(Listed listed, read());
    if (std::find(listed.entries.begin(), listed.entries.end(), entry) != listed.entries.end()) return {};
    listed.entries.push_back(entry);
    std::string text;
    for (const auto& each : listed.entries) text += fmt::format("{} {}\n", each.model.text(), each.eval_keys.text());
    if (text.size() > kMaxMessageBytes) {
      return base::fail(
          ErrorCode::kLimit,
          fmt::format("the site lists {} models, and there is no room for another", listed.entries.size() - 1),
          fmt::format("the administrator purges {} of the stream {}; models in use are pushed again",
                      detail::kModelsSubject, detail::kSiteStream));
    }
    OBSCURA_TRY(
        const detail::Published published,
        detail::publish(*connection_, {.subject = detail::kModelsSubject,
                                       .data = {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()},
                                       .only_after = listed.sequence}));
    if (published.stored == Stored::kStored) return {};
    std::this_thread::sleep_for(kPause);
  }
  return base::fail(ErrorCode::kIo, "the site's list of models was changed by others again and again",
                    "push the model again: what is stored already is not moved again");
}

Result<std::vector<CatalogueEntry>> ListCatalogue::list() {
  OBSCURA_TRY(Listed listed, read());
  std::sort(listed.entries.begin(), listed.entries.end());
  return std::move(listed.entries);
}

}  // namespace

std::unique_ptr<Catalogue> NatsCatalogue::open(std::shared_ptr<NatsConnection> connection) {
  return std::make_unique<ListCatalogue>(std::move(connection));
}

}  // namespace obscura::deploy::net
