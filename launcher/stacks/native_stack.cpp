#include "launcher/stacks/native_stack.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "base/text/words.h"
#include "launcher/stacks/stack_tool.h"

namespace dplaunch {
namespace {

constexpr const char* kMaxFrames = "256";

std::string_view without_spaces(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

/// What stands behind "#12  0x00007f... in " or "#12  " of a line; nullopt where it is no frame.
std::optional<std::string_view> behind_number(std::string_view line) {
  line = without_spaces(line);
  if (!line.starts_with('#')) return std::nullopt;
  const std::size_t digits = line.find_first_not_of("0123456789", 1);
  if (digits == std::string_view::npos || digits == 1) return std::nullopt;
  line = without_spaces(line.substr(digits));
  if (!line.starts_with("0x")) return line;
  const std::size_t end = line.find(' ');
  if (end == std::string_view::npos) return std::string_view();  // an address without a name
  line = without_spaces(line.substr(end));
  if (line.starts_with("in ")) line.remove_prefix(3);
  return line;
}

std::string file_name(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

/// Where the group of brackets begins that the text ends with; npos: it ends with none.
std::size_t last_group(std::string_view text) {
  if (!text.ends_with(')')) return std::string_view::npos;
  int depth = 0;
  for (std::size_t i = text.size(); i-- > 0;) {
    if (text[i] == ')') ++depth;
    if (text[i] == '(' && --depth == 0) return i;
  }
  return std::string_view::npos;
}

/// "NAME (ARGUMENTS) at FILE:LINE", "NAME () from LIBRARY", "NAME ()".
Frame gdb_frame(std::string_view text) {
  Frame frame;
  for (const std::string_view word : {" from /", " at "}) {
    const std::size_t place = text.rfind(word);
    if (place == std::string_view::npos || !text.substr(0, place).ends_with(')')) continue;
    frame.place = file_name(text.substr(place + word.size() - (word.ends_with('/') ? 1 : 0)));
    text = text.substr(0, place);
    break;
  }
  const std::size_t arguments = last_group(text);
  if (arguments != std::string_view::npos) text = text.substr(0, arguments);
  frame.function = function_name(without_spaces(text));
  return frame;
}

/// "NAME - LIBRARY", or "- LIBRARY" where it has no name.
Frame eu_stack_frame(std::string_view text) {
  Frame frame;
  const std::size_t place = text.rfind("- /");
  if (place != std::string_view::npos) {
    frame.place = file_name(text.substr(place + 2));
    text = without_spaces(text.substr(0, place));
  }
  frame.function = function_name(text);
  return frame;
}

template <typename ParseFrame>
TakenFrames parse_lines(std::string_view output, const char* tool, ParseFrame parse_frame) {
  Frames frames;
  for (const std::string& line : split(output, '\n')) {
    if (const auto text = behind_number(line)) frames.push_back(parse_frame(*text));
  }
  std::reverse(frames.begin(), frames.end());
  if (frames.empty()) return {{}, fmt::format("{} printed no frames", tool)};
  return {fit_to_show(std::move(frames)), ""};
}

/// Of the program itself gdb says no place, and of most of its functions no name.
bool is_interpreters(const Frame& frame) {
  const std::string_view name = frame.function;
  if (!frame.place.empty()) {
    return frame.place.starts_with("python") || frame.place.starts_with("libpython");
  }
  return name == "??" || name.starts_with("Py") || name.starts_with("_Py");
}

}  // namespace

std::string function_name(std::string_view symbol) {
  // Not of "operator()", nor of "(anonymous namespace)".
  std::string name;
  int depth = 0;  // of template arguments
  for (std::size_t i = 0; i < symbol.size(); ++i) {
    const char c = symbol[i];
    const std::string_view rest = symbol.substr(i);
    constexpr std::string_view kCall = "operator()";
    constexpr std::string_view kAnonymous = "(anonymous namespace)";
    if (rest.starts_with(kCall) || rest.starts_with(kAnonymous)) {
      const std::string_view kept = rest.starts_with(kCall) ? kCall : kAnonymous;
      if (depth == 0) name += kept;
      i += kept.size() - 1;
      continue;
    }
    constexpr std::string_view kOperator = "operator";
    if (depth == 0 && rest.starts_with(kOperator)) {  // "operator<<", "operator->"
      const std::size_t end = std::min(rest.find('('), rest.size());
      name += rest.substr(0, end);
      break;
    }
    if (c == '<' && i > 0) {
      if (depth++ == 0) name += "<>";
    } else if (c == '>' && depth > 0) {
      --depth;
    } else if (depth == 0) {
      if (c == '(' && i > 0) break;
      if (c == '@') break;  // the version of a library's symbol
      name += c;
    }
  }
  return name.empty() ? std::string(symbol) : name;
}

Frames without_interpreter(const Frames& frames) {
  Frames kept;
  for (const Frame& frame : frames) {
    if (!is_interpreters(frame)) {
      kept.push_back(frame);
    } else if (kept.empty() || kept.back().function != "(Python)") {
      kept.push_back({"(Python)", ""});
    }
  }
  return kept;
}

TakenFrames parse_gdb(std::string_view output) {
  return parse_lines(output, "gdb", gdb_frame);
}

TakenFrames parse_eu_stack(std::string_view output) {
  return parse_lines(output, "eu-stack", eu_stack_frame);
}

NativeTool find_native_tool() {
  for (const char* name : {"eu-stack", "gdb"}) {
    if (std::string path = program_in_path(name); !path.empty()) return {name, std::move(path)};
  }
  return {};
}

TakenFrames take_by(const NativeTool& tool, pid_t pid) {
  const std::string process = std::to_string(pid);
  std::vector<std::string> words;
  if (tool.name == "gdb") {
    // No script of the folder or of a library is run, and nothing is asked of the network.
    words = {tool.path,
             "-nx",
             "-batch",
             "-iex",
             "set auto-load off",
             "-iex",
             "set debuginfod enabled off",
             "-iex",
             "set print frame-arguments none",
             "-p",
             process,
             "-ex",
             fmt::format("thread apply 1 bt {}", kMaxFrames)};
  } else {
    words = {tool.path, "-1", "-m", "-n", kMaxFrames, "-p", process};
  }
  const ToolOutput output = run_stack_tool(words, pid);
  return frames_of(output,
                   tool.name == "gdb" ? parse_gdb(output.text) : parse_eu_stack(output.text));
}

}  // namespace dplaunch
