// What torchrun 2.11's options become. That ranks get what torchrun gives them is tested beside the
// real one (tests/integration/test_torchrun.py).
#include "launcher/command_line/torchrun_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/text/words.h"
#include "tests/support/expect_error.h"

namespace dplaunch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

VariableLookup with(const std::map<std::string, std::string>& variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

TorchrunLine read(const std::string& line,
                  const std::map<std::string, std::string>& variables = {}) {
  return read_torchrun_line(split(line, ' '), with(variables));
}

struct Line {
  const char* torchrun;
  const char* dplaunch;
};

class TorchrunOptions : public ::testing::TestWithParam<Line> {};

TEST_P(TorchrunOptions, AreThoseOfDplaunch) {
  const TorchrunLine line = read(std::string(GetParam().torchrun) + " x.py");
  EXPECT_EQ(joined(line.options, " "), GetParam().dplaunch);
  ASSERT_EQ(line.command.size(), 3U);
  EXPECT_EQ(line.command[0], "python3");
  EXPECT_EQ(line.command[1], "-u");
  EXPECT_EQ(line.command[2], "x.py");
  EXPECT_THAT(line.remarks, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    One, TorchrunOptions,
    ::testing::Values(
        Line{"--standalone", "--nproc-per-node 1 --standalone"},
        Line{"--nproc-per-node=2", "--nproc-per-node 2"},
        Line{"--nproc_per_node gpu", "--nproc-per-node gpu"},
        Line{"--nproc 3", "--nproc-per-node 3"},  // argparse's abbreviation
        Line{"--nnodes 2 --node-rank 1 --master-addr h0 --master-port 29501",
             "--nproc-per-node 1 --nnodes 2 --node-rank 1 --master-addr h0 --master-port 29501"},
        Line{"--nnodes=1:1 --nproc-per-node=4", "--nproc-per-node 4 --nnodes 1:1"},
        Line{"--nnodes 2:4 --rdzv-backend c10d --rdzv-endpoint h0:29400",
             "--nproc-per-node 1 --nnodes 2:4 --rdzv-backend c10d --rdzv-endpoint h0:29400"},
        Line{"--rdzv_id=7 --rdzv_conf=join_timeout=60",
             "--nproc-per-node 1 --rdzv-id 7 --rdzv-conf join_timeout=60"},
        Line{"--max-restarts 3", "--nproc-per-node 1 --max-restarts 3"},
        Line{"--nproc-per-node 2 -r 3", "--nproc-per-node 2 --show none"},
        Line{"--nproc-per-node 2 -r3 -t0:1,1:0", "--nproc-per-node 2 --show 0"},
        Line{"--nproc-per-node 3 --redirects 1:1,2:2", "--nproc-per-node 3 --show 0,2"},
        Line{"--nproc-per-node 2 --tee 3", "--nproc-per-node 2"},
        Line{"--local-ranks-filter=0,1", "--nproc-per-node 1 --show 0,1"},
        Line{"--log-dir out", "--nproc-per-node 1 --log-dir out"},
        Line{"--virtual-local-rank", "--nproc-per-node 1 --isolate-devices"},
        Line{"--numa-binding node", "--nproc-per-node 1 --bind numa"},
        Line{"--numa-binding=exclusive", "--nproc-per-node 1 --bind core"},
        Line{"--signals-to-handle SIGTERM,SIGUSR1", "--nproc-per-node 1"},
        Line{"--use_env", "--nproc-per-node 1"}));

TEST(TorchrunLine, WhatIsBehindTheScriptIsTheScripts) {
  const TorchrunLine line = read("--nproc-per-node 2 x.py --nproc-per-node 3 -- -m");
  EXPECT_THAT(line.options, ElementsAre("--nproc-per-node", "2"));
  EXPECT_EQ(std::vector(line.command.begin() + 2, line.command.end()),
            split("x.py --nproc-per-node 3 -- -m", ' '));
}

TEST(TorchrunLine, StartsModulesAndPrograms) {
  const std::vector<std::string> module = read("-m pkg.train --lr 0.1").command;
  EXPECT_EQ(std::vector(module.begin() + 1, module.end()), split("-u -m pkg.train --lr 0.1", ' '));
  EXPECT_EQ(read("--no-python ./run.sh a").command, split("./run.sh a", ' '));
}

TEST(TorchrunLine, AShellPutsTheLocalRankIn) {
  EXPECT_EQ(
      read("--no-python prog --out=log-${local_rank}.txt it's").command,
      (std::vector<std::string>{"sh", "-c", "exec prog --out=log-\"$LOCAL_RANK\".txt 'it'\\''s'"}));
}

TEST(TorchrunLine, SaysWhatHasNoEffect) {
  const TorchrunLine line = read("--monitor-interval 5 --role worker x.py");
  ASSERT_EQ(line.remarks.size(), 1U);
  EXPECT_THAT(line.remarks[0], HasSubstr("--monitor-interval 5: without effect"));
  EXPECT_THAT(line.options, ElementsAre("--nproc-per-node", "1", "--role", "worker"));
}

TEST(TorchrunLine, VariablesStandForOptions) {
  const TorchrunLine line = read("--nnodes 1 x.py", {{"PET_NPROC_PER_NODE", "2"},
                                                     {"PET_NNODES", "7"},
                                                     {"PET_NO_PYTHON", "1"},
                                                     {"PET_VIRTUAL_LOCAL_RANK", "0"}});
  EXPECT_THAT(line.options, ElementsAre("--nproc-per-node", "2", "--nnodes", "1"));
  EXPECT_THAT(line.command, ElementsAre("x.py"));
}

TEST(TorchrunLine, RefusesWhatItCannotDo) {
  const auto refuses = [](const std::string& line, const std::string& words) {
    SCOPED_TRACE(line);
    EXPECT_THAT(testing::error_of(ExitCode::kUsage, [&] { read(line); }), HasSubstr(words));
  };
  refuses("--nonsense x.py", "unknown option --nonsense");
  refuses("--no x.py", "--no may be --no-python or --node-rank");
  refuses("-z x.py", "unknown option -z");
  refuses("--standalone=1 x.py", "--standalone takes no value");
  refuses("--nnodes", "--nnodes needs a value");
  refuses("--standalone", "no script");
  refuses("-m --no-python x", "--module and --no-python exclude each other");
  refuses("-r 4 x.py", "--redirects 4: not 0 to 3");
  refuses("--numa-binding both x.py", "--numa-binding both");
}

}  // namespace
}  // namespace dplaunch
