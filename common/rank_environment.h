#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/run_folder.h"

namespace dplaunch {

/// What a worker gets through its environment: the names that torchrun's children see, so that
/// any trainer can run under dplaunch, and a few DPLAUNCH_* of our own.
struct RankEnvironment {
  int rank = 0;                           ///< RANK, ROLE_RANK: 0 .. world_size-1
  int local_rank = 0;                     ///< LOCAL_RANK: index among the ranks of this host
  int world_size = 1;                     ///< WORLD_SIZE, ROLE_WORLD_SIZE
  int local_world_size = 1;               ///< LOCAL_WORLD_SIZE
  int group_rank = 0;                     ///< GROUP_RANK: index of this host
  int group_world_size = 1;               ///< GROUP_WORLD_SIZE: number of hosts
  std::string role = "default";           ///< ROLE_NAME
  std::string master_addr = "127.0.0.1";  ///< MASTER_ADDR
  int master_port = 0;                    ///< MASTER_PORT
  std::string run_id = "none";            ///< TORCHELASTIC_RUN_ID
  int restart_count = 0;                  ///< TORCHELASTIC_RESTART_COUNT
  int max_restarts = 0;                   ///< TORCHELASTIC_MAX_RESTARTS
  std::string error_file;                 ///< TORCHELASTIC_ERROR_FILE
  /// TORCHELASTIC_USE_AGENT_STORE=True: torchrun serves the store itself, rank 0 must not.
  bool has_agent_store = false;
  std::string run_dir;       ///< DPLAUNCH_RUN_DIR, empty without a run folder
  std::string status_board;  ///< DPLAUNCH_STATUS_BOARD, path of the board's file
  int store_fd = -1;         ///< DPLAUNCH_STORE_FD: rank 0's listening socket on master_port, or -1
  int lifeline_fd = -1;  ///< DPLAUNCH_LIFELINE_FD: a pipe whose end of file ends the worker, or -1
  std::string start_id;  ///< DPLAUNCH_START_ID: of this start of the run, and of no other
  std::string run_folder_id;  ///< DPLAUNCH_RUN_FOLDER_ID: FolderIdentity of run_dir, or empty
  int preempt_signal = 0;     ///< DPLAUNCH_PREEMPT_SIGNAL: announces the end of the job; 0 = none
  int workers = 0;            ///< DPLAUNCH_WORKERS: this rank's share of the data-loading threads
  /// DPLAUNCH_FULL_WORLD_SIZE: ranks of the job before it lost hosts; 0: it has lost none.
  int full_world_size = 0;

  bool operator==(const RankEnvironment&) const = default;
};

using EnvironmentVariables = std::vector<std::pair<std::string, std::string>>;

/// The variables that carry `environment`, in a fixed order. Unset optional ones are left out.
EnvironmentVariables to_variables(const RankEnvironment& environment);

/// Looks a variable up; nullopt if it is not set.
using VariableLookup = std::function<std::optional<std::string>(const std::string& name)>;

/// Reads the variables back. Without RANK this is the rank that an engine's variables tell
/// (engine_rank()), or rank 0 of 1: a worker started by hand. Throws Error(kUsage) naming the
/// variable that is not a number or contradicts another.
RankEnvironment read_rank_environment(const VariableLookup& lookup);

/// The folder of `run_dir`, held if run_folder_id says which one it is.
RunFolder run_folder_of(const RankEnvironment& environment);

/// The lookup in this process's own environment.
std::optional<std::string> process_variable(const std::string& name);

}  // namespace dplaunch
