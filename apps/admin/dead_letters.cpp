#include "apps/admin/dead_letters.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "deploy/net/message.hpp"
#include "deploy/net/receipt.hpp"

namespace obscura::apps::admin {

namespace {

namespace fs = std::filesystem;
namespace net = deploy::net;
using base::ErrorCode;

std::string fingerprint_of(const net::SignedStatement& statement) {
  return artifact::fingerprint(statement.signer.digest());
}

base::Result<void> read_file(const std::string& path, std::vector<nlohmann::json>& letters) {
  if (!fs::exists(path)) return {};
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    auto letter = nlohmann::json::parse(line, nullptr, false);
    if (!letter.is_object()) {
      return base::fail(ErrorCode::kCorrupt, fmt::format("{} has a line that is no JSON object", path),
                        "move the file away");
    }
    letters.push_back(std::move(letter));
  }
  if (file.eof()) return {};
  return base::fail(ErrorCode::kIo, fmt::format("cannot read {}", path), "check its permissions");
}

}  // namespace

nlohmann::json letter_of(const net::Orphan& orphan) {
  const net::Task& task = orphan.task;
  nlohmann::json letter = {{"job", task.key.text()},
                           {"step", task.step.text()},
                           {"cause", orphan.cause == net::OrphanCause::kDeadline ? "deadline" : "too many deliveries"},
                           {"deliveries", orphan.deliveries},
                           {"model", task.model.hex()},
                           {"eval_keys", task.eval_key.hex()},
                           {"message_bytes", task.message.size()}};
  const auto message = net::decode(task.message, "task " + task.id());
  if (!message) {
    letter["unreadable"] = message.error().message;
    return letter;
  }
  if (message->job) letter["submitter"] = fingerprint_of(*message->job);
  letter["done_by"] = nlohmann::json::array();
  for (const auto& receipt : message->receipts) letter["done_by"].push_back(fingerprint_of(receipt));
  return letter;
}

base::Result<void> DeadLetters::add(const net::Orphan& orphan, net::Instant now) {
  std::error_code none;
  if (fs::file_size(path_, none) > kMaxLettersBytes && !none) fs::rename(path_, path_ + ".1", none);
  nlohmann::json letter = letter_of(orphan);
  letter["time"] = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
  std::ofstream file(path_, std::ios::app);
  file << letter.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n' << std::flush;
  if (file) return {};
  return base::fail(ErrorCode::kIo, fmt::format("cannot write {}", path_), "check the disk and its permissions");
}

base::Result<std::vector<nlohmann::json>> DeadLetters::read() const {
  std::vector<nlohmann::json> letters;
  OBSCURA_TRY_VOID(read_file(path_ + ".1", letters));
  OBSCURA_TRY_VOID(read_file(path_, letters));
  return letters;
}

}  // namespace obscura::apps::admin
