#include "launcher/commands/data/fetch_data.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <set>
#include <sstream>
#include <vector>

#include "base/error.h"
#include "launcher/commands/data/data_folder.h"
#include "launcher/commands/data/download.h"
#include "launcher/commands/data/run_tool.h"
#include "launcher/commands/data/unpack.h"
#include "tests/launcher/commands/data/file_server.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;
using namespace cifar100;
using dplaunch::testing::read_text;
using dplaunch::testing::TemporaryFolder;
using dplaunch::testing::write_text;
using ::testing::Test;

void make_real_looking_set(const fs::path& folder) {
  fs::create_directories(folder);
  write_text(folder / kTrainFile, "");
  write_text(folder / kTestFile, "");
  fs::resize_file(folder / kTrainFile, kTrainRecords * kRecordBytes);
  fs::resize_file(folder / kTestFile, kTestRecords * kRecordBytes);
  write_text(folder / "fine_label_names.txt", "apple\n");
}

/// Serves an archive with files of the real lengths: holes, so that it is quick to make and unpack.
class FetchData : public Test {
 protected:
  static void SetUpTestSuite() {
    served_ = new TemporaryFolder();
    make_real_looking_set(served_->path() / kFolderName);
    run_tool({"tar", "-C", served_->path(), "--sparse", "-czf", archive(), kFolderName});
    fs::remove_all(served_->path() / kFolderName);
    md5_ = run_tool({"md5sum", archive()}).output.substr(0, 32);
  }
  static void TearDownTestSuite() { delete served_; }

  FetchData() {
    fs::remove(served_->path() / "requests.log");
    options_.root = folder_.path() / "data";
    options_.md5 = md5_;
    options_.train_records = 200;
    options_.test_records = 100;
  }

  static fs::path archive() { return served_->path() / "set.tar.gz"; }
  fs::path part() const { return options_.root / "cifar-100-binary.tar.gz.part"; }
  fs::path target() const { return options_.root / kFolderName; }
  void serve(const std::string& path) { options_.url = server_.url(path); }
  void start_with_part(const std::string& content) {
    fs::create_directories(options_.root);
    write_text(part(), content);
  }
  void expect_real_set() const {
    EXPECT_FALSE(find_data_set(options_.root).is_synthetic);
    EXPECT_EQ(read_text(target() / "fine_label_names.txt"), "apple\n");
    EXPECT_FALSE(fs::exists(part()));
    EXPECT_EQ(entries(), std::vector<std::string>{kFolderName});  // nothing is left over
  }
  std::vector<std::string> entries() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(options_.root)) {
      names.push_back(entry.path().filename());
    }
    return names;
  }
  std::string fetch() {
    std::ostringstream out;
    EXPECT_EQ(fetch_data(options_, out), 0);
    return out.str();
  }
  Error fetch_error() {
    std::ostringstream out;
    try {
      fetch_data(options_, out);
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "no error, but: " << out.str();
    return {ExitCode::kSuccess, ""};
  }

  inline static TemporaryFolder* served_ = nullptr;
  inline static std::string md5_;
  TemporaryFolder folder_;
  FileServer server_{served_->path()};
  DataOptions options_;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(FetchData, DownloadsChecksAndUnpacks) {
  serve("set.tar.gz");
  fetch();
  expect_real_set();
}

TEST_F(FetchData, DoesNothingTheSecondTime) {
  serve("set.tar.gz");
  fetch();
  EXPECT_TRUE(contains(fetch(), "nothing to do"));
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(FetchData, GoesOnFromThePartOfAnEarlierTry) {
  const std::string whole = read_text(archive());
  start_with_part(whole.substr(0, 100));
  serve("set.tar.gz");
  fetch();
  expect_real_set();
  EXPECT_EQ(server_.requests(), std::vector<std::string>{"/set.tar.gz bytes=100-"});
}

TEST_F(FetchData, TakesAWholePartWithoutAskingTheServer) {
  start_with_part(read_text(archive()));
  serve("set.tar.gz");
  fetch();
  expect_real_set();
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(FetchData, ResumesACutTransferAsLongAsItGetsFurther) {
  serve("cut/200/set.tar.gz");
  fetch();
  expect_real_set();
  EXPECT_EQ(server_.requests().at(1), "/cut/200/set.tar.gz bytes=200-");
}

TEST_F(FetchData, KeepsThePartOfATransferThatStaysCut) {
  start_with_part(read_text(archive()).substr(0, 100));
  serve("cut/0/set.tar.gz");
  const Error error = fetch_error();
  EXPECT_EQ(error.code(), ExitCode::kData);
  EXPECT_TRUE(contains(error.what(), "was cut")) << error.what();
  EXPECT_TRUE(contains(error.what(), "with 100 bytes")) << error.what();
  EXPECT_EQ(fs::file_size(part()), 100U);
}

TEST_F(FetchData, GivesUpOnAServerThatCutsAndCannotResume) {
  serve("no-ranges/cut/200/set.tar.gz");
  EXPECT_EQ(fetch_error().code(), ExitCode::kData);
  EXPECT_EQ(server_.requests().size(), 4U);  // received, not resumed, received anew, not resumed
}

TEST_F(FetchData, StartsAnewWhenTheServerCannotResume) {
  start_with_part(read_text(archive()).substr(0, 100));
  serve("no-ranges/set.tar.gz");
  fetch();
  expect_real_set();
}

TEST_F(FetchData, StartsAnewWhenThePartIsLongerThanTheArchive) {
  start_with_part(read_text(archive()) + "more");
  serve("set.tar.gz");
  fetch();
  expect_real_set();
}

TEST_F(FetchData, StartsAnewWhenThePartIsOfSomethingElse) {
  start_with_part("<html>Log in to this network first</html>");
  serve("set.tar.gz");
  fetch();
  expect_real_set();
  EXPECT_EQ(server_.requests().back(), "/set.tar.gz -");
}

TEST_F(FetchData, RejectsAWrongChecksumAndStartsAnewNextTime) {
  serve("set.tar.gz");
  options_.md5 = "00000000000000000000000000000000";
  const Error error = fetch_error();
  EXPECT_EQ(error.code(), ExitCode::kData);
  EXPECT_TRUE(contains(error.what(), "expected " + options_.md5)) << error.what();
  EXPECT_TRUE(contains(error.what(), "found " + md5_)) << error.what();
  EXPECT_TRUE(entries().empty());
  options_.md5 = md5_;
  fetch();
  expect_real_set();
}

TEST_F(FetchData, NamesAnHttpErrorAndMakesNoSyntheticSetForIt) {
  serve("missing.tar.gz");
  const Error error = fetch_error();
  EXPECT_EQ(error.code(), ExitCode::kData);
  EXPECT_TRUE(contains(error.what(), "answered 404")) << error.what();
  EXPECT_TRUE(contains(error.what(), options_.url)) << error.what();
  EXPECT_FALSE(fs::exists(target()));
}

// Who gives --md5 need not be who made the archive; root would unpack all of this as it is.
TEST_F(FetchData, UnpacksTheFilesOfASetAndNothingElse) {
  const fs::path made = served_->path() / "odd" / kFolderName;
  make_real_looking_set(made);
  fs::permissions(made / kTrainFile, fs::perms(06755));
  fs::remove(made / kFineNamesFile);
  fs::create_symlink("/etc/passwd", made / kFineNamesFile);
  fs::create_hard_link(made / kTestFile, made / "another");
  write_text(made / "tool", "");
  fs::permissions(made / "tool", fs::perms(06755));
  ASSERT_EQ(::mkfifo((made / kSyntheticMarker).c_str(), 0666), 0);
  const fs::path odd = served_->path() / "odd.tar.gz";
  run_tool({"tar", "-C", made.parent_path(), "--sparse", "-czf", odd, kFolderName});
  fs::remove_all(made.parent_path());
  options_.md5 = run_tool({"md5sum", odd}).output.substr(0, 32);
  serve("odd.tar.gz");
  fetch();
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(target())) names.insert(entry.path().filename());
  EXPECT_EQ(names, (std::set<std::string>{kTestFile, kTrainFile}));
  EXPECT_EQ(fs::status(target() / kTrainFile).permissions() & fs::perms(07000), fs::perms::none);
  EXPECT_EQ(entries(), std::vector<std::string>{kFolderName});
}

TEST_F(FetchData, RefusesAFileThatIsLargerThanAnyOfASet) {
  fs::create_directories(served_->path() / "large");
  write_text(served_->path() / "large" / kTrainFile, std::string(2'000'000, 'x'));
  const fs::path large = served_->path() / "large.tar.gz";
  run_tool({"tar", "-C", served_->path() / "large", "-czf", large, kTrainFile});
  const TemporaryFolder folder;
  EXPECT_THROW(unpack_set(large, folder.path(), 1'000'000), Error);
}

TEST_F(FetchData, RefusesADownloadWithoutEnd) {
  fs::create_directories(options_.root);
  for (const std::string path : {"endless/x", "set.tar.gz"}) {  // without a length, and with one
    std::ostringstream out;
    constexpr std::int64_t kMaxBytes = 100;
    try {
      download({server_.url(path), md5_, kMaxBytes}, part(), out);
      ADD_FAILURE() << "no error: " << path;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kData);
      EXPECT_TRUE(contains(error.what(), "sends more than 100 bytes")) << error.what();
    }
    EXPECT_TRUE(entries().empty());
  }
}

TEST_F(FetchData, RefusesSomethingElseInThePlaceOfThePart) {
  fs::create_directories(options_.root);
  ASSERT_EQ(::mkfifo(part().c_str(), 0600), 0);
  serve("set.tar.gz");
  const Error error = fetch_error();
  EXPECT_EQ(error.code(), ExitCode::kStorage);
  EXPECT_TRUE(contains(error.what(), "it is a FIFO, not a file")) << error.what();
}

TEST_F(FetchData, RejectsAnArchiveWithFilesOfTheWrongLength) {
  fs::create_directories(served_->path() / "short");
  write_text(served_->path() / "short" / kTrainFile, "abc");
  run_tool({"tar", "-C", served_->path() / "short", "-czf", served_->path() / "short.tar.gz", "."});
  options_.md5 = run_tool({"md5sum", served_->path() / "short.tar.gz"}).output.substr(0, 32);
  serve("short.tar.gz");
  const Error error = fetch_error();
  EXPECT_EQ(error.code(), ExitCode::kData);
  EXPECT_TRUE(contains(error.what(), "found 3")) << error.what();
  EXPECT_FALSE(fs::exists(target()));
}

TEST_F(FetchData, MakesASyntheticSetWithoutANetworkAndSaysSoLoudly) {
  options_.url = "http://no-such-host.invalid/set.tar.gz";
  const std::string said = fetch();
  EXPECT_TRUE(contains(said, "no network")) << said;
  EXPECT_TRUE(contains(said, "It is NOT CIFAR-100")) << said;
  EXPECT_TRUE(find_data_set(options_.root).is_synthetic);
  EXPECT_EQ(find_data_set(options_.root).train_records, 200);
}

TEST_F(FetchData, TakesARefusedConnectionForNoNetwork) {
  options_.url = "http://127.0.0.1:1/set.tar.gz";
  EXPECT_TRUE(contains(fetch(), "no network"));
  EXPECT_TRUE(find_data_set(options_.root).is_synthetic);
}

TEST_F(FetchData, MakesASyntheticSetOnRequestWithoutAskingTheServer) {
  serve("set.tar.gz");
  options_.synthetic = true;
  EXPECT_TRUE(contains(fetch(), "NOT CIFAR-100"));
  EXPECT_TRUE(contains(fetch(), "nothing to do: there is a SYNTHETIC set"));
  options_.train_records = 300;
  fetch();
  EXPECT_EQ(find_data_set(options_.root).train_records, 300);
  EXPECT_TRUE(server_.requests().empty());
  EXPECT_EQ(entries(), std::vector<std::string>{kFolderName});
}

TEST_F(FetchData, ReplacesASyntheticSetByTheRealOne) {
  options_.synthetic = true;
  fetch();
  options_.synthetic = false;
  serve("set.tar.gz");
  fetch();
  expect_real_set();
}

TEST_F(FetchData, KeepsASyntheticSetWhileThereIsNoNetworkAndWarnsAgain) {
  options_.synthetic = true;
  fetch();
  const auto made = fs::last_write_time(target() / kTrainFile);
  options_.synthetic = false;
  options_.url = "http://no-such-host.invalid/set.tar.gz";
  const std::string said = fetch();
  EXPECT_TRUE(contains(said, "keeping a SYNTHETIC set")) << said;
  EXPECT_TRUE(contains(said, "NOT CIFAR-100")) << said;
  EXPECT_EQ(fs::last_write_time(target() / kTrainFile), made);
}

TEST_F(FetchData, NeverPutsASyntheticSetInThePlaceOfTheRealOneUnasked) {
  make_real_looking_set(target());
  options_.synthetic = true;
  EXPECT_TRUE(contains(fetch_error().what(), "holds the real set"));
  expect_real_set();
  options_.force = true;
  fetch();
  EXPECT_TRUE(find_data_set(options_.root).is_synthetic);
}

TEST_F(FetchData, LeavesDamagedFilesOfTheUserAloneWithoutForce) {
  make_real_looking_set(target());
  fs::resize_file(target() / kTrainFile, 1000);
  serve("set.tar.gz");
  const Error error = fetch_error();
  EXPECT_EQ(error.code(), ExitCode::kData);
  EXPECT_TRUE(contains(error.what(), "found 1000")) << error.what();
  EXPECT_TRUE(contains(error.hint(), "--force")) << error.hint();
  EXPECT_EQ(fs::file_size(target() / kTrainFile), 1000U);
  options_.force = true;
  fetch();
  expect_real_set();
}

TEST_F(FetchData, KeepsTheRealSetWhenForceFindsNoNetwork) {
  make_real_looking_set(target());
  options_.force = true;
  options_.url = "http://no-such-host.invalid/set.tar.gz";
  EXPECT_EQ(fetch_error().code(), ExitCode::kData);
  expect_real_set();
}

TEST_F(FetchData, RejectsWhatIsNoChecksumOrCount) {
  options_.md5 = "03b5dce0";
  EXPECT_EQ(fetch_error().code(), ExitCode::kUsage);
  options_.synthetic = true;
  options_.train_records = 0;
  const Error error = fetch_error();
  EXPECT_EQ(error.code(), ExitCode::kUsage);
  EXPECT_TRUE(contains(error.what(), "--train-records 0")) << error.what();
}

TEST_F(FetchData, RefusesToWorkBesideAnotherOneInTheSameFolder) {
  const UniqueFd other = lock_data_root(options_.root);
  options_.synthetic = true;
  EXPECT_TRUE(contains(fetch_error().what(), "another dplaunch data"));
}

}  // namespace
}  // namespace dplaunch
