// When a job gets a live view, and that it shows this job.
#include "launcher/view/live_footer.h"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <unistd.h>

#include <vector>

#include "common/status_board.h"
#include "pseudo_terminal.h"
#include "tests/launcher/plan/temp_folder.h"

namespace dplaunch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class LiveFooterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("TERM", "xterm", 1);
    ::unsetenv("NO_COLOR");
    plan_.run_folder = RunFolder(folder_.path());
    plan_.ranks.resize(2);
    plan_.ranks[1].environment.rank = plan_.ranks[1].environment.local_rank = 1;
  }

  std::vector<std::string> lines() {
    const auto footer = live_footer(plan_, terminal_.slave());
    return footer ? footer->lines({81, 24}) : std::vector<std::string>();
  }

  void tell_from_rank_one() {
    StatusBoard board = StatusBoard::create(plan_.run_folder->status_board(), 2);
    RankStatus status;
    status.phase = Phase::kEvaluating;
    board.write(1, status);
  }

  dplaunch::testing::TempFolder folder_;
  PseudoTerminal terminal_{81, 24};
  LaunchPlan plan_;
};

TEST_F(LiveFooterTest, ShowsWhatTheRanksTell) {
  EXPECT_THAT(lines(), ::testing::IsEmpty());
  tell_from_rank_one();
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_THAT(lines(), ElementsAre(::testing::_, StartsWith("[0]  "),
                                   ::testing::AllOf(StartsWith("[1]  "), HasSubstr("evaluating"),
                                                    Not(HasSubstr("\x1b"))),
                                   StartsWith("epoch"), StartsWith("run")));
}

TEST_F(LiveFooterTest, HasColourUnlessToldOtherwise) {
  tell_from_rank_one();
  EXPECT_THAT(lines()[0], StartsWith("\x1b["));
}

TEST_F(LiveFooterTest, IsForTerminalsThatCanRedraw) {
  EXPECT_TRUE(live_footer(plan_, terminal_.slave()));
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const UniqueFd read_end(ends[0]);
  const UniqueFd write_end(ends[1]);
  EXPECT_FALSE(live_footer(plan_, write_end.get()));
  ::setenv("TERM", "dumb", 1);
  EXPECT_FALSE(live_footer(plan_, terminal_.slave()));
  ::unsetenv("TERM");
  EXPECT_FALSE(live_footer(plan_, terminal_.slave()));
}

TEST_F(LiveFooterTest, NeedsARunFolder) {
  plan_.run_folder.reset();
  EXPECT_FALSE(live_footer(plan_, terminal_.slave()));
}

}  // namespace
}  // namespace dplaunch
