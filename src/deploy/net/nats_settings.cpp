#include "deploy/net/nats_settings.hpp"

#include <fmt/format.h>

#include <chrono>
#include <string>

#include "deploy/net/detail/nats_api.hpp"
#include "deploy/net/detail/nats_subjects.hpp"
#include "deploy/net/detail/number_lines.hpp"
#include "deploy/net/trust_folder.hpp"

namespace obscura::deploy::net {

using base::ErrorCode;

namespace {

constexpr const char* kWhatToDo = "the administrator runs `obscura-admin serve` or `obscura-admin streams` first";

}  // namespace

base::Result<void> write_settings(NatsConnection& connection, const NatsSettings& settings) {
  const std::string text = fmt::format("lease_ms {}\nmax_job_bytes {}\ngroups {}\ncopies {}\nblob_retention_s {}\n",
                                       settings.lease.count(), settings.max_job_bytes, settings.groups, settings.copies,
                                       std::chrono::floor<std::chrono::seconds>(settings.blob_retention).count());
  OBSCURA_TRY([[maybe_unused]] const auto published,
              detail::publish(connection, {.subject = detail::kSettingsSubject,
                                           .data = {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}}));
  return {};
}

base::Result<NatsSettings> read_settings(NatsConnection& connection) {
  auto read = detail::read_directly(connection, std::string(detail::kSiteStream), detail::kSettingsSubject);
  // Where there is no stream, there is nobody to say so.
  if (!read && read.error().code == ErrorCode::kIo) {
    return base::fail(ErrorCode::kIo, read.error().message + ": it is away, or has no streams", kWhatToDo);
  }
  if (!read) return base::forward_error(read);
  if (!*read) return base::fail(ErrorCode::kNotFound, "the site's settings were not written yet", kWhatToDo);
  NatsSettings settings;
  const detail::NumberSettings known = {
      {"lease_ms", detail::time_setting<Milliseconds>(settings.lease, 100)},
      {"max_job_bytes", detail::number_setting(settings.max_job_bytes, 1)},
      {"groups", detail::number_setting(settings.groups, 1, kMaxGroups + 1)},
      {"copies", detail::number_setting(settings.copies, 1)},
      {"blob_retention_s", detail::time_setting<std::chrono::seconds>(settings.blob_retention, 1)}};
  const std::string text((*read)->begin(), (*read)->end());
  auto understood = detail::read_number_lines(text, known, "the message with the site's settings");
  if (understood) return settings;
  return base::fail(ErrorCode::kCorrupt, understood.error().message, kWhatToDo);
}

}  // namespace obscura::deploy::net
