#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

/// One small file of every format: those in tests/golden/files, which the program of their time wrote, and the same
/// made now. docs/formats.md, "Versions", says what they hold still.
namespace obscura::tests::golden {

using Bytes = std::vector<std::uint8_t>;
/// By name. A name ends in the version of its format: "plan.v1".
using Files = std::map<std::string, Bytes>;

/// Passphrase of "secret-key-passphrase.v1".
inline constexpr const char* kPassphrase = "golden";

/// The files of the checkout, without meaning.txt.
[[nodiscard]] Files committed_files();

/// What meaning.txt says: a line for each thing that was found in a file when it was made.
[[nodiscard]] std::string committed_meaning();

/// The same files with fresh keys, as the code of today writes them. Those of a version that is read and not written
/// any more are made of the bytes of the present one.
[[nodiscard]] Files make_files();

}  // namespace obscura::tests::golden
