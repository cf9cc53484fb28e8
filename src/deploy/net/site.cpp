#include "deploy/net/site.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "deploy/net/embedded_site.hpp"
#include "deploy/net/site_file.hpp"
#include "deploy/net/site_over_nats.hpp"

namespace obscura::deploy::net {
namespace {

using base::ErrorCode;

constexpr std::string_view kEmbedded = "embedded:";

bool is_file(const std::string& address) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(address, ignored);
}

base::Result<void> check_address(const std::string& address) {
  if (address.find("://") != std::string::npos) {
    return base::fail(ErrorCode::kUnsupported, fmt::format("this program cannot reach a site at {}", address),
                      "give a folder, or a site file that says server and role");
  }
  if (!address.empty()) return {};
  return base::fail(ErrorCode::kUsage, "the address of the site is empty", "give its folder or a site file");
}

}  // namespace

base::Result<Site> open_site(const std::string& address, Clock& clock) {
  if (address.starts_with(kEmbedded)) return open_embedded_site(address.substr(kEmbedded.size()), clock);
  if (is_file(address)) return open_nats_site(address);
  OBSCURA_TRY_VOID(check_address(address));
  return open_embedded_site(address, clock);
}

base::Result<SitePlace> find_site(const std::string& address) {
  if (!address.starts_with(kEmbedded) && is_file(address)) {
    OBSCURA_TRY(const SiteFile file, read_site_file(address));
    return SitePlace{.trust_folder = file.trust_folder, .over_nats = true, .server = file.server};
  }
  const bool is_named = address.starts_with(kEmbedded);
  if (!is_named) OBSCURA_TRY_VOID(check_address(address));
  const std::string folder = is_named ? address.substr(kEmbedded.size()) : address;
  OBSCURA_TRY_VOID(check_embedded_folder(folder));
  return SitePlace{.trust_folder = trust_folder_in(folder), .over_nats = false, .server = {}};
}

base::Result<void> prepare_site(const std::string& address) {
  if (is_file(address)) return make_nats_streams(address);
  SystemClock clock;
  OBSCURA_TRY([[maybe_unused]] const Site site, open_site(address, clock));
  return {};
}

}  // namespace obscura::deploy::net
