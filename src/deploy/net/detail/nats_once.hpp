#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "deploy/net/detail/nats_api.hpp"
#include "deploy/net/nats_connection.hpp"

// Storing a message once, in a stream of which several servers hold a copy. What such a stream refuses (a message id
// that it knows, a subject that has its message) it has written into the log that its servers agree on first, and each
// server refuses it by what that server remembers. One of 2.9.10 that was started again has forgotten the ids of
// messages that are gone, stores what the others refuse, and numbers all later messages otherwise than they do:
// acknowledgements then remove other messages there, and those are lost once that server leads (ADR 7). So nothing is
// asked for here that is to be refused.
namespace obscura::deploy::net::detail {

/// The sequence of a subject's newest message, as the stream's leader has it; 0: it has none. For whoever may publish
/// on the subject. Asks by a publication that cannot come to pass, which the leader refuses before it enters the log
/// (2.9, and from 2.11 on); nothing is stored. Errors: those of NatsConnection::ask.
[[nodiscard]] base::Result<std::uint64_t> newest_on(NatsConnection& connection, const std::string& subject);

/// Stores a message unless its subject has one after the sequence `after`, which is then kAlreadyThere. Two who do so
/// at the same moment, and an answer that was lost, may still lead to two messages; `only_first` excludes that, where
/// it is set. Repeated until it is answered. Errors: those of NatsConnection::ask, and kIo.
[[nodiscard]] base::Result<Published> publish_unless_there(NatsConnection& connection, const Publication& publication,
                                                           std::uint64_t after = 0);

}  // namespace obscura::deploy::net::detail
