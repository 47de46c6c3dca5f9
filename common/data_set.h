#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace dplaunch {

/// CIFAR-100's official binary layout (https://www.cs.toronto.edu/~kriz/cifar.html): a record is
/// the coarse label, the fine label, then 1,024 red, 1,024 green and 1,024 blue bytes, row by row.
namespace cifar100 {
inline constexpr std::int64_t kClasses = 100;
inline constexpr std::int64_t kCoarseClasses = 20;
inline constexpr std::int64_t kChannels = 3;
inline constexpr std::int64_t kSide = 32;
inline constexpr std::int64_t kImageBytes = kChannels * kSide * kSide;
inline constexpr std::int64_t kLabelBytes = 2;
inline constexpr std::int64_t kRecordBytes = kLabelBytes + kImageBytes;
inline constexpr std::int64_t kTrainRecords = 50000;
inline constexpr std::int64_t kTestRecords = 10000;
inline constexpr char kFolderName[] = "cifar-100-binary";
inline constexpr char kTrainFile[] = "train.bin";
inline constexpr char kTestFile[] = "test.bin";
/// One name a line, in the order of the labels. A set works without them.
inline constexpr char kFineNamesFile[] = "fine_label_names.txt";
inline constexpr char kCoarseNamesFile[] = "coarse_label_names.txt";
/// Marks a set that `dplaunch data --synthetic` made; holds "train_records: N" and
/// "test_records: N" lines, because such a set may be of any size.
inline constexpr char kSyntheticMarker[] = "SYNTHETIC.yml";
}  // namespace cifar100

/// A data set whose files are there with the right lengths. Labels are checked when it is read.
struct DataSet {
  std::filesystem::path train_file;
  std::filesystem::path test_file;
  std::int64_t train_records = 0;
  std::int64_t test_records = 0;
  bool is_synthetic = false;
};

/// Finds the set in `root` or in `root/cifar-100-binary`. Throws Error(kData) naming the file with
/// the expected and the found number of bytes.
DataSet find_data_set(const std::filesystem::path& root);

}  // namespace dplaunch
