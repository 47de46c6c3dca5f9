// Much output, many workers, a disk that is full.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <fstream>

#include "process_test_support.h"

namespace dplaunch {
namespace {

using ::testing::HasSubstr;
using Load = ProcessTest;

/// Whether the file holds `size_bytes` times `byte`, and nothing else.
bool holds_only(const std::filesystem::path& path, char byte, std::size_t size_bytes) {
  std::ifstream file(path, std::ios::binary);
  std::string block(1 << 20, '\0');
  std::size_t held = 0;
  while (file.read(block.data(), static_cast<std::streamsize>(block.size())), file.gcount() > 0) {
    const auto count = static_cast<std::size_t>(file.gcount());
    if (block.find_first_not_of(byte) < count) return false;
    held += count;
  }
  return held == size_bytes;
}

TEST_F(Load, OfAHundredMegabytesWithoutALineEndIsAllInTheLogs) {
  constexpr std::size_t kBytes = 100'000'000;
  // One that is shown and one that is not; both are read by one thread, and neither may wait long.
  LaunchPlan flood =
      plan({{"out-line:" + std::to_string(kBytes)}, {"out-line:" + std::to_string(kBytes)}});
  LauncherProcess launcher(flood, "/dev/null");
  EXPECT_EQ(launcher.wait(), 0);
  EXPECT_TRUE(holds_only(run_folder().log(0), 'x', kBytes));
  EXPECT_TRUE(holds_only(run_folder().log(1), 'x', kBytes));
}

TEST_F(Load, OfBytesThatAreNoTextIsAllInTheLogsAndHarmsNobody) {
  // All byte values, so no UTF-8; on standard error, which is also kept for the report.
  const Result result = run(plan({{"err-pattern:3000000", "exit:7"}, {"sleep"}}));
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_EQ(std::filesystem::file_size(run_folder().log(0)), 3000000U);
  for (const char c : result.err) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
}

TEST_F(Load, OfSixtyFourWorkersIsOneJob) {
  std::vector<std::vector<std::string>> acts;
  for (int rank = 0; rank < 64; ++rank) acts.push_back({"out:hello\n", "exit:0"});
  EXPECT_EQ(run(plan(acts)).exit_code, 0);
  for (int rank = 0; rank < 64; ++rank) EXPECT_EQ(read_file(run_folder().log(rank)), "hello\n");
  for (int rank = 0; rank < 64; ++rank) acts[static_cast<std::size_t>(rank)] = {"sleep"};
  acts[37] = {"exit:7"};
  const Result result = run(plan(acts));
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_THAT(result.err, HasSubstr("rank 37 ("));
  EXPECT_THAT(result.err, HasSubstr("63 ranks stopped"));
}

/// Runs the launcher where the run folder is a disk of 64 KiB, which nobody else sees.
void mount_small_disk(const std::filesystem::path& folder) {
  const int kind = CLONE_NEWNS | (::geteuid() == 0 ? 0 : CLONE_NEWUSER);
  const bool is_mounted = ::unshare(kind) == 0 &&
                          ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                          ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=64k") == 0;
  if (!is_mounted) {
    ::perror("this test mounts a tmpfs");
    ::_exit(97);
  }
}

TEST_F(Load, OfAFullDiskIsToldOnceARankAndTheJobGoesOn) {
  std::filesystem::create_directories(run_folder().root());
  LauncherProcess launcher(
      plan({{"out-line:300000", "out-line:300000", "tell-hello:" + fifo("end"), "exit:3"},
            {"sleep"}}),
      path("out"), [this] {
        mount_small_disk(run_folder().root());
        const int err = ::open(path("err").c_str(), O_WRONLY | O_CREAT, 0600);
        ::dup2(err, STDERR_FILENO);
      });
  EXPECT_EQ(hear(path("end")), "hello") << "all was written, nothing blocked";
  EXPECT_EQ(launcher.wait(), 3) << "the job's own result stands";
  const std::string warning =
      "dplaunch: warning: " + run_folder().log(0).string() + ": No space left on device";
  const std::string out = read_file(path("out"));
  const std::size_t first = out.find(warning);
  ASSERT_NE(first, std::string::npos) << out.substr(0, 1000);
  EXPECT_EQ(out.find(warning, first + 1), std::string::npos);
  EXPECT_THAT(read_file(path("err")), HasSubstr("failed: exit code 3"));
}

}  // namespace
}  // namespace dplaunch
