#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "deploy/net/catalogue.hpp"
#include "deploy/net/embedded_blobs.hpp"
#include "deploy/net/embedded_queue.hpp"
#include "deploy/net/message.hpp"
#include "deploy/net/serve_one.hpp"
#include "deploy/net/simulated_time.hpp"
#include "deploy/net/submit_job.hpp"
#include "deploy/net/testing/forwarding_queue.hpp"
#include "deploy/net/testing/pipeline.hpp"
#include "deploy/submit/job_desk.hpp"
#include "deploy/worker/stage_host.hpp"
#include "tests/runtime/cheat.hpp"

/// A site with groups of workers of which one cheats, all of it the real thing: queue, store, protocol, evaluation.
namespace obscura::tests {

namespace net = deploy::net;
using deploy::submit::JobDesk;
using net::testing::key_of;

/// How one group does one job.
struct Conduct {
  std::optional<Cheat> cheat = {};
  std::uint32_t stage = 0;  ///< at which it cheats, from 0
  bool spoils = false;      ///< the bytes that travel beside a right answer
};

/// Passes on what a worker publishes, but for the last receipt, which is about other bytes.
class MisstatingQueue final : public net::testing::ForwardingQueue {
 public:
  MisstatingQueue(net::JobQueue& next, const artifact::SigningKey& signer) : ForwardingQueue(next), signer_(signer) {}
  base::Result<net::Stored> publish(const net::Task& task) override {
    net::Task changed = task;
    changed.message = misstated(task.message);
    return next_.publish(changed);
  }
  base::Result<net::Stored> publish_result(const net::JobKey& key, std::span<const std::uint8_t> message) override {
    return next_.publish_result(key, misstated(message));
  }

 private:
  [[nodiscard]] Bytes misstated(std::span<const std::uint8_t> bytes) const {
    net::Message message = net::decode(bytes, "message").value();
    net::Receipt receipt = net::open_receipt(message.receipts.back()).value();
    if (receipt.status == net::Status::kDone) receipt.outputs.front().sha256.bytes[0] ^= 1;
    message.receipts.back() = net::sign_receipt(receipt, signer_);
    return net::encode(message).value();
  }
  const artifact::SigningKey& signer_;
};

/// Passes on what a worker publishes with bytes that are not the ones its receipts name.
class SpoilingQueue final : public net::testing::ForwardingQueue {
 public:
  using ForwardingQueue::ForwardingQueue;
  base::Result<net::Stored> publish_result(const net::JobKey& key, std::span<const std::uint8_t> bytes) override {
    net::Message message = net::decode(bytes, "message").value();
    for (auto& attachment : message.attachments) attachment.back() ^= 1;
    return next_.publish_result(key, net::encode(message).value());
  }
};

/// Publishes one signed answer whatever the result is.
class ReplayingQueue final : public net::testing::ForwardingQueue {
 public:
  ReplayingQueue(net::JobQueue& next, Bytes replayed) : ForwardingQueue(next), replayed_(std::move(replayed)) {}
  base::Result<net::Stored> publish_result(const net::JobKey& key, std::span<const std::uint8_t>) override {
    return next_.publish_result(key, replayed_);
  }

 private:
  Bytes replayed_;
};

class TamperedSite {
 public:
  static constexpr const char* kGroups[] = {"acme", "borea", "cobo"};

  TamperedSite() {
    site_.queue = open_queue("queue");
    before_ = open_queue("before");
    site_.blobs = net::EmbeddedBlobs::open(folder_.file("blobs"), {.survives_power_loss = false}).value();
    for (const Bytes& file : model_.stage_files()) (void)store(file);
    const auto manifest = store(base::read_file(model_.manifest_path(), 1 << 26).value());
    entry_ = {manifest, store(model_.evaluation_keys())};
    at_site_ = deploy::submit::find_model(entry_.model, entry_.eval_keys, site_).value();
    trust_.submitters = {{"tenant", submitter_.verify_key()}};
    for (std::uint32_t i = 0; i < std::size(kGroups); ++i) {
      keys_.push_back(key_of(static_cast<std::uint8_t>(30 + i)));
      trust_.groups.push_back({.number = i + 1, .name = kGroups[i], .workers = {keys_[i].verify_key()}});
      hosts_.push_back(std::make_unique<deploy::worker::StageHost>(cache_, *site_.blobs, model_.owner().trust(),
                                                                   ckks::EngineOptions{}, 0, i + 1));
      EXPECT_TRUE(hosts_.back()->add(entry_, {}).has_value());
    }
    desk_ = JobDesk::open(
                site_, clock_, [this]() -> base::Result<net::Trust> { return trust_; }, submitter_, "tenant",
                deploy::submit::TicketStore::open(folder_.file("tickets")).value())
                .value();
  }

  /// Hands a job in for the groups that `conducts` has (the first ones), and has it worked on to its end.
  base::Result<deploy::submit::Done> run(const std::string& id, const Bytes& request,
                                         const std::vector<Conduct>& conducts, std::mt19937_64& random) {
    deploy::submit::NewJob job{.id = id, .source = artifact::sha256(request), .request = request, .groups = {}};
    for (std::uint32_t i = 0; i < conducts.size(); ++i) job.groups.push_back(i + 1);
    OBSCURA_TRY_VOID(desk_->hand_in(job, at_site_, std::chrono::hours(1)));
    for (std::uint32_t i = 0; i < conducts.size(); ++i) work(*site_.queue, i, id, conducts[i], random);
    OBSCURA_TRY(auto done, desk_->answer(id, net::Milliseconds(0)));
    if (done) return std::move(*done);
    return base::fail(base::ErrorCode::kNotFound, "a group has no result");
  }

  /// What the group answered when a job of this name was handed in before, with another request.
  void answer_before(const std::string& id, std::uint32_t group, std::mt19937_64& random) {
    const Bytes request = model_.request(random());
    net::Job job;
    job.key = {"tenant", id, group + 1};
    job.model = entry_.model.sha256;
    job.eval_key = entry_.eval_keys.sha256;
    job.params = model_.owner().expected().params;
    job.shards.assign(StagedModel::kStages, 1);
    job.inputs = {net::BlobRef::of(request)};
    job.deadline = clock_.now() + std::chrono::hours(1);
    const std::vector<Bytes> inputs = {request};
    EXPECT_TRUE(net::submit_job(*before_, *site_.blobs, job, submitter_, inputs).has_value());
    work(*before_, group, id, {}, random);
    stale_ = before_->result(job.key, net::Milliseconds(0)).value().value();
  }

  [[nodiscard]] StagedModel& model() { return model_; }
  [[nodiscard]] net::Trust& trust() { return trust_; }
  [[nodiscard]] JobDesk& desk() { return *desk_; }

 private:
  std::unique_ptr<net::JobQueue> open_queue(const std::string& name) {
    return net::EmbeddedQueue::open(folder_.file(name), {.survives_power_loss = false}, clock_).value();
  }
  net::BlobRef store(const Bytes& bytes) {
    EXPECT_TRUE(site_.blobs->put(net::BlobRef::of(bytes), bytes, {}).has_value());
    return net::BlobRef::of(bytes);
  }

  /// One group's worker, until nothing of its replica is left.
  void work(net::JobQueue& queue, std::uint32_t group, const std::string& id, const Conduct& conduct,
            std::mt19937_64& random) {
    const net::JobKey key{"tenant", id, group + 1};
    for (int patience = 0; patience < 100 && !queue.has_result(key).value(); ++patience) {
      bool idle = true;
      for (const net::Lane& lane : hosts_[group]->lanes()) idle = !serve(queue, group, lane, conduct, random) && idle;
      if (idle) clock_.sleep(std::chrono::seconds(30));  // what was given back comes again
    }
  }
  bool serve(net::JobQueue& queue, std::uint32_t group, const net::Lane& lane, const Conduct& conduct,
             std::mt19937_64& random) {
    const bool cheats = conduct.cheat && conduct.stage == lane.stage;
    MisstatingQueue misstating(queue, keys_[group]);
    ReplayingQueue replaying(queue, stale_);
    SpoilingQueue spoiling(queue);
    const bool signs_wrong = cheats && conduct.cheat == Cheat::kWrongSigner;
    const artifact::SigningKey& other = random() % 2 == 0 ? stranger_ : keys_[(group + 1) % keys_.size()];
    net::JobQueue* used = &queue;
    if (cheats && conduct.cheat == Cheat::kWrongDigest) used = &misstating;
    if (conduct.cheat == Cheat::kStaleResult) used = &replaying;
    if (conduct.spoils) used = &spoiling;
    const net::Worker worker{
        .queue = *used,
        .blobs = *site_.blobs,
        .clock = clock_,
        .identity = signs_wrong ? other : keys_[group],
        .trust = trust_,
        .evaluate = [&](const net::StepInput& input, const net::StillMine& mine) -> base::Result<net::StepOutput> {
          OBSCURA_TRY(net::StepOutput made, hosts_[group]->evaluate(input, mine, [] { return true; }));
          if (cheats) made.outputs[0] = cheater_.bytes(*conduct.cheat, lane.stage, made.outputs[0], random);
          return made;
        }};
    const net::Lane only[] = {lane};
    return net::serve_one(worker, only, net::Milliseconds(0)).value().has_value();
  }

  TemporaryFolder folder_;
  net::ManualClock clock_;
  StagedModel model_{plan::weights::testing::branched_plan({5, false})};
  Cheater cheater_{model_};
  artifact::SigningKey submitter_ = key_of(1);
  artifact::SigningKey stranger_ = key_of(5);
  std::vector<artifact::SigningKey> keys_;  // of the groups' workers
  net::Trust trust_;
  net::Site site_;
  std::unique_ptr<net::JobQueue> before_;  // as the site was when a job of the same name was handed in
  Bytes stale_;
  net::CatalogueEntry entry_;
  deploy::submit::ModelAtSite at_site_;
  deploy::worker::BlobCache cache_ = deploy::worker::BlobCache::open(folder_.file("cache"), 1 << 28).value();
  std::vector<std::unique_ptr<deploy::worker::StageHost>> hosts_;
  std::optional<JobDesk> desk_;
};

}  // namespace obscura::tests
