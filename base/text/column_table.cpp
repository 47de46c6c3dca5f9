#include "base/text/column_table.h"

#include <algorithm>

#include "base/text/terminal_text.h"

namespace dplaunch {
namespace {

constexpr int kGap = 2;

int width_of(const TableColumn& column) {
  int width = column.least_width;
  for (const std::string& cell : column.cells) width = std::max(width, columns_of(cell));
  return width;
}

int width_of(const std::vector<TableColumn>& table) {
  int width = -kGap;
  for (const TableColumn& column : table) width += width_of(column) + kGap;
  return width;
}

bool is_blank(const TableColumn& column) {
  return std::all_of(column.cells.begin(), column.cells.end(),
                     [](const std::string& cell) { return cell.empty(); });
}

void drop_least_important(std::vector<TableColumn>& table) {
  table.erase(std::min_element(table.begin(), table.end(), [](const auto& a, const auto& b) {
    return a.importance < b.importance;
  }));
}

std::string padding(int columns) {
  return std::string(static_cast<std::size_t>(std::max(0, columns)), ' ');
}

}  // namespace

std::vector<std::string> table_lines(std::vector<TableColumn> table, int columns) {
  table.erase(std::remove_if(table.begin(), table.end(), is_blank), table.end());
  while (table.size() > 1 && width_of(table) > columns) drop_least_important(table);
  std::vector<std::string> lines;
  if (table.empty()) return lines;
  lines.resize(table.front().cells.size());
  int end = -kGap;
  for (const TableColumn& column : table) {
    const int begin = end + kGap;
    const int width = width_of(column);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::string& cell = column.cells[i];
      if (cell.empty()) continue;
      const int shift = column.is_right_aligned ? width - columns_of(cell) : 0;
      lines[i] += padding(begin + shift - columns_of(lines[i])) + cell;
    }
    end = begin + width;
  }
  for (std::string& line : lines) line = cut_to(line, columns);
  return lines;
}

}  // namespace dplaunch
