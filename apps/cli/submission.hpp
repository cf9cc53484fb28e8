#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>

#include "apps/cli/command.hpp"
#include "apps/cli/open_secret.hpp"
#include "apps/cli/passphrase.hpp"
#include "apps/cli/site_access.hpp"
#include "deploy/client/request_writer.hpp"
#include "deploy/submit/model_at_site.hpp"

namespace obscura::apps::cli {

struct SubmitOptions {
  SiteOptions site;
  std::vector<std::string> inputs;    ///< in the clear, to be encrypted
  std::vector<std::string> requests;  ///< encrypted already
  std::string key;
  std::string model;
  std::string eval_keys;
  std::string id;
  bool no_wait = false;
  std::string output;
  std::string folder;
  std::string secret;
  std::string releases;
  PassphraseOptions passphrase;
  bool scores = false;
  std::uint32_t deadline_s = 3600;
  std::size_t replicas = 0;         ///< 0: of all groups that are named, else one
  std::vector<std::string> groups;  ///< empty: the first that are trusted
  std::string canaries;
  double canary_rate = 0;
  std::string watch;
  std::string when_behind = "wait";
  std::size_t max_waiting = 16;
  std::size_t max_in_work = 4;
  std::uint64_t frames = 0;
};

/// What turns inputs into jobs of one model at one site, and answers into what is said about them.
class Submission {
 public:
  /// Errors: those of open_site_access, choose_groups, find_model, RequestWriter::open and open_key_holder.
  [[nodiscard]] static base::Result<std::unique_ptr<Submission>> open(const SubmitOptions& options,
                                                                      const Global& global);

  /// An input in the clear, read and not yet encrypted.
  struct Input {
    std::vector<float> tensor;
    artifact::Digest source;
  };
  [[nodiscard]] base::Result<Input> read(const std::string& input) const;
  /// Encrypts it into a job of this name; "": named after its request.
  [[nodiscard]] base::Result<deploy::submit::NewJob> encrypt(const Input& input, const std::string& id) const;
  /// A request from a file.
  [[nodiscard]] base::Result<deploy::submit::NewJob> load(const std::string& path, const std::string& id) const;

  /// Hands a job in, or in again if it is known by this name. Errors: those of JobDesk::hand_in.
  [[nodiscard]] base::Result<void> hand_in(const deploy::submit::NewJob& job);
  [[nodiscard]] deploy::submit::JobDesk& desk() { return *access_->desk; }
  /// The model that jobs are for, and the groups that they go to.
  [[nodiscard]] const deploy::submit::ModelAtSite& model() const { return *model_; }
  [[nodiscard]] const std::vector<std::uint32_t>& groups() const { return groups_; }
  /// Those that were asked for: none when it was left open.
  [[nodiscard]] std::span<const std::uint32_t> asked_groups() const {
    return std::span(groups_).first(are_groups_asked() ? groups_.size() : 0);
  }

  /// Writes the result to `output` ("": nowhere), decrypts it if there is a secret key, and says what came out: of one
  /// image among the job's figures, of several in `answers`. Then the job is closed (JobDesk::close). Errors: those of
  /// write_file_atomically, open_answers and close.
  [[nodiscard]] base::Result<Report> conclude(const std::string& id, const deploy::submit::Done& done,
                                              const std::string& output);
  /// Why there is no answer, to be told; closes the job if that is its end (is_refusal).
  [[nodiscard]] base::Error conclude(const std::string& id, base::Error error);

 private:
  explicit Submission(const SubmitOptions& options) : options_(&options) {}
  [[nodiscard]] bool are_groups_asked() const { return options_->replicas > 0 || !options_->groups.empty(); }
  [[nodiscard]] base::Result<void> decrypt(const std::string& id, std::span<const std::uint8_t> result,
                                           Report& report) const;
  [[nodiscard]] artifact::Digest source_of(std::span<const std::uint8_t> bytes) const;

  const SubmitOptions* options_;
  std::unique_ptr<SiteAccess> access_;
  std::optional<deploy::submit::ModelAtSite> model_;
  std::vector<std::uint32_t> groups_;
  std::optional<deploy::client::RequestWriter> writer_;
  std::optional<KeyHolder> holder_;
};

/// Answers frames as they appear in a folder, until a signal or options.frames of them; prints a JSON line for each.
/// Errors: kCancelled (told to stop twice), kLimit (more frames than the system remembers), kUsedUp (of the secret
/// key), those of the site.
[[nodiscard]] base::Result<Report> watch(const SubmitOptions& options, const Global& global);

}  // namespace obscura::apps::cli
