#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/run_folder.h"
#include "common/status_board.h"
#include "launcher/runs/hosts_file.h"
#include "launcher/runs/launch_record.h"
#include "launcher/view/gpu_watch.h"
#include "launcher/view/run_view.h"

namespace dplaunch {

/// Reads what a run's folder and its GPUs report of it, again and again: the status board at each
/// look, other files where they have changed, the driver every 5 s. What cannot be read is left
/// out of the view, a board that cannot be opened is named. For one thread.
class RunWatch {
 public:
  /// `start_id`: of the start that the ranks are of.
  RunWatch(RunFolder folder, std::vector<RankRecord> ranks, std::string start_id);

  /// `is_live`: the run's processes are alive and on this host.
  RunView look(std::int64_t now_ns, bool is_live);

  /// Why there is no status board, or empty.
  const std::string& board_problem() const { return board_problem_; }

 private:
  struct FileStamp {
    ino_t inode = 0;
    std::int64_t size_bytes = 0;
    std::int64_t changed_ns = 0;
    bool operator==(const FileStamp&) const = default;
  };

  static std::optional<FileStamp> stamp_of(const std::filesystem::path& path);
  void open_board();
  void read_config();
  void read_metrics();
  std::optional<RankStatus> status_of(const RankRecord& rank) const;
  void read_other_hosts();
  void add_other_hosts(RunView& view) const;

  RunFolder folder_;
  std::vector<RankRecord> ranks_;
  std::string start_id_;
  GpuWatch gpus_;
  std::optional<StatusBoard> board_;
  std::string board_problem_;
  std::optional<FileStamp> board_stamp_;
  std::optional<FileStamp> config_stamp_;
  std::optional<FileStamp> metrics_stamp_;
  std::optional<FileStamp> hosts_stamp_;
  std::optional<HostsRecord> hosts_;
  Pace pace_;
};

}  // namespace dplaunch
