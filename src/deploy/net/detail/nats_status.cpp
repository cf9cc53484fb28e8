#include "deploy/net/detail/nats_status.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "deploy/net/detail/nats_api.hpp"
#include "deploy/net/detail/nats_subjects.hpp"

namespace obscura::deploy::net::detail {
namespace {

using base::Result;
using nlohmann::json;

Result<void> add_lanes(NatsConnection& connection, const std::string& stream, std::map<Lane, LaneStatus>& lanes) {
  std::uint64_t offset = 0;
  while (true) {
    OBSCURA_TRY(const JsonValue page,
                call_api_or_fail(connection, "CONSUMER.LIST." + stream, json::object({{"offset", offset}}).dump()));
    const std::vector<JsonValue> consumers = page.member("consumers").elements();
    for (const JsonValue& consumer : consumers) {
      const auto lane = lane_of_consumer(consumer.text("name"));
      const auto waiting = consumer.number("num_pending");
      const auto leased = consumer.number("num_ack_pending");
      if (!lane || waiting + leased == 0) continue;
      LaneStatus& status = lanes[*lane];
      status.lane = *lane;
      status.waiting += waiting;
      status.leased += leased;
    }
    offset += consumers.size();
    if (consumers.empty() || offset >= page.number("total")) return {};
  }
}

}  // namespace

Result<QueueStatus> nats_status(NatsConnection& connection) {
  QueueStatus status;
  std::map<Lane, LaneStatus> lanes;
  OBSCURA_TRY(const JsonValue answer, call_api_or_fail(connection, "STREAM.LIST"));
  for (const JsonValue& stream : answer.member("streams").elements()) {
    const JsonValue config = stream.member("config");
    const JsonValue state = stream.member("state");
    const std::string name = config.text("name");
    const bool tasks = replica_of_task_stream(name).has_value();
    if (!tasks && name != kResultStream && !name.starts_with("PART_")) continue;
    const auto messages = state.number("messages");
    if (tasks) status.tasks += messages;
    if (name == kResultStream) status.results += messages;
    status.bytes += state.number("bytes");
    status.max_bytes += config.number("max_bytes");
    if (tasks) OBSCURA_TRY_VOID(add_lanes(connection, name, lanes));
  }
  for (const auto& [lane, lane_status] : lanes) status.lanes.push_back(lane_status);
  return status;
}

}  // namespace obscura::deploy::net::detail
