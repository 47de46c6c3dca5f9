#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>

namespace dplaunch {

/// A file of figures that a run can do without: a line with the columns' names, then rows.
struct CsvFile {
  std::filesystem::path path;
  std::size_t max_bytes = 0;
  std::string header;
  std::string row_name;  ///< for messages: "step's times"
};

/// Hands every whole row to `take`, which says whether it is one; nothing where there is no such
/// file. A last row without its line end, which a crash has cut short, is left out. Throws
/// Error(kStorage) for a file that is damaged or something else.
void for_each_row(const CsvFile& file, const std::function<bool(const std::string& row)>& take);

}  // namespace dplaunch
