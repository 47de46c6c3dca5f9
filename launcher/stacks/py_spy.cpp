#include "launcher/stacks/py_spy.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "base/files/json_fields.h"
#include "base/process/describe_process.h"
#include "base/process/find_program.h"
#include "launcher/stacks/native_stack.h"
#include "launcher/stacks/rank_process.h"
#include "launcher/stacks/stack_tool.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPySpy = "py-spy";

/// "/env" of "/env/bin/python train.py", and of VIRTUAL_ENV=/env.
std::vector<fs::path> environments_of(pid_t pid) {
  std::vector<fs::path> folders;
  const fs::path program = proc_words(pid, "cmdline").front();
  if (program.is_absolute()) folders.push_back(program.parent_path());
  constexpr std::string_view kVariable = "VIRTUAL_ENV=/";
  for (const std::string& each : proc_words(pid, "environ")) {
    if (each.starts_with(kVariable)) {
      folders.push_back(fs::path(each.substr(kVariable.size() - 1)) / "bin");
    }
  }
  return folders;
}

/// py-spy's own line ends with the path and the line; modules of C have none.
std::string frame_place(const Json& frame) {
  std::string file = string_in(frame, "short_filename");
  if (file.empty()) file = fs::path(string_in(frame, "filename")).filename().string();
  const std::int64_t line = integer_in(frame, "line");
  return line > 0 && !file.empty() ? fmt::format("{}:{}", file, line) : file;
}

/// Only native frames have a module, and one without a name has its address, another in each rank.
std::string name_of(const Json& frame) {
  std::string name = string_in(frame, "name");
  if (string_in(frame, "module").empty()) return name;
  return name.starts_with("0x") ? "" : function_name(name);
}

bool is_main(const Json& thread, pid_t pid) {
  return integer_in(thread, "os_thread_id") == pid;
}

/// Where the numbers are those of another PID namespace, the name tells.
const Json* main_thread(const Json& threads, pid_t pid) {
  for (const Json& thread : threads) {
    if (is_main(thread, pid)) return &thread;
  }
  for (const Json& thread : threads) {
    if (string_in(thread, "thread_name") == "MainThread") return &thread;
  }
  return threads.empty() ? nullptr : &threads.front();
}

/// Warnings stand before what it prints, "[TIME WARN ...]" in one line each.
std::string_view json_part(std::string_view output) {
  if (output.starts_with("[\n") || output.starts_with("[]")) return output;
  const std::size_t begin = output.find("\n[\n");
  return begin == std::string_view::npos ? std::string_view() : output.substr(begin + 1);
}

}  // namespace

std::string find_py_spy(pid_t pid) {
  if (std::string found = program_in_path(kPySpy); !found.empty()) return found;
  // What lies beside another user's program is not run.
  if (!is_own_process(pid)) return {};
  for (const fs::path& folder : environments_of(pid)) {
    if (is_executable(folder / kPySpy)) return (folder / kPySpy).string();
  }
  return {};
}

TakenFrames parse_py_spy(std::string_view output, pid_t pid) {
  const Json threads = parse_json(json_part(output));
  if (!threads.is_array()) return {{}, "py-spy printed no stacks"};
  const Json* const thread = main_thread(threads, pid);
  if (thread == nullptr) return {{}, "no thread of it runs Python"};
  Frames frames;
  const Json& entries = member_in(*thread, "frames");
  if (!entries.is_array()) return {{}, "py-spy printed no frames"};
  for (const Json& entry : entries) {
    frames.push_back({name_of(entry), frame_place(entry)});
  }
  std::reverse(frames.begin(), frames.end());
  if (frames.empty()) return {{}, "the main thread runs no Python now"};
  return {fit_to_show(std::move(frames)), ""};
}

TakenFrames take_by_py_spy(const std::string& py_spy, pid_t pid, bool is_halted, bool native) {
  std::vector<std::string> words = {py_spy, "dump", "--json", "--pid", std::to_string(pid)};
  if (is_halted) {
    words.emplace_back("--nonblocking");
  } else if (native) {
    words.emplace_back("--native");
  }
  const ToolOutput output = run_stack_tool(words, pid);
  return frames_of(output, parse_py_spy(output.text, pid));
}

}  // namespace dplaunch
