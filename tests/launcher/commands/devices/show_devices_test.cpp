#include "launcher/commands/devices/show_devices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/types.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "base/process/usable_cores.h"
#include "tests/launcher/devices/fake_machine.h"
#include "tests/support/sleeping_process.h"

namespace dplaunch {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// The seed's users' machine; the second GPU is busy with this process.
std::string two_3090(pid_t pid) {
  return "gpu GPU-3090aaaa-0000-0000-0000-000000000000 24576 300 0 NVIDIA GeForce RTX 3090\n"
         "power 21310 350000\ntemperature 34\n"
         "gpu GPU-3090bbbb-0000-0000-0000-000000000000 24576 8192 99 NVIDIA GeForce RTX 3090\n"
         "power 341220 350000\ntemperature 71\nprocess " +
         std::to_string(pid) + " 7800\ncommon_ancestor 0 1 30\n";
}

/// Eight GPUs with long figures everywhere; `rest` describes each further.
std::string full_machine(const std::string& rest) {
  std::string text;
  for (int i = 0; i < 8; ++i) {
    text += "gpu GPU-a100000" + std::to_string(i) +
            "-0000 143771 143000 100 NVIDIA RTX 6000 Ada Generation and then more\n"
            "power 698000 1000000\ntemperature 104\nnvswitch 18\n" +
            rest;
  }
  return text;
}

const std::string kOdd = std::string(testing::kLostGpu) + testing::kSplitH100 +
                         "gpu GPU-eeee 81920 0 -1 NVIDIA H100 80GB HBM3\nmig_mode\n"
                         "gpu GPU-ffff 0 0 -1 GB10\nno_processes\n";

class ShowDevices : public ::testing::Test {
 protected:
  void SetUp() override { ::unsetenv("CUDA_VISIBLE_DEVICES"); }
  void TearDown() override { ::unsetenv("CUDA_VISIBLE_DEVICES"); }

  static void mask(const std::string& value) { ::setenv("CUDA_VISIBLE_DEVICES", value.c_str(), 1); }

  static std::string shown(const std::string& description, const DevicesOptions& options = {}) {
    testing::install_machine(description);
    std::ostringstream out;
    EXPECT_EQ(show_devices(options, out), 0);
    return out.str();
  }

  static json shown_json(const std::string& description, const std::string& device = "") {
    return json::parse(shown(description, {true, device}));
  }
};

std::string cpu_line() {
  const int cores = usable_cores();
  return "\nCPU: " + std::to_string(cores) + (cores == 1 ? " usable core\n" : " usable cores\n");
}

TEST_F(ShowDevices, PrintsTheWholeMachine) {
  const std::string idle = testing::kIdle3090;
  EXPECT_EQ(shown("driver 550.54.14\n" + idle + "power 21310 350000\ntemperature 34\n" +
                  "gpu GPU-3090bbbb-1 24576 8192 99 NVIDIA GeForce RTX 3090\n"
                  "power 341820 350000\ntemperature 71\ncommon_ancestor 0 1 30\n"),
            "NVIDIA driver 550.54.14\n"
            "\n"
            "GPU  PHYS  NAME              UUID          UTIL   MEM GiB  POWER W  TEMP  STATE\n"
            "  0     0  GeForce RTX 3090  GPU-3090aaaa    0%  0.3/24.0   21/350   34C  idle\n"
            "  1     1  GeForce RTX 3090  GPU-3090bbbb   99%  8.0/24.0  342/350   71C  busy\n"
            "\n"
            "No processes are listed.\n"
            "Physical GPU 1: busy without a process; in another container, or just ended?\n"
            "\n"
            "PHYS    0    1\n"
            "   0    X  PHB\n"
            "   1  PHB    X\n"
            "NV4 means 4 NVLinks. Over PCIe: PIX one switch, PXB several, PHB the CPU's host\n"
            "bridge, NODE host bridges of one NUMA node, SYS from one NUMA node to another.\n" +
                cpu_line() + "--device auto takes GPU 0; 1 process\n");
}

TEST_F(ShowDevices, NamesARealProcessOnAGpu) {
  const testing::SleepingProcess process("sleep");
  const std::string pid = std::to_string(process.pid());
  EXPECT_THAT(shown(two_3090(process.pid())),
              HasSubstr("\n  1     1  " + pid + "  " + testing::own_user() +
                        std::string(std::max<std::size_t>(4, testing::own_user().size()) -
                                        testing::own_user().size(),
                                    ' ') +
                        "      7.6  sleep 600\n"));
  const json gpu = shown_json(two_3090(process.pid()))["gpus"][1];
  EXPECT_EQ(gpu["processes"], json::parse(R"([{"pid": )" + pid + R"(, "is_visible": true,
      "user": ")" + testing::own_user() + R"(", "command": "sleep 600",
      "memory_bytes": 8178892800, "kind": "compute"}])"));
}

TEST_F(ShowDevices, SaysThatAProcessIsNotVisibleHere) {
  EXPECT_THAT(shown(two_3090(4194304)),
              AllOf(HasSubstr("4194304  ?         7.6  (not visible here)\n"),
                    HasSubstr("hidden from this user, in another container, or ended by now")));
  const json process = shown_json(two_3090(4194304))["gpus"][1]["processes"][0];
  EXPECT_EQ(process["is_visible"], false);
  EXPECT_TRUE(process["user"].is_null());
  EXPECT_TRUE(process["command"].is_null());
}

TEST_F(ShowDevices, SaysThatADriverDoesNotListProcesses) {
  EXPECT_THAT(shown(testing::kIdle3090 + std::string("no_processes\n")),
              AllOf(HasSubstr("does not list the processes on physical GPU 0.\n"),
                    Not(HasSubstr("busy without"))));
  EXPECT_TRUE(shown_json(testing::kIdle3090 + std::string("no_processes\n"))["gpus"][0]["processes"]
                  .is_null());
}

TEST_F(ShowDevices, WritesExactFiguresWithTheirUnitsAsJson) {
  const json shown = shown_json("driver 550.54.14\n" + two_3090(4194304));
  EXPECT_EQ(shown["driver_version"], "550.54.14");
  EXPECT_EQ(shown["usable_cores"], usable_cores());
  const json& gpu = shown["gpus"][1];
  EXPECT_EQ(gpu["logical_index"], 1);
  EXPECT_EQ(gpu["physical_index"], 1);
  EXPECT_EQ(gpu["uuid"], "GPU-3090bbbb-0000-0000-0000-000000000000");
  EXPECT_EQ(gpu["name"], "NVIDIA GeForce RTX 3090");
  EXPECT_EQ(gpu["pci_bus_id"], "00000000:02:00.0");
  EXPECT_EQ(gpu["state"], "busy");
  EXPECT_EQ(gpu["utilization_percent"], 99);
  EXPECT_EQ(gpu["memory_used_bytes"], 8LL << 30);
  EXPECT_EQ(gpu["memory_total_bytes"], 24LL << 30);
  EXPECT_EQ(gpu["power_usage_mw"], 341220);
  EXPECT_EQ(gpu["power_limit_mw"], 350000);
  EXPECT_EQ(gpu["temperature_celsius"], 71);
  EXPECT_EQ(shown["links"], json::parse(R"([{"physical_indices": [0, 1], "name": "PHB",
                                             "nvlinks": 0, "pci_path": "PHB"}])"));
  EXPECT_EQ(shown["auto"]["gpus"], json::parse(R"([{"logical_index": 0, "physical_index": 0,
                             "uuid": "GPU-3090aaaa-0000-0000-0000-000000000000"}])"));
  EXPECT_TRUE(shown["asked"].is_null());
}

TEST_F(ShowDevices, TellsWhatIsUnknownFromWhatIsZero) {
  const json gpus = shown_json(kOdd)["gpus"];
  ASSERT_EQ(gpus.size(), 5U);
  EXPECT_EQ(gpus[0]["state"], "error");
  EXPECT_EQ(gpus[0]["error"], "GPU is lost");
  EXPECT_TRUE(gpus[0]["uuid"].is_null());
  EXPECT_EQ(gpus[1]["is_mig_instance"], true);
  EXPECT_TRUE(gpus[1]["utilization_percent"].is_null());
  EXPECT_EQ(gpus[1]["memory_used_bytes"], 0);
  EXPECT_TRUE(gpus[4]["memory_total_bytes"].is_null());
  EXPECT_TRUE(gpus[4]["power_usage_mw"].is_null());
  EXPECT_THAT(shown(kOdd), AllOf(HasSubstr("\nGPU 0 (physical) cannot be used: GPU is lost\n"),
                                 HasSubstr("cannot be used: MIG mode is on"),
                                 HasSubstr("MIG 2g.20gb"), HasSubstr("--device auto takes GPU ")));
}

TEST_F(ShowDevices, ExplainsAnInheritedMask) {
  mask("6,2,9,1");
  EXPECT_THAT(shown(testing::idle_gpus(8)),
              AllOf(HasSubstr("\nCUDA_VISIBLE_DEVICES=\"6,2,9,1\" is inherited"),
                    HasSubstr("\n  GPU 0 = physical 6 = GPU-a1000006-0000\n"
                              "  GPU 1 = physical 2 = GPU-a1000002-0000\n"),
                    HasSubstr("it ends at \"9\""), HasSubstr("\n  0     6  A100"),
                    HasSubstr("\n  -     0  A100"), HasSubstr("--device auto takes GPU 0, 1; 2")));
  const json shown = shown_json(testing::idle_gpus(8), "1");
  EXPECT_EQ(shown["inherited_masks"]["CUDA_VISIBLE_DEVICES"], "6,2,9,1");
  EXPECT_EQ(shown["gpus"].size(), 8U);
  EXPECT_EQ(shown["gpus"][1]["logical_index"], 1);
  EXPECT_EQ(shown["gpus"][1]["physical_index"], 2);
  EXPECT_TRUE(shown["gpus"][2]["logical_index"].is_null());
  EXPECT_EQ(shown["asked"]["gpus"][0]["physical_index"], 2);
}

TEST_F(ShowDevices, AMaskMayHideEverything) {
  mask("");
  EXPECT_THAT(shown(testing::idle_gpus(2)),
              AllOf(HasSubstr("  no GPU\n"), HasSubstr("hides 2 of 2 GPUs"),
                    HasSubstr("--device auto takes the CPU; ")));
}

TEST_F(ShowDevices, WithoutAGpuSaysWhatWasProbed) {
  EXPECT_THAT(shown("init_error 9\n"),
              AllOf(HasSubstr("no GPU: "), HasSubstr("Driver Not Loaded"), HasSubstr(cpu_line()),
                    HasSubstr("--device auto takes the CPU; ")));
  const json shown = shown_json("init_error 9\n");
  EXPECT_THAT(shown["gpus"], IsEmpty());
  EXPECT_THAT(shown["probe_note"].get<std::string>(), HasSubstr("Driver Not Loaded"));
}

TEST_F(ShowDevices, ShowsWhatADeviceStringWouldTake) {
  const std::string machine = two_3090(4194304);
  EXPECT_THAT(shown(machine, {false, "all"}),
              HasSubstr("--device all takes GPU 0, 1 (busy); 2 processes\n"));
  EXPECT_THAT(
      shown(machine, {false, "cpu:1000"}),
      AllOf(HasSubstr("takes the CPU; 1000 processes\n"), HasSubstr("1000 processes share")));
  mask("1");
  EXPECT_THAT(shown(machine), HasSubstr("--device auto takes nothing: no GPU is idle\n"));
}

TEST_F(ShowDevices, ADeviceStringThatTakesNothingIsAnErrorAfterTheTable) {
  testing::install_machine(two_3090(4194304));
  for (const bool is_json : {false, true}) {
    std::ostringstream out;
    try {
      show_devices({is_json, "0,7"}, out);
      ADD_FAILURE() << "was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kDevice);
      EXPECT_THAT(error.what(), HasSubstr("GPU 7 does not exist"));
    }
    EXPECT_THAT(out.str(), HasSubstr("RTX 3090"));
    if (is_json) {
      EXPECT_THAT(json::parse(out.str())["asked"]["error"].get<std::string>(),
                  HasSubstr("GPU 7 does not exist"));
    }
  }
  std::ostringstream nothing;
  EXPECT_THROW(show_devices({false, "0,0"}, nothing), Error);
  EXPECT_THAT(nothing.str(), IsEmpty()) << "nonsense needs no look at the machine";
}

std::size_t characters(const std::string& line) {
  return static_cast<std::size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

TEST_F(ShowDevices, FitsEightyColumns) {
  const testing::SleepingProcess process(std::string(300, 'x') + " Größe");
  mask(std::string(60, '0') + " GPU-a,GPU-b");
  for (const std::string& machine :
       {two_3090(process.pid()), full_machine("process 4194299 143000\nprocess 4194300 -1\n"),
        full_machine(""), full_machine("no_processes\n"), kOdd, testing::idle_gpus(8),
        std::string(), std::string("init_error 9\n")}) {
    for (const char* device : {"cpu:1000", ""}) {
      std::istringstream lines(shown(machine, {false, device}));
      for (std::string line; std::getline(lines, line);) EXPECT_LE(characters(line), 80U) << line;
    }
    mask("0,1,2,3,4,5,6,7");
  }
}

TEST_F(ShowDevices, DisarmsHostileNames) {
  const testing::SleepingProcess process("\x1b]0;title\x07\xff\r\n  0     0  fake row");
  mask("0,\x1b[31m\xff");
  const std::string machine = "gpu GPU-\x1b[1m 24576 300 0 evil\x1b[2J\xfe\nprocess " +
                              std::to_string(process.pid()) + " 1\n";
  const std::string table = shown(machine);
  EXPECT_TRUE(std::none_of(table.begin(), table.end(), [](unsigned char c) {
    return (c < 0x20 && c != '\n') || c >= 0x7F;
  })) << table;
  EXPECT_THAT(table, HasSubstr("?]0;title????  0     0  fake row 600\n"));
  const json shown = shown_json(machine);
  EXPECT_EQ(shown["gpus"][0]["processes"][0]["pid"], process.pid());
}

}  // namespace
}  // namespace dplaunch
