#include "launcher/command_line/torchrun_line.h"

#include <fmt/core.h>

#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/text/parse_number.h"
#include "base/text/shell_word.h"
#include "base/text/words.h"
#include "launcher/command_line/torchrun_options.h"

namespace dplaunch {
namespace {

/// "3", "0:3,1:0": for which ranks a stream is named; 1 is standard output, 2 is standard error.
struct Streams {
  std::optional<int> of_all;
  std::map<int, int> of_rank;

  bool has_output(int rank) const {
    const auto found = of_rank.find(rank);
    return ((of_all ? *of_all : found == of_rank.end() ? 0 : found->second) & 1) != 0;
  }
};

Streams parse_streams(const std::string& option, const std::string& text) {
  Streams streams;
  const auto number = [&](const std::string& word, int most) {
    const std::optional<int> value = parse_number<int>(word);
    if (!value || *value < 0 || *value > most) {
      refuse_torchrun(
          fmt::format("{} {}: not 0 to 3, nor rank:stream pairs such as 0:3,1:2", option, text));
    }
    return *value;
  };
  constexpr int kAll = 3;
  if (text.find(':') == std::string::npos) {
    streams.of_all = number(text, kAll);
    return streams;
  }
  for (const std::string& pair : split(text, ',')) {
    const std::size_t colon = pair.find(':');
    const int rank = number(pair.substr(0, colon), 1'000'000);
    streams.of_rank[rank] = colon == std::string::npos ? -1 : number(pair.substr(colon + 1), kAll);
  }
  return streams;
}

class TorchrunTranslation {
 public:
  TorchrunTranslation(TorchrunValues values, const VariableLookup& variable)
      : values_(std::move(values)), variable_(variable) {}

  TorchrunLine translate(const std::vector<std::string>& rest) {
    add_processes();
    add_hosts();
    add_output();
    if (has("max-restarts")) add("--max-restarts", value("max-restarts"));
    if (has("role")) add("--role", value("role"));
    if (has("virtual-local-rank")) line_.options.emplace_back("--isolate-devices");
    add_binding();
    line_.variables = {{"TORCHELASTIC_SIGNALS_TO_HANDLE",
                        value("signals-to-handle", "SIGTERM,SIGINT,SIGHUP,SIGQUIT")},
                       {"TORCH_NCCL_ASYNC_ERROR_HANDLING", "1"}};
    add_remarks();
    add_command(rest);
    return std::move(line_);
  }

 private:
  bool has(std::string_view name) const { return values_.contains(name); }
  std::string value(std::string_view name, const std::string& fallback = {}) const {
    const auto found = values_.find(name);
    return found == values_.end() ? fallback : found->second;
  }
  void add(const std::string& name, const std::string& text) {
    line_.options.push_back(name);
    line_.options.push_back(text);
  }
  void remark(std::string_view name, const std::string& what) {
    line_.remarks.push_back(fmt::format("--{} {}: {}", name, value(name), what));
  }

  void add_processes() { add("--nproc-per-node", value("nproc-per-node", "1")); }

  /// dplaunch has these under the same names; some it leaves out of its --help.
  void add_hosts() {
    if (has("standalone")) {
      line_.options.emplace_back("--standalone");
      return;
    }
    for (const char* name : {"nnodes", "node-rank", "master-addr", "master-port", "rdzv-backend",
                             "rdzv-endpoint", "rdzv-id", "rdzv-conf"}) {
      if (has(name)) add(torchrun_name(name), value(name));
    }
  }

  /// Standard error is always shown.
  void add_output() {
    if (has("log-dir")) add("--log-dir", value("log-dir"));
    const std::string filter = value("local-ranks-filter");
    if (!filter.empty()) return add("--show", filter);
    const Streams redirected = parse_streams("--redirects", value("redirects", "0"));
    const Streams tee = parse_streams("--tee", value("tee", "0"));
    if (redirected.of_all && !redirected.has_output(0)) return;
    const std::optional<int> processes = parse_number<int>(value("nproc-per-node", "1"));
    if (!processes)
      return remark("redirects", "the number of processes is not known: all is shown");
    std::vector<std::string> shown;
    for (int rank = 0; rank < *processes; ++rank) {
      if (tee.has_output(rank) || !redirected.has_output(rank))
        shown.push_back(std::to_string(rank));
    }
    if (static_cast<int>(shown.size()) == *processes) return;
    add("--show", shown.empty() ? "none" : joined(shown, ","));
  }

  void add_binding() {
    const std::string mode = value("numa-binding");
    if (mode.empty()) return;
    if (mode == "node" || mode == "socket") return add("--bind", "numa");
    if (mode != "exclusive" && mode != "core-complex") {
      refuse_torchrun("--numa-binding " + mode + ": not node, socket, exclusive or core-complex");
    }
    add("--bind", "core");
  }

  /// What has no effect, where it was said.
  void add_remarks() {
    for (const TorchrunOption& option : torchrun_options()) {
      if (!has(option.name) || !option.meaning.starts_with("without effect")) continue;
      if (option.name == "use-env" || option.name == "signals-to-handle") continue;
      remark(option.name, std::string(option.meaning));
    }
  }

  void add_command(const std::vector<std::string>& rest) {
    if (rest.empty())
      refuse_torchrun("no script", "for example dplaunch torchrun --nproc-per-node 2 train.py");
    const bool is_module = has("module");
    if (has("no-python") && !has("run-path")) {
      if (is_module) refuse_torchrun("--module and --no-python exclude each other");
      line_.command = rest;
    } else {
      line_.command = {python(), "-u"};
      if (is_module && !has("run-path")) line_.command.emplace_back("-m");
      line_.command.insert(line_.command.end(), rest.begin(), rest.end());
    }
    line_.command = with_local_ranks(line_.command);
  }

  /// torchrun replaces ${local_rank} in the script's arguments: here a shell does.
  static std::vector<std::string> with_local_ranks(const std::vector<std::string>& command) {
    constexpr std::string_view kMacro = "${local_rank}";
    bool has_macro = false;
    std::string line = "exec";
    for (const std::string& word : command) {
      line += ' ';
      std::size_t begin = 0;
      for (std::size_t at = word.find(kMacro); at != std::string::npos;
           at = word.find(kMacro, begin)) {
        has_macro = true;
        if (at > begin) line += shell_word(word.substr(begin, at - begin));
        line += "\"$LOCAL_RANK\"";
        begin = at + kMacro.size();
      }
      if (begin == 0 || begin < word.size()) line += shell_word(word.substr(begin));
    }
    return has_macro ? std::vector<std::string>{"sh", "-c", line} : command;
  }

  /// torchrun takes the interpreter that it runs in; this program runs in none. Not every system
  /// has a "python".
  std::string python() const { return variable_("PYTHON_EXEC").value_or("python3"); }

  TorchrunValues values_;
  const VariableLookup& variable_;
  TorchrunLine line_;
};

}  // namespace

TorchrunLine read_torchrun_line(const std::vector<std::string>& words,
                                const VariableLookup& variable) {
  TorchrunWords read = read_torchrun_words(words, variable);
  return TorchrunTranslation(std::move(read.values), variable).translate(read.script);
}

}  // namespace dplaunch
