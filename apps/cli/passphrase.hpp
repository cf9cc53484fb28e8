#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace obscura::apps::cli {

/// How the user wants to give the passphrase of a secret key file.
struct PassphraseOptions {
  std::string file;          ///< read from here (a trailing newline is dropped); "" = ask on the terminal
  bool unprotected = false;  ///< the file has none, and that is meant
};

/// Adds --passphrase-file (and, for new files, --unprotected).
void add_passphrase_options(CLI::App& command, PassphraseOptions& options, bool for_new_file);

/// The passphrase, empty for unprotected files. Asks twice for a new file. Errors: kSecret, kNotFound, kIo.
[[nodiscard]] base::Result<base::SecretBytes> read_passphrase(const PassphraseOptions& options, bool for_new_file);

}  // namespace obscura::apps::cli
