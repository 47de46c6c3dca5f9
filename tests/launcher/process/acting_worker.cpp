// A worker that does what its arguments say, one after the other; see perform() for the acts.
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/monotonic_clock.h"
#include "common/error_record.h"
#include "common/rank_environment.h"
#include "common/status_board.h"

namespace {

void write_all(int fd, const std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (count < 0) std::_Exit(99);
    done += static_cast<std::size_t>(count);
  }
}

// The same bytes as the test expects: every value occurs, line ends included.
std::string pattern(std::size_t size_bytes) {
  std::string bytes(size_bytes, '\0');
  std::uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

// Blocks until the test reads: then the test knows that everything before this act is done.
void tell(const std::string& fifo, const std::string& text) {
  const int fd = ::open(fifo.c_str(), O_WRONLY | O_CLOEXEC);
  write_all(fd, text);
  ::close(fd);
}

void sleep_for_ever() {
  while (true) ::pause();
}

void write_environment(const std::string& path) {
  std::ofstream file(path);
  for (char** entry = ::environ; *entry != nullptr; ++entry) file << *entry << '\n';
}

void write_open_descriptors(const std::string& path) {
  std::vector<std::string> lines;
  DIR* folder = ::opendir("/proc/self/fd");
  while (const dirent* entry = ::readdir(folder)) {
    const int fd = std::atoi(entry->d_name);
    if (entry->d_name[0] == '.' || fd == ::dirfd(folder)) continue;
    int listens = 0;
    socklen_t length = sizeof listens;
    ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length);
    lines.push_back(std::to_string(fd) + (listens != 0 ? " listening" : ""));
  }
  ::closedir(folder);
  std::ofstream file(path);
  for (const std::string& line : lines) file << line << '\n';
}

void write_record(const std::string& message, bool is_consequence) {
  dplaunch::ErrorRecord record;
  record.message = message;
  record.hint = "mend it";
  record.monotonic_ns = dplaunch::monotonic_ns();
  record.exit_code = 4;
  record.is_consequence = is_consequence;
  write_error_record(std::getenv("TORCHELASTIC_ERROR_FILE"), record);
}

void write_status(dplaunch::Phase phase, std::int64_t step) {
  dplaunch::StatusBoard board =
      dplaunch::StatusBoard::open_to_write(std::getenv("DPLAUNCH_STATUS_BOARD"));
  dplaunch::RankStatus status;
  status.phase = phase;
  status.step = step;
  board.write(std::atoi(std::getenv("RANK")), status);
}

// A child that lives until it is killed; in a session of its own it is out of the group as well.
void fork_sleeper(const std::string& fifo, bool leave_session) {
  if (::fork() != 0) return;
  if (leave_session) ::setsid();
  ::signal(SIGTERM, SIG_IGN);
  tell(fifo, std::to_string(::getpid()));
  sleep_for_ever();
}

// The same two, but nobody is told, and they are programs of their own: what a loader's workers or
// a `setsid` in a script are.
void spawn_sleeper(bool leave_session) {
  if (::fork() != 0) return;
  if (leave_session) {
    ::setsid();
    if (::fork() != 0) ::_exit(0);
  }
  ::execl("/proc/self/exe", "acting_worker", "ignore:15", "sleep", nullptr);
  ::_exit(98);
}

// What `setsid env -i PROGRAM` makes of one: neither its group nor its environment shows whose it
// is.
void spawn_bare_daemon(const std::string& fifo) {
  if (::fork() != 0) return;
  ::setsid();
  const std::string tell_pid = "tell-pid:" + fifo;
  ::execle("/proc/self/exe", "acting_worker", "ignore:15", tell_pid.c_str(), "sleep", nullptr,
           static_cast<char* const*>(nullptr));
  ::_exit(98);
}

sigset_t only(int signal) {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, signal);
  return set;
}

void change_mask(int how, int signal) {
  const sigset_t set = only(signal);
  ::sigprocmask(how, &set, nullptr);
}

void await_signal(int signal) {
  const sigset_t set = only(signal);
  int received = 0;
  ::sigwait(&set, &received);
}

std::string attempt() {
  return std::getenv("TORCHELASTIC_RESTART_COUNT");
}

// "7,9,0": the exit code of the first attempt, the second, the third and all after it.
void exit_by_attempt(const std::string& codes) {
  std::istringstream list(codes);
  std::string code;
  for (int i = 0; i <= std::stoi(attempt()); ++i) std::getline(list, code, ',');
  ::_exit(std::stoi(code));
}

void write_checkpoint(const std::string& name) {
  const std::filesystem::path folder =
      std::filesystem::path(std::getenv("DPLAUNCH_RUN_DIR")) / "checkpoints";
  std::filesystem::create_directories(folder);
  std::filesystem::remove(folder / "latest.safetensors");
  std::filesystem::create_symlink(name + attempt() + ".safetensors", folder / "latest.safetensors");
}

void perform(const std::string& act, const std::string& what) {
  if (act == "exit") ::_exit(std::stoi(what));
  if (act == "kill-self") ::raise(std::stoi(what));
  if (act == "ignore") ::signal(std::stoi(what), SIG_IGN);
  if (act == "exit-on-term") ::signal(SIGTERM, [](int) { ::_exit(0); });
  if (act == "fail-on-term") ::signal(SIGTERM, [](int) { ::_exit(17); });
  if (act == "sleep") sleep_for_ever();
  if (act == "out") write_all(STDOUT_FILENO, what);
  if (act == "err") write_all(STDERR_FILENO, what);
  if (act == "out-pattern") write_all(STDOUT_FILENO, pattern(std::stoul(what)));
  if (act == "say-whether-terminal") {
    write_all(STDOUT_FILENO, ::isatty(1) == 1 && ::isatty(2) == 1 ? "terminal\n" : "none\n");
  }
  if (act == "read-stdin") write_all(STDOUT_FILENO, std::cin.peek() == EOF ? "eof" : "input");
  if (act == "environment") write_environment(what);
  if (act == "descriptors") write_open_descriptors(what);
  if (act == "tell-pid") tell(what, std::to_string(::getpid()));
  if (act == "fork-sleeper") fork_sleeper(what, false);
  if (act == "fork-daemon") fork_sleeper(what, true);
  if (act == "spawn-sleeper") spawn_sleeper(false);
  if (act == "spawn-daemon") spawn_sleeper(true);
  if (act == "spawn-bare-daemon") spawn_bare_daemon(what);
  if (act == "sleep-ms") std::this_thread::sleep_for(std::chrono::milliseconds(std::stol(what)));
  if (act == "block") change_mask(SIG_BLOCK, std::stoi(what));
  if (act == "unblock") change_mask(SIG_UNBLOCK, std::stoi(what));
  if (act == "await-signal") await_signal(std::stoi(what));
  if (act == "tell-hello") tell(what, "hello");
  if (act == "succeed-later" && attempt() != "0") ::_exit(0);
  if (act == "exit-by-attempt") exit_by_attempt(what);
  if (act == "environment-of-attempt") write_environment(what + attempt());
  if (act == "out-attempt") write_all(STDOUT_FILENO, what + attempt() + "\n");
  if (act == "checkpoint") write_checkpoint(what);
  if (act == "out-line") write_all(STDOUT_FILENO, std::string(std::stoul(what), 'x'));
  if (act == "err-pattern") write_all(STDERR_FILENO, pattern(std::stoul(what)));
  if (act == "record") write_record(what, false);
  if (act == "record-consequence") write_record(what, true);
  if (act == "status-step") write_status(dplaunch::Phase::kTraining, std::stoll(what));
  if (act == "status-finished") write_status(dplaunch::Phase::kFinished, 0);
  if (act == "await-file-end") {
    // Opening a FIFO for reading returns when another rank opens it for writing.
    std::ifstream(what).get();
  }
}

}  // namespace

int main(int argc, char** argv) {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const std::size_t colon = argument.find(':');
    perform(argument.substr(0, colon),
            colon == std::string::npos ? "" : argument.substr(colon + 1));
  }
  return 0;
}
