#include "worker/data/class_table.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/error.h"
#include "base/files/read_file.h"
#include "base/text/printable.h"
#include "base/text/words.h"
#include "worker/data/cifar100_file.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;
using namespace cifar100;

std::vector<std::string> read_names(const fs::path& file, std::int64_t count,
                                    std::vector<std::string>& warnings) {
  std::vector<std::string> names;
  constexpr std::size_t kMaxBytes = 1 << 20;
  std::optional<std::string> text;
  try {
    text = read_file(file, kMaxBytes, ExitCode::kData);
  } catch (const Error& error) {
    warnings.push_back(fmt::format("{}; numbers stand for the names", error.what()));
  }
  for (std::string& line : split(text.value_or(""), '\n')) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty())
      names.push_back(printable(line));  // the official files end with an empty line
  }
  if (std::ssize(names) == count) return names;
  if (text) {
    warnings.push_back(fmt::format("{}: {} names for {} classes; numbers stand for them",
                                   file.string(), names.size(), count));
  }
  names.clear();
  for (std::int64_t label = 0; label < count; ++label) names.push_back(std::to_string(label));
  return names;
}

/// False if two records contradict each other, as the warning says.
bool add_superclasses(const fs::path& path, std::int64_t records, ClassTable& table) {
  const Cifar100File file(path, records);
  for (std::int64_t index = 0; index < file.size(); ++index) {
    const std::int64_t fine = file.fine_label(index);
    std::int64_t& coarse = table.coarse_of_fine[static_cast<std::size_t>(fine)];
    const std::int64_t given = file.coarse_label(index);
    if (coarse != given && coarse >= 0) {
      table.warnings.push_back(fmt::format(
          "{}: record {}: fine label {} with coarse label {}, elsewhere with {}; no figures of "
          "superclasses",
          path.string(), index, fine, given, coarse));
      return false;
    }
    coarse = given;
  }
  return true;
}

}  // namespace

ClassTable read_class_table(const DataSet& data) {
  ClassTable table;
  const fs::path folder = data.test_file.parent_path();
  table.fine_names = read_names(folder / kFineNamesFile, kClasses, table.warnings);
  table.coarse_names = read_names(folder / kCoarseNamesFile, kCoarseClasses, table.warnings);
  table.coarse_of_fine.assign(static_cast<std::size_t>(kClasses), -1);
  bool is_consistent = add_superclasses(data.test_file, data.test_records, table);
  if (is_consistent && std::ranges::count(table.coarse_of_fine, -1) > 0) {
    is_consistent = add_superclasses(data.train_file, data.train_records, table);
  }
  if (!is_consistent) table.coarse_of_fine.clear();
  return table;
}

}  // namespace dplaunch
