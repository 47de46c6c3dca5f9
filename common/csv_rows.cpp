#include "common/csv_rows.h"

#include <fmt/core.h>

#include <vector>

#include "base/error.h"
#include "base/files/read_file.h"
#include "base/text/words.h"

namespace dplaunch {

void for_each_row(const CsvFile& file, const std::function<bool(const std::string& row)>& take) {
  const std::string text = read_file(file.path, file.max_bytes).value_or("");
  if (text.empty()) return;
  std::vector<std::string> lines = split(text, '\n');
  lines.pop_back();  // behind the last line end
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i == 0 ? lines[i] == file.header : take(lines[i])) continue;
    throw Error(
        ExitCode::kStorage,
        fmt::format("{}:{}: no {}: '{}'", file.path.string(), i + 1, file.row_name, lines[i]),
        "remove the file; the run does not need it");
  }
}

}  // namespace dplaunch
