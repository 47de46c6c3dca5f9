#include "launcher/commands/top/text_page.h"

#include <algorithm>

#include "base/error.h"
#include "base/files/file_end.h"
#include "base/text/printable.h"
#include "base/text/terminal_text.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

constexpr std::size_t kTailBytes = 64 << 10;

std::vector<std::string> lines_of(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  return text.empty() ? std::vector<std::string>() : split(text, '\n');
}

void fit(std::vector<std::string>& lines, TerminalSize size) {
  for (std::string& line : lines) {
    line = cut_to(printable(newest_state(line), Unprintable::kLeftOut), size.columns);
  }
}

std::size_t room(TerminalSize size) {
  return static_cast<std::size_t>(std::max(1, size.rows));
}

}  // namespace

std::vector<std::string> last_lines(const std::filesystem::path& file, TerminalSize size) {
  std::vector<std::string> lines;
  try {
    lines = lines_of(read_file_end(file, kTailBytes).text);
  } catch (const Error& error) {
    lines = {error.what()};
  }
  const std::size_t left_out = lines.size() - std::min(lines.size(), room(size));
  lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(left_out));
  fit(lines, size);
  return lines;
}

std::vector<std::string> first_lines(std::string_view text, TerminalSize size) {
  std::vector<std::string> lines = lines_of(text);
  lines.resize(std::min(lines.size(), room(size)));
  fit(lines, size);
  return lines;
}

}  // namespace dplaunch
