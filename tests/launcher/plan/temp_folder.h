#pragma once

#include <filesystem>
#include <string>

#include "tests/support/temporary_folder.h"

namespace dplaunch::testing {

/// A folder with what a launch needs in it.
class TempFolder : public TemporaryFolder {
 public:
  /// Writes a file below the folder, with the folders above it.
  std::filesystem::path write(const std::string& name, const std::string& content) const {
    const std::filesystem::path file = path() / name;
    std::filesystem::create_directories(file.parent_path());
    write_text(file, content);
    return file;
  }

  /// A synthetic data set's files, all zeros, below "data".
  void write_data_set(int train_records, int test_records) const {
    write("data/SYNTHETIC.yml", "train_records: " + std::to_string(train_records) +
                                    "\ntest_records: " + std::to_string(test_records) + "\n");
    write("data/train.bin", std::string(static_cast<std::size_t>(train_records) * 3074, '\0'));
    write("data/test.bin", std::string(static_cast<std::size_t>(test_records) * 3074, '\0'));
  }
};

}  // namespace dplaunch::testing
