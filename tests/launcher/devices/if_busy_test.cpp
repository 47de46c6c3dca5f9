#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <functional>
#include <sstream>
#include <utility>

#include "base/error.h"
#include "base/files/unique_fd.h"
#include "launcher/devices/choose_devices.h"
#include "tests/launcher/devices/fake_machine.h"
#include "tests/support/sleeping_process.h"

namespace dplaunch {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kIdle3090;
using testing::kIdleAndBusy;
using testing::machine;

constexpr std::chrono::milliseconds kPeriod{1};

/// The seed's machine, with a real process on the busy GPU.
std::string busy_with(pid_t pid) {
  return std::string(kIdle3090) + "gpu GPU-bbbb 24576 8192 99 NVIDIA GeForce RTX 3090\nprocess " +
         std::to_string(pid) + " 7800\n";
}

/// A stream that does something each time it is flushed: what happens while a user reads it.
class Reader : public std::stringbuf {
 public:
  explicit Reader(std::function<void()> on_flush) : on_flush_(std::move(on_flush)) {}
  int sync() override {
    on_flush_();
    return 0;
  }

 private:
  std::function<void()> on_flush_;
};

TEST(IfBusy, WarnNamesTheProcessWithItsUserAndCommand) {
  const testing::SleepingProcess process("sleep");
  const DeviceSelection selection =
      select_devices(parse_device_string("all"), machine(busy_with(process.pid())));
  EXPECT_EQ(selection.processes(), 2);
  EXPECT_THAT(selection.waits_for, IsEmpty());
  EXPECT_THAT(selection.warnings,
              ElementsAre(AllOf(HasSubstr(
                  "warning: GPU 1 (NVIDIA GeForce RTX 3090) is busy: 99% utilised, 8.0 "
                  "of 24.0 GiB used by process " +
                  std::to_string(process.pid()) + " (" + testing::own_user() + ": sleep 600)"))));
}

TEST(IfBusy, SkipSaysWhatItLeavesOut) {
  const testing::SleepingProcess process("sleep");
  const DeviceSelection selection =
      select_devices(parse_device_string("all"), machine(busy_with(process.pid())), IfBusy::kSkip);
  EXPECT_EQ(selection.processes(), 1);
  EXPECT_THAT(selection.warnings,
              ElementsAre(AllOf(HasSubstr("left out: GPU 1 "), HasSubstr(": sleep 600)"))));
}

TEST(IfBusy, FailAndSkipNameWhoIsOnTheGpu) {
  const testing::SleepingProcess process("sleep");
  const MachineDevices devices = machine(busy_with(process.pid()));
  for (const IfBusy if_busy : {IfBusy::kFail, IfBusy::kSkip}) {
    try {
      select_devices(parse_device_string("1"), devices, if_busy);
      ADD_FAILURE() << "was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kDevice);
      EXPECT_THAT(error.what(), HasSubstr(testing::own_user() + ": sleep 600)"));
      EXPECT_THAT(error.hint(), HasSubstr("--if-busy wait"));
    }
  }
}

TEST(IfBusy, WaitSaysWhatItWaitsForWithoutWaiting) {
  for (const char* device : {"all", "1", "auto:2"}) {
    const DeviceSelection selection =
        select_devices(parse_device_string(device), machine(kIdleAndBusy), IfBusy::kWait);
    EXPECT_THAT(selection.waits_for, HasSubstr("GPU 1 (NVIDIA GeForce RTX 3090) is busy"));
    EXPECT_THAT(selection.warnings, ElementsAre(HasSubstr("waits until idle: GPU 1 ")));
  }
}

TEST(IfBusy, ManyProcessesAreCounted) {
  std::string description = "gpu GPU-a 24576 8192 99 A\n";
  for (int pid = 1; pid <= 9; ++pid) {
    description += "process " + std::to_string(4194300 + pid) + " 1\n";
  }
  const auto selection = select_devices(parse_device_string("0"), machine(description));
  EXPECT_THAT(selection.warnings,
              ElementsAre(HasSubstr("process 4194301 (not visible here), 4194302 (not visible "
                                    "here), 4194303 (not visible here), 4194304 (not visible "
                                    "here) and 5 more")));
}

TEST(IfBusy, OnlyTheFourWordsAreKnown) {
  EXPECT_EQ(parse_if_busy("warn"), IfBusy::kWarn);
  EXPECT_EQ(parse_if_busy("skip"), IfBusy::kSkip);
  EXPECT_EQ(parse_if_busy("fail"), IfBusy::kFail);
  EXPECT_EQ(parse_if_busy("wait"), IfBusy::kWait);
  for (const char* text : {"", "Warn", "ignore", "wait "}) {
    try {
      parse_if_busy(text);
      ADD_FAILURE() << text << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kUsage);
      EXPECT_THAT(error.what(), HasSubstr("--if-busy \"" + std::string(text) + "\""));
      EXPECT_THAT(error.hint(), AllOf(HasSubstr("warn"), HasSubstr("skip"), HasSubstr("wait")));
    }
  }
}

TEST(WaitForDevices, StartsAtOnceWhereNothingIsBusy) {
  MachineDevices devices = machine(kIdleAndBusy);
  std::ostringstream out;
  for (const char* device : {"0", "auto", "auto:1", "cpu:2"}) {
    const auto request = parse_device_string(device);
    EXPECT_GE(wait_for_devices(request, devices, IfBusy::kWait, out, kPeriod).processes(), 1);
  }
  const auto all = parse_device_string("all");
  EXPECT_EQ(wait_for_devices(all, devices, IfBusy::kWarn, out, kPeriod).processes(), 2);
  EXPECT_THAT(out.str(), IsEmpty());
}

TEST(WaitForDevices, WaitsUntilEachWantedGpuIsIdle) {
  for (const char* device : {"all", "1", "auto:2"}) {
    SCOPED_TRACE(device);
    MachineDevices devices = machine(kIdleAndBusy);
    Reader reader([] { testing::install_machine(testing::idle_gpus(2)); });
    std::ostream out(&reader);
    const auto selection =
        wait_for_devices(parse_device_string(device), devices, IfBusy::kWait, out, kPeriod);
    EXPECT_THAT(selection.gpus.back().uuid, HasSubstr("GPU-a1000001")) << "probed anew";
    EXPECT_EQ(devices.probe.gpus.front().uuid, "GPU-a1000000-0000");
    EXPECT_THAT(selection.waits_for, IsEmpty());
    EXPECT_THAT(selection.warnings, IsEmpty());
    EXPECT_THAT(reader.str(), AllOf(HasSubstr("waiting (Ctrl-C ends it) until idle: GPU 1 "),
                                    HasSubstr("99% utilised"), HasSubstr("process 4711 ("),
                                    HasSubstr("idle now, after 0 s\n")));
  }
}

TEST(WaitForDevices, EndsWhenTheGpuIsLostMeanwhile) {
  MachineDevices devices = machine(kIdleAndBusy);
  Reader reader([] { testing::install_machine(kIdle3090 + std::string(testing::kLostGpu)); });
  std::ostream out(&reader);
  EXPECT_THROW(wait_for_devices(parse_device_string("1"), devices, IfBusy::kWait, out, kPeriod),
               Error);
}

TEST(WaitForDevices, IsEndedBySignals) {
  for (const int signal : {SIGINT, SIGTERM}) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    UniqueFd reading(ends[0]);
    UniqueFd writing(ends[1]);
    MachineDevices devices = machine(kIdleAndBusy);
    const pid_t child = ::fork();
    if (child == 0) {
      std::ofstream out("/dev/fd/" + std::to_string(writing.get()));
      wait_for_devices(parse_device_string("all"), devices, IfBusy::kWait, out);
      ::_exit(0);
    }
    ASSERT_GT(child, 0);
    char first = 0;
    ASSERT_EQ(::read(reading.get(), &first, 1), 1) << "it says that it waits";
    ::kill(child, signal);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(WTERMSIG(status), signal);
  }
}

}  // namespace
}  // namespace dplaunch
