#include "common/data_set.h"

#include <fmt/core.h>
#include <yaml-cpp/yaml.h>

#include <limits>

#include "base/error.h"

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

std::int64_t read_count(const YAML::Node& marker, const char* key, const fs::path& file) {
  const auto count = marker[key].as<std::int64_t>(0);
  // The number of bytes, which is compared with the file's length, must not overflow.
  if (count < 1 || count > std::numeric_limits<std::int64_t>::max() / kRecordBytes) {
    throw Error(ExitCode::kData, fmt::format("{}: no valid {}", file.string(), key),
                "make the set again with dplaunch data --synthetic");
  }
  return count;
}

void read_synthetic_counts(DataSet& set, const fs::path& marker_file) {
  try {
    const YAML::Node marker = YAML::LoadFile(marker_file.string());
    set.train_records = read_count(marker, "train_records", marker_file);
    set.test_records = read_count(marker, "test_records", marker_file);
  } catch (const YAML::Exception& error) {
    throw Error(ExitCode::kData,
                fmt::format("{}: cannot read it: {}", marker_file.string(), error.what()),
                "make the set again with dplaunch data --synthetic");
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
  const fs::path marker = folder / kSyntheticMarker;
  if (fs::exists(marker, error)) {
    set.is_synthetic = true;
    read_synthetic_counts(set, marker);
  }
  check_length(set.train_file, set.train_records, root);
  check_length(set.test_file, set.test_records, root);
  return set;
}

}  // namespace dplaunch
