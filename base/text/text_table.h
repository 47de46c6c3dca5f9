#pragma once

#include <optional>
#include <string>
#include <vector>

namespace dplaunch {

enum class Align { kLeft, kRight };

/// Widths are in columns of the terminal (columns_of()).
struct TableColumn {
  std::string heading = {};
  Align align = Align::kLeft;
  /// Where the table is too wide, the least important columns are left out; nullopt: never left out
  std::optional<int> importance = std::nullopt;
  int min_width = 0;         ///< keeps the columns behind it in place while its cells change
  bool is_flexible = false;  ///< its cells may be shortened to 8
};

/// Rows of cells, aligned in columns with two spaces between.
class TextTable {
 public:
  explicit TextTable(std::vector<TableColumn> columns);

  /// One cell per column; valid UTF-8, which may have escape sequences for colours.
  void add(std::vector<std::string> cells);

  /// The headings, if there are any, and the rows, without spaces at their ends. A column without
  /// any text is left out. Where a line would be wider than `width`, columns are left out by their
  /// importance, then flexible ones are shortened. If only one column is left of those that can be
  /// left out, its cells are cut; other tables become wider than `width`.
  std::vector<std::string> lines(int width) const;

 private:
  std::vector<TableColumn> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace dplaunch
