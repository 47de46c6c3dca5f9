#include "base/process/signal_name.h"

#include <fmt/core.h>
#include <signal.h>
#include <string.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "base/error.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

// Not SIGKILL and SIGSTOP, which nobody can catch, nor those by which faults of a program and the
// ends of its children are reported.
constexpr std::array kSignals = {SIGHUP,  SIGINT,  SIGQUIT, SIGUSR1,   SIGUSR2,
                                 SIGALRM, SIGTERM, SIGXCPU, SIGVTALRM, SIGPWR};

std::vector<std::string> names() {
  std::vector<std::string> names;
  for (const int signal : kSignals) names.emplace_back(::sigabbrev_np(signal));
  return names;
}

}  // namespace

std::string announcing_signals() {
  return joined(names(), " ");
}

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name != nullptr ? fmt::format("SIG{}", name) : fmt::format("signal {}", signal);
}

int parse_signal(const std::string& option, const std::string& text) {
  std::string name = text;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (name.starts_with("SIG")) name.erase(0, 3);
  for (const int signal : kSignals) {
    if (name == ::sigabbrev_np(signal) || name == std::to_string(signal)) return signal;
  }
  throw Error(ExitCode::kUsage,
              fmt::format("{} \"{}\": not a signal that can announce an end", option, text),
              "one of " + joined(names()));
}

}  // namespace dplaunch
