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

/// Whether what is shown of a letter is there, each of its type.
bool is_letter(const nlohmann::json& line) {
  const auto has_text = [&](const char* name) { return line.contains(name) && line[name].is_string(); };
  return line.is_object() && has_text("time") && has_text("job") && has_text("step") && has_text("cause") &&
         line.contains("deliveries") && line["deliveries"].is_number_unsigned();
}

/// A line may be torn: whoever wrote it was killed. The others still count.
base::Result<void> read_file(const std::string& path, std::vector<nlohmann::json>& letters) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    if (!error) return {};
    return base::fail(ErrorCode::kIo, fmt::format("cannot read {}: {}", path, error.message()));
  }
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    auto letter = nlohmann::json::parse(line, nullptr, false);
    letters.push_back(is_letter(letter) ? std::move(letter) : nlohmann::json{{"unreadable", line}});
  }
  if (file.eof()) return {};
  return base::fail(ErrorCode::kIo, fmt::format("cannot read {}", path), "check its permissions");
}

/// Whether the next line would begin behind the end of another, as after a torn one.
bool ends_torn(const std::string& path) {
  std::ifstream file(path, std::ios::ate | std::ios::binary);
  if (!file || file.tellg() <= 0) return false;
  file.seekg(-1, std::ios::end);
  return file.get() != '\n';
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
  const bool torn = ends_torn(path_);
  std::ofstream file(path_, std::ios::app);
  file << (torn ? "\n" : "") << letter.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n'
       << std::flush;
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
