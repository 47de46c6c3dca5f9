// What goes on beside a measured run, from folders as the kernel's and from the stand-in driver.
#include "launcher/scale/machine_watch.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <stdlib.h>

#include "launcher/scale/run_record.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class MachineWatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("DPLAUNCH_NVML_LIBRARY", FAKE_NVML_LIBRARY, 1);
    ::setenv("DPLAUNCH_FAKE_NVML", (folder_ / "machine").c_str(), 1);
  }
  void TearDown() override {
    ::unsetenv("DPLAUNCH_NVML_LIBRARY");
    ::unsetenv("DPLAUNCH_FAKE_NVML");
  }

  void set_clock(int cpu, const std::string& khz) {
    write(cpu, "cpufreq", "scaling_cur_freq", khz);
  }
  void write(int cpu, const std::string& part, const std::string& name, const std::string& text) {
    folder_.write(fmt::format("cpu{}/{}/{}", cpu, part, name), text + "\n");
  }

  dplaunch::testing::TemporaryFolder folder_;
};

TEST_F(MachineWatchTest, TakesTheFastestCpusClock) {
  MachineWatch watch({}, folder_.path());
  for (const char* khz : {"2900000", "1500000", "2700000"}) {
    set_clock(0, "800000");
    set_clock(1, khz);
    watch.look(0);
  }
  Interference found;
  watch.tell(found);
  EXPECT_DOUBLE_EQ(found.clock_mhz, 2700);
}

TEST_F(MachineWatchTest, SaysNothingOfWhatIsNotThere) {
  MachineWatch watch({}, folder_.path());
  watch.look(0);
  Interference found;
  watch.tell(found);
  EXPECT_EQ(found.clock_mhz, 0);
  EXPECT_EQ(machine_use(folder_.path()).heat_throttles, 0);
  EXPECT_TRUE(to_json(RunRecord{})["clock_mhz"].is_null());
}

TEST_F(MachineWatchTest, CountsHowOftenCpusWereTooHot) {
  write(0, "thermal_throttle", "core_throttle_count", "3");
  write(1, "thermal_throttle", "package_throttle_count", "4");
  const MachineUse before = machine_use(folder_.path());
  EXPECT_EQ(before.heat_throttles, 7);
  write(1, "thermal_throttle", "core_throttle_count", "5");
  const MachineUse after = machine_use(folder_.path());
  // The rest is this machine's, and may be anything.
  Interference found;
  found.heat_throttles = interference_between(before, after, 0).heat_throttles;
  EXPECT_THAT(found.flags(), ElementsAre("CPUs too hot, 5x"));
}

// nvml.h: 0x4 is the software's power cap, 0x20 its thermal slow-down, 0x1 an idle GPU.
TEST_F(MachineWatchTest, SaysWhatHoldsTheUsedGpusClocksDown) {
  const auto describe = [&](const std::string& first, const std::string& second) {
    folder_.write("machine", "gpu GPU-a 1000 1 9 A\n" + first + "gpu GPU-b 1000 1 9 B\n" + second);
  };
  MachineWatch watch({"GPU-b"}, folder_.path());
  describe("clocks 20\n", "clocks 1\ntemperature 60\n");
  watch.look(0);
  describe("", "clocks 24\ntemperature 87\n");
  watch.look(MachineWatch::kGpuIntervalNs - 1);
  Interference early;
  watch.tell(early);
  EXPECT_THAT(early.flags(), IsEmpty()) << "the driver is asked every five seconds";
  watch.look(MachineWatch::kGpuIntervalNs);
  describe("", "clocks 0\ntemperature 70\n");
  watch.look(2 * MachineWatch::kGpuIntervalNs);
  RunRecord record;
  record.block = 1;
  record.point = "1";
  watch.tell(record.interference);
  EXPECT_THAT(
      record.interference.flags(),
      ElementsAre("GPU 1's clocks were held down by its power limit and heat (87 C at most)"));
  const RunRecord read = record_from(to_json(record), "here");
  EXPECT_EQ(read.interference.flags(), record.interference.flags());
}

TEST_F(MachineWatchTest, NeverAsksADriverOfAnOldKindForMore) {
  ::setenv("DPLAUNCH_NVML_LIBRARY", FAKE_OLD_NVML_LIBRARY, 1);
  folder_.write("machine", "gpu GPU-a 1000 1 9 A\nclocks 20\n");
  MachineWatch watch({"GPU-a"}, folder_.path());
  watch.look(0);
  Interference found;
  watch.tell(found);
  EXPECT_THAT(found.flags(), IsEmpty());
}

}  // namespace
}  // namespace dplaunch
