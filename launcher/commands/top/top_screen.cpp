#include "launcher/commands/top/top_screen.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.h"
#include "base/process/run_program.h"
#include "base/text/printable.h"
#include "base/text/terminal_text.h"
#include "launcher/commands/stop/stop_run.h"
#include "launcher/commands/top/text_page.h"
#include "launcher/commands/top/top_table.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

/// What `dplaunch stacks` says: it attaches to processes, and a child of its own can be ended.
std::string stacks_of(const RunFolder& folder) {
  constexpr std::chrono::seconds kPatience{30};
  const ProgramResult result = run_program({"/proc/self/exe", "stacks", folder.root().string()},
                                           {.timeout = kPatience, .captures_errors = true});
  return result.output.empty() ? result.problem : result.output;
}

}  // namespace

int TopScreen::chosen_index() const {
  const std::vector<RunRow>& rows = runs_.rows();
  const auto found = std::ranges::find(
      rows, chosen_, [](const RunRow& row) -> const fs::path& { return row.folder.root(); });
  return found == rows.end() ? 0 : static_cast<int>(found - rows.begin());
}

const RunRow* TopScreen::chosen() const {
  if (runs_.rows().empty()) return nullptr;
  return &runs_.rows()[static_cast<std::size_t>(chosen_index())];
}

void TopScreen::move(int by) {
  const auto last = static_cast<int>(runs_.rows().size()) - 1;
  if (last < 0) return;
  const int index = std::clamp(chosen_index() + by, 0, last);
  chosen_ = runs_.rows()[static_cast<std::size_t>(index)].folder.root();
  log_ = 0;
}

void TopScreen::turn(int by) {
  const RunRow* row = chosen();
  if (row == nullptr || row->own_ranks.empty()) return;
  const auto count = static_cast<int>(row->own_ranks.size());
  log_ = static_cast<std::size_t>(std::clamp(static_cast<int>(log_) + by, 0, count - 1));
}

void TopScreen::open(Page page) {
  const RunRow* row = chosen();
  if (row == nullptr) return;
  if (page == Page::kStop && !row->is_running) {
    message_ = "that run has ended";
    return;
  }
  chosen_ = row->folder.root();
  page_ = page;
  if (page == Page::kStacks) stacks_ = stacks_of(row->folder);
}

void TopScreen::stop_chosen() {
  const RunRow* row = chosen();
  page_ = Page::kRuns;
  if (row == nullptr) return;
  const bool is_second = asked_to_stop_.contains(row->folder.root());
  try {
    ask_to_stop(row->folder, is_second);
    asked_to_stop_.insert(row->folder.root());
    message_ = is_second ? "asked to end at once" : "asked to stop";
  } catch (const Error& error) {
    message_ = error.what();
  }
}

void TopScreen::press(Key key) {
  message_.clear();
  if (page_ == Page::kStop) {
    if (key == Key::kYes) return stop_chosen();
    page_ = Page::kRuns;
    return;
  }
  if (page_ != Page::kRuns) {
    if (key == Key::kBack) page_ = Page::kRuns;
    if (key == Key::kLeft || key == Key::kUp) turn(-1);
    if (key == Key::kRight || key == Key::kDown) turn(1);
    return;
  }
  if (key == Key::kBack) is_left_ = true;
  if (key == Key::kUp) move(-1);
  if (key == Key::kDown) move(1);
  if (key == Key::kLog || key == Key::kRight) open(Page::kLog);
  if (key == Key::kStacks) open(Page::kStacks);
  if (key == Key::kStop) open(Page::kStop);
}

std::string TopScreen::keys_line() const {
  if (!message_.empty()) return printable(message_, Unprintable::kLeftOut);
  switch (page_) {
    case Page::kRuns:
      return runs_.rows().empty() ? "q quit" : "up/down choose  l log  t stacks  s stop  q quit";
    case Page::kLog:
      return "left/right another rank  q back";
    case Page::kStacks:
      return "q back";
    case Page::kStop:
      break;
  }
  return asked_to_stop_.contains(chosen_)
             ? "it was asked to stop: end it at once? y yes  any other key: no"
             : "stop it, after its step and a checkpoint if it trains? y yes  any other key: no";
}

std::vector<std::string> TopScreen::log_lines(TerminalSize size) const {
  const RunRow* row = chosen();
  if (row == nullptr || row->own_ranks.empty()) return {"no rank, no log"};
  const std::size_t index = std::min(log_, row->own_ranks.size() - 1);
  const int rank = row->own_ranks[index];
  std::vector<std::string> lines = last_lines(row->folder.log(rank), {size.columns, size.rows - 1});
  const std::string title = fmt::format("rank {} of {}", rank, folder_words(row->folder));
  lines.insert(lines.begin(), cut_to(title, size.columns));
  return lines;
}

std::vector<std::string> TopScreen::body(TextStyle style, TerminalSize size) const {
  if (page_ == Page::kLog) return log_lines(size);
  if (page_ == Page::kStacks) return first_lines(stacks_, size);
  return top_lines(runs_.rows(), {style, size, has_keys_ ? chosen_index() : -1});
}

std::vector<std::string> TopScreen::lines(TextStyle style, TerminalSize size) {
  const int keys_rows = has_keys_ ? 1 : 0;
  std::vector<std::string> lines = body(style, {size.columns, std::max(1, size.rows - keys_rows)});
  lines.resize(std::min(lines.size(), static_cast<std::size_t>(size.rows - keys_rows)));
  if (has_keys_) lines.push_back(cut_to(keys_line(), size.columns));
  return lines;
}

}  // namespace dplaunch
