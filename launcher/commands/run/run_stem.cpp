#include "launcher/commands/run/run_stem.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string_view>

namespace dplaunch {
namespace {

using Words = std::vector<std::string>;

/// A program that is not what is meant, but what it starts.
struct Starter {
  std::string_view name;
  std::string_view second = {};      ///< a word that must follow: "launch" of accelerate
  std::string_view with_value = {};  ///< its options of one letter that take the next word
};

constexpr std::array kStarters = {
    Starter{"env", "", "uCS"},
    Starter{"nohup"},
    Starter{"nice", "", "n"},
    Starter{"ionice", "", "cn"},
    Starter{"setsid"},
    Starter{"time", "", "fo"},
    Starter{"timeout", "", "ks"},
    Starter{"stdbuf", "", "ioe"},
    Starter{"taskset"},
    Starter{"numactl", "", "NmClp"},
    Starter{"sudo", "", "ugCp"},
    Starter{"xvfb-run", "", "nsef"},
    Starter{"catchsegv"},
    Starter{"strace", "", "oeps"},
    Starter{"accelerate", "launch"},
    Starter{"torchrun"},
    Starter{"deepspeed"},
    Starter{"horovodrun"},
    Starter{"uv", "run"},
    Starter{"poetry", "run"},
    Starter{"pipenv", "run"},
    Starter{"conda", "run", "np"},
    Starter{"coverage", "run"},
    Starter{"nsys", "profile", "otsy"},
    Starter{"ncu"},
    Starter{"py-spy", "record", "orfd"},
};

// Modules behind "-m" that start a script themselves.
constexpr std::array<std::string_view, 9> kStartingModules = {"torch.distributed.run",
                                                              "torch.distributed.launch",
                                                              "accelerate.commands.launch",
                                                              "cProfile",
                                                              "coverage",
                                                              "debugpy",
                                                              "pdb",
                                                              "trace",
                                                              "viztracer"};

constexpr std::array<std::string_view, 11> kInterpreters = {
    "python", "pypy", "bash", "sh", "dash", "zsh", "perl", "ruby", "node", "Rscript", "julia"};

constexpr std::array<std::string_view, 9> kScriptEndings = {".py", ".sh", ".bash", ".pl", ".rb",
                                                            ".js", ".R",  ".jl",   ".pyc"};

std::string program_name(const std::string& word) {
  return std::filesystem::path(word).filename().string();
}

bool is_script(const std::string& word) {
  return std::any_of(kScriptEndings.begin(), kScriptEndings.end(),
                     [&](std::string_view ending) { return word.ends_with(ending); });
}

/// Also with a version: "python3.11".
bool is_interpreter(const std::string& word) {
  std::string name = program_name(word);
  name.erase(name.find_last_not_of("0123456789.") + 1);
  return std::find(kInterpreters.begin(), kInterpreters.end(), name) != kInterpreters.end();
}

const Starter* starter_at(const Words& words, std::size_t at) {
  for (const Starter& starter : kStarters) {
    if (starter.name != program_name(words[at])) continue;
    if (starter.second.empty()) return &starter;
    if (at + 1 < words.size() && words[at + 1] == starter.second) return &starter;
  }
  return nullptr;
}

/// "pkg.train" -> "train", "pkg.__main__" -> "pkg".
std::string module_stem(std::string module) {
  constexpr std::string_view kMain = ".__main__";
  if (module.ends_with(kMain)) module.resize(module.size() - kMain.size());
  return module.substr(module.rfind('.') + 1);
}

/// Behind a starter: the next script, interpreter, module or starter. Whether a word is the value
/// of an option before it cannot be known of every program; one of these is none.
std::optional<std::size_t> next_certain(const Words& words, std::size_t from) {
  for (std::size_t i = from; i < words.size(); ++i) {
    const bool is_module = words[i] == "-m" || words[i] == "--module";
    if (is_module || is_script(words[i]) || is_interpreter(words[i]) || starter_at(words, i)) {
      return i;
    }
  }
  return std::nullopt;
}

/// Otherwise the first word that looks like a program: no option and none's value, no number, no
/// assignment.
std::optional<std::size_t> next_plain(const Words& words, std::size_t from,
                                      std::string_view with_value) {
  for (std::size_t i = from; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word.size() == 2 && word[0] == '-' && with_value.find(word[1]) != std::string_view::npos) {
      ++i;
      continue;
    }
    const bool is_number = !word.empty() && word[0] >= '0' && word[0] <= '9';
    if (word.empty() || word[0] == '-' || is_number || word.find('=') != std::string::npos)
      continue;
    return i;
  }
  return std::nullopt;
}

/// The name, or the place of the word that has it in the end.
struct Step {
  std::optional<std::size_t> next = {};
  std::string stem = {};
};

/// Of the module that stands there, or of what it starts.
Step step_of_module(const Words& words, std::size_t at) {
  if (at >= words.size()) return {{}, "python"};
  const bool starts = std::find(kStartingModules.begin(), kStartingModules.end(), words[at]) !=
                      kStartingModules.end();
  return {starts ? next_certain(words, at + 1) : std::nullopt, module_stem(words[at])};
}

/// The letter that decides what follows an option of one dash: the last one of "-uc".
char last_letter(const std::string& word) {
  return word.size() > 1 && word[0] == '-' && word[1] != '-' ? word.back() : '\0';
}

Step step_behind_interpreter(const Words& words, std::size_t at) {
  const std::string interpreter = program_name(words[at]);
  const bool is_python = interpreter.starts_with("python") || interpreter.starts_with("pypy");
  const bool is_shell = interpreter.ends_with("sh");
  for (std::size_t i = at + 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    const char letter = last_letter(word);
    const bool is_text = letter == 'c' || (letter == 'e' && !is_python && !is_shell);
    if (is_text || word == "-") break;
    if (is_python && letter == 'm') return step_of_module(words, i + 1);
    const bool takes_next = is_python ? letter == 'W' || letter == 'X' : letter == 'o';
    if (takes_next) ++i;
    if (!word.starts_with('-')) return {{}, std::filesystem::path(word).stem().string()};
  }
  return {{}, interpreter};
}

Step step_behind_starter(const Words& words, std::size_t at, const Starter& starter) {
  const std::size_t from = at + (starter.second.empty() ? 1 : 2);
  std::optional<std::size_t> next = next_certain(words, from);
  if (!next) next = next_plain(words, from, starter.with_value);
  return {next, program_name(words[at])};
}

Step step_at(const Words& words, std::size_t at) {
  const std::string& word = words[at];
  if (word == "-m" || word == "--module") return step_of_module(words, at + 1);
  if (const Starter* starter = starter_at(words, at)) {
    return step_behind_starter(words, at, *starter);
  }
  if (is_interpreter(word)) return step_behind_interpreter(words, at);
  return {{}, std::filesystem::path(word).stem().string()};
}

}  // namespace

std::string run_stem(const std::vector<std::string>& command) {
  Step step{0};
  while (step.next) step = step_at(command, *step.next);
  // A program that is called ".." or "/" has none.
  return step.stem.empty() || step.stem == "." || step.stem == ".." ? "command" : step.stem;
}

}  // namespace dplaunch
