#include "common/run_folder.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "base/files/unique_fd.h"
#include "tests/support/expect_error.h"
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

/// Whoever began in it holds it by what it is, not by its name.
class HeldRunFolder : public ::testing::Test {
 protected:
  HeldRunFolder() {
    fs::create_directory(place_ / "run");
    // As the launcher has it: otherwise the next folder may be the same inode.
    open_.reset(::open((place_ / "run").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  RunFolder held() const {
    const RunFolder folder(place_ / "run", FolderIdentity::of(open_.get()));
    // As it comes to the workers.
    return RunFolder(folder.root(), FolderIdentity::parse(folder.held()->text()));
  }
  TemporaryFolder place_;
  UniqueFd open_;
};

TEST_F(HeldRunFolder, IsOursUntilItIsRemovedOrReplaced) {
  const RunFolder folder = held();
  EXPECT_NO_THROW(folder.check_ours());
  const auto expect_lost = [&](const char* how) {
    EXPECT_FALSE(folder.is_ours()) << how;
    const Error error = testing::error_of([&] { folder.check_ours(); });
    EXPECT_EQ(error.code(), ExitCode::kStorage);
    testing::expect_contains(error.what(), folder.root().string());
  };
  fs::rename(folder.root(), place_ / "moved");
  expect_lost("moved");
  fs::create_directory(folder.root());
  expect_lost("another one");
  fs::remove(folder.root());
  testing::write_text(folder.root(), "a file");
  expect_lost("a file");
  fs::remove(folder.root());
  fs::rename(place_ / "moved", folder.root());
  EXPECT_TRUE(folder.is_ours()) << "it is back";
}

TEST_F(HeldRunFolder, ThatNobodyHoldsMayBeAny) {
  const RunFolder folder(place_ / "absent");
  EXPECT_TRUE(folder.is_ours());
  for (const char* text : {"", "1", ":", "1:", "1:2:3", "a:b", "-1:2"}) {
    EXPECT_FALSE(FolderIdentity::parse(text)) << text;
  }
}

}  // namespace
}  // namespace dplaunch
