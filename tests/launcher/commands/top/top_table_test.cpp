// The table of `dplaunch top` as it looks: GPUs, a trouble, more runs than rows, a narrow terminal.
#include "launcher/commands/top/top_table.h"

#include <gmock/gmock.h>

#include "base/process/host_name.h"
#include "base/text/terminal_text.h"

namespace dplaunch {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::ResultOf;

constexpr TextStyle kPlain{false, false};

RunRow training(const std::string& name) {
  RunRow row;
  row.folder = RunFolder("/runs/" + name);
  row.state = "running";
  row.is_running = true;
  row.ranks = 2;
  row.cpu_percent = 150;
  row.memory_bytes = 3LL << 30;
  row.progress = "epoch 3/10, 24%";
  row.seconds_left = 83;
  row.newest = "epoch 2/10";
  return row;
}

TEST(TopTable, SumsWhatRuns) {
  RunRow ended = training("b");
  ended.is_running = false;
  ended.state = "failed";
  ended.memory_bytes = 0;
  ended.seconds_left.reset();
  ended.trouble = "rank 1 (cpu) failed with exit code 7";
  EXPECT_THAT(
      top_lines({training("a"), ended}, {kPlain, {120, 10}, -1}),
      ElementsAre("1 run of yours on " + host_name() + ": 2 ranks, 150% CPU, 3.0 GiB",
                  "RUN  STATE    RANKS   CPU   MEMORY  PROGRESS          ETA  NEWEST",
                  "a    running      2  150%  3.0 GiB  epoch 3/10, 24%  1:23  epoch 2/10",
                  "b    failed       2                 epoch 3/10, 24%        rank 1 (cpu) failed "
                  "with exit code 7"));
}

TEST(TopTable, HasAColumnForGpus) {
  RunRow row = training("a");
  row.gpu = GpuUse{11LL << 30, 48LL << 30, 97, ""};
  const std::vector<std::string> lines = top_lines({row, training("b")}, {kPlain, {120, 10}, -1});
  EXPECT_THAT(lines[1], HasSubstr("GPU"));
  EXPECT_THAT(lines[2], HasSubstr("97% 11.0 GiB"));
}

// A run's part on another host than the first has the run's name.
TEST(TopTable, NamesThePartOfARun) {
  const std::vector<std::string> lines =
      top_lines({training("dual/host-1")}, {kPlain, {120, 10}, -1});
  EXPECT_THAT(lines[2], HasSubstr("dual/host-1  running"));
}

TEST(TopTable, ShowsTheChosenOneOfMany) {
  std::vector<RunRow> rows;
  for (int i = 0; i < 20; ++i) rows.push_back(training("run-" + std::to_string(i)));
  const auto shown = [&](int chosen) { return top_lines(rows, {kPlain, {120, 6}, chosen}); };
  ASSERT_EQ(shown(0).size(), 6U);
  EXPECT_THAT(shown(0)[2], HasSubstr("> run-0 "));
  EXPECT_THAT(shown(0)[5], HasSubstr("  run-3 "));
  EXPECT_THAT(shown(19)[5], HasSubstr("> run-19"));
  EXPECT_THAT(shown(19)[2], HasSubstr("  run-16"));
}

TEST(TopTable, FitsANarrowTerminal) {
  const std::vector<std::string> lines = top_lines({training("a")}, {kPlain, {40, 10}, 0});
  EXPECT_THAT(lines, Each(ResultOf(columns_of, Le(40))));
  EXPECT_THAT(lines[2], HasSubstr("> a    running"));
}

}  // namespace
}  // namespace dplaunch
