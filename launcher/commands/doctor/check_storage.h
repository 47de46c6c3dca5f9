#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "common/data_set.h"
#include "launcher/commands/doctor/findings.h"

namespace dplaunch::doctor {

struct FileSystemSpace {
  std::int64_t total_bytes = 0;
  std::int64_t free_bytes = 0;  ///< to this user
};

struct SharedMemoryFacts {
  std::optional<FileSystemSpace> space;  ///< of /dev/shm; nullopt if there is none
  bool is_in_container = false;
};

struct FolderFacts {
  std::filesystem::path path;
  std::filesystem::path existing;  ///< itself, or the nearest folder above it that exists
  std::string write_problem;       ///< empty if a folder could be made in `existing`
  std::optional<FileSystemSpace> space;
};

struct DataFacts {
  FolderFacts folder;
  bool has_files = false;      ///< some of the set's files are there
  std::optional<DataSet> set;  ///< nullopt: not there, or damaged
  std::string problem;         ///< why there is no set
  std::string hint;
};

SharedMemoryFacts probe_shared_memory(bool is_in_container);
/// Makes a folder there for a moment, because only that shows whether it can be written to.
FolderFacts probe_folder(const std::filesystem::path& folder);
DataFacts probe_data(const std::filesystem::path& root);

Findings check_shared_memory(const SharedMemoryFacts& facts);
Findings check_runs_folder(const FolderFacts& facts);
Findings check_data(const DataFacts& facts);

}  // namespace dplaunch::doctor
