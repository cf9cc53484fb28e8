#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "artifact/digest.hpp"
#include "artifact/signature.hpp"
#include "base/bytes.hpp"
#include "base/secret.hpp"
#include "deploy/net/job.hpp"
#include "deploy/net/serve_one.hpp"
#include "deploy/net/trail.hpp"
#include "deploy/net/trust.hpp"

// Jobs whose answers are known exactly: every step is a pure function of bytes.
namespace obscura::deploy::net::testing {

using Bytes = std::vector<std::uint8_t>;
using Blobs = std::vector<Bytes>;

inline artifact::SigningKey key_of(std::uint8_t fill) {
  std::array<std::uint8_t, 32> seed;
  seed.fill(fill);
  return artifact::SigningKey::from_seed(base::Secret(seed));
}

inline artifact::Digest digest_of_text(const std::string& text) {
  return artifact::sha256({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

/// The people of a test. Everybody trusts them.
struct Cast {
  artifact::SigningKey submitter = key_of(1);
  artifact::SigningKey worker = key_of(2);
  artifact::SigningKey supervisor = key_of(3);
  artifact::SigningKey other_submitter = key_of(4);  ///< of the tenant "other"
  artifact::SigningKey stranger = key_of(5);         ///< whom nobody trusts
  Trust trust{.submitters = {{"tenant", submitter.verify_key()}, {"other", other_submitter.verify_key()}},
              .workers = {worker.verify_key()},
              .supervisors = {supervisor.verify_key()}};
};

/// What a step makes: two outputs, digests over the step's place and its inputs; the second one is repeated until it
/// has `size` bytes, so that large ones go through the store.
inline Blobs pure_step(const Step& step, std::span<const Bytes> inputs, std::size_t size) {
  base::ByteWriter writer;
  writer.string(step.text());
  for (const Bytes& input : inputs) {
    writer.u64(input.size());
    writer.bytes(input);
  }
  const artifact::Digest digest = artifact::sha256(writer.view());
  Blobs outputs = {{digest.bytes.begin(), digest.bytes.end()}, {}};
  while (outputs[1].size() < size) {
    outputs[1].insert(outputs[1].end(), digest.bytes.rbegin(), digest.bytes.rend());
  }
  return outputs;
}

/// The answer of a whole job, without queue or worker.
inline Blobs expected_answer(const Job& job, const Blobs& inputs, std::size_t size) {
  Blobs at_hand = inputs;
  for (std::uint32_t stage = 0; stage < job.shards.size(); ++stage) {
    Blobs parts;
    for (const Step& shard : shards_of(job, stage)) {
      for (Bytes& output : pure_step(shard, at_hand, size)) parts.push_back(std::move(output));
    }
    at_hand = job.shards[stage] > 1 ? pure_step({stage, kMergeShard}, parts, size) : std::move(parts);
  }
  return at_hand;
}

inline Job make_job(const std::string& name, std::vector<std::uint32_t> shards, const Blobs& inputs, Instant deadline) {
  Job job{.key = {"tenant", name, 0},
          .model = digest_of_text("model"),
          .params = digest_of_text("params"),
          .eval_key = digest_of_text("key"),
          .shards = std::move(shards),
          .inputs = {},
          .deadline = deadline};
  for (const Bytes& input : inputs) job.inputs.push_back(BlobRef::of(input));
  return job;
}

/// The inputs of the job of this name.
inline Blobs make_inputs(const std::string& name) {
  const artifact::Digest digest = digest_of_text("input of " + name);
  return {{digest.bytes.begin(), digest.bytes.end()}, {1, 2, 3}};
}

/// All lanes of make_job's jobs of so many stages, none of which is split into more than `shards` shards.
inline std::vector<Lane> all_lanes(std::uint32_t stages, std::uint32_t shards = 1) {
  std::vector<Lane> lanes;
  for (std::uint32_t stage = 0; stage < stages; ++stage) {
    Lane lane{.model = digest_of_text("model"), .eval_key = digest_of_text("key"), .stage = stage, .replica = 0};
    for (lane.shard = 0; lane.shard < shards; ++lane.shard) lanes.push_back(lane);
    lane.shard = kMergeShard;
    if (shards > 1) lanes.push_back(lane);
  }
  return lanes;
}

}  // namespace obscura::deploy::net::testing
