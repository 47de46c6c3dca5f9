#include "launcher/commands/doctor/check_storage.h"

#include <cstdint>

#include "tests/launcher/commands/doctor/judge.h"

namespace dplaunch::doctor {
namespace {

using testing::expect_rows;

constexpr std::int64_t kMibOfDisk = std::int64_t{1} << 20;
constexpr std::int64_t kGibOfDisk = std::int64_t{1} << 30;

TEST(Doctor, JudgesSharedMemory) {
  using Facts = SharedMemoryFacts;
  expect_rows<Facts>({FileSystemSpace{8 * kGibOfDisk, 8 * kGibOfDisk}, true}, check_shared_memory,
                     {{"docker's default",
                       [](Facts& f) {
                         f.space = {64 * kMibOfDisk, 64 * kMibOfDisk};
                       },
                       Severity::kWarn, "0.1 of 0.1 GiB free", "docker run --shm-size=8g"},
                      {"small, no container",
                       [](Facts& f) {
                         f = {FileSystemSpace{kGibOfDisk - 1, kGibOfDisk - 1}, false};
                       },
                       Severity::kWarn, "NCCL", "mount -o remount,size=8G /dev/shm"},
                      {"full",
                       [](Facts& f) {
                         f.space = {8 * kGibOfDisk, 0};
                       },
                       Severity::kWarn, "0.0 of 8.0 GiB free", "ls -l /dev/shm"},
                      {"none",
                       [](Facts& f) {
                         f = {std::nullopt, false};
                       },
                       Severity::kFail, "there is none", "mount -t tmpfs"}});
}

FolderFacts healthy_folder(const char* path) {
  return {path, "/home/ada", "", FileSystemSpace{100 * kGibOfDisk, 50 * kGibOfDisk}};
}

TEST(Doctor, JudgesTheRunsFolder) {
  using Facts = FolderFacts;
  expect_rows<Facts>(
      healthy_folder("./runs"), check_runs_folder,
      {{"read-only", [](Facts& f) { f.write_problem = "Read-only file system"; }, Severity::kFail,
        "./runs: cannot write into /home/ada: Read-only file system", "--log-dir DIR"},
       {"little room", [](Facts& f) { f.space->free_bytes = 900 * kMibOfDisk; }, Severity::kWarn,
        "0.9 GiB free", "keep_checkpoints=1"},
       {"no room", [](Facts& f) { f.space->free_bytes = 0; }, Severity::kFail, "0.0 GiB free",
        "make room"}});
  FolderFacts unknown = healthy_folder("./runs");
  unknown.space.reset();
  EXPECT_EQ(worst(check_runs_folder(unknown)), Severity::kOk);
}

DataFacts healthy_data() {
  DataFacts facts;
  facts.folder = healthy_folder("./data");
  facts.has_files = true;
  facts.set = DataSet{"train.bin", "test.bin", 50000, 10000, false};
  return facts;
}

void take_the_set(DataFacts& facts, bool has_files) {
  facts.set.reset();
  facts.has_files = has_files;
  facts.problem = "./data: no such data folder";
  facts.hint = "dplaunch data gets it";
}

TEST(Doctor, JudgesTheData) {
  using Facts = DataFacts;
  expect_rows<Facts>(healthy_data(), check_data,
                     {{"synthetic", [](Facts& f) { f.set->is_synthetic = true; }, Severity::kNote,
                       "SYNTHETIC", "dplaunch data --force --root ./data"},
                      {"damaged", [](Facts& f) { take_the_set(f, true); }, Severity::kFail,
                       "no such", "dplaunch data gets it"},
                      {"missing", [](Facts& f) { take_the_set(f, false); }, Severity::kWarn,
                       "commands of your own may need none", "dplaunch data gets it"}});
}

TEST(Doctor, SaysThatTheDataHasNoPlaceToGo) {
  DataFacts facts = healthy_data();
  take_the_set(facts, false);
  facts.folder.space->free_bytes = 399 * kMibOfDisk;
  EXPECT_THAT(check_data(facts).at(1).finding, ::testing::HasSubstr("0.4 GiB free"));
  facts.folder.write_problem = "Permission denied";
  EXPECT_THAT(check_data(facts).at(1).finding,
              ::testing::HasSubstr("cannot write into /home/ada: Permission denied"));
  EXPECT_THAT(check_data(facts).at(1).remedy, ::testing::HasSubstr("dplaunch data --root DIR"));
}

}  // namespace
}  // namespace dplaunch::doctor
