#include "launcher/view/log_end.h"

#include <string_view>

#include "base/error.h"
#include "base/files/file_end.h"
#include "base/text/printable.h"
#include "launcher/runs/attempt_line.h"

namespace dplaunch {
namespace {

constexpr std::size_t kTailBytes = 4096;

std::string_view last_line(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find_last_of("\r\n");
    const std::string_view line = text.substr(end == std::string_view::npos ? 0 : end + 1);
    const bool is_blank = line.find_first_not_of(" \t") == std::string_view::npos;
    if (!is_blank && !is_attempt_line(line)) return line;
    text = text.substr(0, end == std::string_view::npos ? 0 : end);
  }
  return text;
}

}  // namespace

LogEnd read_log_end(const std::filesystem::path& path) {
  try {
    const FileEnd end = read_file_end(path, kTailBytes);
    return {printable(last_line(end.text), Unprintable::kLeftOut), end.written};
  } catch (const Error&) {
    return {};
  }
}

}  // namespace dplaunch
