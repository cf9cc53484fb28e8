#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace obscura::base {

/// What kind of failure the outside world handed us. The value is the exit code of the command line
/// (docs/guide/errors.md); 0 is success and 1 is reserved for internal errors.
enum class ErrorCode : int {
  kUsage = 2,        ///< the command line itself is wrong
  kNotFound = 3,     ///< a file or entry that was named does not exist
  kIo = 4,           ///< reading or writing failed
  kCorrupt = 5,      ///< malformed, truncated or altered bytes
  kUntrusted = 6,    ///< a signature is missing, wrong, or of somebody who is not trusted
  kMismatch = 7,     ///< well-formed, but made for another key, plan or parameter set
  kInsecure = 8,     ///< parameters above the security cap
  kUnsupported = 9,  ///< a valid request that this version cannot serve
  kLimit = 10,       ///< a stated limit (size, memory, count) would be exceeded
  kSecret = 11,      ///< wrong or missing passphrase
  // What becomes of jobs that go to other machines.
  kFull = 12,          ///< there is no room for it now: try later
  kExpired = 13,       ///< its deadline passed
  kCancelled = 14,     ///< it was taken back, or stopped on request
  kFailed = 15,        ///< it was tried, and there is no hope
  kInvalidJob = 16,    ///< whoever was to do it found that it can never be done
  kUnknownModel = 17,  ///< the model is not there
  kMissingKey = 18,    ///< the evaluation keys are not there
  kWrongTenant = 19,   ///< signed by somebody who may not submit for that tenant
  kDisagreement = 20,  ///< replicas of it differ, or it is not what is known to be right: somebody computed wrong
  kUsedUp = 21,        ///< the key has released as many results as it may
};

/// One failure: a sentence that says what was wrong and where, and a hint that says what to do.
/// Neither ever holds a secret, a weight or a raw decryption.
struct Error {
  ErrorCode code;
  std::string message;
  std::string hint;
};

/// A value, or the reason why there is none.
template <class T>
using Result = tl::expected<T, Error>;

/// Shorthand for the failing side: `return fail(ErrorCode::kCorrupt, "...", "...");`
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message, std::string hint = {}) {
  return tl::make_unexpected(Error{code, std::move(message), std::move(hint)});
}

/// Passes an error of another Result on.
template <class T>
[[nodiscard]] tl::unexpected<Error> forward_error(Result<T>& result) {
  return tl::make_unexpected(std::move(result.error()));
}

}  // namespace obscura::base

#define OBSCURA_CONCAT_INNER(a, b) a##b
#define OBSCURA_CONCAT(a, b) OBSCURA_CONCAT_INNER(a, b)

/// `OBSCURA_TRY(auto x, f());` gives x the value of f(), or returns f()'s error from this function.
#define OBSCURA_TRY(declaration, expression) OBSCURA_TRY_INNER(OBSCURA_CONCAT(try_, __LINE__), declaration, expression)
#define OBSCURA_TRY_INNER(name, declaration, expression)            \
  auto name = (expression);                                         \
  if (!name) return ::tl::make_unexpected(std::move(name.error())); \
  declaration = std::move(*name)

/// The same for Result<void>.
#define OBSCURA_TRY_VOID(expression) OBSCURA_TRY_VOID_INNER(OBSCURA_CONCAT(try_, __LINE__), expression)
#define OBSCURA_TRY_VOID_INNER(name, expression) \
  if (auto name = (expression); !name) return ::tl::make_unexpected(std::move(name.error()))
