#pragma once

namespace obscura::base {

/// Reports a broken precondition on standard error and aborts. Never returns.
[[noreturn]] void check_failed(const char* expression, const char* message, const char* file, int line);

}  // namespace obscura::base

/// Stops the process when `condition` is false: a bug in the caller, never bad input. Always on.
#define OBSCURA_CHECK(condition, message) \
  ((condition) ? static_cast<void>(0) : ::obscura::base::check_failed(#condition, message, __FILE__, __LINE__))

/// The same in debug builds only; for conditions inside hot loops.
#ifndef NDEBUG
#define OBSCURA_DCHECK(condition, message) OBSCURA_CHECK(condition, message)
#else
#define OBSCURA_DCHECK(condition, message) static_cast<void>(0)
#endif
