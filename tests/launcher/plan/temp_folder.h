#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace dplaunch::testing {

/// A folder of the test's own that is gone after it.
class TempFolder {
 public:
  TempFolder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "dplaunch-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = pattern;
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  /// Writes a file below the folder, with the folders above it.
  std::filesystem::path write(const std::string& name, const std::string& content) const {
    const std::filesystem::path file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
    return file;
  }

  /// A synthetic data set's files, all zeros, below "data".
  void write_data_set(int train_records, int test_records) const {
    write("data/SYNTHETIC.yml", "train_records: " + std::to_string(train_records) +
                                    "\ntest_records: " + std::to_string(test_records) + "\n");
    write("data/train.bin", std::string(static_cast<std::size_t>(train_records) * 3074, '\0'));
    write("data/test.bin", std::string(static_cast<std::size_t>(test_records) * 3074, '\0'));
  }

 private:
  std::filesystem::path path_;
};

}  // namespace dplaunch::testing
