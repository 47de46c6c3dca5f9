#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "base/files/folder_identity.h"

namespace dplaunch {

/// The names inside `runs/<name>/`. Launcher and worker both use these, nothing else builds paths.
class RunFolder {
 public:
  /// `held`: which folder it is, for those who write into it while another run may take its name.
  explicit RunFolder(std::filesystem::path root, std::optional<FolderIdentity> held = {})
      : root_(std::move(root)), held_(held) {}

  const std::filesystem::path& root() const { return root_; }
  const std::optional<FolderIdentity>& held() const { return held_; }
  /// False if the folder that is held is known to be there no more.
  bool is_ours() const { return !held_ || !held_->is_gone_from(root_); }
  /// To be called before a file is made, replaced or removed. Throws Error(kStorage) unless
  /// is_ours().
  void check_ours() const;

  std::filesystem::path config() const { return root_ / "config.resolved.yml"; }
  /// What a resumed run is to be trained with from now on. Its first worker makes it config() once
  /// all ranks have accepted it, so that one that is refused is not kept.
  std::filesystem::path proposed_config() const { return root_ / "config.proposed.yml"; }
  /// There while a launcher runs the job, and after one that was killed.
  static constexpr const char* kLockName = "run.lock";
  std::filesystem::path lock() const { return root_ / kLockName; }
  std::filesystem::path launch() const { return root_ / "launch.json"; }
  std::filesystem::path pids() const { return root_ / "pids.json"; }
  std::filesystem::path metrics() const { return root_ / "metrics.jsonl"; }
  std::filesystem::path summary() const { return root_ / "summary.json"; }
  /// Counts of (true, predicted) fine class of the final evaluation.
  std::filesystem::path confusion() const { return root_ / "confusion.csv"; }
  /// The result of `dplaunch eval`, whose folder is a temporary one.
  std::filesystem::path evaluation() const { return root_ / "evaluation.json"; }
  /// What `dplaunch bench comm` and the doctor measured; their folder is a temporary one.
  std::filesystem::path communication() const { return root_ / "communication.json"; }
  std::filesystem::path status_board() const { return root_ / "status.board"; }
  std::filesystem::path log(int rank) const {
    return root_ / ("rank-" + std::to_string(rank) + ".log");
  }
  std::filesystem::path error_record(int rank) const {
    return root_ / ("error-" + std::to_string(rank) + ".json");
  }
  std::filesystem::path step_times(int rank) const {
    return root_ / ("step-times-" + std::to_string(rank) + ".csv");
  }
  std::filesystem::path gradient_times(int rank) const {
    return root_ / ("gradient-times-" + std::to_string(rank) + ".csv");
  }
  std::filesystem::path trace(int rank) const {
    return root_ / ("trace-rank-" + std::to_string(rank) + ".json");
  }
  std::filesystem::path merged_trace() const { return root_ / "trace.json"; }
  /// Where the main thread of a rank was when it was last asked so (stack_signal.h): its frames, a
  /// line each, as they are printed to the log.
  std::filesystem::path stack(int rank) const {
    return root_ / ("stack-" + std::to_string(rank) + ".txt");
  }
  /// What `dplaunch stacks --save` showed last, also by itself when a rank hangs.
  std::filesystem::path stacks() const { return root_ / "stacks.txt"; }
  /// NCCL's flight records: a rank's number is put behind it.
  std::filesystem::path flight_record_prefix() const { return root_ / "nccl-flight-rank-"; }
  std::filesystem::path checkpoints() const { return root_ / "checkpoints"; }
  std::filesystem::path latest_checkpoint() const { return checkpoints() / "latest.safetensors"; }
  std::filesystem::path best_checkpoint() const { return checkpoints() / "best.safetensors"; }
  /// The name of the newest whole checkpoint, for example "epoch-0003"; empty without one.
  std::string newest_checkpoint() const {
    std::error_code error;
    return std::filesystem::read_symlink(latest_checkpoint(), error).stem().string();
  }
  /// Whether the run has written one: also true if its file has been removed since or cannot be
  /// looked at, so that nobody begins such a run anew.
  bool has_checkpoint() const {
    std::error_code error;
    const auto status = std::filesystem::symlink_status(latest_checkpoint(), error);
    return status.type() != std::filesystem::file_type::not_found;
  }

 private:
  std::filesystem::path root_;
  std::optional<FolderIdentity> held_;
};

}  // namespace dplaunch
