#pragma once

#include <optional>

#include "base/files/folder_identity.h"
#include "base/files/unique_fd.h"
#include "common/run_folder.h"

namespace dplaunch {

/// Keeps other launchers out of a run's folder for as long as it lives: an flock(2) on `run.lock`,
/// which the kernel lets go of when its owner dies, however that comes. Who may only read the
/// folder cannot open the file, and so can neither take the lock nor keep it from its owner.
class RunLock {
 public:
  /// Throws Error(kUsage) if another launcher holds it, Error(kStorage) if the folder or the file
  /// cannot be opened. A file system without locks does not stop a job.
  static RunLock take(const RunFolder& run);
  RunLock(RunLock&&) noexcept = default;
  RunLock& operator=(RunLock&&) = delete;
  /// Removes the file.
  ~RunLock();

  /// Which folder it is; it keeps its inode while this lives, also when it is removed.
  std::optional<FolderIdentity> folder() const { return FolderIdentity::of(folder_.get()); }

 private:
  RunLock(UniqueFd folder, UniqueFd file) : folder_(std::move(folder)), file_(std::move(file)) {}

  UniqueFd folder_;
  UniqueFd file_;
};

/// Whether a launcher of this host runs the job of that folder; also of another user's. Neither
/// waits nor keeps a launcher out. Throws Error(kStorage) if the folder cannot be opened.
bool is_run_locked(const RunFolder& run);

}  // namespace dplaunch
