#include "terminal.h"

#include <poll.h>
#include <pty.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

namespace dplaunch {

Terminal::Terminal(const std::filesystem::path& folder, const std::string& entry,
                   const std::vector<std::string>& argv) {
  int master = -1;
  adopt(::forkpty(&master, nullptr, nullptr, nullptr));
  if (pid() < 0) throw std::runtime_error("no terminal: forkpty failed");
  if (pid() == 0) {
    std::vector<char*> words;
    for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    if (::chdir(folder.c_str()) == 0 && ::putenv(const_cast<char*>(entry.c_str())) == 0) {
      ::execvp(words.front(), words.data());
    }
    ::_exit(98);
  }
  master_.reset(master);
}

void Terminal::type(const std::string& keys) const {
  if (::write(master_.get(), keys.data(), keys.size()) < 0)
    throw std::runtime_error("typing failed");
}

bool Terminal::shows(const std::string& text) {
  while (shown_.find(text) == std::string::npos) {
    constexpr int kPatienceMs = 10000;
    pollfd output{master_.get(), POLLIN, 0};
    if (::poll(&output, 1, kPatienceMs) == 0) return false;
    char buffer[4096];
    const ssize_t count = ::read(master_.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    shown_.append(buffer, static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace dplaunch
