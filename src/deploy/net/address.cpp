#include "deploy/net/address.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace obscura::deploy::net {
namespace {

bool valid_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

}  // namespace

bool valid_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && std::all_of(name.begin(), name.end(), valid_character);
}

std::string JobKey::text() const {
  return replica == 0 ? fmt::format("{}/{}", tenant, job) : fmt::format("{}/{}.r{}", tenant, job, replica);
}

std::string Step::text() const {
  return is_merge() ? fmt::format("{}/merge", stage) : fmt::format("{}/{}", stage, shard);
}

}  // namespace obscura::deploy::net
