#include "launcher/stacks/stack_tool.h"

#include <fmt/core.h>
#include <signal.h>
#include <sys/mman.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "base/error.h"
#include "base/files/read_file.h"
#include "base/files/unique_fd.h"
#include "base/process/find_program.h"
#include "base/process/held_process.h"
#include "base/process/process_table.h"
#include "base/process/run_program.h"
#include "base/text/printable.h"
#include "base/text/terminal_text.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

// gdb reads some seconds in LibTorch's libraries, longer where all ranks are looked at at once.
constexpr std::chrono::seconds kToolTimeout{30};
// Of a process with a thousand threads.
constexpr std::size_t kMaxOutputBytes = 8 << 20;

/// The line that says what went wrong, or the last one.
std::string last_words(const std::string& text) {
  std::string last;
  for (const std::string& line : split(text, '\n')) {
    if (line.empty()) continue;
    last = line;
    if (line.find("not permitted") != std::string::npos ||
        line.find("ermission denied") != std::string::npos || line.starts_with("Error:")) {
      break;
    }
  }
  constexpr int kMaxProblemColumns = 160;
  return shortened(printable(last), kMaxProblemColumns);
}

std::string whole_text(int fd) {
  std::string text(kMaxOutputBytes, '\0');
  text.resize(read_at(fd, 0, text.data(), text.size(), "a tool's output"));
  return text;
}

}  // namespace

std::string program_in_path(const std::string& name) {
  try {
    const char* const path = std::getenv("PATH");
    return find_program(name, path != nullptr ? std::optional<std::string>(path) : std::nullopt);
  } catch (const Error&) {
    return {};
  }
}

TakenFrames frames_of(const ToolOutput& output, TakenFrames parsed) {
  // A tool that printed frames may still say that it had rather had more.
  if (parsed.frames.empty() && !output.problem.empty()) parsed.problem = output.problem;
  return parsed;
}

ToolOutput run_stack_tool(const std::vector<std::string>& words, pid_t pid) {
  const UniqueFd file(static_cast<int>(::memfd_create("dplaunch-stack", MFD_CLOEXEC)));
  if (!file) return {"", "no memory for a tool's output"};
  ProgramOptions options;
  options.timeout = kToolTimeout;
  options.captures_errors = true;
  options.output_fd = file.get();
  options.max_file_bytes = kMaxOutputBytes;
  const std::optional<HeldProcess> process = HeldProcess::open(pid);
  const bool was_stopped = is_suspended(process_state(pid));
  const ProgramResult result = run_program(words, options);
  // A tool that was killed may leave the signal behind by which it stopped the process. One that
  // came to its end does not: whoever is stopped now was stopped by somebody else.
  if (result.signal != 0 && !was_stopped && process) process->signal(SIGCONT);
  ToolOutput output{whole_text(file.get()), ""};
  if (result.problem.empty()) return output;
  const std::string name = std::filesystem::path(words.front()).filename().string();
  const std::string said = last_words(output.text);
  output.problem = fmt::format("{}: {}", name, said.empty() ? result.problem : said);
  return output;
}

}  // namespace dplaunch
