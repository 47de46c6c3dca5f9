// The real dplaunch doctor, on this machine as it is and under conditions that are made for it.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "base/files/unique_fd.h"
#include "tests/launcher/devices/fake_machine.h"
#include "tests/support/child_process.h"
#include "tests/support/refuse_call.h"
#include "tests/support/run_program.h"

namespace dplaunch {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::ShellResult;
using ::testing::StartsWith;

/// A worker that is asked for its version, and to time an all-reduce.
constexpr char kWorker[] =
    "#!/bin/sh\n"
    "[ \"$1\" = --run-dir ] && { echo '{\"format_version\": 1, \"processes\": 2, \"backend\": "
    "\"\", "
    "\"device\": \"\", \"bucket_bytes\": [], \"left_out\": [], \"results\": [{\"collective\": "
    "\"all_reduce\", \"bytes\": 44880528, \"count\": 11220132, \"type\": \"float\", \"is_bucket\": "
    "false, \"times_us\": [50000]}]}' >\"$2/communication.json\"; exit 0; }\n"
    "[ \"$1\" = --version ] || exit 1\n"
    "[ \"$RANK$WORLD_SIZE\" = 01 ] || { echo rank $RANK of $WORLD_SIZE; exit 1; }\n"
    "printf 'dplaunch-worker " DPLAUNCH_VERSION
    "\\nLibTorch 2.11.0\\nCUDA 13.0\\nNCCL 2.28.9\\n'\n";

class RunDoctor : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_.write_data_set(100, 10);
    folder_.write("worker", kWorker);
    std::filesystem::permissions(folder_ / "worker", std::filesystem::perms::owner_all);
    ::unsetenv("CUDA_VISIBLE_DEVICES");
  }

  ShellResult doctor(const std::string& arguments, const std::string& environment = "",
                     const std::string& place = ".", const std::string& before = "true") const {
    return testing::run_in(folder_.path() / place,
                           before + " && env DPLAUNCH_WORKER=" + (folder_ / "worker").string() +
                               " " + environment + " " DPLAUNCH_EXECUTABLE " doctor " + arguments);
  }

  /// The findings of this severity, "what: finding -> remedy".
  static std::vector<std::string> said(const ShellResult& result, const std::string& severity) {
    std::vector<std::string> texts;
    const json report = json::parse(result.out);
    for (const json& finding : report["findings"]) {
      if (finding["severity"] != severity) continue;
      texts.push_back(finding["what"].get<std::string>() + ": " +
                      finding["finding"].get<std::string>() + " -> " +
                      (finding["remedy"].is_null() ? "" : finding["remedy"].get<std::string>()));
    }
    return texts;
  }

  testing::TemporaryFolder folder_;
};

TEST_F(RunDoctor, FindsThisMachineFitForTheTests) {
  const ShellResult result = doctor("--device cpu:2 --json", "RANK=5");
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_THAT(said(result, "ok"),
              ::testing::IsSupersetOf({StartsWith("--device: cpu:2 takes the CPU, 2 processes"),
                                       StartsWith("worker: worker " DPLAUNCH_VERSION
                                                  ", LibTorch 2.11.0, CUDA 13.0, NCCL 2.28.9"),
                                       StartsWith("all-reduce: 2 processes sum a ResNet-18's "
                                                  "gradient (44.9 MB) in 50.0 ms: 0.9 GB/s"),
                                       StartsWith("kernel: Linux "), StartsWith("loopback: ")}));
  EXPECT_THAT(said(result, "note"),
              ::testing::IsSupersetOf({StartsWith("data set: ./data: 100 training and 10 test "
                                                  "images, SYNTHETIC"),
                                       StartsWith("environment: RANK=5")}));
}

TEST_F(RunDoctor, LeavesNothingBehind) {
  doctor("");
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    names.push_back(entry.path().filename().string());
  }
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("data", "worker"));
}

TEST_F(RunDoctor, LinesAndJsonSayTheSame) {
  testing::install_machine(std::string(testing::kBusy3090) + testing::kLostGpu);
  const ShellResult lines = doctor("");
  const json report = json::parse(doctor("--json").out);
  EXPECT_EQ(lines.exit_code, 1);
  EXPECT_EQ(report["worst"], "fail");
  std::string text = lines.out;
  std::replace(text.begin(), text.end(), '\n', ' ');
  text.erase(
      std::unique(text.begin(), text.end(), [](char a, char b) { return a == ' ' && b == ' '; }),
      text.end());
  for (const json& finding : report["findings"]) {
    const std::string what = finding["what"];
    // These change from one run to the next; another test takes the port.
    if (what == "memory" || what == "runs folder" || what == "/dev/shm") continue;
    if (what == "port 29500" || what == "host name") continue;
    EXPECT_THAT(text, HasSubstr(what + ": " + finding["finding"].get<std::string>() + " "));
  }
  EXPECT_THAT(lines.out, StartsWith("FAIL  ")) << "the worst first";
}

TEST_F(RunDoctor, FitsEightyColumns) {
  testing::install_machine(testing::idle_gpus(8) + testing::kLostGpu);
  std::istringstream lines(doctor("--root " + std::string(200, 'x')).out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
}

TEST_F(RunDoctor, HoldsTheDriverAgainstTheWorkersCuda) {
  testing::install_machine("driver 550.54.14\n" + std::string(testing::kIdle3090));
  const ShellResult old = doctor("--json");
  EXPECT_EQ(old.exit_code, 1);
  EXPECT_THAT(said(old, "fail"),
              ::testing::ElementsAre(HasSubstr("driver 550.54.14 is too old for the worker's CUDA "
                                               "13.0, which needs 580 or newer -> update")));
  testing::install_machine("driver 580.65.06\n" + std::string(testing::kIdle3090));
  EXPECT_EQ(doctor("").exit_code, 0);
}

TEST_F(RunDoctor, OfAskedDevicesOnlyTheirTroublesFail) {
  testing::install_machine("driver 580.1\n" + std::string(testing::kIdle3090) + testing::kLostGpu);
  EXPECT_EQ(doctor("").exit_code, 1);
  EXPECT_EQ(doctor("--device all").exit_code, 1);
  EXPECT_EQ(doctor("--device 0").exit_code, 0);
  EXPECT_EQ(doctor("--device cpu").exit_code, 0);
  const ShellResult nonsense = doctor("--device 0,,1");
  EXPECT_EQ(nonsense.exit_code, 3);
  EXPECT_EQ(nonsense.out, "");
}

TEST_F(RunDoctor, SaysThatAWorkerDoesNotStart) {
  folder_.write("worker", "#!/bin/sh\necho libtorch_cpu.so: not found >&2\nexit 127\n");
  const ShellResult result = doctor("--device cpu --json");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(said(result, "fail"),
              ::testing::ElementsAre(HasSubstr("exit code 127: libtorch_cpu.so: not found")));
}

TEST_F(RunDoctor, SaysThatADataSetIsDamaged) {
  folder_.write("data/train.bin", "x");
  const ShellResult result = doctor("--device cpu --json");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(said(result, "fail"), ::testing::ElementsAre(HasSubstr("too short")));
  EXPECT_THAT(said(doctor("--device cpu --json --root nowhere"), "warn"),
              ::testing::Contains(HasSubstr("nowhere: no such data folder")));
}

TEST_F(RunDoctor, SeesARealLimitOfOpenFiles) {
  EXPECT_THAT(said(doctor("--device cpu --json", "", ".", "ulimit -n 40"), "fail"),
              ::testing::ElementsAre(AllOf(StartsWith("open files: ulimit -n: 40 "),
                                           HasSubstr("the hard limit is 40"))));
}

TEST_F(RunDoctor, SeesARealSeccompFilter) {
  struct Case {
    unsigned system_call;
    const char* severity;
    const char* finding;
  };
  for (const Case& forbidden :
       {Case{SYS_pidfd_open, "note", "pidfd_open: Operation not permitted"},
        Case{SYS_sched_setaffinity, "warn", "sched_setaffinity: Operation"}}) {
    testing::ChildProcess child([&] {
      testing::refuse_call(forbidden.system_call, EPERM);
      const ShellResult result = doctor("--device cpu --json");
      testing::write_text(folder_ / "report", result.out);
      return result.exit_code;
    });
    EXPECT_EQ(child.wait(), 0);
    const ShellResult result{0, testing::read_text(folder_ / "report"), ""};
    EXPECT_THAT(
        said(result, forbidden.severity),
        ::testing::Contains(AllOf(StartsWith(forbidden.finding), HasSubstr("seccomp=unconfined"))));
  }
}

TEST_F(RunDoctor, SeesAFolderThatCannotBeWritten) {
  // Not even root can make a folder in /proc.
  const ShellResult result =
      testing::run_in("/proc", "env DPLAUNCH_WORKER=" + (folder_ / "worker").string() +
                                   " " DPLAUNCH_EXECUTABLE " doctor --device cpu --json --root " +
                                   (folder_ / "data").string());
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(said(result, "fail"),
              ::testing::ElementsAre(HasSubstr("./runs: cannot write into /proc: ")));
}

TEST_F(RunDoctor, SeesAPortThatIsTaken) {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int yes = 1;  // an ended connection on that port is not in the way
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(29500);
  // Somebody else may have it already, which is as good.
  [[maybe_unused]] const int bound =
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::listen(socket.get(), 1);
  EXPECT_THAT(said(doctor("--device cpu --json"), "note"),
              ::testing::Contains(StartsWith("port 29500: in use")));
}

TEST_F(RunDoctor, HostileVariablesAndPathsAreDisarmed) {
  const ShellResult result = doctor("--device cpu --root \"$(printf 'a\\033[1m\\377')\"",
                                    "NCCL_X=\"$(printf '\\033[2J\\377')\"");
  EXPECT_TRUE(std::none_of(result.out.begin(), result.out.end(), [](unsigned char c) {
    return (c < 0x20 && c != '\n') || c >= 0x7F;
  })) << result.out;
  EXPECT_THAT(result.out, HasSubstr("NCCL_X=?[2J?"));
}

}  // namespace
}  // namespace dplaunch
