#include "launcher/command_line/translate.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/text/shell_word.h"
#include "base/text/words.h"
#include "launcher/command_line/foreign_options.h"

namespace dplaunch {
namespace {

/// "--np=2" -> "--np".
std::string name_of(const std::string& word) {
  return word.substr(0, word.find('='));
}

bool is_option(const std::string& word) {
  return word.size() > 1 && word.front() == '-';
}

/// The words of an option's `here`, with its value.
std::vector<std::string> filled(std::string_view here, const std::string& value) {
  const std::size_t colon = value.rfind(':');
  const std::string tail = colon == std::string::npos ? value : value.substr(colon + 1);
  std::vector<std::string> words;
  if (here.empty()) return words;
  for (const std::string& word : split(std::string(here), ' ')) {
    words.push_back(
        fmt::format(fmt::runtime(word), fmt::arg("value", value), fmt::arg("tail", tail)));
  }
  return words;
}

/// Says nothing here: "-x PATH" exports what is inherited anyway.
bool is_empty_wish(const ForeignOption& option, const std::string& value) {
  return option.name == "-x" && value.find('=') == std::string::npos;
}

/// "torchrun", and what `-m` starts in its place.
bool is_launcher(const std::string& word) {
  constexpr std::string_view kLaunchers[] = {"torchrun",
                                             "accelerate",
                                             "deepspeed",
                                             "mpirun",
                                             "mpiexec",
                                             "horovodrun",
                                             "srun",
                                             "run",
                                             "launch",
                                             "torch.distributed.run",
                                             "torch.distributed.launch"};
  return std::find(std::begin(kLaunchers), std::end(kLaunchers), word) != std::end(kLaunchers);
}

class Translator {
 public:
  Translator(const CLI::App& app, const std::vector<std::string>& words)
      : app_(app), words_(words) {}

  Translation translate(const std::vector<std::string>& command) {
    while (next_ < words_.size() && command_.empty()) read_word();
    for (; next_ < words_.size(); ++next_) add_to_command(words_[next_]);
    command_.insert(command_.end(), command.begin(), command.end());
    std::vector<std::string> line = environment_;
    line.emplace_back("dplaunch");
    const bool says_where = has_option("--device") || has_option("--nproc-per-node");
    if (!command_.empty() && !says_where) options_.insert(options_.begin(), {"--device", "all"});
    line.insert(line.end(), options_.begin(), options_.end());
    if (!command_.empty()) line.emplace_back("--");
    line.insert(line.end(), command_.begin(), command_.end());
    result_.command_line = shell_words(line);
    return std::move(result_);
  }

 private:
  bool has_option(const std::string& name) const {
    return std::any_of(options_.begin(), options_.end(),
                       [&](const std::string& word) { return name_of(word) == name; });
  }

  void read_word() {
    const std::string word = with_dashes(words_[next_++]);
    if (!is_option(word)) return add_to_command(word);
    if (const ForeignOption* foreign = find_foreign_option(name_of(word)))
      return read_foreign(*foreign, word);
    options_.push_back(word);
    if (word.find('=') != std::string::npos) return;
    const CLI::Option* own = app_.get_option_no_throw(word);
    const int most = own == nullptr ? 0 : own->get_items_expected_max();
    if (most > 0 && next_ < words_.size() && !is_option(words_[next_])) {
      options_.push_back(words_[next_++]);
    }
  }

  void read_foreign(const ForeignOption& option, const std::string& word) {
    const std::size_t equals = word.find('=');
    std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
    std::string said = word;
    // torchrun's -m is a word of its own: the module may stand behind other options.
    if (option.place == Place::kCommand && next_ < words_.size() && is_option(words_[next_])) {
      is_module_ = true;
      result_.foreign.emplace_back(option.name);
      return;
    }
    for (int i = 0; equals == std::string::npos && i < option.values; ++i) {
      if (next_ == words_.size()) break;
      value = words_[next_++];
      said += " " + value;
    }
    result_.foreign.emplace_back(option.name);
    const bool is_dropped = is_empty_wish(option, value);
    if (!option.why.empty() && (option.here.empty() || is_dropped)) {
      result_.remarks.push_back(fmt::format("{}: {}", said, option.why));
    }
    if (option.place == Place::kProgram) is_program_ = true;
    if (is_dropped) return;
    if (option.place == Place::kCommand && is_launcher(value)) return;
    auto& target = option.place == Place::kEnvironment ? environment_
                   : option.place == Place::kCommand   ? command_
                                                       : options_;
    const std::vector<std::string> here = filled(option.here, value);
    target.insert(target.end(), here.begin(), here.end());
  }

  /// Its first word is a script for torchrun, unless --no-python was said.
  void add_to_command(const std::string& word) {
    const bool is_first = command_.empty();
    if (is_first && is_launcher(word)) return;
    if (is_first && is_module_) command_.insert(command_.end(), {"python", "-m"});
    if (is_first && !is_module_ && word.ends_with(".py") && !is_program_)
      command_.emplace_back("python");
    command_.push_back(word);
  }

  const CLI::App& app_;
  const std::vector<std::string>& words_;
  std::size_t next_ = 0;
  std::vector<std::string> environment_;
  std::vector<std::string> options_;
  std::vector<std::string> command_;
  bool is_program_ = false;
  bool is_module_ = false;
  Translation result_;
};

}  // namespace

std::string with_dashes(std::string word) {
  if (!word.starts_with("--")) return word;
  const auto end =
      word.begin() + static_cast<std::ptrdiff_t>(std::min(word.find('='), word.size()));
  std::replace(word.begin(), end, '_', '-');
  return word;
}

Translation translate(const CLI::App& app, const std::vector<std::string>& words,
                      const std::vector<std::string>& command) {
  return Translator(app, words).translate(command);
}

void refuse_foreign_options(const Translation& translation) {
  const std::vector<std::string>& names = translation.foreign;
  if (names.empty()) return;
  std::string hint = translation.command_line;
  for (const std::string& remark : translation.remarks) hint += "\n    " + remark;
  throw Error(ExitCode::kUsage,
              names.size() == 1 ? names.front() + " is another launcher's option"
                                : joined(names) + " are other launchers' options",
              hint);
}

}  // namespace dplaunch
