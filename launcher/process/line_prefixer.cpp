#include "launcher/process/line_prefixer.h"

namespace dplaunch {
namespace {

// The length of the first whole line with its end, or 0 if there is none yet.
std::size_t first_line_bytes(std::string_view text) {
  const std::size_t end = text.find_first_of("\r\n");
  if (end == std::string_view::npos) return 0;
  if (text[end] == '\n') return end + 1;
  if (end + 1 == text.size()) return 0;  // "\r\n" may be coming
  return text[end + 1] == '\n' ? end + 2 : end + 1;
}

}  // namespace

std::string LinePrefixer::add(std::string_view bytes) {
  if (prefix_.empty()) return std::string(bytes);  // one rank alone: its prompts show at once
  partial_.append(bytes);
  std::string lines;
  std::string_view rest = partial_;
  while (!rest.empty()) {
    const std::size_t length = first_line_bytes(rest.substr(0, kMaxLineBytes));
    if (length > 0) {
      lines.append(prefix_).append(rest.substr(0, length));
      rest.remove_prefix(length);
    } else if (rest.size() >= kMaxLineBytes) {
      lines.append(prefix_).append(rest.substr(0, kMaxLineBytes)).append("\n");
      rest.remove_prefix(kMaxLineBytes);
    } else {
      break;
    }
  }
  partial_.erase(0, partial_.size() - rest.size());
  return lines;
}

std::string LinePrefixer::finish() {
  if (partial_.empty()) return {};
  std::string line = prefix_ + partial_ + "\n";
  partial_.clear();
  return line;
}

}  // namespace dplaunch
