#include "tests/launcher/commands/data/file_server.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <stdexcept>

namespace dplaunch {

FileServer::FileServer(const std::filesystem::path& folder) : folder_(folder) {
  std::array<int, 2> input{};
  std::array<int, 2> output{};
  if (::pipe2(input.data(), O_CLOEXEC) != 0 || ::pipe2(output.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("pipe2 failed");
  }
  lifeline_.reset(input[1]);
  const UniqueFd input_read(input[0]);
  const UniqueFd output_read(output[0]);
  UniqueFd output_write(output[1]);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  std::string python = "python3";
  std::string script = DPLAUNCH_FILE_SERVER;
  std::string served = folder.string();
  std::array<char*, 4> argv{python.data(), script.data(), served.data(), nullptr};
  const int error = ::posix_spawnp(&pid_, "python3", &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot start python3");
  output_write.reset();
  std::string line;
  char c = 0;
  while (::read(output_read.get(), &c, 1) == 1 && c != '\n') line += c;
  port_ = std::stoi(line);
}

FileServer::~FileServer() {
  lifeline_.reset();
  ::waitpid(pid_, nullptr, 0);
}

std::string FileServer::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + "/" + path;
}

std::vector<std::string> FileServer::requests() const {
  std::vector<std::string> lines;
  std::ifstream log(folder_ / "requests.log");
  for (std::string line; std::getline(log, line);) lines.push_back(line);
  return lines;
}

}  // namespace dplaunch
