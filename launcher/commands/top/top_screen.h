#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "launcher/commands/top/key_input.h"
#include "launcher/commands/top/users_runs.h"
#include "launcher/view/terminal.h"

namespace dplaunch {

/// What `dplaunch top` shows, and what its keys do. For one thread.
class TopScreen {
 public:
  /// Without keys nothing is said of them. `runs` outlives this.
  TopScreen(const UsersRuns& runs, bool has_keys) : runs_(runs), has_keys_(has_keys) {}

  /// All lines that fit into the size.
  std::vector<std::string> lines(TextStyle style, TerminalSize size);
  void press(Key key);
  bool is_left() const { return is_left_; }

 private:
  enum class Page { kRuns, kLog, kStacks, kStop };

  /// nullptr if there is no run.
  const RunRow* chosen() const;
  int chosen_index() const;
  void move(int by);
  void turn(int by);
  void open(Page page);
  void stop_chosen();
  std::vector<std::string> body(TextStyle style, TerminalSize size) const;
  std::vector<std::string> log_lines(TerminalSize size) const;
  std::string keys_line() const;

  const UsersRuns& runs_;
  bool has_keys_;
  bool is_left_ = false;
  Page page_ = Page::kRuns;
  std::filesystem::path chosen_;  ///< a run's folder: rows come and go
  std::size_t log_ = 0;           ///< which of its ranks' logs
  std::string stacks_;
  std::string message_;  ///< of the latest key
  std::set<std::filesystem::path> asked_to_stop_;
};

}  // namespace dplaunch
