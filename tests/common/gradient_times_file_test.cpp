#include "common/gradient_times_file.h"

#include <gmock/gmock.h>

#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TemporaryFolder;
using testing::write_text;

TEST(GradientTimesFile, IsReadAsItWasWritten) {
  const TemporaryFolder folder;
  const std::vector<GradientTime> times = {{400, 0.0625}, {25600, 0.125}};
  write_gradient_times(folder / "g.csv", times);
  EXPECT_THAT(read_gradient_times(folder / "g.csv"), ElementsAre(times[0], times[1]));
}

TEST(GradientTimesFile, ThatIsNotThereHasNoRows) {
  const TemporaryFolder folder;
  EXPECT_THAT(read_gradient_times(folder / "none.csv"), IsEmpty());
}

TEST(GradientTimesFile, ThatIsDamagedIsAnErrorOfItsLine) {
  const TemporaryFolder folder;
  for (const char* row : {"4", "4,x", "0,0.5", "4,0.5,1"}) {
    write_text(folder / "g.csv", std::string("bytes,ready_seconds\n8,0.25\n") + row + "\n");
    const auto read = [&] { read_gradient_times(folder / "g.csv"); };
    testing::expect_contains(testing::error_of(ExitCode::kStorage, read),
                             std::string("g.csv:3: no gradient's time: '") + row + "'");
  }
}

}  // namespace
}  // namespace dplaunch
