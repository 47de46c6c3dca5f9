#include "run_test_support.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

namespace dplaunch {

Program::Program(const std::vector<std::string>& argv, const std::filesystem::path& folder) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
  output_.reset(ends[0]);
  const UniqueFd write_end(ends[1]);
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  adopt(::fork());
  if (pid() < 0) throw std::runtime_error("fork failed");
  if (pid() > 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(write_end.get(), STDOUT_FILENO);
  ::dup2(write_end.get(), STDERR_FILENO);
  if (::chdir(folder.c_str()) == 0) ::execv(words[0], words.data());
  ::_exit(127);
}

bool Program::says(const std::string& text) {
  while (said_.find(text) == std::string::npos) {
    if (!read_more()) return false;
  }
  return true;
}

int Program::wait() {
  while (read_more()) {
  }
  return OwnedChild::wait();
}

bool Program::read_more() {
  pollfd news{output_.get(), POLLIN, 0};
  if (::poll(&news, 1, 10000) != 1) {
    ADD_FAILURE() << "nothing more came within ten seconds; so far: " << said_;
    return false;
  }
  char buffer[4096];
  const ssize_t count = ::read(output_.get(), buffer, sizeof buffer);
  if (count > 0) said_.append(buffer, static_cast<std::size_t>(count));
  return count > 0;
}

std::unique_ptr<Program> RunTest::launch(const std::string& name, int ranks,
                                         const std::string& end) const {
  const std::string fifo = (folder_ / ("ready-" + run(name).root().filename().string())).string();
  std::filesystem::remove(fifo);
  if (::mkfifo(fifo.c_str(), 0600) != 0) throw std::runtime_error("mkfifo failed");
  auto launcher = std::make_unique<Program>(std::vector<std::string>{
      STANDING_LAUNCHER, run(name).root().string(), std::to_string(ranks), fifo, end});
  EXPECT_EQ(dplaunch::testing::read_text(fifo), std::to_string(launcher->pid()));
  return launcher;
}

dplaunch::testing::ShellResult RunTest::command(const std::string& arguments) const {
  return dplaunch::testing::run_dplaunch(folder_.path(), arguments);
}

std::unique_ptr<Program> RunTest::start_command(const std::vector<std::string>& arguments) const {
  std::vector<std::string> argv = {DPLAUNCH_EXECUTABLE};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return std::make_unique<Program>(argv, folder_.path());
}

}  // namespace dplaunch
