#include "launcher/stacks/flight_record.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <thread>

#include "base/error.h"
#include "base/files/file_version.h"
#include "base/files/json_fields.h"
#include "base/files/read_file.h"
#include "base/files/unique_fd.h"
#include "base/text/printable.h"
#include "base/text/words.h"
#include "launcher/stacks/pickle.h"
#include "launcher/stacks/rank_process.h"

namespace dplaunch {
namespace {

using Clock = std::chrono::steady_clock;

// The watchdog looks at its pipe every second (TORCH_NCCL_COORD_CHECK_MILSEC).
constexpr std::chrono::seconds kAnswerTimeout{4};
constexpr std::chrono::milliseconds kLook{20};
constexpr std::size_t kMaxFlightRecordBytes = 256 << 20;

/// Where a process was told to leave its records, and where it can be asked for one.
struct RecordPlace {
  std::filesystem::path file;
  std::filesystem::path pipe;  ///< empty: nowhere
};

/// The first of the variables that the process was started with.
std::string variable_of(const std::vector<std::string>& environment,
                        std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const std::string begin = std::string(name) + "=";
    for (const std::string& variable : environment) {
      if (variable.starts_with(begin)) return variable.substr(begin.size());
    }
  }
  return {};
}

std::optional<RecordPlace> record_place(const RankStack& stack) {
  const std::vector<std::string> environment = proc_words(stack.pid, "environ");
  const std::string file =
      variable_of(environment, {"TORCH_FR_DUMP_TEMP_FILE", "TORCH_NCCL_DEBUG_INFO_TEMP_FILE"});
  if (file.empty()) return std::nullopt;
  // Relative ones are relative to where the process works.
  const std::filesystem::path folder = fmt::format("/proc/{}/cwd", stack.pid);
  RecordPlace place;
  place.file = folder / (file + std::to_string(stack.rank));
  const std::string pipe = variable_of(environment, {"TORCH_NCCL_DEBUG_INFO_PIPE_FILE"});
  if (!pipe.empty()) place.pipe = folder / (pipe + std::to_string(stack.rank) + ".pipe");
  return place;
}

/// Whether somebody will read it.
bool ask_at(const std::filesystem::path& pipe) {
  const UniqueFd fd(::open(pipe.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISFIFO(status.st_mode)) return false;
  return ::write(fd.get(), "1\n", 2) == 2;
}

std::optional<LastCollective> read_record(const std::filesystem::path& file, std::time_t since) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0 || status.st_mtim.tv_sec < since) return std::nullopt;
  std::optional<LastCollective> last =
      last_collective_in(read_file(file, kMaxFlightRecordBytes).value_or(""));
  if (last) last->recorded = status.st_mtim.tv_sec;
  return last;
}

/// A record that was asked for is there when it has changed and can be read: it is written in
/// place.
std::optional<LastCollective> await_record(const std::filesystem::path& file,
                                           const FileVersion& before, std::time_t since,
                                           Clock::time_point deadline) {
  for (;;) {
    if (FileVersion::of(file) != before) {
      if (auto last = read_record(file, since)) return last;
    }
    if (Clock::now() > deadline) return read_record(file, since);
    std::this_thread::sleep_for(kLook);
  }
}

std::string operation_of(const std::string& name) {
  const std::size_t backend = name.find(':');
  return backend == std::string::npos ? name : name.substr(backend + 1);
}

std::string input_of(const Json& entry) {
  const Json& sizes = member_in(entry, "input_sizes");
  const Json& types = member_in(entry, "input_dtypes");
  if (!sizes.is_array() || sizes.empty() || !sizes.front().is_array()) return {};
  std::vector<std::string> words;
  for (const Json& size : sizes.front()) {
    words.push_back(size.is_number_integer() ? std::to_string(size.get<std::int64_t>()) : "?");
  }
  std::string text = words.empty() ? "scalar" : joined(words, "x");
  if (types.is_array() && !types.empty() && types.front().is_string()) {
    text += " " + types.front().get<std::string>();
  }
  return printable(text);
}

std::string group_of(const Json& entry) {
  const Json& group = member_in(entry, "process_group");  // [name, description]
  if (!group.is_array()) return {};
  for (auto text = group.rbegin(); text != group.rend(); ++text) {
    if (text->is_string() && !text->get<std::string>().empty()) return text->get<std::string>();
  }
  return {};
}

}  // namespace

std::optional<LastCollective> last_collective_in(std::string_view record) {
  const Json value = parse_pickle(record);
  if (!value.is_object()) return std::nullopt;
  const Json& entries = member_in(value, "entries");
  if (!entries.is_array() || entries.empty() || !entries.back().is_object()) return std::nullopt;
  const Json& entry = entries.back();
  LastCollective last;
  last.operation = printable(operation_of(string_in(entry, "profiling_name", "?")));
  const auto p2p = entry.find("is_p2p");
  const bool is_p2p = p2p != entry.end() && *p2p == true;
  last.number = integer_in(entry, is_p2p ? "p2p_seq_id" : "collective_seq_id");
  last.group = printable(group_of(entry));
  last.input = input_of(entry);
  last.state = printable(string_in(entry, "state", "?"));
  return last;
}

void add_last_collectives(std::vector<RankStack>& stacks, std::time_t since) {
  struct Asked {
    RankStack* stack;
    std::filesystem::path file;
    FileVersion before;
    bool is_coming;
  };
  std::vector<Asked> all;
  for (RankStack& stack : stacks) {
    const std::optional<RecordPlace> place = record_place(stack);
    if (!place) continue;
    const FileVersion before = FileVersion::of(place->file);
    const bool can_answer = !stack.kernel.is_suspended() && !stack.kernel.is_in_kernel();
    all.push_back({&stack, place->file, before, can_answer && ask_at(place->pipe)});
  }
  const Clock::time_point deadline = Clock::now() + kAnswerTimeout;
  for (const Asked& asked : all) {
    try {
      asked.stack->collective = asked.is_coming
                                    ? await_record(asked.file, asked.before, since, deadline)
                                    : read_record(asked.file, since);
    } catch (const Error&) {
      // A file that is too large or that may not be read.
    }
  }
}

}  // namespace dplaunch
