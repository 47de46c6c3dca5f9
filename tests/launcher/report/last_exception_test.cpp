// The exception that ended a program, among all that it printed.
#include "launcher/report/last_exception.h"

#include <gmock/gmock.h>

namespace dplaunch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(LastException, IsTheLastOfAChainWithItsInnermostFrame) {
  const auto found = last_exception(
      "WARNING: ModuleNotFoundError: No module named 'apex'\n"
      "Traceback (most recent call last):\n"
      "  File \"a.py\", line 2, in inner\n"
      "    open('x')\n"
      "OSError: [Errno 28] No space left on device\n"
      "\n"
      "During handling of the above exception, another exception occurred:\n"
      "\n"
      "Traceback (most recent call last):\n"
      "  File \"a.py\", line 9, in <module>\n"
      "    main()\n"
      "    ~~~~^^\n"
      "  File \"a.py\", line 6, in main\n"
      "    raise ValueError(1)\n"
      "ValueError: bad label\n"
      "of image 7\n");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->text, "ValueError: bad label\nof image 7");
  EXPECT_EQ(found->place, "File \"a.py\", line 6, in main");
  EXPECT_THAT(found->after, IsEmpty());
}

TEST(LastException, IsFoundBehindPyTorchsPrefixAndAProgressBar) {
  const auto found = last_exception(
      " 10%|# | 1/10\r 20%|## | 2/10[rank12]: Traceback (most recent call last):\n"
      "[rank12]:   File \"a.py\", line 6, in main\n"
      "[rank12]: ValueError: no\n"
      "x.py:3: UserWarning: leaked semaphores\n  warnings.warn(\n");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->text, "ValueError: no");
  EXPECT_EQ(found->place, "File \"a.py\", line 6, in main");
  EXPECT_TRUE(found->is_end());
}

TEST(LastException, MayHaveLostItsBeginning) {
  const auto found = last_exception("in a\n  File \"a.py\", line 6, in main\nValueError: no\n");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->text, "ValueError: no");
}

TEST(LastException, OfAThreadOrADestructorIsPassedOver) {
  const std::string harmless =
      "Exception ignored in: <function f>\nTraceback (most recent call last):\n"
      "  File \"a.py\", line 1, in f\nOSError: No space left on device\n"
      "Exception in thread Thread-1:\nTraceback (most recent call last):\n"
      "  File \"a.py\", line 1, in f\nOSError: No space left on device\n";
  EXPECT_FALSE(last_exception(harmless));
  const auto found =
      last_exception("Traceback (most recent call last):\nValueError: no\n" + harmless);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->text, "ValueError: no");
  EXPECT_TRUE(found->is_end());
}

TEST(LastException, ThatWasHandledIsNotTheEnd) {
  const auto found =
      last_exception("Traceback (most recent call last):\nKeyError: 1\n\nfatal: no such file\n");
  ASSERT_TRUE(found);
  EXPECT_THAT(found->after, ElementsAre("fatal: no such file"));
  EXPECT_FALSE(found->is_end());
}

TEST(LastException, MayBeOfCPlusPlus) {
  const auto found = last_exception(
      "terminate called after throwing an instance of 'c10::Error'\n"
      "  what():  CUDA error: out of memory\n");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->text, "CUDA error: out of memory");
}

TEST(LastException, IsNotMadeUp) {
  EXPECT_FALSE(last_exception(""));
  EXPECT_FALSE(last_exception("\n\r\n[rank\n[rank1]\n[rank]:\n"));
  EXPECT_FALSE(
      last_exception("Fatal Python error: Segmentation fault\n\n"
                     "Current thread 0x1 (most recent call first):\n"
                     "  File \"a.py\", line 3 in <module>\n\nExtension modules: x\n"));
}

}  // namespace
}  // namespace dplaunch
