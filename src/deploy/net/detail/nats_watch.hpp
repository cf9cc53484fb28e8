#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "deploy/net/clock.hpp"
#include "deploy/net/detail/nats_api.hpp"
#include "deploy/net/detail/nats_leaders.hpp"
#include "deploy/net/detail/nats_pulse.hpp"
#include "deploy/net/job_queue.hpp"
#include "deploy/net/nats_connection.hpp"
#include "deploy/net/nats_queue.hpp"

namespace obscura::deploy::net::detail {

/// What the supervisor knows about the tasks of a site. It finds
///  - tasks handed out kMaxDeliveries times, by the notes that the server leaves in the stream WORN;
///  - tasks past their deadline, by a header that it reads once per task;
///  - tasks that a crash of the server left behind, neither waiting nor held: a server that is killed may bring back
///    messages that were acknowledged, and forget whose they are. Those of jobs that have a result it removes; the
///    others it publishes anew, which at worst repeats work;
///  - streams whose leader does not answer, takes nothing (nats_pulse.hpp), or counts messages that nobody can read:
///  another server is to lead them.
class NatsWatch {
 public:
  NatsWatch(NatsConnection& connection, const NatsQueueOptions& options)
      : connection_(connection),
        lease_(options.lease),
        makes_lanes_(options.makes_lanes),
        copies_(options.copies),
        leaders_(connection),
        pulse_(connection, leaders_) {}

  [[nodiscard]] base::Result<std::vector<Orphan>> orphans(std::size_t limit);
  [[nodiscard]] base::Result<void> remove(const Orphan& orphan);
  /// To be told when a stream does not take what the supervisor publishes.
  [[nodiscard]] NatsLeaders& leaders() { return leaders_; }

 private:
  struct Place {
    std::string stream;
    std::uint64_t sequence = 0;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  // A task in its stream.
  struct Sighting {
    std::uint64_t sequence = 0;
    Instant deadline;
    int left_behind = 0;  ///< rounds in a row in which nobody had it
    bool gone = false;    ///< when it was to be revived it could not be read
  };
  // What a lane's consumer says.
  struct LaneState {
    bool exists = false;
    std::uint64_t handed_out = 0;    ///< the last sequence that ever was
    std::uint64_t acknowledged = 0;  ///< all up to this sequence are
    std::uint64_t held = 0;
    std::uint64_t waiting = 0;
  };

  [[nodiscard]] base::Result<void> read_notes(std::size_t limit, std::vector<Orphan>& orphans);
  [[nodiscard]] base::Result<void> read_note(std::uint64_t sequence, const std::vector<std::uint8_t>& note,
                                             std::vector<Orphan>& orphans);
  [[nodiscard]] base::Result<Subjects> list(const std::string& stream);
  [[nodiscard]] base::Result<void> look_at(const std::string& stream, std::size_t limit, std::vector<Orphan>& orphans);
  void count_unreadable(const std::string& stream, const std::vector<std::string>& unreadable);
  [[nodiscard]] base::Result<void> judge(const std::string& stream, const std::string& subject, Sighting& sighting,
                                         const LaneState& lane, std::vector<Orphan>& orphans);
  [[nodiscard]] base::Result<Published> publish_anew(const Task& task, const std::string& stream,
                                                     const StoredMessage& message);
  [[nodiscard]] base::Result<void> revive(const std::string& stream, const std::string& subject, Sighting& sighting);
  [[nodiscard]] base::Result<LaneState> lane_state(const std::string& stream, const Lane& lane);
  [[nodiscard]] base::Result<void> add(const Place& place, OrphanCause cause, std::uint32_t deliveries,
                                       std::vector<Orphan>& orphans);

  NatsConnection& connection_;
  Milliseconds lease_;
  bool makes_lanes_;
  std::uint32_t copies_;
  NatsLeaders leaders_;
  NatsPulse pulse_;
  // By stream, by subject: the looks in a row in which it was listed and its message was not there.
  std::map<std::string, std::map<std::string, int>> unreadable_;
  std::map<std::string, std::map<std::string, Sighting>> seen_;  // by stream, by subject
  std::map<std::uint64_t, Place> orphans_;                       // by the id given out
  std::map<Place, std::uint64_t> notes_;                         // the note about a place
};

}  // namespace obscura::deploy::net::detail
