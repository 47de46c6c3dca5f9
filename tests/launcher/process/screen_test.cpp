// A screen with a footer on a real pseudo-terminal, written to by its own thread.
#include "launcher/process/screen.h"

#include <gmock/gmock.h>
#include <termios.h>

#include <atomic>
#include <fstream>
#include <optional>
#include <sstream>

#include "tests/launcher/view/pseudo_terminal.h"
#include "tests/launcher/view/terminal_model.h"

namespace dplaunch {
namespace {

class ScreenTest : public ::testing::Test {
 protected:
  Footer::Options footer() {
    return {[this](TerminalSize size) {
              return std::vector<std::string>{"footer " + std::to_string(made_++),
                                              std::to_string(size.columns) + " columns"};
            },
            terminal_.slave(), std::chrono::milliseconds(20)};
  }

  /// Reads until the screen shows exactly that; the footer's number is left out.
  bool shows(const std::vector<std::string>& wanted) {
    if (shown() == wanted) return true;
    return terminal_.read_until([&](const std::string& bytes) {
      model_.feed(bytes);
      return shown() == wanted;
    });
  }

  std::vector<std::string> shown() const {
    std::vector<std::string> lines = model_.lines();
    for (std::string& line : lines) {
      if (line.starts_with("footer")) line = "footer";
    }
    return lines;
  }

  PseudoTerminal terminal_{40, 10};
  TerminalModel model_{40, 10};
  std::atomic<int> made_ = 0;
  std::ofstream out_{terminal_.slave_path()};
  std::optional<Screen> screen_{std::in_place, out_, Screen::Options{true, footer()}};
};

TEST_F(ScreenTest, KeepsTheFooterBelowTheTextAndRenewsIt) {
  EXPECT_TRUE(shows({"footer", "40 columns"}));
  screen_->show("[0] one\n[0] two\n");
  EXPECT_TRUE(shows({"[0] one", "[0] two", "footer", "40 columns"}));
  const int made = made_;
  EXPECT_TRUE(terminal_.read_until([&](const std::string& bytes) {
    model_.feed(bytes);
    return made_ > made + 3;
  })) << "it comes anew without text";
  screen_->show("[0] three\n");
  EXPECT_TRUE(shows({"[0] one", "[0] two", "[0] three", "footer", "40 columns"}));
  EXPECT_FALSE(model_.has_wrapped());
}

TEST_F(ScreenTest, LeavesTheLastWordsCleanAtTheEnd) {
  screen_->show("one\nlast");
  EXPECT_TRUE(shows({"one", "last", "footer", "40 columns"}));
  screen_.reset();
  EXPECT_TRUE(shows({"one", "last"}));
}

TEST_F(ScreenTest, FollowsTheSizeOfTheTerminal) {
  EXPECT_TRUE(shows({"footer", "40 columns"}));
  terminal_.resize(60, 10);
  EXPECT_TRUE(shows({"footer", "60 columns"}));
}

TEST_F(ScreenTest, IsCleanWhileAShellHasTheTerminal) {
  screen_->show("one\n");
  EXPECT_TRUE(shows({"one", "footer", "40 columns"}));
  screen_->hide_footer();
  EXPECT_TRUE(shows({"one"}));
  model_.feed("$ fg\r\n");
  screen_->unhide_footer();
  EXPECT_TRUE(shows({"one", "$ fg", "footer", "40 columns"}));
}

TEST_F(ScreenTest, ThatStandsStillDelaysNobody) {
  EXPECT_TRUE(shows({"footer", "40 columns"}));
  ASSERT_EQ(::tcflow(terminal_.slave(), TCOOFF), 0);  // Ctrl-S
  for (int i = 0; i < 1000; ++i) screen_->show(std::string(1000, 'x') + "\n");
  screen_->hide_footer();  // returns, though nothing can be erased
  ASSERT_EQ(::tcflow(terminal_.slave(), TCOON), 0);
  screen_->show("end\n");
  EXPECT_TRUE(terminal_.read_until([&](const std::string& bytes) {
    model_.feed(bytes);
    return shown().back() == "end";
  }));
}

TEST(ScreenWithoutFooter, WritesTextAsItIs) {
  std::ostringstream out;
  {
    Screen screen(out, {});
    screen.show("part");
    screen.hide_footer();
    screen.show("\rial\n\x1b[1mx");
  }
  EXPECT_EQ(out.str(), "part\rial\n\x1b[1mx");
}

TEST(ScreenWithoutFooter, EndsALineThatAnotherWriterHasBegun) {
  std::ostringstream out;
  const int one = 1;
  const int two = 2;
  {
    Screen screen(out, {});
    screen.show("a", &one);
    EXPECT_TRUE(screen.has_open_line_of(&one));
    screen.show("b", &one);
    screen.show("c\n", &two);
    EXPECT_FALSE(screen.has_open_line_of(&one));
    screen.show("d", &one);
    screen.show("dplaunch: e\n");
  }
  EXPECT_EQ(out.str(), "ab\nc\nd\ndplaunch: e\n");
}

}  // namespace
}  // namespace dplaunch
