#include "common/data_set.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/files/read_file.h"
#include "base/text/parse_number.h"
#include "common/yaml_pairs.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;
using namespace cifar100;

std::string get_data_hint(const fs::path& root) {
  return fmt::format(
      "dplaunch data --root {} gets the set; or point root (--root) at the folder that holds "
      "train.bin and test.bin",
      root.string());
}

void check_length(const fs::path& file, std::int64_t records, const fs::path& root) {
  const std::int64_t expected = records * kRecordBytes;
  std::error_code error;
  const auto found = fs::file_size(file, error);
  const std::string expectation =
      fmt::format("expected {} bytes ({} records of {})", expected, records, kRecordBytes);
  if (error) {
    throw Error(
        ExitCode::kData,
        fmt::format("{}: cannot read it: {}; {}", file.string(), error.message(), expectation),
        get_data_hint(root));
  }
  if (static_cast<std::int64_t>(found) == expected) return;
  const bool is_short = static_cast<std::int64_t>(found) < expected;
  throw Error(ExitCode::kData,
              fmt::format("{}: too {}: {}, found {}", file.string(), is_short ? "short" : "long",
                          expectation, found),
              "the file is damaged or not CIFAR-100's binary version; " + get_data_hint(root));
}

std::int64_t count_in(const std::vector<YamlPair>& marker, std::string_view key,
                      const fs::path& file) {
  const auto found = std::ranges::find(marker, key, &YamlPair::key);
  const auto count =
      found == marker.end() ? std::nullopt : parse_number<std::int64_t>(found->value);
  // The number of bytes, which is compared with the file's length, must not overflow.
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max() / kRecordBytes;
  if (count && *count >= 1 && *count <= kMax) return *count;
  throw Error(ExitCode::kData, fmt::format("{}: no valid {}", file.string(), key));
}

/// False if there is no marker: the set is the real one.
bool read_synthetic_counts(DataSet& set, const fs::path& file) {
  try {
    const auto text = read_file(file, kMaxYamlBytes, ExitCode::kData);
    if (!text) return false;
    const auto marker = parse_yaml_pairs(*text, file.string(), ExitCode::kData);
    set.train_records = count_in(marker, "train_records", file);
    set.test_records = count_in(marker, "test_records", file);
    return true;
  } catch (const Error& error) {
    throw Error(error.code(), error.what(), "make the set again with dplaunch data --synthetic");
  }
}

}  // namespace

DataSet find_data_set(const fs::path& root) {
  std::error_code error;
  // The official archive unpacks into a folder; users point at either.
  const fs::path inner = root / kFolderName;
  const fs::path folder = fs::is_directory(inner, error) ? inner : root;
  if (!fs::is_directory(folder, error)) {
    throw Error(ExitCode::kData, root.string() + ": no such data folder", get_data_hint(root));
  }
  DataSet set{folder / kTrainFile, folder / kTestFile, kTrainRecords, kTestRecords, false};
  set.is_synthetic = read_synthetic_counts(set, folder / kSyntheticMarker);
  check_length(set.train_file, set.train_records, root);
  check_length(set.test_file, set.test_records, root);
  return set;
}

}  // namespace dplaunch
