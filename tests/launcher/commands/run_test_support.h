#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "base/files/unique_fd.h"
#include "common/run_folder.h"
#include "tests/support/owned_child.h"
#include "tests/support/run_program.h"

namespace dplaunch {

/// A program with pipes on its output.
class Program : public OwnedChild {
 public:
  explicit Program(const std::vector<std::string>& argv, const std::filesystem::path& folder = ".");

  /// Reads on until all that was read, standard error included, contains `text`. False at the end
  /// of the output, or if it does not come within ten seconds.
  bool says(const std::string& text);
  const std::string& said() const { return said_; }
  /// Reads to the end and waits; 128 + n if signal n ended it.
  int wait();

 private:
  bool read_more();
  UniqueFd output_;
  std::string said_;
};

/// Runs in a folder of its own, with a launcher or without.
class RunTest : public ::testing::Test {
 protected:
  RunFolder run(const std::string& name) const { return RunFolder(folder_ / ("runs/" + name)); }

  /// Starts a launcher that holds the run, and returns when it does.
  std::unique_ptr<Program> launch(const std::string& name, int ranks, const std::string& end) const;

  /// "dplaunch ARGUMENTS", in the folder that holds runs/.
  dplaunch::testing::ShellResult command(const std::string& arguments) const;
  std::unique_ptr<Program> start_command(const std::vector<std::string>& arguments) const;

  dplaunch::testing::TemporaryFolder folder_;
};

}  // namespace dplaunch
