#include "deploy/net/testing/kill_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "deploy/net/answer.hpp"
#include "deploy/net/embedded_blobs.hpp"
#include "deploy/net/embedded_queue.hpp"
#include "deploy/net/serve_one.hpp"
#include "deploy/net/submit_job.hpp"
#include "deploy/net/supervise.hpp"
#include "deploy/net/testing/nats_place.hpp"
#include "deploy/net/testing/pipeline.hpp"
#include "deploy/net/testing/temporary_folder.hpp"

namespace obscura::deploy::net::testing {

Connection connect_to(const std::string& backend, const std::string& place, Clock& clock) {
  if (backend == "nats") return connect_to_nats(place);
  OBSCURA_CHECK(backend == "embedded", "a backend that connect_to does not know");
  return {.queue = EmbeddedQueue::open(place + "/queue",
                                       {.max_tasks = 30, .lease = kKillRunLease, .survives_power_loss = false}, clock)
                       .value(),
          .blobs = EmbeddedBlobs::open(place + "/blobs", {.survives_power_loss = false}).value()};
}

namespace {

constexpr const char* kRoleFlag = "--kill-run-role";
constexpr std::size_t kOutputBytes = 3000;
constexpr int kPoisonEvery = 100;
constexpr int kPoisonAt = 7;
// Streams are counted one after the other, and results read from whichever server answers: what is missing for so long
// while no task is left is lost.
constexpr Milliseconds kLostAfter{2'000};

// What the processes of a run share: all that they know is on their command line.
struct Errand {
  std::string role;
  std::string backend;
  std::string place;
  int jobs = 0;
  Instant deadline;
};

bool is_poison(int number) {
  return number % kPoisonEvery == kPoisonAt;
}

std::string name_of(int number) {
  return "job" + std::to_string(number);
}

Job job_number(int number, Instant deadline) {
  static const std::vector<std::vector<std::uint32_t>> kShapes = {{1}, {1, 1}, {3, 1}, {2}, {1, 2, 1}};
  const std::string name = name_of(number);
  return make_job(name, kShapes[static_cast<std::size_t>(number) % kShapes.size()], make_inputs(name), deadline);
}

[[noreturn]] void work(const Errand& errand) {
  SystemClock clock;
  const Connection at = connect_to(errand.backend, errand.place, clock);
  const Cast cast;
  std::mt19937_64 random(std::random_device{}());
  const Evaluate evaluate = [&](const StepInput& input, const StillMine& mine) -> base::Result<StepOutput> {
    if (is_poison(std::stoi(input.job.key.job.substr(3)))) (void)::raise(SIGKILL);
    for (std::uint64_t pause = 0; pause < random() % 4; ++pause) {
      clock.sleep(Milliseconds(random() % 8));
      if (!mine()) return base::fail(base::ErrorCode::kIo, "lost");
    }
    return StepOutput{.outputs = pure_step(input.step, input.inputs, kOutputBytes)};
  };
  const Worker worker{.queue = *at.queue,
                      .blobs = *at.blobs,
                      .clock = clock,
                      .identity = cast.worker,
                      .trust = cast.trust,
                      .evaluate = evaluate,
                      .max_inline_bytes = random() % 2 == 0 ? kMaxInlineBytes : 100,
                      .heartbeat_every = kKillRunLease / 4,
                      .retry_delay = Milliseconds(50)};
  while (true) {
    if (const auto served = serve_one(worker, all_lanes(3, 3), Milliseconds(500)); !served) {
      std::cerr << "worker: " << served.error().message << '\n';
    }
  }
}

void submit(const Errand& errand) {
  SystemClock clock;
  const Connection at = connect_to(errand.backend, errand.place, clock);
  const Cast cast;
  for (int number = 0; number < errand.jobs;) {
    const auto stored = submit_job(*at.queue, *at.blobs, job_number(number, errand.deadline), cast.submitter,
                                   make_inputs(name_of(number)), number % 2 == 0 ? kMaxInlineBytes : 0);
    if (stored && (*stored == Stored::kStored || *stored == Stored::kAlreadyThere)) {
      ++number;
    } else {
      clock.sleep(Milliseconds(5));
    }
  }
}

[[noreturn]] void watch_over(const Errand& errand) {
  SystemClock clock;
  const Connection at = connect_to(errand.backend, errand.place, clock);
  const Cast cast;
  while (true) {
    if (const auto done = supervise(*at.queue, cast.supervisor); !done) {
      std::cerr << "supervisor: " << done.error().message << '\n';
    }
    clock.sleep(Milliseconds(50));
  }
}

// One child process with its role, started anew as often as it dies.
class Child {
 public:
  Child(Errand errand, std::string role) : errand_(std::move(errand)) {
    errand_.role = std::move(role);
    start();
  }
  ~Child() { kill_now(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void kill_now() {
    if (!pid_) return;
    ::kill(*pid_, SIGKILL);
    int status = 0;
    ::waitpid(*std::exchange(pid_, std::nullopt), &status, 0);
  }
  // Starts it again unless it is alive or ended by itself and well.
  void keep_alive() {
    int status = 0;
    if (pid_ && ::waitpid(*pid_, &status, WNOHANG) != *pid_) return;
    if (pid_) {
      pid_.reset();
      finished_ = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    if (!finished_) start();
  }
  [[nodiscard]] bool finished() const { return finished_; }

 private:
  void start() {
    std::vector<std::string> words = {"/proc/self/exe",
                                      kRoleFlag,
                                      errand_.role,
                                      errand_.backend,
                                      errand_.place,
                                      std::to_string(errand_.jobs),
                                      std::to_string(errand_.deadline.time_since_epoch().count())};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t pid = 0;
    const int code = ::posix_spawn(&pid, words.front().c_str(), nullptr, nullptr, arguments.data(), environ);
    OBSCURA_CHECK(code == 0, "the test program cannot start itself");
    pid_ = pid;
  }

  Errand errand_;
  std::optional<pid_t> pid_;
  bool finished_ = false;
};

class KillRun {
 public:
  explicit KillRun(const KillPlan& plan)
      : plan_(plan),
        random_(plan.seed),
        errand_{.role = {},
                .backend = plan.backend,
                .place = plan.place,
                .jobs = plan.jobs,
                .deadline = clock_.now() + std::chrono::hours(1)},
        at_(connect_to(plan.backend, plan.place, clock_)),
        answers_(static_cast<std::size_t>(plan.jobs)) {}

  KillReport run();

 private:
  void kill_some(std::vector<std::unique_ptr<Child>>& children);
  [[nodiscard]] bool look_for_answers();
  void look_for_losses(bool empty);
  void submit_lost_again();
  void judge(int number);
  void judge_end(int number, const Answer& answer);
  void violate(int number, const std::string& what) { report_.violation = name_of(number) + " " + what; }

  KillPlan plan_;
  std::mt19937_64 random_;
  SystemClock clock_;
  Errand errand_;
  Connection at_;
  Cast cast_;
  std::vector<std::optional<Bytes>> answers_;  // as first seen
  std::optional<Instant> empty_since_;
  KillReport report_;
};

void KillRun::kill_some(std::vector<std::unique_ptr<Child>>& children) {
  const auto workers = static_cast<std::uint64_t>(plan_.workers);
  if (report_.worker_kills < plan_.kills) {
    children[random_() % workers]->kill_now();
    ++report_.worker_kills;
    report_.strikes += plan_.strike && plan_.strike(report_.worker_kills) ? 1 : 0;
  }
  if (random_() % 5 < 2) {
    Child& other = *children[workers + random_() % 2];
    if (!other.finished()) {
      other.kill_now();
      ++report_.other_kills;
    }
  }
}

// Whether all are there.
bool KillRun::look_for_answers() {
  bool all = true;
  for (int number = 0; number < plan_.jobs; ++number) {
    auto& answer = answers_[static_cast<std::size_t>(number)];
    if (answer) continue;
    answer = at_.queue->result({"tenant", name_of(number), 0}, Milliseconds(0)).value();
    all = all && answer.has_value();
  }
  return all;
}

// What a submitter does who keeps its input until it has the result.
void KillRun::submit_lost_again() {
  for (int number = 0; number < plan_.jobs; ++number) {
    if (answers_[static_cast<std::size_t>(number)]) continue;
    const auto stored = submit_job(*at_.queue, *at_.blobs, job_number(number, errand_.deadline), cast_.submitter,
                                   make_inputs(name_of(number)), 0);
    if (!stored || *stored != Stored::kStored) continue;
    ++report_.resubmitted;
    std::cout << name_of(number) << " was lost and is submitted again" << std::endl;
  }
}

void KillRun::look_for_losses(bool empty) {
  if (!empty || !plan_.may_lose) return empty_since_.reset();
  if (!empty_since_) empty_since_ = clock_.now();
  if (clock_.now() - *empty_since_ < kLostAfter) return;
  empty_since_.reset();
  submit_lost_again();
}

void KillRun::judge_end(int number, const Answer& answer) {
  // What the supervisor says. A worker that refuses on the last delivery has another cause.
  const bool never_ended =
      answer.ending.status == Status::kFailed && answer.ending.cause.find("never came to an end") != std::string::npos;
  if (never_ended) {
    ++(is_poison(number) ? report_.poison_failed : report_.worn_out);
    return;
  }
  if (answer.ending.status != Status::kDone) return violate(number, "ended with: " + answer.ending.cause);
  const auto outputs = read_outputs(answer, *at_.blobs, 1 << 24);
  if (!outputs) return violate(number, outputs.error().message);
  const Job job = job_number(number, errand_.deadline);
  if (is_poison(number) || *outputs != expected_answer(job, make_inputs(name_of(number)), kOutputBytes)) {
    return violate(number, "was answered wrong");
  }
  ++report_.right;
  const bool again =
      std::any_of(answer.trail.begin(), answer.trail.end(), [](const Receipt& receipt) { return receipt.attempt > 1; });
  report_.again += again || answer.ending.attempt > 1 ? 1 : 0;
}

void KillRun::judge(int number) {
  const auto& message = answers_[static_cast<std::size_t>(number)];
  if (!message) return violate(number, "was never answered");
  const Job job = job_number(number, errand_.deadline);
  if (at_.queue->result(job.key, Milliseconds(0)).value() != message) return violate(number, "has another result now");
  const auto answer = open_answer(*message, sign_job(job, cast_.submitter), cast_.trust);
  if (!answer) return violate(number, answer.error().message);
  judge_end(number, *answer);
}

KillReport KillRun::run() {
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::unique_ptr<Child>> children;
  for (int i = 0; i < plan_.workers; ++i) children.push_back(std::make_unique<Child>(errand_, "work"));
  children.push_back(std::make_unique<Child>(errand_, "submit"));
  children.push_back(std::make_unique<Child>(errand_, "supervise"));
  Instant next_kill = clock_.now() + plan_.kill_every;
  Instant end = clock_.now() + plan_.patience;
  while (clock_.now() < end) {
    for (const auto& child : children) child->keep_alive();
    const bool all = look_for_answers();
    const bool killed_enough = report_.worker_kills >= plan_.kills;
    const bool settled = killed_enough && children[children.size() - 2]->finished();
    const bool empty = settled && at_.queue->status().value().tasks == 0;
    if (all && empty) break;
    look_for_losses(empty);
    if (!killed_enough) end = clock_.now() + plan_.patience;
    if (clock_.now() >= next_kill && !killed_enough) {
      kill_some(children);
      next_kill =
          clock_.now() + Milliseconds(1 + random_() % (2 * static_cast<std::uint64_t>(plan_.kill_every.count())));
    }
    clock_.sleep(Milliseconds(5));
  }
  children.clear();
  for (int number = 0; number < plan_.jobs && report_.violation.empty(); ++number) judge(number);
  if (at_.queue->status().value().tasks != 0) report_.violation += " tasks are left over";
  report_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return report_;
}

// tests/soak/kill-processes runs it long.
TEST(KillRun, NoJobIsLostOrAnsweredTwiceOrWrongWhenProcessesAreKilled) {
  const TemporaryFolder folder;
  const KillPlan plan{.backend = "embedded",
                      .place = folder.path(),
                      .jobs = from_environment("OBSCURA_KILL_JOBS", 40),
                      .kills = from_environment("OBSCURA_KILL_KILLS", 8),
                      .workers = 3,
                      .seed = static_cast<std::uint64_t>(from_environment("OBSCURA_KILL_SEED", 1))};
  expect_kept(plan, run_kills(plan));
}

}  // namespace

KillReport run_kills(const KillPlan& plan) {
  return KillRun(plan).run();
}

void expect_kept(const KillPlan& plan, const KillReport& report) {
  std::cout << plan.jobs << " jobs: " << report.right << " right, " << report.poison_failed << " poison failed, "
            << report.worn_out << " worn out, " << report.again << " done at a later attempt; " << report.worker_kills
            << " workers, " << report.other_kills << " submitters and supervisors and " << report.strikes
            << " servers killed; " << report.resubmitted << " lost and submitted again; " << report.seconds << " s\n";
  EXPECT_EQ(report.violation, "") << "seed " << plan.seed;
  EXPECT_EQ(report.worker_kills, plan.kills);
  EXPECT_EQ(report.poison_failed, (plan.jobs + kPoisonEvery - 1 - kPoisonAt) / kPoisonEvery);
  // A worker holds one task at a time: its death costs one delivery, that of a server one of each worker.
  const int lost_deliveries = report.worker_kills + plan.workers * report.strikes;
  EXPECT_LE(report.worn_out, lost_deliveries / static_cast<int>(kMaxDeliveries));
}

int from_environment(const char* variable, int otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::atoi(text);
}

// The role that the command line gives, if it gives one.
bool play_role(int argc, char** argv) {
  if (argc != 7 || std::string(argv[1]) != kRoleFlag) return false;
  const Errand errand{.role = argv[2],
                      .backend = argv[3],
                      .place = argv[4],
                      .jobs = std::atoi(argv[5]),
                      .deadline = Instant(Milliseconds(std::atoll(argv[6])))};
  if (errand.role == "work") work(errand);
  if (errand.role == "supervise") watch_over(errand);
  submit(errand);
  return true;
}

}  // namespace obscura::deploy::net::testing

int main(int argc, char** argv) {
  if (obscura::deploy::net::testing::play_role(argc, argv)) return 0;
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
