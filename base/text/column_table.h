#pragma once

#include <string>
#include <vector>

namespace dplaunch {

/// One column of a table, a cell for each line.
struct TableColumn {
  int importance = 0;   ///< where the width does not suffice, the least important goes first
  int least_width = 0;  ///< in columns of the terminal: for cells that change all the time
  bool is_right_aligned = false;
  std::vector<std::string> cells;
};

/// The lines, two spaces between the columns, none wider than `columns`. Whole columns are left out
/// until the rest fits; the last one left is cut. A column whose cells are all empty is left out.
std::vector<std::string> table_lines(std::vector<TableColumn> table, int columns);

}  // namespace dplaunch
