#include "worker/stack_on_request.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <sstream>
#include <thread>

#include "common/stack_signal.h"

namespace dplaunch {
namespace {

constexpr int kMostFrames = 48;
/// The handler itself, and the kernel's way into it.
constexpr int kHandlerFrames = 2;

// All that the signal handler can reach. It only notes addresses: names are looked up by a thread
// of its own, as that takes locks and memory, which the main thread may hold.
struct Capture {
  void* frames[kMostFrames];
  int count = 0;
  int pipe = -1;
} capture;

void on_signal(int) {
  const int saved_errno = errno;
  capture.count = ::backtrace(capture.frames, kMostFrames);
  const char byte = 0;
  [[maybe_unused]] const auto written = ::write(capture.pipe, &byte, 1);
  errno = saved_errno;
}

std::string demangled(const char* symbol) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(symbol, nullptr, nullptr, &status), std::free);
  return status == 0 ? name.get() : symbol;
}

std::string describe_frame(void* address) {
  Dl_info info{};
  if (::dladdr(address, &info) == 0) return "?";
  std::string library = info.dli_fname != nullptr ? info.dli_fname : "?";
  library.erase(0, library.rfind('/') + 1);
  return (info.dli_sname != nullptr ? demangled(info.dli_sname) : std::string("?")) + "  (" +
         library + ")";
}

void print_stacks(int pipe) {
  char byte = 0;
  for (;;) {
    const ssize_t count = ::read(pipe, &byte, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count != 1) return;
    std::ostringstream text;
    text << "stack of the main thread, on request:\n";
    for (int i = kHandlerFrames; i < capture.count; ++i) {
      text << "  #" << i - kHandlerFrames << ' ' << describe_frame(capture.frames[i]) << '\n';
    }
    std::cerr << text.str() << std::flush;
  }
}

}  // namespace

void print_stack_on_request() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return;  // it is only a help
  capture.pipe = ends[1];
  // The first call loads libgcc, which must not happen in a signal handler (backtrace(3)).
  ::backtrace(capture.frames, kMostFrames);
  // Detached: it waits for as long as the process lives. Other threads must not get the signal.
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, stack_signal());
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread(print_stacks, ends[0]).detach();
  ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  ::sigaction(stack_signal(), &action, nullptr);
}

}  // namespace dplaunch
