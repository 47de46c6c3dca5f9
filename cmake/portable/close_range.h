// Boost.Process calls close_range(), which glibc has since 2.34 and Linux since 5.9; the wheel's
// program runs with older ones too. Included before boost_process.cpp, in the wheel's build alone.
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

inline int close_range(unsigned first, unsigned last, int flags) {
  if (::syscall(SYS_close_range, first, last, flags) == 0) return 0;
  const long most = ::sysconf(_SC_OPEN_MAX);
  for (unsigned fd = first; fd <= last && static_cast<long>(fd) < most; ++fd)
    ::close(static_cast<int>(fd));
  return 0;
}
