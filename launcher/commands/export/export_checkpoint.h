#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>

namespace dplaunch {

/// `dplaunch export`.
struct ExportOptions {
  std::string checkpoint;  ///< a file or a run
  std::filesystem::path out;
  std::string dtype = "fp32";  ///< or "bf16"
  bool force = false;          ///< replace what is there
};

/// Writes the model's tensors alone, under their names, with metadata for whoever gets the file
/// (docs/checkpoint.md), and says so. Returns the exit code. Throws Error: kUsage for a file that
/// is there already or an unknown dtype, kStorage for a damaged checkpoint or a full disk.
int export_checkpoint(const ExportOptions& options, std::ostream& out);

}  // namespace dplaunch
