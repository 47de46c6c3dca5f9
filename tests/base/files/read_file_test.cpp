// Files that somebody else may have put there.
#include "base/files/read_file.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "tests/support/child_process.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;
using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;
using testing::write_text;

constexpr std::size_t kMaxBytes = 1000;

void make_socket(const fs::path& path) {
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.native().copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
}

TEST(ReadFile, ReadsAFileUpToItsBound) {
  const TemporaryFolder folder;
  const std::string text(kMaxBytes, 'x');
  write_text(folder / "file", text);
  EXPECT_EQ(read_file(folder / "file", kMaxBytes), text);
  const Error error = error_of([&] { read_file(folder / "file", kMaxBytes - 1); });
  EXPECT_EQ(error.code(), ExitCode::kStorage);
  expect_contains(error.what(), (folder / "file").string() + ": cannot read it: it has more than");
  write_text(folder / "file", "");
  EXPECT_EQ(read_file(folder / "file", kMaxBytes), "");
}

TEST(ReadFile, ReadsWhatSaysNoLength) {
  EXPECT_FALSE(read_file("/proc/self/status", 1 << 20).value_or("").empty());
  EXPECT_THROW(read_file("/proc/self/status", 10), Error);
}

TEST(ReadFile, TellsWhatIsNotThereFromWhatCannotBeRead) {
  const TemporaryFolder folder;
  write_text(folder / "file", "");
  EXPECT_FALSE(read_file(folder / "absent", kMaxBytes));
  EXPECT_FALSE(read_file(folder / "file/below", kMaxBytes));
  const Error absent = error_of([&] { open_to_read(folder / "absent", ExitCode::kData); });
  EXPECT_EQ(absent.code(), ExitCode::kData);
  expect_contains(absent.what(),
                  (folder / "absent").string() + ": cannot read it: No such file or directory");
}

// Opening a FIFO waits for its writer; each of these would be waited for, or give bytes without
// end.
TEST(ReadFile, TakesNothingButAFile) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
  make_socket(folder / "socket");
  fs::create_symlink("fifo", folder / "link");
  for (const fs::path& path : {folder / "fifo", folder / "link", folder / "socket", folder.path(),
                               fs::path("/dev/zero"), fs::path("/dev/null")}) {
    const Error error = error_of([&] { read_file(path, kMaxBytes); });
    EXPECT_EQ(error.code(), ExitCode::kStorage);
    expect_contains(error.what(), path.string() + ": cannot read it: ");
  }
}

TEST(ReadFile, WaitsForThePipeThatAUserNamed) {
  const TemporaryFolder folder;
  const fs::path pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  testing::ChildProcess writer([&] {
    write_text(pipe, "from a command");
    return 0;
  });
  EXPECT_EQ(read_named_by_user(pipe, kMaxBytes, ExitCode::kUsage), "from a command");
  EXPECT_EQ(writer.wait(), 0);
  EXPECT_EQ(read_named_by_user("/dev/null", kMaxBytes, ExitCode::kUsage), "");
  EXPECT_THROW(read_named_by_user("/dev/zero", kMaxBytes, ExitCode::kUsage), Error);
}

}  // namespace
}  // namespace dplaunch
