// Lines that were written for torchrun, word for word but for the program's name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/run_program.h"

namespace dplaunch {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ShellResult;

class RendezvousOptions : public ::testing::Test {
 protected:
  ShellResult run(const std::string& arguments, const std::string& environment = "") const {
    return testing::run_dplaunch(folder_.path(), arguments + " --device cpu:1 --dry-run -- true",
                                 environment);
  }

  testing::TemporaryFolder folder_;
};

struct Meeting {
  const char* arguments;
  const char* note;  ///< where each of its values is from
};

class MeetingOfRendezvousOptions : public RendezvousOptions,
                                   public ::testing::WithParamInterface<Meeting> {};

TEST_P(MeetingOfRendezvousOptions, IsThatOfTheHosts) {
  const ShellResult result = run(GetParam().arguments);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr(std::string("note       ") + GetParam().note + '\n'));
}

INSTANTIATE_TEST_SUITE_P(
    CommandLine, MeetingOfRendezvousOptions,
    ::testing::Values(
        Meeting{"--nnodes 1:4 --rdzv-backend c10d --rdzv-endpoint node0:29400",
                "4 hosts (--nnodes), at least 1 of them (--nnodes), numbered as they come, host 0 "
                "is node0 (--rdzv-endpoint), port 29400 (--rdzv-endpoint)"},
        Meeting{"--nnodes 4 --min-nodes 2 --master-addr node0",
                "4 hosts (--nnodes), at least 2 of them (--min-nodes), numbered as they come, host "
                "0 is node0 (--master-addr), port 29500 (torchrun's usual one)"},
        Meeting{"--nnodes 2 --rdzv-backend c10d --rdzv-endpoint node0:29400 --rdzv-id 7",
                "2 hosts (--nnodes), numbered as they come, host 0 is node0 (--rdzv-endpoint), "
                "port 29400 (--rdzv-endpoint), job 7 (--rdzv-id)"},
        Meeting{"--nnodes=2:2 --rdzv_backend=c10d --rdzv_endpoint=[fd00::1]:2345 --rdzv_id=a-b",
                "2 hosts (--nnodes), numbered as they come, host 0 is fd00::1 (--rdzv-endpoint), "
                "port 2345 (--rdzv-endpoint), job a-b (--rdzv-id)"},
        Meeting{"--nnodes 2 --rdzv-backend c10d --rdzv-endpoint node0 --rdzv-id none",
                "2 hosts (--nnodes), numbered as they come, host 0 is node0 (--rdzv-endpoint), "
                "port 29400 (the usual one of --rdzv-backend c10d)"},
        Meeting{"--nnodes=2 --node_rank=1 --master_addr=node0 --master_port=1234",
                "2 hosts (--nnodes), this is number 1 (--node-rank), host 0 is node0 "
                "(--master-addr), port 1234 (--master-port)"},
        Meeting{"--nnodes 2 --node-rank 0 --rdzv-backend static --rdzv-endpoint node0",
                "2 hosts (--nnodes), this is number 0 (--node-rank), host 0 is node0 "
                "(--rdzv-endpoint), port 29500 (torchrun's usual one)"},
        // The same said twice.
        Meeting{"--nnodes 2 --rdzv-endpoint node0:1234 --master-addr node0 --master-port 1234",
                "2 hosts (--nnodes), numbered as they come, host 0 is node0 (--master-addr), port "
                "1234 (--master-port)"},
        Meeting{"--nnodes 2 --node-rank 1 --master-addr node0:1234",
                "2 hosts (--nnodes), this is number 1 (--node-rank), host 0 is node0 "
                "(--master-addr), port 1234 (--master-addr)"},
        Meeting{"--nnodes 2 --rdzv-endpoint node0:1 --rdzv-conf join_timeout=9,is_host=1,a=b",
                "--rdzv-conf: is_host=1, a=b means nothing here"}));

TEST_F(RendezvousOptions, OnOneHostMeetsNobody) {
  for (const char* arguments :
       {"--rdzv-backend c10d --rdzv-endpoint localhost:0",
        "--nnodes 1 --rdzv-backend=c10d --rdzv-endpoint=localhost:29400 --rdzv-id=7",
        "--standalone --rdzv-backend etcd --rdzv-endpoint elsewhere:1 --rdzv-id 7"}) {
    const ShellResult result = run(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.out, AllOf(HasSubstr("processes  1\n"), HasSubstr("MASTER_PORT=<free port>"),
                                  Not(HasSubstr(" hosts ("))))
        << arguments;
  }
}

TEST_F(RendezvousOptions, ThatContradictsItselfNamesBothOptions) {
  struct Contradiction {
    const char* arguments;
    const char* message;
  };
  for (const auto& [arguments, message] :
       {Contradiction{"--nnodes 2 --rdzv-endpoint node1:29400 --master-addr node0",
                      "--master-addr says node0, and --rdzv-endpoint says node1"},
        Contradiction{"--nnodes 2 --rdzv-endpoint node0:29400 --master-port 29500",
                      "--master-port says 29500, and --rdzv-endpoint says 29400"},
        Contradiction{"--nnodes 2 --master-addr node0:1 --master-port 2",
                      "--master-port says 2, and --master-addr says 1"},
        Contradiction{"--nnodes 2 --master-addr h --rdzv-timeout 5 --rdzv-conf timeout=9",
                      "--rdzv-timeout says 5, and --rdzv-conf says 9"},
        Contradiction{"--nnodes 2 --rdzv-backend etcd-v2 --rdzv-endpoint etcd:2379",
                      "--rdzv-backend \"etcd-v2\": the hosts' launchers meet at host 0"},
        Contradiction{"--nnodes 2 --rdzv-endpoint node0:port",
                      "--rdzv-endpoint \"node0:port\": not HOST or HOST:PORT"},
        Contradiction{"--nnodes 2 --rdzv-endpoint node0:2379,node1:2379",
                      "--rdzv-endpoint \"node0:2379,node1:2379\": is not the name or the address"},
        Contradiction{"--nnodes 2 --rdzv-endpoint h --rdzv-conf join_timeout",
                      "--rdzv-conf \"join_timeout\": not KEY=VALUE"},
        Contradiction{"--nnodes 2 --rdzv-endpoint h --rdzv-conf timeout=soon",
                      "--rdzv-conf \"timeout=soon\": a time that is no whole number"},
        Contradiction{"--rdzv-endpoint 192.0.2.1:29400",
                      "--rdzv-endpoint \"192.0.2.1\": is no address of this host"}}) {
    const ShellResult result = run(arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments;
    EXPECT_THAT(result.err, AllOf(HasSubstr(std::string("dplaunch: error: ") + message),
                                  HasSubstr("\n  hint: ")))
        << arguments;
  }
}

TEST_F(RendezvousOptions, StandsBeforeNoSubcommand) {
  const ShellResult result = testing::run_dplaunch(folder_.path(), "--rdzv-id 7 data --synthetic");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("--rdzv-id stands before \"data\""));
}

TEST_F(RendezvousOptions, VariablesStandForOptions) {
  struct Case {
    const char* arguments;
    const char* environment;
    const char* text;
  };
  for (const auto& [arguments, environment, text] :
       {Case{"", "PET_MAX_RESTARTS=3", "note       PET_MAX_RESTARTS=3 stands for --max-restarts\n"},
        Case{"", "PET_MAX_RESTARTS=3", "TORCHELASTIC_MAX_RESTARTS=3\n"},
        Case{"--max-restarts 1", "PET_MAX_RESTARTS=3", "TORCHELASTIC_MAX_RESTARTS=1\n"},
        Case{"", "TORCHELASTIC_RUN_ID=x PET_MAX_RESTARTS=3", "TORCHELASTIC_MAX_RESTARTS=0\n"},
        Case{"--on-stall restart --stall-timeout 9", "PET_MAX_RESTARTS=3",
             "TORCHELASTIC_MAX_RESTARTS=3\n"}}) {
    const ShellResult result = run(arguments, environment);
    EXPECT_THAT(result.out, HasSubstr(text)) << environment << ' ' << arguments << result.err;
  }
  const ShellResult wrong = run("", "PET_MAX_RESTARTS=many");
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("environment: PET_MAX_RESTARTS=many is not a number"));
}

}  // namespace
}  // namespace dplaunch
