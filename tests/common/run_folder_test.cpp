#include "common/run_folder.h"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;
using testing::TemporaryFolder;

TEST(RunFolder, NamesTheNewestCheckpointThatItsLinkNames) {
  const TemporaryFolder root;
  const RunFolder folder(root.path());
  EXPECT_EQ(folder.newest_checkpoint(), "") << "there is not even a folder of checkpoints";
  fs::create_directory(folder.checkpoints());
  EXPECT_EQ(folder.newest_checkpoint(), "");
  fs::create_symlink("epoch-0003.safetensors", folder.latest_checkpoint());
  EXPECT_EQ(folder.newest_checkpoint(), "epoch-0003");
}

// So that nobody begins such a run anew.
TEST(RunFolder, HasACheckpointAlsoIfItsFileIsGone) {
  const TemporaryFolder root;
  const RunFolder folder(root.path());
  EXPECT_FALSE(folder.has_checkpoint());
  fs::create_directory(folder.checkpoints());
  fs::create_symlink("epoch-0003.safetensors", folder.latest_checkpoint());
  EXPECT_TRUE(folder.has_checkpoint());
}

}  // namespace
}  // namespace dplaunch
