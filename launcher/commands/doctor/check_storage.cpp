#include "launcher/commands/doctor/check_storage.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/error.h"
#include "base/text/printable.h"
#include "base/text/words.h"

namespace dplaunch::doctor {

// --- the probe -----------------------------------------------------------------------------------

namespace {

namespace fs = std::filesystem;

/// Of the file system that holds `folder`; nullopt if that does not exist or does not report it.
std::optional<FileSystemSpace> space_of(const fs::path& folder) {
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  if (error) return std::nullopt;
  return FileSystemSpace{static_cast<std::int64_t>(space.capacity),
                         static_cast<std::int64_t>(space.available)};
}

fs::path nearest_existing(fs::path folder) {
  std::error_code error;
  while (!fs::exists(folder, error) && folder.has_relative_path()) folder = folder.parent_path();
  return folder;
}

/// Makes a folder there and removes it: permissions alone do not show a read-only or a full
/// file system.
std::string try_to_write(const fs::path& folder) {
  std::string name = (folder / ".dplaunch-doctor-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) return std::strerror(errno);
  ::rmdir(name.c_str());
  return {};
}

bool has_files(const fs::path& root) {
  std::error_code error;
  for (const fs::path& folder : {root, root / cifar100::kFolderName}) {
    for (const char* name :
         {cifar100::kTrainFile, cifar100::kTestFile, cifar100::kSyntheticMarker}) {
      if (fs::exists(folder / name, error)) return true;
    }
  }
  return false;
}

}  // namespace

SharedMemoryFacts probe_shared_memory(bool is_in_container) {
  return {space_of("/dev/shm"), is_in_container};
}

FolderFacts probe_folder(const fs::path& folder) {
  FolderFacts facts;
  facts.path = folder;
  std::error_code error;
  const fs::path absolute = fs::absolute(folder, error).lexically_normal();
  facts.existing = nearest_existing(error ? folder : absolute);
  facts.write_problem = try_to_write(facts.existing);
  facts.space = space_of(facts.existing);
  return facts;
}

DataFacts probe_data(const fs::path& root) {
  DataFacts facts;
  facts.folder = probe_folder(root);
  facts.has_files = has_files(root);
  try {
    facts.set = find_data_set(root);
  } catch (const Error& error) {
    facts.problem = error.what();
    facts.hint = error.hint();
  }
  return facts;
}

// --- the judgement -------------------------------------------------------------------------------

namespace {

constexpr std::int64_t kMib = std::int64_t{1} << 20;
constexpr std::int64_t kMinShmBytes = 1024 * kMib;
constexpr std::int64_t kMinShmFreeBytes = kMinShmBytes / 8;
/// A ResNet-18's checkpoint with Adam's state is some 135 MB, and by default five are kept.
constexpr std::int64_t kComfortableRunsBytes = 1024 * kMib;
constexpr std::int64_t kMinRunsBytes = 50 * kMib;
/// The archive (169 MB) and what is in it (185 MB), side by side.
constexpr std::int64_t kDataSetBytes = 400 * kMib;

/// As the user named it.
std::string place(const FolderFacts& facts) {
  return printable(facts.path.string());
}

std::string free_text(const FolderFacts& facts) {
  return facts.space ? gib_text(facts.space->free_bytes) + " GiB free" : "free space unknown";
}

bool has_less(const FolderFacts& facts, std::int64_t bytes) {
  return facts.space && facts.space->free_bytes < bytes;
}

std::string cannot_write(const FolderFacts& facts) {
  return fmt::format("{}: cannot write into {}: {}", place(facts),
                     printable(facts.existing.string()), printable(facts.write_problem));
}

Finding missing_set(const DataFacts& facts) {
  return {Severity::kWarn, "data set",
          printable(facts.problem) + "; commands of your own may need none", printable(facts.hint)};
}

Finding describe_data_set(const DataSet& set, const FolderFacts& folder) {
  const std::string counts = fmt::format("{}: {} training and {} test images", place(folder),
                                         set.train_records, set.test_records);
  if (!set.is_synthetic) return {Severity::kOk, "data set", counts};
  return {Severity::kNote, "data set", counts + ", SYNTHETIC: accuracies mean nothing",
          fmt::format("for the real one: dplaunch data --force --root {}, with a network",
                      place(folder))};
}

}  // namespace

Findings check_shared_memory(const SharedMemoryFacts& facts) {
  const std::string what = "/dev/shm";
  const std::string remedy =
      facts.is_in_container
          ? "give the container more: docker run --shm-size=8g (or --ipc=host); in Kubernetes an "
            "emptyDir with medium: Memory on /dev/shm"
          : "as root: mount -o remount,size=8G /dev/shm";
  const std::string purpose = "; NCCL and data loaders exchange data there";
  if (!facts.space) {
    return {{Severity::kFail, what, "there is none" + purpose,
             facts.is_in_container ? remedy : "as root: mount -t tmpfs tmpfs /dev/shm"}};
  }
  const auto [total_bytes, free_bytes] = *facts.space;
  const std::string size =
      fmt::format("{} of {} GiB free", gib_text(free_bytes), gib_text(total_bytes));
  if (total_bytes < kMinShmBytes) return {{Severity::kWarn, what, size + purpose, remedy}};
  if (free_bytes < kMinShmFreeBytes) {
    return {{Severity::kWarn, what, size + purpose,
             "ls -l /dev/shm: remove what ended programs left there"}};
  }
  return {{Severity::kOk, what, size}};
}

Findings check_runs_folder(const FolderFacts& facts) {
  const std::string what = "runs folder";
  if (!facts.write_problem.empty()) {
    return {{Severity::kFail, what, cannot_write(facts),
             "start in a folder that you may write to, or name one with --log-dir DIR"}};
  }
  const std::string text = fmt::format("{}: {}", place(facts), free_text(facts));
  if (has_less(facts, kComfortableRunsBytes)) {
    return {{has_less(facts, kMinRunsBytes) ? Severity::kFail : Severity::kWarn, what,
             text + "; the checkpoints of a run take up to 1 GiB",
             "make room, name another folder with --log-dir DIR, or keep fewer: --set "
             "keep_checkpoints=1"}};
  }
  return {{Severity::kOk, what, text}};
}

Findings check_data(const DataFacts& facts) {
  if (facts.set) return {describe_data_set(*facts.set, facts.folder)};
  if (facts.has_files) {
    return {{Severity::kFail, "data set", printable(facts.problem), printable(facts.hint)}};
  }
  Findings findings{missing_set(facts)};
  if (!facts.folder.write_problem.empty()) {
    findings.push_back({Severity::kWarn, "data folder", cannot_write(facts.folder),
                        "put the set elsewhere: dplaunch data --root DIR, then --root DIR"});
  } else if (has_less(facts.folder, kDataSetBytes)) {
    findings.push_back({Severity::kWarn, "data folder",
                        fmt::format("{}: {}; to fetch and unpack the set takes 0.4 GiB",
                                    place(facts.folder), free_text(facts.folder)),
                        "make room, or put the set elsewhere: dplaunch data --root DIR"});
  }
  return findings;
}

}  // namespace dplaunch::doctor
