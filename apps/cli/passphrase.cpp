#include "apps/cli/passphrase.hpp"

#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/file.hpp"

namespace obscura::apps::cli {

namespace {

using base::ErrorCode;
using base::SecretBytes;

constexpr std::size_t kMaxPassphrase = 1024;

/// Turns the terminal's echo off for its lifetime.
class Silence {
 public:
  Silence() {
    active_ = tcgetattr(STDIN_FILENO, &before_) == 0;
    if (!active_) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~Silence() {
    if (active_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  termios before_{};
  bool active_ = false;
};

SecretBytes without_newline(std::span<const std::uint8_t> bytes) {
  if (!bytes.empty() && bytes.back() == '\n') bytes = bytes.first(bytes.size() - 1);
  return SecretBytes::copy_of(bytes);
}

/// A new file under no passphrase at all must be asked for in so many words.
base::Result<SecretBytes> accept(SecretBytes passphrase, bool for_new_file) {
  if (!for_new_file || !std::as_const(passphrase).reveal_secret().empty()) return passphrase;
  return base::fail(ErrorCode::kSecret, "the passphrase is empty", "choose one, or use --unprotected if that is meant");
}

base::Result<SecretBytes> ask(const char* prompt) {
  std::fprintf(stderr, "%s", prompt);
  base::Secret<std::array<std::uint8_t, kMaxPassphrase>> line;
  ssize_t size = 0;
  {
    const Silence silence;
    size = read(STDIN_FILENO, line.reveal_secret().data(), kMaxPassphrase);
  }
  std::fprintf(stderr, "\n");
  if (size <= 0) return base::fail(ErrorCode::kSecret, "no passphrase was given", "type one, or use --passphrase-file");
  return without_newline(std::span(line.reveal_secret()).first(static_cast<std::size_t>(size)));
}

}  // namespace

void add_passphrase_options(CLI::App& command, PassphraseOptions& options, bool for_new_file) {
  command.add_option("--passphrase-file", options.file, "File that holds the secret key's passphrase");
  if (for_new_file) {
    command.add_flag("--unprotected", options.unprotected, "Write the secret key without a passphrase");
  }
}

base::Result<SecretBytes> read_passphrase(const PassphraseOptions& options, bool for_new_file) {
  if (options.unprotected && !options.file.empty()) {
    return base::fail(ErrorCode::kUsage, "--unprotected and --passphrase-file exclude each other", "give one of them");
  }
  if (options.unprotected) return SecretBytes();
  if (!options.file.empty()) {
    OBSCURA_TRY(const SecretBytes bytes, base::read_secret_file(options.file, kMaxPassphrase));
    return accept(without_newline(bytes.reveal_secret()), for_new_file);
  }
  if (isatty(STDIN_FILENO) != 1) {
    return base::fail(
        ErrorCode::kSecret, "the secret key needs a passphrase and there is no terminal to ask on",
        for_new_file ? "use --passphrase-file, or --unprotected if that is meant" : "use --passphrase-file");
  }
  OBSCURA_TRY(SecretBytes passphrase, ask("Passphrase of the secret key: "));
  if (!for_new_file) return passphrase;
  OBSCURA_TRY(const SecretBytes again, ask("The same again: "));
  const auto first = std::as_const(passphrase).reveal_secret();
  const auto second = again.reveal_secret();
  if (!std::equal(first.begin(), first.end(), second.begin(), second.end())) {
    return base::fail(ErrorCode::kSecret, "the two passphrases differ", "try again");
  }
  return accept(std::move(passphrase), for_new_file);
}

}  // namespace obscura::apps::cli
