#include "launcher/commands/data/fetch_data.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <ostream>

#include "base/error.h"
#include "base/text/printable.h"
#include "launcher/commands/data/data_folder.h"
#include "launcher/commands/data/download.h"
#include "launcher/commands/data/synthetic_set.h"
#include "launcher/commands/data/unpack.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

constexpr char kOfficialUrl[] = "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz";
constexpr char kOfficialMd5[] = "03b5dce01913d631647c71ecec9e9cb8";
// The set has 0.184 GB, its archive less.
constexpr std::int64_t kMaxArchiveBytes = 300'000'000;
constexpr char kPartName[] = "cifar-100-binary.tar.gz.part";

RemoteFile read_remote(const DataOptions& options) {
  RemoteFile remote{options.url.empty() ? kOfficialUrl : options.url,
                    options.md5.empty() ? kOfficialMd5 : options.md5, kMaxArchiveBytes};
  const auto is_hex = [](unsigned char c) { return std::isxdigit(c) != 0; };
  if (remote.md5.size() != 32 || !std::all_of(remote.md5.begin(), remote.md5.end(), is_hex)) {
    throw Error(ExitCode::kUsage, fmt::format("--md5 '{}': not 32 hexadecimal digits", remote.md5),
                "give what md5sum prints of the archive");
  }
  std::transform(remote.md5.begin(), remote.md5.end(), remote.md5.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return remote;
}

void check_count(const char* option, std::int64_t count) {
  if (count >= 1) return;
  throw Error(ExitCode::kUsage, fmt::format("{} {}: too small", option, count),
              "a set needs at least 1 record");
}

std::optional<DataSet> find_existing(const fs::path& root) {
  try {
    return find_data_set(root);
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// Whether `folder` holds nothing that the user could miss: nothing at all, or what we made.
bool is_ours_to_replace(const fs::path& folder) {
  std::error_code error;
  return !fs::exists(folder, error) || fs::is_empty(folder, error) ||
         fs::exists(folder / cifar100::kSyntheticMarker, error);
}

void throw_if_in_the_way(const DataOptions& options, const std::optional<DataSet>& existing,
                         const fs::path& target) {
  if (options.force) return;
  const char* hint = "--force replaces it; or name another folder with --root";
  if (existing && !existing->is_synthetic) {
    throw Error(ExitCode::kData,
                existing->train_file.parent_path().string() +
                    ": holds the real set, which a synthetic one would hide",
                hint);
  }
  if (existing || is_ours_to_replace(target)) return;
  try {
    find_data_set(options.root);
  } catch (const Error& error) {
    throw Error(ExitCode::kData,
                fmt::format("{}: is in the way: {}", target.string(), error.what()), hint);
  }
}

// Lines are flushed (std::endl) throughout: curl's progress on standard error follows them.
void describe_set(const DataSet& set, std::ostream& out) {
  out << fmt::format("{} with {} training and {} test records in {}",
                     set.is_synthetic ? "a SYNTHETIC set (not CIFAR-100)" : "CIFAR-100",
                     set.train_records, set.test_records,
                     printable(set.train_file.parent_path().string()))
      << std::endl;
}

void warn_synthetic(std::ostream& out, const fs::path& root) {
  out << "\n"
         "  ************************************************************************\n"
         "  **  WARNING: this data set is SYNTHETIC. It is NOT CIFAR-100.         **\n"
         "  **  It shows that training works and how fast it is; accuracies on it **\n"
         "  **  mean nothing, and cannot be compared with anybody's.              **\n"
         "  ************************************************************************\n"
         "  With a network, dplaunch data --root "
      << root.string() << " replaces it by the real set.\n"
      << std::endl;
}

void make_synthetic(const DataOptions& options, const fs::path& target, std::ostream& out) {
  check_count("--train-records", options.train_records);
  check_count("--test-records", options.test_records);
  out << "making a synthetic set in " << printable(target.string()) << std::endl;
  const StagingFolder staging(options.root);
  const fs::path made = staging.path() / cifar100::kFolderName;
  fs::create_directory(made);
  try {
    write_synthetic_set(made, options.train_records, options.test_records);
  } catch (const Error& error) {
    throw Error(error.code(), error.what(),
                "make room (0.2 GB for a whole set), or name another folder with --root");
  }
  replace_folder(made, target);
  describe_set(find_data_set(options.root), out);
  warn_synthetic(out, options.root);
}

void unpack(const fs::path& archive, const DataOptions& options, const fs::path& target) {
  const StagingFolder staging(options.root);
  unpack_set(archive, staging.path(), kMaxArchiveBytes);
  const DataSet set = find_data_set(staging.path());
  replace_folder(set.train_file.parent_path(), target);
}

/// Returns whether the real set is in place; false without a network.
bool fetch_real(const DataOptions& options, const fs::path& target, std::ostream& out) {
  const RemoteFile remote = read_remote(options);
  const fs::path archive = options.root / kPartName;
  out << "downloading " << printable(remote.url) << " to " << printable(archive.string())
      << std::endl;
  if (download(remote, archive, out) == DownloadResult::kNoNetwork) {
    out << "no network: " << printable(remote.url) << " cannot be reached" << std::endl;
    return false;
  }
  out << "md5 " << remote.md5 << " is right; unpacking" << std::endl;
  unpack(archive, options, target);
  fs::remove(archive);
  describe_set(find_data_set(options.root), out);
  return true;
}

bool is_wanted(const DataSet& set, const DataOptions& options) {
  if (options.force) return false;
  if (!options.synthetic) return !set.is_synthetic;
  return set.is_synthetic && set.train_records == options.train_records &&
         set.test_records == options.test_records;
}

}  // namespace

int fetch_data(const DataOptions& options, std::ostream& out) {
  const auto existing = find_existing(options.root);
  if (existing && is_wanted(*existing, options)) {
    out << "nothing to do: there is ";
    describe_set(*existing, out);
    if (existing->is_synthetic) warn_synthetic(out, options.root);
    return 0;
  }
  const UniqueFd lock = lock_data_root(options.root);
  const fs::path target = options.root / cifar100::kFolderName;
  throw_if_in_the_way(options, existing, target);
  if (options.synthetic) {
    make_synthetic(options, target, out);
    return 0;
  }
  if (existing && existing->is_synthetic) {
    out << "there is only a synthetic set: trying to replace it by the real one" << std::endl;
  }
  if (fetch_real(options, target, out)) return 0;
  if (existing && existing->is_synthetic) {
    out << "keeping ";
    describe_set(*existing, out);
    warn_synthetic(out, options.root);
  } else if (existing) {
    throw Error(ExitCode::kData, fmt::format("the real set in {} stays as it is", target.string()),
                "run it again with --force when there is a network");
  } else {
    make_synthetic(options, target, out);
  }
  return 0;
}

}  // namespace dplaunch
