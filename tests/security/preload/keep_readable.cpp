/// To be preloaded into a program whose memory a test searches: its own user may go on reading it, though it asks for
/// the opposite (src/base/forbid_core_dumps.hpp). Without this the test would have to be root.
#include <dlfcn.h>
#include <sys/prctl.h>

#include <cstdarg>

extern "C" int prctl(int option, ...) {
  if (option == PR_SET_DUMPABLE) return 0;
  std::va_list rest;
  va_start(rest, option);
  const unsigned long second = va_arg(rest, unsigned long);
  const unsigned long third = va_arg(rest, unsigned long);
  const unsigned long fourth = va_arg(rest, unsigned long);
  const unsigned long fifth = va_arg(rest, unsigned long);
  va_end(rest);
  using Prctl = int (*)(int, ...);
  return reinterpret_cast<Prctl>(::dlsym(RTLD_NEXT, "prctl"))(option, second, third, fourth, fifth);
}
