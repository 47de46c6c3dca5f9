#include "launcher/stacks/kernel_place.h"

#include <fmt/core.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <sstream>
#include <system_error>

#include "base/process/process_table.h"
#include "base/text/printable.h"

namespace dplaunch {
namespace {

struct CallName {
  long number;
  const char* name;
  bool takes_descriptor = false;  ///< as its first argument
};

// The calls that threads wait in.
constexpr std::array kCalls = {
    CallName{SYS_read, "read", true},
    CallName{SYS_readv, "readv", true},
    CallName{SYS_pread64, "pread", true},
    CallName{SYS_write, "write", true},
    CallName{SYS_writev, "writev", true},
    CallName{SYS_pwrite64, "pwrite", true},
    CallName{SYS_recvfrom, "recv", true},
    CallName{SYS_recvmsg, "recvmsg", true},
    CallName{SYS_sendto, "send", true},
    CallName{SYS_sendmsg, "sendmsg", true},
    CallName{SYS_accept4, "accept", true},
    CallName{SYS_connect, "connect", true},
    CallName{SYS_epoll_pwait, "epoll_wait"},
    CallName{SYS_ppoll, "poll"},
    CallName{SYS_pselect6, "select"},
#ifdef SYS_poll  // newer machines have only the calls above
    CallName{SYS_poll, "poll"},
    CallName{SYS_select, "select"},
    CallName{SYS_epoll_wait, "epoll_wait"},
    CallName{SYS_accept, "accept", true},
    CallName{SYS_pause, "pause"},
#endif
    CallName{SYS_futex, "futex"},
    CallName{SYS_nanosleep, "sleep"},
    CallName{SYS_clock_nanosleep, "sleep"},
    CallName{SYS_wait4, "wait"},
    CallName{SYS_waitid, "wait"},
    CallName{SYS_rt_sigsuspend, "sigsuspend"},
    CallName{SYS_rt_sigtimedwait, "sigwait"},
    CallName{SYS_flock, "flock", true},
    CallName{SYS_fcntl, "fcntl", true},
    CallName{SYS_ioctl, "ioctl", true},
    CallName{SYS_fsync, "fsync", true},
    CallName{SYS_fdatasync, "fdatasync", true},
    CallName{SYS_sendfile, "sendfile", true},
    CallName{SYS_splice, "splice", true},
    CallName{SYS_openat, "open"},
    CallName{SYS_semtimedop, "semop"},
    CallName{SYS_msgrcv, "msgrcv"},
    CallName{SYS_io_getevents, "io_getevents"},
};

const CallName* find_call(long number) {
  const auto* const found =
      std::find_if(kCalls.begin(), kCalls.end(),
                   [number](const CallName& each) { return each.number == number; });
  return found == kCalls.end() ? nullptr : found;
}

/// "NUMBER ARGUMENT ...", with arguments as 0x...; nullopt for "running" and for one that waits
/// elsewhere in the kernel, "-1 ...".
struct WaitingCall {
  long number = 0;
  std::uint64_t first_argument = 0;
};

std::optional<WaitingCall> parse_call(const std::string& line) {
  std::istringstream fields(line);
  WaitingCall call;
  if (!(fields >> call.number) || call.number < 0) return std::nullopt;
  fields >> std::hex >> call.first_argument;
  return call;
}

std::string file_of(pid_t pid, const std::string& line) {
  const std::optional<WaitingCall> call = parse_call(line);
  if (!call) return {};
  const CallName* const known = find_call(call->number);
  if (known == nullptr || !known->takes_descriptor) return {};
  std::error_code error;
  const auto link = std::filesystem::read_symlink(
      fmt::format("/proc/{}/fd/{}", pid, static_cast<std::uint32_t>(call->first_argument)), error);
  return error ? std::string() : file_words(link.string());
}

/// The function of the kernel that it sleeps in; empty: none, or not known.
std::string sleeping_in(pid_t pid) {
  const std::string function = read_proc_file(pid, "wchan", 64).value_or("");
  return function == "0" ? "" : function;
}

std::string waiting_words(pid_t pid, const std::string& line) {
  const std::optional<WaitingCall> call = parse_call(line);
  if (call && call->number == SYS_restart_syscall) return restarted_call(sleeping_in(pid));
  return call_words(line, file_of(pid, line));
}

}  // namespace

// Whoever was paused in a wait with a timeout waits on in restart_syscall(2).
std::string restarted_call(const std::string& kernel_function) {
  for (const char* const name : {"sleep", "futex", "poll"}) {
    if (kernel_function.find(name) != std::string::npos) return fmt::format("{}()", name);
  }
  return "timed wait()";
}

std::string file_words(const std::string& link) {
  if (link.starts_with("pipe:")) return "pipe";
  if (link.starts_with("socket:")) return "socket";
  constexpr std::string_view kAnonymous = "anon_inode:";
  if (link.starts_with(kAnonymous)) return printable(link.substr(kAnonymous.size()));
  return printable(link);
}

std::string call_words(const std::string& line, const std::string& file) {
  const std::optional<WaitingCall> call = parse_call(line);
  if (!call) return {};
  const CallName* const known = find_call(call->number);
  if (known == nullptr) return fmt::format("system call {}", call->number);
  return fmt::format("{}({})", known->name, file);
}

KernelPlace kernel_place(pid_t pid) {
  KernelPlace place;
  place.state = process_state(pid);
  // The file opens for anybody; its content is for those who may trace.
  const std::string line = read_proc_file(pid, "syscall", 256).value_or("");
  place.may_trace = !line.empty();
  if (place.may_trace) {
    place.call = waiting_words(pid, line);
  } else if (const std::string function = sleeping_in(pid); !function.empty()) {
    place.call = printable(function) + " in the kernel";
  }
  return place;
}

}  // namespace dplaunch
