#include "launcher/report/last_exception.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "base/text/words.h"

namespace dplaunch {
namespace {

constexpr std::string_view kTraceback = "Traceback (most recent call last):";
constexpr std::string_view kFrame = "File \"";
constexpr std::size_t kExceptionLines = 5;

/// Before the tracebacks of exceptions that end no program.
constexpr std::array<std::string_view, 4> kHarmless = {"Exception ignored", "Exception in thread",
                                                       "--- Logging error", "Error in atexit"};

std::string_view without_indent(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return line;
}

/// PyTorch's hook puts "[rank0]: " before each line; a progress bar may stand before the text.
std::string_view own_words(std::string_view line) {
  while (line.ends_with('\r')) line.remove_suffix(1);
  line.remove_prefix(line.find_last_of('\r') + 1);  // npos + 1 is 0
  if (!line.starts_with("[rank")) return line;
  const std::size_t end = line.find_first_not_of("0123456789", 5);
  if (end == std::string_view::npos || end == 5 || !line.substr(end).starts_with("]:")) return line;
  line.remove_prefix(end + 2);
  if (line.starts_with(' ')) line.remove_prefix(1);
  return line;
}

/// Goes through the lines and remembers the exception that came last.
class Finder {
 public:
  void take(std::string_view line) {
    const bool is_blank = without_indent(line).empty();
    if (line.ends_with(kTraceback)) {
      begin_traceback(previous_);
    } else if (state_ == State::kFrames) {
      take_of_traceback(line, is_blank);
    } else if (without_indent(line).starts_with(kFrame) && line.starts_with(' ') &&
               previous_.find("most recent call first") == std::string::npos) {
      begin_traceback(previous_);  // its head is not there: cut off, or of a syntax error
      place_ = without_indent(line);
    } else if (line.starts_with("terminate called")) {
      state_ = State::kTerminate;
    } else if (state_ == State::kTerminate && without_indent(line).starts_with("what():")) {
      begin_message(without_indent(without_indent(line).substr(7)));
    } else {
      take_other(line, is_blank);
    }
    if (!is_blank) previous_ = line;
  }

  std::optional<LastException> found() && { return std::move(found_); }

 private:
  enum class State { kOther, kFrames, kMessage, kTerminate };

  static bool is_harmless(std::string_view line) {
    return std::any_of(kHarmless.begin(), kHarmless.end(),
                       [&](std::string_view words) { return line.starts_with(words); });
  }

  void begin_traceback(std::string_view before) {
    state_ = State::kFrames;
    is_harmless_ = is_harmless(before);
    place_.clear();
  }

  void take_of_traceback(std::string_view line, bool is_blank) {
    if (line.starts_with(' ')) {
      if (without_indent(line).starts_with(kFrame)) place_ = without_indent(line);
    } else if (!is_blank && is_harmless_) {
      state_ = State::kOther;
    } else if (!is_blank) {
      begin_message(line);
    }
  }

  void begin_message(std::string_view line) {
    state_ = State::kMessage;
    found_ = LastException{std::string(line), std::exchange(place_, {}), {}};
    message_lines_ = 1;
  }

  void take_other(std::string_view line, bool is_blank) {
    const bool is_passed_over = is_blank || is_harmless(line);
    const bool is_message =
        state_ == State::kMessage && !is_passed_over && message_lines_ < kExceptionLines;
    if (is_message && !is_warning(std::string(line))) {
      found_->text.append("\n").append(line);
      ++message_lines_;
      return;
    }
    state_ = State::kOther;
    if (found_ && !is_passed_over) found_->after.emplace_back(line);
  }

  State state_ = State::kOther;
  bool is_harmless_ = false;
  std::size_t message_lines_ = 0;
  std::string place_;
  std::string previous_;
  std::optional<LastException> found_;
};

}  // namespace

bool LastException::is_end() const {
  return std::all_of(after.begin(), after.end(), is_warning);
}

std::optional<LastException> last_exception(std::string_view words) {
  Finder finder;
  for (const std::string& line : split(std::string(words), '\n')) finder.take(own_words(line));
  return std::move(finder).found();
}

std::string words_of_end(std::string_view words) {
  const auto exception = last_exception(words);
  if (!exception || !exception->is_end()) return std::string(words);
  const std::size_t end = words.rfind(exception->text.substr(0, exception->text.find('\n')));
  if (end == std::string_view::npos) return std::string(words);
  std::size_t start = words.rfind(kTraceback, end);
  if (start == std::string_view::npos) return exception->text;
  while (start > 0) {
    const std::size_t before = words.rfind(kTraceback, start - 1);
    if (before == std::string_view::npos) break;
    // Python's "During handling of the above exception, ..." or "The above exception was the ..."
    if (words.substr(before, start - before).find("above exception") == std::string_view::npos)
      break;
    start = before;
  }
  return std::string(words.substr(start, end - start)) + exception->text;
}

std::string last_line(std::string_view words) {
  const std::size_t end = words.find_last_not_of(" \t\r\n");
  if (end == std::string_view::npos) return {};
  words = words.substr(0, end + 1);
  return std::string(words.substr(words.find_last_of("\r\n") + 1));  // npos + 1 is 0
}

bool is_warning(const std::string& line) {
  std::string lower = line;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower.find("warn") != std::string::npos;
}

}  // namespace dplaunch
