#include "base/text/text_table.h"

#include <algorithm>
#include <numeric>
#include <ostream>
#include <utility>

#include "base/text/terminal_text.h"

namespace dplaunch {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kLeastWidth = 8;

/// Characters of valid UTF-8.
std::size_t length(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

TextTable::TextTable(std::vector<std::string> headings, std::vector<Align> alignment, int flexible)
    : alignment_(std::move(alignment)), flexible_(flexible) {
  add(std::move(headings));
}

void TextTable::add(std::vector<std::string> cells) {
  rows_.push_back(std::move(cells));
}

std::vector<std::size_t> TextTable::widths(std::size_t width) const {
  std::vector<std::size_t> widths(alignment_.size(), 0);
  for (const auto& cells : rows_) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      widths[i] = std::max(widths[i], length(cells[i]));
    }
  }
  const std::size_t total =
      std::accumulate(widths.begin(), widths.end(), kGap * (widths.size() - 1));
  if (flexible_ >= 0 && total > width) {
    std::size_t& flexible = widths[static_cast<std::size_t>(flexible_)];
    const std::size_t excess = std::min(total - width, flexible);
    flexible = std::max(std::min(flexible, kLeastWidth), flexible - excess);
  }
  return widths;
}

void TextTable::print(std::ostream& out, std::size_t width) const {
  const std::vector<std::size_t> columns = widths(width);
  for (const auto& cells : rows_) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string cell =
          shortened(cells[i], static_cast<int>(std::max<std::size_t>(columns[i], 3)));
      const std::string padding(columns[i] > length(cell) ? columns[i] - length(cell) : 0, ' ');
      line += (alignment_[i] == Align::kLeft ? cell + padding : padding + cell) +
              std::string(kGap, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << "\n";
  }
}

}  // namespace dplaunch
