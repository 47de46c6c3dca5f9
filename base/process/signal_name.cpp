#include "base/process/signal_name.h"

#include <fmt/core.h>
#include <signal.h>

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <vector>

#include "base/error.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

struct Signal {
  int number;
  const char* name;
  bool can_announce = false;  ///< an end
};

// None by which faults of a program and the ends of its children are reported announces an end, nor
// SIGKILL and SIGSTOP, which nobody can catch. (glibc's sigabbrev_np() is newer than the systems
// that the launcher runs on.)
constexpr Signal kSignals[] = {{SIGHUP, "HUP", true},   {SIGINT, "INT", true},
                               {SIGQUIT, "QUIT", true}, {SIGILL, "ILL"},
                               {SIGTRAP, "TRAP"},       {SIGABRT, "ABRT"},
                               {SIGBUS, "BUS"},         {SIGFPE, "FPE"},
                               {SIGKILL, "KILL"},       {SIGUSR1, "USR1", true},
                               {SIGSEGV, "SEGV"},       {SIGUSR2, "USR2", true},
                               {SIGPIPE, "PIPE"},       {SIGALRM, "ALRM", true},
                               {SIGTERM, "TERM", true}, {SIGSTKFLT, "STKFLT"},
                               {SIGCHLD, "CHLD"},       {SIGCONT, "CONT"},
                               {SIGSTOP, "STOP"},       {SIGTSTP, "TSTP"},
                               {SIGTTIN, "TTIN"},       {SIGTTOU, "TTOU"},
                               {SIGURG, "URG"},         {SIGXCPU, "XCPU", true},
                               {SIGXFSZ, "XFSZ"},       {SIGVTALRM, "VTALRM", true},
                               {SIGPROF, "PROF"},       {SIGWINCH, "WINCH"},
                               {SIGPOLL, "POLL"},       {SIGPWR, "PWR", true},
                               {SIGSYS, "SYS"}};

std::vector<std::string> names() {
  std::vector<std::string> names;
  for (const Signal& signal : kSignals) {
    if (signal.can_announce) names.emplace_back(signal.name);
  }
  return names;
}

}  // namespace

std::string announcing_signals() {
  return joined(names(), " ");
}

std::string signal_name(int signal) {
  for (const Signal& each : kSignals) {
    if (each.number == signal) return fmt::format("SIG{}", each.name);
  }
  return fmt::format("signal {}", signal);
}

bool is_end_by_user(int exit_code) {
  const std::initializer_list<int> ending = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
  return std::find(ending.begin(), ending.end(), exit_code - 128) != ending.end();
}

int parse_signal(const std::string& option, const std::string& text) {
  std::string name = text;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (name.starts_with("SIG")) name.erase(0, 3);
  for (const Signal& signal : kSignals) {
    if (!signal.can_announce) continue;
    if (name == signal.name || name == std::to_string(signal.number)) return signal.number;
  }
  throw Error(ExitCode::kUsage,
              fmt::format("{} \"{}\": not a signal that can announce an end", option, text),
              "one of " + joined(names()));
}

}  // namespace dplaunch
