#include "launcher/view/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string>

namespace dplaunch {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// Not by nl_langinfo(), which needs setlocale(): that changes how numbers are written everywhere.
bool locale_is_utf8() {
  // In the order in which they win: setlocale(3).
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string value = variable(name);
    if (value.empty()) continue;
    std::transform(value.begin(), value.end(), value.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
  }
  return false;
}

}  // namespace

TerminalSize terminal_size(int fd) {
  winsize size{};
  TerminalSize found;
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0) return found;
  if (size.ws_col > 0) found.columns = size.ws_col;
  if (size.ws_row > 0) found.rows = size.ws_row;
  return found;
}

bool can_redraw(int fd) {
  const std::string term = variable("TERM");
  return ::isatty(fd) == 1 && !term.empty() && term != "dumb";
}

bool is_in_foreground(int fd) {
  const pid_t group = ::tcgetpgrp(fd);
  return group < 0 || group == ::getpgrp();  // not our controlling terminal: nobody else's either
}

TextStyle text_style(int fd) {
  return {can_redraw(fd) && variable("NO_COLOR").empty(), locale_is_utf8()};
}

}  // namespace dplaunch
