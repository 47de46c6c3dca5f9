#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace dplaunch {

/// Rows of cells, aligned in columns with two spaces between.
class TextTable {
 public:
  enum class Align { kLeft, kRight };

  /// One heading and one alignment per column. A negative `flexible` column is none.
  TextTable(std::vector<std::string> headings, std::vector<Align> alignment, int flexible);

  /// One cell per column.
  void add(std::vector<std::string> cells);

  /// The flexible column's cells are shortened until a line is at most `width` characters, but
  /// never below 8.
  void print(std::ostream& out, std::size_t width) const;

 private:
  std::vector<std::size_t> widths(std::size_t width) const;

  std::vector<Align> alignment_;
  int flexible_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace dplaunch
