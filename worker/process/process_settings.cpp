#include "worker/process/process_settings.h"

#include <malloc.h>

#include <csignal>
#include <cstdlib>
#include <limits>

namespace dplaunch {

void keep_freed_memory() {
  constexpr int kTopPadBytes = 64 << 20;
  ::mallopt(M_MMAP_MAX, 0);  // a block with a mapping of its own is unmapped when it is freed
  ::mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());  // the heap does not shrink
  ::mallopt(M_TOP_PAD, kTopPadBytes);  // it grows rarely, by more than was asked for
}

void turn_file_size_signal_into_error() {
  std::signal(SIGXFSZ, SIG_IGN);
}

void silence_profiler() {
  constexpr char kAboveErrors[] = "5";
  ::setenv("KINETO_LOG_LEVEL", kAboveErrors, /*replace=*/0);
}

}  // namespace dplaunch
