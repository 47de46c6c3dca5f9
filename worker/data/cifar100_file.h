#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "base/files/mapped_file.h"
#include "common/data_set.h"

namespace dplaunch {

/// The records of train.bin or test.bin, mapped into memory and never changed: any number of
/// threads may read at once, and the ranks of a host share one copy in the page cache. A file that
/// is cut short meanwhile ends the process: explain_lost_pages().
class Cifar100File {
 public:
  using Pixels = std::span<const std::uint8_t, cifar100::kImageBytes>;

  /// Opens a file of exactly `records` records, of which the first `limit` are used (0, or more
  /// than there are: all), and checks the labels of these. Throws Error(kData).
  Cifar100File(const std::filesystem::path& path, std::int64_t records, std::int64_t limit = 0);

  std::int64_t size() const { return size_; }

  /// The accessors throw Error(kData) for an index outside [0, size()).
  std::int64_t fine_label(std::int64_t index) const { return record(index)[1]; }
  std::int64_t coarse_label(std::int64_t index) const { return record(index)[0]; }
  /// Red, green and blue plane, row by row (CHW).
  Pixels pixels(std::int64_t index) const {
    return Pixels(record(index) + cifar100::kLabelBytes, cifar100::kImageBytes);
  }

 private:
  const std::uint8_t* record(std::int64_t index) const;
  void check_labels() const;

  std::filesystem::path path_;
  std::int64_t size_ = 0;
  MappedFile mapped_;
  const std::uint8_t* records_;  ///< its bytes
};

}  // namespace dplaunch
