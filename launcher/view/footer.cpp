#include "launcher/view/footer.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/text/printable.h"
#include "base/text/terminal_text.h"

namespace dplaunch {
namespace {

constexpr std::size_t kMaxHeldBytes = 65536;

}  // namespace

std::string Footer::show(std::string_view text, std::int64_t now_ns, bool is_visible) {
  std::string whole = take_whole_lines(text);
  const TerminalSize size = terminal_size(options_.terminal_fd);
  const bool is_foreground = is_in_foreground(options_.terminal_fd);
  if (!is_foreground) forget();  // a shell or its next program has the terminal
  const bool is_resized = size != drawn_size_;
  std::vector<std::string> wanted;
  if (is_visible && is_foreground) {
    renew(size, now_ns);
    if (!held_.empty() && !lines_.empty()) {
      wanted.push_back(
          cut_to(printable(newest_state(held_), Unprintable::kLeftOut), size.columns - 1));
    }
    wanted.insert(wanted.end(), lines_.begin(), lines_.end());
  } else {
    due_ns_ = now_ns + std::chrono::nanoseconds(options_.interval).count();
  }
  if (wanted.empty()) {
    whole += held_;
    held_.clear();
  }
  if (whole.empty() && wanted == drawn_ && !is_resized) return {};
  // All in one piece, so that the terminal seldom shows the moment without a footer.
  std::string bytes = erased(size) + whole;
  if (!whole.empty()) is_within_line_ = whole.back() != '\n';
  if (!wanted.empty() && std::exchange(is_within_line_, false)) bytes += "\n";
  // The workers' text may have left a colour behind.
  if (!wanted.empty()) bytes += "\x1b[0m";
  for (const std::string& line : wanted) bytes.append(line).append("\n");
  drawn_ = std::move(wanted);
  drawn_size_ = size;
  return bytes;
}

std::string Footer::finish() {
  std::string bytes = erased(terminal_size(options_.terminal_fd)) + held_;
  forget();
  held_.clear();
  return bytes;
}

std::string Footer::take_whole_lines(std::string_view text) {
  const std::size_t end = text.find_last_of('\n') + 1;  // npos + 1 is 0
  std::string whole;
  if (end > 0) whole.swap(held_);
  whole.append(text.substr(0, end));
  held_.append(text.substr(end));
  if (held_.size() > kMaxHeldBytes / 2) prune_held();
  if (held_.size() > kMaxHeldBytes) {
    whole.append(held_).append("\n");
    held_.clear();
  }
  return whole;
}

/// A progress bar that never ends its line must not grow for ever.
void Footer::prune_held() {
  const std::string_view latest = newest_state(held_);
  if (!latest.empty()) held_.erase(0, static_cast<std::size_t>(latest.data() - held_.data()));
}

void Footer::renew(TerminalSize size, std::int64_t now_ns) {
  if (now_ns < due_ns_ && size == made_for_) return;
  made_for_ = size;
  due_ns_ = now_ns + std::chrono::nanoseconds(options_.interval).count();
  lines_ = options_.lines(size);
}

/// A terminal that became narrower has wrapped what was drawn: most do so, and count on it.
std::string Footer::erased(TerminalSize size) const {
  int rows = 0;
  for (const std::string& line : drawn_) {
    rows += std::max(1, (columns_of(line) + size.columns - 1) / size.columns);
  }
  return rows == 0 ? std::string() : fmt::format("\r\x1b[{}A\x1b[J", rows);
}

}  // namespace dplaunch
