// Text above, footer below, on a pseudo-terminal's size and a model of its screen.
#include "launcher/view/footer.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdint>

#include "base/text/terminal_text.h"
#include "pseudo_terminal.h"
#include "terminal_model.h"

namespace dplaunch {
namespace {

using ::testing::ElementsAre;

class FooterTest : public ::testing::Test {
 protected:
  void show(const std::string& text, std::int64_t now_ms = 0, bool is_visible = true) {
    feed(footer_.show(text, now_ms * 1'000'000, is_visible));
  }
  void feed(std::string bytes) {
    for (std::size_t at = 0; (at = bytes.find('\n', at)) != std::string::npos; at += 2) {
      bytes.insert(at, 1, '\r');  // as a terminal's driver does
    }
    model_.feed(bytes);
  }

  PseudoTerminal terminal_{40, 8};
  TerminalModel model_{40, 8};
  std::vector<std::string> wanted_ = {"footer a", "footer b"};
  int made_ = 0;
  Footer footer_{{[this](TerminalSize) {
                    ++made_;
                    return wanted_;
                  },
                  terminal_.slave(), std::chrono::milliseconds(500)}};
};

TEST_F(FooterTest, StaysBelowTheText) {
  show("one\n");
  EXPECT_THAT(model_.lines(), ElementsAre("one", "footer a", "footer b"));
  show("two\nthree\n");
  EXPECT_THAT(model_.lines(), ElementsAre("one", "two", "three", "footer a", "footer b"));
}

TEST_F(FooterTest, LeavesNoTraceInTextThatScrolls) {
  std::vector<std::string> expected;
  for (int i = 0; i < 50; ++i) {
    expected.push_back("line " + std::to_string(i));
    show(expected.back() + "\n", i * std::int64_t{300});
  }
  expected.insert(expected.end(), wanted_.begin(), wanted_.end());
  EXPECT_EQ(model_.lines(), expected);
  EXPECT_FALSE(model_.has_wrapped());
}

TEST_F(FooterTest, IsMadeAnewOnlyWhenItIsDue) {
  show("");
  wanted_ = {"new"};
  show("x\n", 499);
  EXPECT_THAT(model_.lines(), ElementsAre("x", "footer a", "footer b"));
  show("", 500);
  EXPECT_THAT(model_.lines(), ElementsAre("x", "new"));
  EXPECT_EQ(made_, 2);
  EXPECT_EQ(footer_.due_ns(), 1'000'000'000);
}

TEST_F(FooterTest, WritesNothingWhereNothingHasChanged) {
  show("");
  EXPECT_EQ(footer_.show("", 600'000'000), "");
  EXPECT_EQ(made_, 2);
}

TEST_F(FooterTest, HoldsALineBackUntilItIsWhole) {
  show("done 1");
  EXPECT_THAT(model_.lines(), ElementsAre("done 1", "footer a", "footer b"));
  show("0%\nnext");
  EXPECT_THAT(model_.lines(), ElementsAre("done 10%", "next", "footer a", "footer b"));
  show("\x1b[2J\r 50%\r 51%\r");
  EXPECT_THAT(model_.lines(), ElementsAre("done 10%", " 51%", "footer a", "footer b"));
  show(std::string(100, 'x'));
  EXPECT_FALSE(model_.has_wrapped());
  feed(footer_.finish());
  EXPECT_EQ(model_.lines().front(), "done 10%");
}

TEST_F(FooterTest, ShowsWhatWasHeldBackAtTheEnd) {
  show("a\nlast words");
  feed(footer_.finish());
  EXPECT_THAT(model_.lines(), ElementsAre("a", "last words"));
}

TEST_F(FooterTest, LosesNothingOfALineWithoutEnd) {
  std::string shown;
  const std::string piece(1000, 'y');
  for (int i = 0; i < 1000; ++i) shown += footer_.show(piece, 0);
  shown += footer_.finish();
  EXPECT_GE(std::count(shown.begin(), shown.end(), 'y'), 1'000'000);
}

TEST_F(FooterTest, DoesNotKeepAProgressBarThatNeverEnds) {
  for (int i = 0; i < 100'000; ++i) footer_.show("\r 50% of it is done by now", 0);
  EXPECT_LT(footer_.finish().size(), 65536U);
}

TEST_F(FooterTest, IsErasedWhereTheTerminalHasWrappedIt) {
  wanted_ = {std::string(39, 'a'), std::string(39, 'b')};
  show("text\n");
  terminal_.resize(20, 8);
  const std::string bytes = footer_.show("", 0);
  EXPECT_NE(bytes.find("\x1b[4A\x1b[J"), std::string::npos) << "two rows for each line";
}

TEST_F(FooterTest, IsDrawnAtOnceInANewSize) {
  show("");
  terminal_.resize(30, 8);
  show("", 1);
  EXPECT_EQ(made_, 2);
}

TEST_F(FooterTest, GoesAwayWhileItIsHidden) {
  show("a\n");
  show("b\n", 1, false);
  EXPECT_THAT(model_.lines(), ElementsAre("a", "b"));
  show("", 2);
  EXPECT_THAT(model_.lines(), ElementsAre("a", "b", "footer a", "footer b"));
}

TEST_F(FooterTest, ComesBackBelowALineThatIsNotWhole) {
  show("a\npart");
  show("", 1, false);
  EXPECT_THAT(model_.lines(), ElementsAre("a", "part"));
  show("", 2);
  EXPECT_THAT(model_.lines(), ElementsAre("a", "part", "footer a", "footer b"));
}

TEST_F(FooterTest, IsDrawnBelowWhatSomebodyElseWrote) {
  show("a\n");
  feed("[1]+ Stopped\n$ fg\n");
  footer_.forget();
  show("b\n", 1);
  EXPECT_THAT(model_.lines(), ElementsAre("a", "footer a", "footer b", "[1]+ Stopped", "$ fg", "b",
                                          "footer a", "footer b"));
}

TEST_F(FooterTest, LeavesTextAsItIsWithoutLines) {
  wanted_.clear();
  show("a\npart");
  EXPECT_THAT(model_.lines(), ElementsAre("a", "part"));
  show("ial", 1);
  EXPECT_THAT(model_.lines(), ElementsAre("a", "partial"));
  wanted_ = {"footer"};
  show("", 1000);
  EXPECT_THAT(model_.lines(), ElementsAre("a", "partial", "footer"));
  show("b\n", 1001);
  EXPECT_THAT(model_.lines(), ElementsAre("a", "partial", "b", "footer"));
}

}  // namespace
}  // namespace dplaunch
