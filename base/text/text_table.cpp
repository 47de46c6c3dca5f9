#include "base/text/text_table.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/text/terminal_text.h"

namespace dplaunch {
namespace {

constexpr int kGap = 2;
constexpr int kMinFlexibleWidth = 8;

/// A column that is shown, and how wide.
struct Shown {
  const TableColumn* column;
  std::size_t index;  ///< of its cells in a row
  int width;

  int min_width() const { return column->is_flexible ? std::min(width, kMinFlexibleWidth) : width; }
  bool can_be_left_out() const { return column->importance.has_value(); }
};

/// `width` is a member of Shown.
template <typename Member>
int total_width(const std::vector<Shown>& table, Member width) {
  int total = -kGap;
  for (const Shown& shown : table) total += std::invoke(width, shown) + kGap;
  return total;
}

/// A column that is never left out compares as more important than any other.
bool is_less_important(const Shown& a, const Shown& b) {
  if (!a.can_be_left_out() || !b.can_be_left_out()) return a.can_be_left_out();
  return *a.column->importance < *b.column->importance;
}

void leave_out_columns(std::vector<Shown>& table, int width) {
  while (table.size() > 1 && total_width(table, &Shown::min_width) > width) {
    const auto next = std::min_element(table.begin(), table.end(), is_less_important);
    if (!next->can_be_left_out()) return;
    table.erase(next);
  }
}

void shorten_flexible_columns(std::vector<Shown>& table, int width) {
  int excess = std::max(0, total_width(table, &Shown::width) - width);
  for (Shown& shown : table) {
    const int cut = std::min(excess, shown.width - shown.min_width());
    shown.width -= cut;
    excess -= cut;
  }
}

std::string spaces(int count) {
  return std::string(static_cast<std::size_t>(std::max(0, count)), ' ');
}

std::string line_of(const std::vector<Shown>& table, const std::vector<std::string>& cells) {
  std::string line;
  int begin = 0;
  for (const Shown& shown : table) {
    const std::string& whole = cells[shown.index];
    const std::string cell = shown.column->is_flexible ? shortened(whole, shown.width) : whole;
    const bool is_right = shown.column->align == Align::kRight;
    const int indent = begin + (is_right ? shown.width - columns_of(cell) : 0);
    // An empty cell adds nothing, so that a line ends with its last text.
    if (!cell.empty()) line += spaces(indent - columns_of(line)) + cell;
    begin += shown.width + kGap;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

TextTable::TextTable(std::vector<TableColumn> columns) : columns_(std::move(columns)) {
  std::vector<std::string> headings;
  for (const TableColumn& column : columns_) headings.push_back(column.heading);
  const bool has_headings =
      std::any_of(headings.begin(), headings.end(),
                  [](const std::string& heading) { return !heading.empty(); });
  if (has_headings) rows_.push_back(std::move(headings));
}

void TextTable::add(std::vector<std::string> cells) {
  rows_.push_back(std::move(cells));
}

std::vector<std::string> TextTable::lines(int width) const {
  std::vector<Shown> table;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    int text_width = 0;
    for (const auto& cells : rows_) text_width = std::max(text_width, columns_of(cells[i]));
    if (text_width == 0) continue;
    table.push_back({&columns_[i], i, std::max(text_width, columns_[i].min_width)});
  }
  leave_out_columns(table, width);
  shorten_flexible_columns(table, width);
  const bool is_cut = table.size() == 1 && table.front().can_be_left_out();
  std::vector<std::string> lines;
  if (table.empty()) return lines;
  for (const auto& cells : rows_) {
    const std::string line = line_of(table, cells);
    lines.push_back(is_cut ? cut_to(line, width) : line);
  }
  return lines;
}

}  // namespace dplaunch
