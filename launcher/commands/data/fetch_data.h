#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string>

#include "common/data_set.h"

namespace dplaunch {

/// What `dplaunch data` was asked for.
struct DataOptions {
  std::filesystem::path root = "./data";
  bool synthetic = false;  ///< make a synthetic set, do not try the network
  std::int64_t train_records = cifar100::kTrainRecords;  ///< of a synthetic set
  std::int64_t test_records = cifar100::kTestRecords;    ///< of a synthetic set
  std::string url;     ///< of the archive; empty: the official one
  std::string md5;     ///< of the archive, 32 hexadecimal digits; empty: the official one's
  bool force = false;  ///< get it anew, and replace what is in root/cifar-100-binary
};

/// Sees to it that `root` holds a set that find_data_set() takes, and says on `out` what it did:
///   - one that is there stays; a synthetic one is named as such, and replaced by the real one as
///     soon as that can be downloaded;
///   - otherwise the official archive is downloaded (resumably, to root/*.part), checked and
///     unpacked into root/cifar-100-binary;
///   - without a network, or when asked to, a synthetic set is made, with a loud warning.
/// The new set appears by one rename, so an interruption at any moment leaves the old state. Files
/// that are neither synthetic nor empty are replaced with `force` only.
/// Returns 0. Throws Error: kData for a failed download, a wrong checksum, files in the way;
/// kStorage, kUsage (options), kNotFound (curl, md5sum or tar is missing), kInterrupted.
int fetch_data(const DataOptions& options, std::ostream& out);

}  // namespace dplaunch
