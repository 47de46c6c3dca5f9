#include "launcher/process/line_prefixer.h"

#include <algorithm>

#include "base/text/terminal_text.h"

namespace dplaunch {
namespace {

constexpr std::string_view kCut = "[...]";

// The length of the first whole line with its end, or 0 if there is none yet. Nothing before `from`
// ends a line.
std::size_t first_line_bytes(std::string_view text, std::size_t from, LinePrefixer::Bars bars) {
  if (bars == LinePrefixer::Bars::kNewest) return text.find('\n', from) + 1;  // npos + 1 is 0
  const std::size_t end = text.find_first_of("\r\n", from);
  if (end == std::string_view::npos) return 0;
  if (text[end] == '\n') return end + 1;
  if (end + 1 == text.size()) return 0;  // "\r\n" may be coming
  return text[end + 1] == '\n' ? end + 2 : end + 1;
}

// The last place within `limit` at which no character of UTF-8 is cut; `text` is longer than that.
std::size_t between_characters(std::string_view text, std::size_t limit) {
  constexpr std::size_t kMaxContinuationBytes = 3;
  for (std::size_t back = 0; back <= kMaxContinuationBytes; ++back) {
    if ((static_cast<unsigned char>(text[limit - back]) & 0xC0U) != 0x80U) return limit - back;
  }
  return limit;  // no UTF-8
}

}  // namespace

std::string LinePrefixer::add(std::string_view bytes, Bars bars) {
  if (prefix_.empty()) return std::string(bytes);  // one rank alone: its prompts show at once
  std::string lines;
  if (std::exchange(had_return_, false) && bytes.starts_with('\n')) {
    lines += '\n';
    bytes.remove_prefix(1);
  }
  partial_.append(bytes);
  std::string_view rest = partial_;
  while (!rest.empty()) {
    const std::size_t length = first_line_bytes(rest, std::exchange(searched_bytes_, 0), bars);
    if (std::max(length, length == 0 ? rest.size() : 0) > kMaxLineBytes + 2) {
      cut(lines, rest);
    } else if (length == 0) {
      // The last byte may be a '\r', which the next one makes an end.
      searched_bytes_ = rest.size() - 1;
      is_bar_ = is_bar_ || rest.find('\r') != std::string_view::npos;
      break;
    } else if (bars == Bars::kNewest) {
      put(lines, newest_state(rest.substr(0, length - 1)));
      is_bar_ = false;
      lines += '\n';
      rest.remove_prefix(length);
    } else {
      put(lines, rest.substr(0, length));
      rest.remove_prefix(length);
    }
  }
  partial_.erase(0, partial_.size() - rest.size());
  if (bars == Bars::kNewest) prune();
  return lines;
}

void LinePrefixer::put(std::string& lines, std::string_view piece) {
  if (!std::exchange(is_open_, false)) lines += prefix_;
  if (std::exchange(is_cut_, false)) lines += kCut;
  lines += piece;
}

void LinePrefixer::cut(std::string& lines, std::string_view& rest) {
  const std::size_t length = between_characters(rest, kMaxLineBytes);
  put(lines, rest.substr(0, length));
  lines.append(kCut).append("\n");
  is_cut_ = true;
  rest.remove_prefix(length);
}

/// A progress bar that never ends its line must not grow for ever.
void LinePrefixer::prune() {
  const std::string_view newest = newest_state(partial_);
  if (newest.empty()) return;
  partial_.erase(0, static_cast<std::size_t>(newest.data() - partial_.data()));
  searched_bytes_ = 0;
}

std::string LinePrefixer::idle() {
  if (partial_.empty()) return {};
  std::string shown;
  put(shown, partial_);
  had_return_ = partial_.back() == '\r';
  is_open_ = !had_return_;
  partial_.clear();
  searched_bytes_ = 0;
  return shown;
}

std::string LinePrefixer::bar() const {
  const std::string_view newest = newest_state(partial_);
  return newest.empty() ? std::string() : prefix_ + std::string(newest);
}

std::string LinePrefixer::finish() {
  std::string line = idle();
  if (line.empty() && !is_open_) return {};
  is_open_ = had_return_ = false;
  return line + "\n";
}

}  // namespace dplaunch
