#include "launcher/process/left_processes.h"

#include <fmt/core.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>

#include "base/process/describe_process.h"
#include "base/process/process_table.h"
#include "base/text/parse_number.h"
#include "base/text/terminal_text.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

constexpr int kCommandColumns = 60;
constexpr std::size_t kMaxNamed = 5;  // of a rank

/// What its environment says, for one that has left its rank's process group.
int rank_in_environment(pid_t pid) {
  const std::string variables = '\0' + read_proc_file(pid, "environ").value_or("");
  const std::string key = std::string("\0RANK=", 6);
  const std::size_t start = variables.find(key);
  if (start == std::string::npos) return -1;
  const std::string value = variables.substr(start + key.size());
  return parse_number<int>(value.substr(0, value.find('\0'))).value_or(-1);
}

bool is_shell(pid_t pid) {
  constexpr std::array kShells = {"sh", "bash", "dash", "ash", "ksh", "zsh", "busybox"};
  std::error_code ignored;
  const std::string program =
      std::filesystem::read_symlink(fmt::format("/proc/{}/exe", pid), ignored).filename();
  return std::find(kShells.begin(), kShells.end(), program) != kShells.end();
}

std::string named(const std::vector<std::string>& commands) {
  std::vector<std::string> first(
      commands.begin(),
      commands.begin() + static_cast<std::ptrdiff_t>(std::min(commands.size(), kMaxNamed)));
  if (first.size() < commands.size()) first.emplace_back("...");
  return joined(first);
}

}  // namespace

std::string left_words(const std::string& verb, const std::vector<LeftProcess>& left) {
  std::map<int, std::vector<std::string>> commands;
  for (const LeftProcess& one : left) commands[one.rank].push_back(one.command);
  std::string text;
  for (const auto& [rank, of_rank] : commands) {
    text += fmt::format("dplaunch: {} {} that {} left: {}\n", verb,
                        counted(static_cast<std::int64_t>(of_rank.size()), "process", "processes"),
                        rank < 0 ? "a rank" : fmt::format("rank {}", rank), named(of_rank));
  }
  return text;
}

std::vector<LeftProcess> LeftProcesses::list() {
  std::vector<LeftProcess> left;
  for (const ProcessEntry& entry : descendants_.living(ranks_.worker_pids())) {
    LeftProcess one;
    one.pid = entry.pid;
    one.rank = ranks_.rank_of_group(entry.group).value_or(rank_in_environment(entry.pid));
    one.command = cut_to(describe_process(entry.pid).command, kCommandColumns);
    left.push_back(one);
  }
  return left;
}

void LeftProcesses::ask_all() {
  ask(descendants_.living(ranks_.worker_pids()));
}

void LeftProcesses::ask_those_of_ended_ranks() {
  for (const ProcessEntry& entry : descendants_.living(ranks_.worker_pids())) {
    if (ranks_.has_ended(entry.group)) ask(entry);
  }
}

std::vector<ProcessEntry> LeftProcesses::children_of_waiting_shells() const {
  std::set<pid_t> shells;
  for (const pid_t pid : ranks_.worker_pids()) {
    if (is_shell(pid) && is_in_signal_set(pid, "SigCgt", SIGTERM)) shells.insert(pid);
  }
  std::vector<ProcessEntry> children;
  if (shells.empty()) return children;
  for (const ProcessEntry& entry : list_processes()) {
    if (shells.contains(entry.parent)) children.push_back(entry);
  }
  return children;
}

void LeftProcesses::ask(const std::vector<ProcessEntry>& processes) {
  for (const ProcessEntry& process : processes) ask(process);
}

void LeftProcesses::ask(const ProcessEntry& process) {
  const auto [asked, is_new] = asked_.try_emplace(process.pid, process.is_fork());
  const bool has_called_exec = asked->second && !process.is_fork();
  if (!is_new && !has_called_exec) return;
  asked->second = process.is_fork();
  ::kill(process.pid, SIGTERM);
  ::kill(process.pid, SIGCONT);  // one that is stopped could not obey
}

}  // namespace dplaunch
