#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.hpp"
#include "deploy/net/address.hpp"
#include "deploy/net/clock.hpp"

namespace obscura::deploy::net {

/// Where EmbeddedBlobs keeps a job's blobs in its folder; empty for a key that no job has.
[[nodiscard]] std::string job_blobs_folder(const std::string& folder, const JobKey& key);

/// Whether a job is still to be done.
using IsOpenJob = std::function<base::Result<bool>(const JobKey&)>;

/// Removes the blobs of jobs that are not open and of which nothing was stored or asked for since `before`; models and
/// keys stay. A job that is handed in at that moment keeps what it has, and so does one that is open when a sweep was
/// killed, from the next sweep on. Returns how many jobs' blobs are gone. Errors: kIo, those of `is_open`; the other
/// jobs are swept nevertheless.
[[nodiscard]] base::Result<std::uint64_t> sweep_job_blobs(const std::string& folder, const IsOpenJob& is_open,
                                                          Instant before);

}  // namespace obscura::deploy::net
