#include "worker/process/stack_on_request.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "common/run_folder.h"
#include "common/stack_signal.h"

namespace dplaunch {
namespace {

constexpr int kMaxFrames = 128;
/// The handler itself, and the kernel's way into it.
constexpr int kHandlerFrames = 2;

/// What the signal handler finds. It only notes addresses: names are looked up by a thread of its
/// own, as that takes locks and memory, which the main thread may hold.
struct Capture {
  void* frames[kMaxFrames];
  int count;
  bool goes_to_file;
};
static_assert(sizeof(Capture) <= PIPE_BUF, "so that it goes through the pipe in one piece");

int capture_pipe = -1;  ///< all that the signal handler can reach

void on_stack_signal(int, siginfo_t* info, void*) {
  const int saved_errno = errno;
  Capture capture;
  capture.goes_to_file = info->si_code == SI_QUEUE && info->si_value.sival_int == kStackToFile;
  capture.count = ::backtrace(capture.frames, kMaxFrames);
  // A full pipe holds stacks enough.
  [[maybe_unused]] const auto written = ::write(capture_pipe, &capture, sizeof capture);
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

std::string frame_lines(const Capture& capture) {
  std::ostringstream text;
  for (int i = kHandlerFrames; i < capture.count; ++i) {
    text << "  #" << i - kHandlerFrames << ' ' << describe_frame(capture.frames[i]) << '\n';
  }
  return text.str();
}

/// In one write, so that nothing of another thread comes between.
void print_stack(const Capture& capture) {
  std::cerr << "stack of the main thread, on request:\n" + frame_lines(capture) << std::flush;
}

/// Who asked waits for the file, and not for ever: a disk that is full is nothing to end a training
/// for.
void write_stack(const Capture& capture, const RunFolder& folder, int rank) {
  if (!folder.is_ours()) return;
  try {
    write_file_whole(folder.stack(rank), frame_lines(capture));
  } catch (const Error&) {
    return;
  }
}

void print_stacks(int pipe, const RankEnvironment& environment) {
  Capture capture;
  for (;;) {
    const ssize_t size_bytes = ::read(pipe, &capture, sizeof capture);
    if (size_bytes < 0 && errno == EINTR) continue;
    if (size_bytes != sizeof capture) return;
    if (capture.goes_to_file && !environment.run_dir.empty()) {
      write_stack(capture, run_folder_of(environment), environment.rank);
    } else {
      print_stack(capture);
    }
  }
}

}  // namespace

void print_stack_on_request(const RankEnvironment& environment) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return;  // it is only a help
  ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
  capture_pipe = ends[1];
  // The first call loads libgcc, which must not happen in a signal handler (backtrace(3)).
  void* frame = nullptr;
  ::backtrace(&frame, 1);
  // Detached: it waits for as long as the process lives. Other threads must not get the signal.
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, stack_signal());
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread(print_stacks, ends[0], environment).detach();
  ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  struct sigaction action {};
  action.sa_sigaction = on_stack_signal;
  action.sa_flags = SA_RESTART | SA_SIGINFO;
  ::sigaction(stack_signal(), &action, nullptr);
}

}  // namespace dplaunch
