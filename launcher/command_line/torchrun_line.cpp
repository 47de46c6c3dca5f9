#include "launcher/command_line/torchrun_line.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/process/find_program.h"
#include "base/text/parse_number.h"
#include "base/text/shell_word.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

using Option = TorchrunOption;

// torchrun 2.11 (docs.pytorch.org/docs/stable/elastic/run.html), and torch.distributed.launch.
constexpr Option kOptions[] = {
    {"nnodes", "N", "as --nnodes; MIN:MAX is --nnodes MAX --min-nodes MIN"},
    {"nproc-per-node", "N", "as --nproc-per-node (1)"},
    {"rdzv-backend", "NAME", "static or c10d, which are one here: the launchers meet at host 0's"},
    {"rdzv-endpoint", "HOST[:PORT]", "as --master-addr and --master-port"},
    {"rdzv-id", "ID", "what the hosts of a job call it"},
    {"rdzv-conf", "KEY=VALUE", "join_timeout and timeout are --rdzv-timeout"},
    {"standalone", "", "as --standalone"},
    {"max-restarts", "N", "as --max-restarts (0)"},
    {"monitor-interval", "SECONDS", "without effect: ends are seen as they happen"},
    {"start-method", "METHOD", "without effect: every rank is a program of its own"},
    {"event-log-handler", "NAME", "without effect: summary.json in the run folder has the events"},
    {"role", "NAME", "ROLE_NAME of the ranks"},
    {"module", "", "SCRIPT is a Python module", 'm'},
    {"no-python", "", "SCRIPT is a program"},
    {"run-path", "", "SCRIPT is run by an interpreter of its own, as always"},
    {"log-dir", "DIR", "as --log-dir: each run gets a folder there"},
    {"redirects", "STREAMS", "ranks whose standard output is not shown; rank-N.log has all", 'r'},
    {"tee", "STREAMS", "ranks whose standard output is shown; rank-N.log has all", 't'},
    {"local-ranks-filter", "RANKS", "as --show"},
    {"duplicate-stdout-filters", "WORDS", "without effect: grep rank-N.log"},
    {"duplicate-stderr-filters", "WORDS", "without effect: grep rank-N.log"},
    {"node-rank", "N", "as --node-rank"},
    {"master-addr", "ADDR", "as --master-addr"},
    {"master-port", "PORT", "as --master-port"},
    {"local-addr", "ADDR", "without effect: a host's address is that by which it reaches host 0"},
    {"logs-specs", "NAME", "without effect: the logs are in the run folder"},
    {"numa-binding", "MODE", "node: --bind numa; socket, exclusive, core-complex: the nearest"},
    {"signals-to-handle", "SIGNALS", "without effect: all of these are handled"},
    {"virtual-local-rank", "", "as --isolate-devices"},
    {"use-env", "", "without effect: ranks get LOCAL_RANK alone"},
};

bool takes_value(const Option& option) {
  return !option.value.empty();
}

std::string with_dash(std::string_view name) {
  return "--" + std::string(name);
}

[[noreturn]] void refuse(const std::string& what, const std::string& hint = {}) {
  throw Error(ExitCode::kUsage, "torchrun: " + what,
              hint.empty() ? "dplaunch torchrun --help lists the options" : hint);
}

/// As argparse finds it: the whole name, or the beginning of one alone.
const Option& find_option(const std::string& word) {
  std::string name = word.substr(2, word.find('=') - 2);
  std::replace(name.begin(), name.end(), '_', '-');
  std::vector<const Option*> begun;
  for (const Option& option : kOptions) {
    if (option.name == name) return option;
    if (option.name.starts_with(name)) begun.push_back(&option);
  }
  if (begun.empty()) refuse("unknown option --" + name);
  if (begun.size() == 1) return *begun.front();
  std::vector<std::string> names;
  for (const Option* option : begun) names.push_back(with_dash(option->name));
  refuse(fmt::format("--{} may be {}", name, joined(names, " or ")));
}

const Option& find_letter(const std::string& word) {
  for (const Option& option : kOptions) {
    if (option.letter == word[1]) return option;
  }
  refuse("unknown option " + word.substr(0, 2));
}

/// What stands on the line, or in a variable, by the option's name.
using Values = std::map<std::string_view, std::string>;

class LineReader {
 public:
  explicit LineReader(const std::vector<std::string>& words) : words_(words) {}

  /// Returns the options; what is behind them stays.
  Values read_options() {
    while (next_ < words_.size() && words_[next_].starts_with('-') && words_[next_].size() > 1) {
      const std::string& word = words_[next_++];
      if (word == "--") break;
      word.starts_with("--") ? read_long(word) : read_short(word);
    }
    return std::move(values_);
  }

  std::vector<std::string> rest() const {
    return {words_.begin() + static_cast<std::ptrdiff_t>(next_), words_.end()};
  }

 private:
  void read_long(const std::string& word) {
    const Option& option = find_option(word);
    const std::size_t equals = word.find('=');
    const bool has_value = equals != std::string::npos;
    if (has_value && !takes_value(option)) refuse(with_dash(option.name) + " takes no value");
    values_[option.name] = has_value             ? word.substr(equals + 1)
                           : takes_value(option) ? next_word(option)
                                                 : "1";
  }

  /// "-m", "-t 3", "-t3", "-mt3".
  void read_short(const std::string& word) {
    const Option& option = find_letter(word);
    if (!takes_value(option)) {
      values_[option.name] = "1";
      if (word.size() > 2) read_short("-" + word.substr(2));
      return;
    }
    values_[option.name] =
        word.size() > 2 ? word.substr(word[2] == '=' ? 3 : 2) : next_word(option);
  }

  std::string next_word(const Option& option) {
    if (next_ == words_.size()) refuse(with_dash(option.name) + " needs a value");
    return words_[next_++];
  }

  const std::vector<std::string>& words_;
  std::size_t next_ = 0;
  Values values_;
};

/// torchrun's action for each option: PET_NNODES for --nnodes.
void add_variables(Values& values, const VariableLookup& variable) {
  for (const Option& option : kOptions) {
    if (values.contains(option.name)) continue;
    std::string name = "PET_" + std::string(option.name);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
      return c == '-' ? '_' : static_cast<char>(std::toupper(c));
    });
    const std::optional<std::string> value = variable(name);
    if (!value || value->empty()) continue;
    if (!takes_value(option) && *value == "0") continue;
    values[option.name] = *value;
  }
}

/// "[::1]:29500" -> "::1" and "29500".
std::pair<std::string, std::string> parts_of(const std::string& endpoint) {
  if (endpoint.starts_with('[')) {
    const std::size_t end = endpoint.find(']');
    const std::string host = endpoint.substr(1, end - 1);
    return {host, end + 2 < endpoint.size() ? endpoint.substr(end + 2) : ""};
  }
  const std::size_t colon = endpoint.rfind(':');
  if (colon == std::string::npos) return {endpoint, ""};
  return {endpoint.substr(0, colon), endpoint.substr(colon + 1)};
}

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
      refuse(fmt::format("{} {}: not 0 to 3, nor rank:stream pairs such as 0:3,1:2", option, text));
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

class Translation {
 public:
  explicit Translation(Values values) : values_(std::move(values)) {}

  TorchrunLine translate(const std::vector<std::string>& rest) {
    add_processes();
    add_hosts();
    add_output();
    if (has("max-restarts")) add("--max-restarts", value("max-restarts"));
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

  void add_hosts() {
    if (has("standalone")) {
      line_.options.emplace_back("--standalone");
      return;
    }
    const std::string nodes = value("nnodes");
    const std::size_t colon = nodes.find(':');
    const std::string most = colon == std::string::npos ? nodes : nodes.substr(colon + 1);
    if (!nodes.empty()) add("--nnodes", most);
    if (colon != std::string::npos && nodes.substr(0, colon) != most) {
      add("--min-nodes", nodes.substr(0, colon));
    }
    add_meeting(most.empty() || most == "1");
  }

  void add_meeting(bool is_one_host) {
    const std::string backend = value("rdzv-backend", "static");
    if (backend != "static" && backend != "c10d") {
      refuse(fmt::format("--rdzv-backend {} is not here", backend),
             "static and c10d are: the launchers meet at host 0's, no server is needed");
    }
    const auto [host, port] = parts_of(value("rdzv-endpoint"));
    const std::string address = host.empty() ? value("master-addr") : host;
    const std::string number = port.empty() ? value("master-port") : port;
    if (!is_one_host && !address.empty()) add("--master-addr", address);
    if (!number.empty() && number != "0") add("--master-port", number);
    if (!is_one_host && has("node-rank")) add("--node-rank", value("node-rank"));
    if (!is_one_host && has("rdzv-id")) add("--rdzv-id", value("rdzv-id"));
    add_waiting();
  }

  void add_waiting() {
    if (!has("rdzv-conf")) return;
    for (const std::string& pair : split(value("rdzv-conf"), ',')) {
      const std::size_t equals = pair.find('=');
      const std::string key = pair.substr(0, equals);
      if (key == "join_timeout" || key == "timeout") {
        add("--rdzv-timeout", equals == std::string::npos ? "" : pair.substr(equals + 1));
      } else if (!key.empty()) {
        line_.remarks.push_back(fmt::format("--rdzv-conf {}: without effect", pair));
      }
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
      refuse("--numa-binding " + mode + ": not node, socket, exclusive or core-complex");
    }
    add("--bind", "core");
  }

  /// What has no effect, where it was said.
  void add_remarks() {
    for (const Option& option : kOptions) {
      if (!has(option.name) || !option.meaning.starts_with("without effect")) continue;
      if (option.name == "use-env" || option.name == "signals-to-handle") continue;
      remark(option.name, std::string(option.meaning));
    }
    if (has("role") && value("role") != "default") remark("role", "ROLE_NAME is \"default\"");
  }

  void add_command(const std::vector<std::string>& rest) {
    if (rest.empty())
      refuse("no script", "for example dplaunch torchrun --nproc-per-node 2 train.py");
    const bool is_module = has("module");
    if (has("no-python") && !has("run-path")) {
      if (is_module) refuse("--module and --no-python exclude each other");
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

  /// torchrun takes the interpreter that it runs in; this program runs in none.
  static std::string python() {
    if (const auto chosen = process_variable("PYTHON_EXEC")) return *chosen;
    const bool is_named_so = !find_program("python", process_variable("PATH")).empty();
    return is_named_so ? "python" : "python3";
  }

  Values values_;
  TorchrunLine line_;
};

}  // namespace

TorchrunLine read_torchrun_line(const std::vector<std::string>& words,
                                const VariableLookup& variable) {
  LineReader reader(words);
  Values values = reader.read_options();
  add_variables(values, variable);
  return Translation(std::move(values)).translate(reader.rest());
}

std::span<const TorchrunOption> torchrun_options() {
  return kOptions;
}

}  // namespace dplaunch
