#include "base/process/control_group.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMiB = 1 << 20;

/// Files as a kernel shows them.
class ControlGroup : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& content) const {
    const fs::path path = folder_.path() / name;
    fs::create_directories(path.parent_path());
    testing::write_text(path, content + "\n");
  }

  /// A line of /proc/self/mountinfo; `point` is below fs/.
  std::string mount(const std::string& root, const std::string& point, const std::string& type,
                    const std::string& controllers = "") const {
    return "31 23 0:28 " + root + " " + (folder_ / ("fs/" + point)).string() +
           " rw,relatime shared:9 - " + type + " " + type + " rw" + controllers + "\n";
  }

  struct Limits {
    ControlGroupMemory memory;
    std::optional<int> cores;
  };

  /// `lines` of /proc/self/cgroup.
  Limits limits(const std::string& lines, const std::string& mounts = "") const {
    write("membership", lines);
    write("mounts", mounts.empty() ? usual_mounts() : mounts);
    const ControlGroupFiles files{folder_ / "membership", folder_ / "mounts"};
    return {control_group_memory(files), control_group_cores(files)};
  }

  std::string usual_mounts() const {
    return "22 1 0:21 / / rw - ext4 /dev/vda rw\n" + mount("/", "", "cgroup2") +
           mount("/", "memory", "cgroup", ",memory") + mount("/", "cpu", "cgroup", ",cpu");
  }

  testing::TemporaryFolder folder_;
};

TEST(ParseCpuMax, ReadsTheQuotaOfAControlGroup) {
  EXPECT_EQ(parse_cpu_max("200000 100000"), 2);
  EXPECT_EQ(parse_cpu_max("150000 100000"), 2) << "rounded up";
  EXPECT_EQ(parse_cpu_max("10000 100000"), 1);
  EXPECT_EQ(parse_cpu_max("max 100000"), std::nullopt);
  EXPECT_EQ(parse_cpu_max(""), std::nullopt);
  EXPECT_EQ(parse_cpu_max("200000"), std::nullopt);
}

TEST_F(ControlGroup, OfVersion2IsTheLeastOnTheWayToTheRoot) {
  // As a batch system makes it: the limit is on the job's group, the step below it has none.
  write("fs/system.slice/slurm/job_7/step_0/memory.max", "max");
  write("fs/system.slice/slurm/job_7/step_0/memory.current", "1048576");
  write("fs/system.slice/slurm/job_7/memory.max", std::to_string(512 * kMiB));
  write("fs/system.slice/slurm/job_7/memory.current", std::to_string(200 * kMiB));
  write("fs/system.slice/slurm/job_7/memory.stat",
        "anon 1\nfile 2\ninactive_file " + std::to_string(50 * kMiB) + "\nactive_file 3");
  write("fs/system.slice/slurm/memory.max", std::to_string(4096 * kMiB));
  write("fs/system.slice/slurm/memory.current", std::to_string(4000 * kMiB));
  write("fs/system.slice/slurm/job_7/cpu.max", "300000 100000");
  const Limits found = limits("0::/system.slice/slurm/job_7/step_0");
  EXPECT_EQ(found.memory.limit_bytes, 512 * kMiB);
  EXPECT_EQ(found.memory.left_bytes, 96 * kMiB) << "of the group above, which is nearly full";
  EXPECT_EQ(found.cores, 3);
}

TEST_F(ControlGroup, CountsFilePagesThatCanGoAsLeft) {
  write("fs/job/memory.max", std::to_string(512 * kMiB));
  write("fs/job/memory.current", std::to_string(500 * kMiB));
  write("fs/job/memory.stat", "inactive_file " + std::to_string(100 * kMiB));
  EXPECT_EQ(limits("0::/job").memory.left_bytes, 112 * kMiB);
}

TEST_F(ControlGroup, OfAContainerIsTheRootThatIsMounted) {
  write("fs/memory.max", std::to_string(64 * kMiB));
  write("fs/memory.current", std::to_string(16 * kMiB));
  write("fs/cpu.max", "50000 100000");
  for (const char* membership : {"0::/", "0::/docker/4711", "0::/../../other"}) {
    const Limits found = limits(membership);
    EXPECT_EQ(found.memory.limit_bytes, 64 * kMiB) << membership;
    EXPECT_EQ(found.memory.left_bytes, 48 * kMiB) << membership;
    EXPECT_EQ(found.cores, 1) << membership;
  }
}

TEST_F(ControlGroup, OfVersion1HasItsOwnHierarchies) {
  write("fs/memory/slurm/uid_0/job_7/memory.limit_in_bytes", std::to_string(256 * kMiB));
  write("fs/memory/slurm/uid_0/job_7/memory.usage_in_bytes", std::to_string(56 * kMiB));
  write("fs/memory/slurm/uid_0/job_7/memory.stat",
        "cache 1\ntotal_inactive_file " + std::to_string(10 * kMiB));
  write("fs/memory/memory.limit_in_bytes", "9223372036854771712");
  write("fs/memory/memory.usage_in_bytes", "1");
  write("fs/cpu/slurm/cpu.cfs_quota_us", "250000");
  write("fs/cpu/slurm/cpu.cfs_period_us", "100000");
  write("fs/cpu/cpu.cfs_quota_us", "-1");
  write("fs/cpu/cpu.cfs_period_us", "100000");
  const Limits found =
      limits("9:name=systemd:/\n5:memory:/slurm/uid_0/job_7\n2:cpu,cpuacct:/slurm\n");
  EXPECT_EQ(found.memory.limit_bytes, 256 * kMiB);
  EXPECT_EQ(found.memory.left_bytes, 210 * kMiB);
  EXPECT_EQ(found.cores, 3) << "2.5, rounded up";
}

TEST_F(ControlGroup, OfVersion1IsFoundWhereverItIsMounted) {
  struct Case {
    const char* folder;
    const char* controllers;
  };
  // Without the usual link "cpu"; in another order; somewhere else; with a space.
  for (const Case& c : {Case{"cpu,cpuacct", ",cpu,cpuacct"}, Case{"cpuacct,cpu", ",cpuacct,cpu"},
                        Case{"elsewhere", ",cpuacct,cpu"}, Case{"my groups", ",cpu"}}) {
    const std::string folder = "fs/" + std::string(c.folder);
    write(folder + "/slurm/job/step/cpu.cfs_quota_us", "-1");
    write(folder + "/slurm/job/step/cpu.cfs_period_us", "100000");
    write(folder + "/slurm/job/cpu.cfs_quota_us", "150000");
    write(folder + "/slurm/job/cpu.cfs_period_us", "50000");
    std::string point = c.folder;
    if (const auto space = point.find(' '); space != std::string::npos) {
      point.replace(space, 1, "\\040");
    }
    const Limits found = limits("2:" + std::string(c.controllers).substr(1) + ":/slurm/job/step\n",
                                mount("/", point, "cgroup", c.controllers));
    EXPECT_EQ(found.cores, 3) << c.folder;
  }
}

TEST_F(ControlGroup, BelowAContainersOwnIsFound) {
  // cgroup v1 without a namespace: membership is as the host sees it, the mount is a part of that.
  write("fs/cpu/job/cpu.cfs_quota_us", "200000");
  write("fs/cpu/job/cpu.cfs_period_us", "100000");
  write("fs/cpu/cpu.cfs_quota_us", "400000");
  write("fs/cpu/cpu.cfs_period_us", "100000");
  const std::string mounts = mount("/docker/other", "other", "cgroup", ",cpu") +
                             mount("/docker/4711", "cpu", "cgroup", ",cpu");
  write("fs/other/cpu.cfs_quota_us", "100000");
  write("fs/other/cpu.cfs_period_us", "100000");
  EXPECT_EQ(limits("1:cpu:/docker/4711/job\n", mounts).cores, 2);
  EXPECT_EQ(limits("1:cpu:/docker/4711\n", mounts).cores, 4);
}

TEST_F(ControlGroup, OfBothVersionsTheLeastCounts) {
  // "Hybrid": version 2 has a folder of its own.
  write("fs/unified/job/memory.max", std::to_string(64 * kMiB));
  write("fs/cpu/job/cpu.cfs_quota_us", "100000");
  write("fs/cpu/job/cpu.cfs_period_us", "100000");
  write("fs/unified/job/cpu.max", "300000 100000");
  const Limits found = limits("1:cpu:/job\n0::/job\n", mount("/", "cpu", "cgroup", ",cpu") +
                                                           mount("/", "unified", "cgroup2"));
  EXPECT_EQ(found.memory.limit_bytes, 64 * kMiB);
  EXPECT_EQ(found.cores, 1);
}

TEST_F(ControlGroup, WithoutLimitsOrFilesLimitsNothing) {
  write("fs/job/memory.max", "max");
  write("fs/memory/memory.limit_in_bytes", "9223372036854771712");
  for (const char* membership : {"0::/job", "", "nonsense", "0:", "1:memory"}) {
    const Limits found = limits(membership);
    EXPECT_EQ(found.memory.limit_bytes, std::nullopt) << membership;
    EXPECT_EQ(found.memory.left_bytes, std::nullopt) << membership;
    EXPECT_EQ(found.cores, std::nullopt) << membership;
  }
  EXPECT_EQ(control_group_memory({"/nowhere", "/nowhere"}).limit_bytes, std::nullopt);
}

TEST_F(ControlGroup, ThatIsFullHasNothingLeft) {
  write("fs/job/memory.max", std::to_string(10 * kMiB));
  write("fs/job/memory.current", std::to_string(11 * kMiB));
  EXPECT_EQ(limits("0::/job").memory.left_bytes, 0);
}

/// A group of the kernel's own with a limit of memory, of cgroup v1 or v2, below this process's
/// own.
class RealGroup {
 public:
  explicit RealGroup(std::int64_t limit_bytes) {
    for (const auto& [folder, limit] : {std::pair("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
                                        std::pair("/sys/fs/cgroup", "memory.max")}) {
      std::error_code error;
      const fs::path group = fs::path(folder) / ("dplaunch-test-" + std::to_string(::getpid()));
      if (!fs::create_directory(group, error)) continue;
      path_ = group;
      if (std::ofstream(group / limit) << limit_bytes << std::flush) return;
      fs::remove(group, error);
      path_.clear();
    }
  }
  RealGroup(const RealGroup&) = delete;
  RealGroup& operator=(const RealGroup&) = delete;
  ~RealGroup() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove(path_, ignored);
  }

  bool exists() const { return !path_.empty(); }
  bool join() const {
    return bool(std::ofstream(path_ / "cgroup.procs") << ::getpid() << std::flush);
  }

 private:
  fs::path path_;
};

TEST(RealControlGroup, LimitsTheProcessThatIsInIt) {
  const RealGroup group(300 * kMiB);
  if (!group.exists()) GTEST_SKIP() << "this user may make no control group on this machine";
  testing::ChildProcess inside([&] {
    if (!group.join()) return 2;
    const ControlGroupMemory found = control_group_memory();
    const bool is_right = found.limit_bytes == 300 * kMiB && found.left_bytes &&
                          *found.left_bytes > 0 && *found.left_bytes <= 300 * kMiB;
    return is_right ? 0 : 1;
  });
  EXPECT_EQ(inside.wait(), 0);
}

}  // namespace
}  // namespace dplaunch
