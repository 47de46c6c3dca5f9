#include "terminal_model.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace dplaunch {

TerminalModel::TerminalModel(int columns, int rows)
    : columns_(static_cast<std::size_t>(columns)), rows_(static_cast<std::size_t>(rows)) {}

void TerminalModel::feed(std::string_view bytes) {
  const std::string all = unfinished_ + std::string(bytes);
  unfinished_.clear();
  for (std::string_view rest = all; !rest.empty();) {
    if (rest.front() == '\x1b') {
      rest = take_escape(rest);
      continue;
    }
    if (rest.front() == '\r') {
      column_ = 0;
    } else if (rest.front() == '\n') {
      new_line();
    } else {
      put(rest.front());
    }
    rest.remove_prefix(1);
  }
}

std::vector<std::string> TerminalModel::lines() const {
  std::vector<std::string> shown = lines_;
  for (std::string& line : shown) line.erase(line.find_last_not_of(' ') + 1);
  while (!shown.empty() && shown.back().empty()) shown.pop_back();
  return shown;
}

std::string_view TerminalModel::take_escape(std::string_view bytes) {
  const std::size_t end = bytes.find_first_not_of("0123456789;", 2);
  if (bytes.size() < 2 || end == std::string_view::npos) {
    unfinished_ = bytes;
    return {};
  }
  const int number = std::atoi(std::string(bytes.substr(2, end - 2)).c_str());
  switch (bytes[end]) {
    case 'A': {
      const auto up = static_cast<std::size_t>(std::max(1, number));
      row_ = std::max(top_, row_ - std::min(row_, up));
      break;
    }
    case 'J':
      lines_.resize(row_ + 1);
      lines_[row_].resize(std::min(column_, lines_[row_].size()));
      break;
    case 'm':
      break;
    default:
      throw std::runtime_error("unknown escape sequence: " + std::string(bytes.substr(1, end)));
  }
  return bytes.substr(end + 1);
}

void TerminalModel::put(char c) {
  if (column_ == columns_) {
    has_wrapped_ = true;
    column_ = 0;
    new_line();
  }
  std::string& line = lines_[row_];
  if (line.size() <= column_) line.resize(column_ + 1, ' ');
  line[column_++] = c;
}

/// '\n' moves down only, as a terminal does; its driver puts the '\r' before it.
void TerminalModel::new_line() {
  ++row_;
  if (row_ == lines_.size()) lines_.emplace_back();
  if (row_ - top_ >= rows_) ++top_;
}

}  // namespace dplaunch
