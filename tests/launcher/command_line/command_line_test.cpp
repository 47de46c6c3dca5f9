#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/support/run_program.h"

namespace dplaunch {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::ShellResult;
using ::testing::StartsWith;

class CommandLineTest : public ::testing::Test {
 protected:
  ShellResult run(const std::string& arguments, const std::string& environment = "") const {
    return testing::run_dplaunch(folder_.path(), arguments, environment);
  }

  testing::TemporaryFolder folder_;
};

TEST_F(CommandLineTest, HelpIsShortAndNamesEveryOption) {
  const ShellResult help = run("--help");
  EXPECT_EQ(help.exit_code, 0);
  for (const char* name : {"--device", "--config", "--set", "--root", "--name", "--resume",
                           "--grace", "--dry-run", "--show-config", "--version", "data"}) {
    EXPECT_THAT(help.out, HasSubstr(name));
  }
  EXPECT_THAT(help.out, HasSubstr("--device all -c configs/config_multi_gpu.yml"));
  EXPECT_LE(std::count(help.out.begin(), help.out.end(), '\n'), 80);
}

TEST_F(CommandLineTest, UsageOfASubcommandNamesTheRunItTakes) {
  EXPECT_THAT(run("stop --help").out, HasSubstr("Usage: dplaunch stop [options] [run]\n"));
  EXPECT_THAT(run("devices --help").out, HasSubstr("Usage: dplaunch devices [options]\n"));
}

TEST_F(CommandLineTest, DataHasItsOwnHelp) {
  const ShellResult help = run("data --help");
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, AllOf(HasSubstr("--synthetic"), HasSubstr("--md5")));
}

TEST_F(CommandLineTest, PrintsItsVersion) {
  EXPECT_EQ(run("--version").out, "dplaunch " DPLAUNCH_VERSION "\n");
}

struct BadUse {
  const char* arguments;
  const char* message;
  int exit_code;
};

class BadCommandLine : public CommandLineTest, public ::testing::WithParamInterface<BadUse> {};

TEST_P(BadCommandLine, IsRefusedWithAnErrorOfOurForm) {
  const ShellResult result = run(GetParam().arguments);
  EXPECT_EQ(result.exit_code, GetParam().exit_code);
  EXPECT_THAT(result.err, AllOf(StartsWith("dplaunch: error: "), HasSubstr(GetParam().message),
                                HasSubstr("\n  hint: ")));
  EXPECT_THAT(result.out, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    CommandLine, BadCommandLine,
    ::testing::Values(
        BadUse{"--devise all", "unknown option --devise; did you mean --device?", 2},
        BadUse{"--dryrun", "unknown option --dryrun; did you mean --dry-run?", 2},
        BadUse{"--showconfig=1", "unknown option --showconfig; did you mean --show-config?", 2},
        BadUse{"-y", "unknown option -y", 2},
        BadUse{"--dry", "unknown option --dry; did you mean --dry-run?", 2},
        BadUse{"--epochs 3", "unknown option --epochs; did you mean --set epochs=3?", 2},
        BadUse{"--seed=7", "unknown option --seed; did you mean --set seed=7?", 2},
        BadUse{"--batch-size 64", "did you mean --set bsize=64?", 2},
        BadUse{"--label-smothing", "did you mean --set label_smoothing=VALUE?", 2},
        BadUse{"data --epochs 3", "unknown option --epochs\n", 2}, BadUse{"", "nothing to do", 2},
        BadUse{"dat --root x", "unexpected argument \"dat\"; did you mean data?", 2},
        BadUse{
            "train.py",
            "unexpected argument \"train.py\"\n  hint: a program of your own stands behind \"--\": "
            "dplaunch --device all -- python train.py",
            2},
        BadUse{"data --sythetic", "unknown option --sythetic; did you mean --synthetic?", 2},
        BadUse{"--root x data", "--root stands before \"data\"", 2},
        BadUse{"--set lr=1 epochs=2", "unexpected argument \"epochs=2\"", 2},
        BadUse{"data --train-records=-5", "--train-records", 2}, BadUse{"--device", "--device", 2},
        BadUse{"--grace soon", "--grace", 2}, BadUse{"--grace=-1", "--grace", 2},
        BadUse{"--set epochs", "expected key=value", 2},
        BadUse{"--set epoch=3", "--set: unknown key \"epoch\"; did you mean \"epochs\"?", 2},
        BadUse{"--set bsize=0", "--set: bsize: \"0\" must be at least 1", 2},
        BadUse{"-c nowhere.yml", "nowhere.yml: no such configuration file", 2},
        BadUse{"--trace=0", "--trace \"0\": not a number of steps", 2},
        BadUse{"--trace=many", "--trace \"many\": not a number of steps", 2},
        BadUse{"--trace=1001", "from 1 to 1000", 2},
        BadUse{"--device cpu --trace -- true", "--trace is for dplaunch's own trainer", 2},
        BadUse{"--resume=gone", "gone: no such run", 2},
        BadUse{"--device both", "--device \"both\": \"both\" is not a device", 3},
        BadUse{"--device 0,0", "0 is given twice", 3}, BadUse{"--device=-1", "negative", 3},
        BadUse{"--device ''", "is empty", 3},
        BadUse{"--device cpu:2 --show 2 -- true", "--show 2: there is no such rank", 2},
        BadUse{"--device cpu --show one -- true", "--show \"one\": not a list of ranks", 2},
        BadUse{"--device cpu --name a/b -- true", "the run's name \"a/b\" is a path", 2},
        BadUse{"--device cpu --name .. -- true", "the run's name \"..\" is a path", 2},
        BadUse{"--preempt-signal KILL -- true", "not a signal that can announce an end", 2},
        BadUse{"--on-stall restart --stall-timeout 1 -- true", "no restart is allowed", 2},
        BadUse{"--on-stall stop -- true", "nobody looks for a stall", 2},
        BadUse{"--on-stall kill -- true", "no such action", 2},
        BadUse{"--nnodes 4:1 -- true", "--nnodes \"4:1\": not a number of hosts", 2},
        BadUse{"--nnodes 1:4 --min-nodes 2 --master-addr h -- true",
               "--min-nodes 2 contradicts --nnodes 1:4", 2},
        BadUse{"--nnodes 2 -- true", "needs the address of host 0", 2},
        BadUse{"--nnodes 2 --node-rank 2 --master-addr h -- true", "--node-rank 2 of 2 hosts", 2},
        BadUse{"--nnodes 2 --standalone --master-addr h -- true", "contradicts --nnodes", 2},
        BadUse{"--device cpu:2 --nproc_per_node 3 -- true", "makes 2 processes", 2},
        BadUse{"--nproc-per-node two -- true", "not a number of processes", 2},
        BadUse{"-c a.yml -- true", "--config is for dplaunch's own trainer", 2},
        BadUse{"--isolate-devices", "--isolate-devices is for a command", 2},
        BadUse{"--leave-running", "--leave-running is for a command", 2},
        BadUse{"-m train", "-m is another launcher's option", 2},
        BadUse{"--device ALL", "did you mean --device all?", 3},
        BadUse{"--device CPU:2", "did you mean --device cpu:2?", 3},
        BadUse{"--device cpu2", "did you mean --device cpu:2?", 3},
        BadUse{"--device cpu-4", "did you mean --device cpu:4?", 3},
        BadUse{"--device auto2", "did you mean --device auto:2?", 3},
        BadUse{"--device all:2", "did you mean --device auto:2?", 3},
        BadUse{"--device cuda", "did you mean --device all?", 3},
        BadUse{"--device cuda:0", "did you mean --device 0?", 3},
        BadUse{"--device cuda:0,cuda:1", "did you mean --device 0,1?", 3},
        BadUse{"--device gpu0", "did you mean --device 0?", 3},
        BadUse{"--device gpu-3090a", "did you mean --device GPU-3090a?", 3},
        BadUse{"--device '[0, 1]'", "did you mean --device 0,1?", 3},
        BadUse{"--device '0 1'", "did you mean --device 0,1?", 3},
        BadUse{"--device '0;1'", "did you mean --device 0,1?", 3},
        BadUse{"--device 0..3", "did you mean --device 0-3?", 3},
        BadUse{"--device 0,1,", "did you mean --device 0,1?", 3},
        BadUse{"--device 0 1", "devices are listed with commas: --device 0,1\n", 2},
        BadUse{"--device 0, 1, 2", "devices are listed with commas: --device 0,1,2\n", 2},
        BadUse{"--device all '!1'", "--device 'all,!1'\n", 2},
        BadUse{"--grace 5s -- true", "--grace takes seconds: --grace 5\n", 2},
        BadUse{"--grace=500ms -- true", "--grace takes seconds: --grace 0.5\n", 2},
        BadUse{"--stall-timeout 2m -- true", "--stall-timeout takes seconds: --stall-timeout 120\n",
               2},
        BadUse{"-np 2 python train.py", "hint: dplaunch --nproc-per-node 2 -- python train.py\n",
               2},
        BadUse{"--np=2 -- python train.py",
               "hint: dplaunch --nproc-per-node 2 -- python train.py\n", 2},
        BadUse{"--nproc_per_node=2 train.py --lr 0.1",
               "dplaunch --nproc-per-node=2 -- python train.py --lr 0.1; ", 2},
        BadUse{"--nnodes 2 --node_rank 1 --rdzv_backend c10d --rdzv_endpoint h:29500 -t 3 "
               "--nproc_per_node 8 -m pkg.train --lr 0.1",
               "-t, -m are other launchers' options\n"
               "  hint: dplaunch --nnodes 2 --node-rank 1 --rdzv-backend c10d --rdzv-endpoint "
               "h:29500 --nproc-per-node 8 -- python -m pkg.train --lr 0.1\n"
               "    -t 3: --show RANKS chooses",
               2},
        BadUse{"--rdzv-endpoint localhost:0 --rdzv-id 7 train.py",
               "dplaunch --device all --rdzv-endpoint localhost:0 --rdzv-id 7 -- python train.py; ",
               2},
        BadUse{"--no-python --standalone ./train --x 1",
               "hint: dplaunch --device all --standalone -- ./train --x 1\n", 2},
        BadUse{"launch --multi_gpu --num_processes 2 --mixed_precision bf16 --main_process_port 1 "
               "train.py",
               "hint: dplaunch --device all --nproc-per-node 2 --master-port 1 -- python train.py\n"
               "    --mixed-precision bf16: ",
               2},
        BadUse{"--nproc_per_node 2 -m pkg.train --my_opt 1",
               "hint: dplaunch --nproc-per-node 2 -- python -m pkg.train --my_opt 1\n", 2},
        BadUse{"--module --nproc-per-node=2 pkg.train",
               "hint: dplaunch --nproc-per-node=2 -- python -m pkg.train\n", 2},
        BadUse{"-m torch.distributed.run --nproc-per-node 2 train.py",
               "hint: dplaunch --nproc-per-node 2 -- python train.py\n", 2},
        BadUse{"--num_gpus 2 --include localhost:0,1 train.py",
               "hint: dplaunch --nproc-per-node 2 --device 0,1 -- python train.py\n", 2},
        BadUse{"-np 4 --oversubscribe --bind-to core -x A=1 -x PATH --mca btl tcp ./a.out",
               "hint: A=1 dplaunch --nproc-per-node 4 --bind core -- ./a.out\n", 2},
        BadUse{"--num-gpus 2 -c a.yml", "hint: dplaunch --nproc-per-node 2 -c a.yml\n", 2},
        BadUse{"--virtual-local-rank -- true",
               "hint: dplaunch --device all --isolate-devices -- true", 2},
        BadUse{"status -- foo",
               "takes no command behind \"--\"\n  hint: without the \"--\": dplaunch "
               "status foo\n",
               2},
        BadUse{"--device cpu -- 'no-program train.py' --lr 1",
               "each word is a word of its own: -- no-program train.py --lr 1\n", 127},
        BadUse{"--device cpu -- FOO=1 python x", "-- env FOO=1 python x\n", 127},
        BadUse{"--device cpu -- 'FOO=1 python x'", "-- env FOO=1 python x\n", 127},
        BadUse{"--device cpu -- cd x", "-- bash -c 'cd x && COMMAND'\n", 127},
        BadUse{"--device cpu -- source env.sh", "-- bash -c 'source env.sh'\n", 127},
        BadUse{"--device cpu -- 'a.out | tee log'", "-- bash -c 'a.out | tee log'\n", 127},
        BadUse{"--device cpu -- -m pkg.train", "a program comes first: -- python -m pkg.train\n",
               127},
        BadUse{"--device cpu --master-addr '' -- true", "--master-addr \"\": is empty", 2},
        BadUse{"--device cpu --master-addr http://h -- true", "hint: --master-addr h\n", 2},
        BadUse{"--device cpu --master-addr 'a b' -- true",
               "is not the name or the address of one host", 2},
        BadUse{"--device cpu --master-addr 192.0.2.1 -- true", "is no address of this host", 2},
        BadUse{"--device cpu --master-addr http://h:80/x -- true", "hint: --master-addr h\n", 2},
        BadUse{"--bind socket -- true", "--bind \"socket\"", 2},
        BadUse{"--if-busy maybe -- true", "--if-busy \"maybe\"", 2},
        BadUse{"--device cpu --", "no command behind \"--\"", 2},
        BadUse{"--device cpu -- no-such-program", "no such program in PATH", 127},
        BadUse{"--device cpu -- /etc/passwd", "not an executable program", 126},
        BadUse{"--device cpu -- ./gone.py", "./gone.py: no such program", 127},
        BadUse{"devices --jsn", "did you mean --json?", 2},
        BadUse{"status --runs nowhere", "there is no run yet", 1},
        BadUse{"--device cpu --root nowhere", "nowhere: no such data folder", 4}));

TEST_F(CommandLineTest, TextThatCannotBeShownIsAnError) {
  for (const char* words : {"--help", "--show-config", "--device cpu --dry-run"}) {
    const ShellResult result = run(std::string(words) + " > /dev/full");
    EXPECT_EQ(result.exit_code, 7) << words;
    EXPECT_THAT(result.err, HasSubstr("cannot write to standard output")) << words;
  }
}

TEST_F(CommandLineTest, FindsAConfigurationThatLiesBelowConfigs) {
  folder_.write("configs/config_multi_gpu.yml", "epochs: 1\n");
  const ShellResult result = run("--device all -c config_multi_gpu.yml");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("did you mean -c configs/config_multi_gpu.yml?"));
}

TEST_F(CommandLineTest, AllWithoutAGpuSaysWhatWasProbed) {
  const ShellResult result = run("--device all", "DPLAUNCH_NVML_LIBRARY=libno-such-nvml.so.1");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, AllOf(HasSubstr("libno-such-nvml.so.1"), HasSubstr("--device cpu:2")));
}

TEST_F(CommandLineTest, ShowsEachValueWithItsOrigin) {
  folder_.write("a.yml", "epochs: 3\n");
  const ShellResult shown =
      run("-c a.yml --set lr=0.5 --set bsize=8 --root /somewhere --show-config");
  EXPECT_EQ(shown.exit_code, 0);
  EXPECT_THAT(shown.out, ::testing::ContainsRegex("epochs +3 +a.yml:1 "));
  EXPECT_THAT(shown.out, ::testing::ContainsRegex("lr +0.5 +--set "));
  EXPECT_THAT(shown.out, ::testing::ContainsRegex("bsize +8 +--set "));
  EXPECT_THAT(shown.out, ::testing::ContainsRegex("root +/somewhere +--root "));
  EXPECT_THAT(shown.out, ::testing::ContainsRegex("seed +0 +default "));
}

TEST_F(CommandLineTest, NamesAMissingWorkerBeforeItMakesARun) {
  folder_.write_data_set(100, 10);
  const ShellResult result =
      run("--device cpu:2 --root data --set bsize=10", "DPLAUNCH_WORKER=/no/such/worker");
  EXPECT_EQ(result.exit_code, 127);
  EXPECT_THAT(result.err, HasSubstr("/no/such/worker"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "runs"));
}

TEST_F(CommandLineTest, ABatchLargerThanAShardIsRefusedBeforeItMakesARun) {
  folder_.write_data_set(100, 10);
  const ShellResult result = run("--device cpu:2 --root data --set bsize=64");
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.err, HasSubstr("bsize 64 is larger than a shard of 50 images"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "runs"));
}

}  // namespace
}  // namespace dplaunch
