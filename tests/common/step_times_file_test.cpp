#include "common/step_times_file.h"

#include <gmock/gmock.h>

#include <vector>

#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::read_text;
using testing::TemporaryFolder;
using testing::write_text;

const StepTimes kFirst{1, 0.5, {0.01, 0.125, 0.25, 0.0625, 0.03125}};
const StepTimes kSecond{2, 0.25, {0, 0.125, 0.125, 0, 0}};

TEST(StepTimesFile, IsReadAsItWasWritten) {
  const TemporaryFolder folder;
  StepTimesFile file(folder / "t.csv", 0);
  file.append(std::vector{kFirst});
  file.append(std::vector{kSecond});
  EXPECT_THAT(read_step_times(folder / "t.csv"), ElementsAre(kFirst, kSecond));
}

TEST(StepTimesFile, OfAResumedRunHasNoStepTwice) {
  const TemporaryFolder folder;
  StepTimesFile(folder / "t.csv", 0).append(std::vector{kFirst, kSecond});
  StepTimesFile(folder / "t.csv", 1).append(std::vector{kSecond});
  EXPECT_THAT(read_step_times(folder / "t.csv"), ElementsAre(kFirst, kSecond));
}

TEST(StepTimesFile, ThatIsNotThereHasNoRows) {
  const TemporaryFolder folder;
  EXPECT_THAT(read_step_times(folder / "none.csv"), IsEmpty());
}

TEST(StepTimesFile, LosesTheRowThatACrashCutShort) {
  const TemporaryFolder folder;
  StepTimesFile(folder / "t.csv", 0).append(std::vector{kFirst, kSecond});
  const std::string text = read_text(folder / "t.csv");
  write_text(folder / "t.csv", text.substr(0, text.size() - 3));
  EXPECT_THAT(read_step_times(folder / "t.csv"), ElementsAre(kFirst));
}

TEST(StepTimesFile, ThatIsDamagedIsAnErrorOfItsLine) {
  const TemporaryFolder folder;
  StepTimesFile(folder / "t.csv", 0).append(std::vector{kFirst});
  write_text(folder / "t.csv", read_text(folder / "t.csv") + "2,0.1,x,0,0,0,0\n");
  const auto read = [&] { read_step_times(folder / "t.csv"); };
  testing::expect_contains(testing::error_of(ExitCode::kStorage, read),
                           "t.csv:3: no step's times: '2,0.1,x,0,0,0,0'");
  write_text(folder / "t.csv", "a,b\n1,2\n");
  testing::expect_contains(testing::error_of(ExitCode::kStorage, read), "t.csv:1: ");
}

}  // namespace
}  // namespace dplaunch
