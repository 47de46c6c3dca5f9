#include "worker/data/cifar100_file.h"

#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "base/error.h"
#include "base/files/read_file.h"
#include "base/files/unique_fd.h"

namespace dplaunch {
namespace {

using namespace cifar100;

constexpr char kHint[] =
    "the file is damaged or not CIFAR-100's binary version; dplaunch data --root FOLDER gets the "
    "set";

[[noreturn]] void fail_to(const std::string& action, const std::filesystem::path& path) {
  const int error_number = errno;
  throw system_error(ExitCode::kData, path.string() + ": cannot " + action, error_number,
                     "dplaunch data --root FOLDER gets the set");
}

void check_length(int fd, std::int64_t records, const std::filesystem::path& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) fail_to("read its length", path);
  const std::int64_t expected = records * kRecordBytes;
  if (status.st_size == expected) return;
  throw Error(ExitCode::kData,
              fmt::format("{}: too {}: expected {} bytes ({} records of {}), found {}",
                          path.string(), status.st_size < expected ? "short" : "long", expected,
                          records, kRecordBytes, status.st_size),
              kHint);
}

void check_label(const std::filesystem::path& path, std::int64_t index, const char* kind,
                 std::int64_t label, std::int64_t classes) {
  if (label < classes) return;
  throw Error(ExitCode::kData,
              fmt::format("{}: record {}: {} label {} is out of range (0..{})", path.string(),
                          index, kind, label, classes - 1),
              kHint);
}

UniqueFd open_records(const std::filesystem::path& path) {
  try {
    return open_to_read(path, ExitCode::kData);
  } catch (const Error& error) {
    throw Error(error.code(), error.what(), "dplaunch data --root FOLDER gets the set");
  }
}

/// The first `used` of exactly `records` records.
MappedFile map_records(const std::filesystem::path& path, std::int64_t records, std::int64_t used) {
  if (records < 1) throw Error(ExitCode::kData, path.string() + ": holds no records", kHint);
  const UniqueFd fd = open_records(path);
  check_length(fd.get(), records, path);
  MappedFile mapped(fd.get(), static_cast<std::size_t>(used * kRecordBytes),
                    MappedFile::Access::kRead, path, ExitCode::kData);
  // Advice only: without it the records are read just as well, one fault at a time.
  (void)::madvise(mapped.data(), mapped.size_bytes(), MADV_WILLNEED);
  return mapped;
}

}  // namespace

Cifar100File::Cifar100File(const std::filesystem::path& path, std::int64_t records,
                           std::int64_t limit)
    : path_(path),
      size_(limit > 0 ? std::min(limit, records) : records),
      mapped_(map_records(path, records, size_)),
      records_(static_cast<const std::uint8_t*>(mapped_.data())) {
  check_labels();
}

const std::uint8_t* Cifar100File::record(std::int64_t index) const {
  if (index >= 0 && index < size_) return records_ + index * kRecordBytes;
  throw Error(ExitCode::kData,
              fmt::format("{}: there is no record {} (0..{})", path_.string(), index, size_ - 1));
}

void Cifar100File::check_labels() const {
  for (std::int64_t index = 0; index < size_; ++index) {
    check_label(path_, index, "fine", fine_label(index), kClasses);
    check_label(path_, index, "coarse", coarse_label(index), kCoarseClasses);
  }
}

}  // namespace dplaunch
