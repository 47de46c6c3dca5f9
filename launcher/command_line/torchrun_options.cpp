#include "launcher/command_line/torchrun_options.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

// torchrun 2.11 (docs.pytorch.org/docs/stable/elastic/run.html), and torch.distributed.launch.
constexpr TorchrunOption kOptions[] = {
    {"nnodes", "N", "as --nnodes: N, or MIN:MAX"},
    {"nproc-per-node", "N", "as --nproc-per-node (1)"},
    {"rdzv-backend", "NAME", "static or c10d, which are one here: the launchers meet at host 0's"},
    {"rdzv-endpoint", "HOST[:PORT]", "as --master-addr and --master-port"},
    {"rdzv-id", "ID", "what the hosts of a job call it"},
    {"rdzv-conf", "KEY=VALUE", "join_timeout and timeout are --rdzv-timeout; last_call_timeout"},
    {"standalone", "", "as --standalone"},
    {"max-restarts", "N", "as --max-restarts (0)"},
    {"monitor-interval", "SECONDS", "without effect: ends are seen as they happen"},
    {"start-method", "METHOD", "without effect: every rank is a program of its own"},
    {"event-log-handler", "NAME", "without effect: summary.json in the run folder has the events"},
    {"role", "NAME", "what ranks find in ROLE_NAME (default)"},
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

bool takes_value(const TorchrunOption& option) {
  return !option.value.empty();
}

/// As argparse finds it: the whole name, or the beginning of one alone.
const TorchrunOption& find_option(const std::string& word) {
  std::string name = word.substr(2, word.find('=') - 2);
  std::replace(name.begin(), name.end(), '_', '-');
  std::vector<const TorchrunOption*> begun;
  for (const TorchrunOption& option : kOptions) {
    if (option.name == name) return option;
    if (option.name.starts_with(name)) begun.push_back(&option);
  }
  if (begun.empty()) refuse_torchrun("unknown option --" + name);
  if (begun.size() == 1) return *begun.front();
  std::vector<std::string> names;
  for (const TorchrunOption* option : begun) names.push_back(torchrun_name(option->name));
  refuse_torchrun(fmt::format("--{} may be {}", name, joined(names, " or ")));
}

const TorchrunOption& find_letter(const std::string& word) {
  for (const TorchrunOption& option : kOptions) {
    if (option.letter == word[1]) return option;
  }
  refuse_torchrun("unknown option " + word.substr(0, 2));
}

class LineReader {
 public:
  explicit LineReader(const std::vector<std::string>& words) : words_(words) {}

  /// Returns the options; what is behind them stays.
  TorchrunValues read_options() {
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
    const TorchrunOption& option = find_option(word);
    const std::size_t equals = word.find('=');
    const bool has_value = equals != std::string::npos;
    if (has_value && !takes_value(option))
      refuse_torchrun(torchrun_name(option.name) + " takes no value");
    values_[option.name] = has_value             ? word.substr(equals + 1)
                           : takes_value(option) ? next_word(option)
                                                 : "1";
  }

  /// "-m", "-t 3", "-t3", "-mt3".
  void read_short(const std::string& word) {
    const TorchrunOption& option = find_letter(word);
    if (!takes_value(option)) {
      values_[option.name] = "1";
      if (word.size() > 2) read_short("-" + word.substr(2));
      return;
    }
    values_[option.name] =
        word.size() > 2 ? word.substr(word[2] == '=' ? 3 : 2) : next_word(option);
  }

  std::string next_word(const TorchrunOption& option) {
    if (next_ == words_.size()) refuse_torchrun(torchrun_name(option.name) + " needs a value");
    return words_[next_++];
  }

  const std::vector<std::string>& words_;
  std::size_t next_ = 0;
  TorchrunValues values_;
};

/// torchrun's action for each option: PET_NNODES for --nnodes.
void add_variables(TorchrunValues& values, const VariableLookup& variable) {
  for (const TorchrunOption& option : kOptions) {
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

}  // namespace

std::span<const TorchrunOption> torchrun_options() {
  return kOptions;
}

std::string torchrun_name(std::string_view name) {
  return "--" + std::string(name);
}

void refuse_torchrun(const std::string& what, const std::string& hint) {
  throw Error(ExitCode::kUsage, "torchrun: " + what,
              hint.empty() ? "dplaunch torchrun --help lists the options" : hint);
}

TorchrunWords read_torchrun_words(const std::vector<std::string>& words,
                                  const VariableLookup& variable) {
  LineReader reader(words);
  TorchrunWords read{reader.read_options(), reader.rest()};
  add_variables(read.values, variable);
  return read;
}

}  // namespace dplaunch
