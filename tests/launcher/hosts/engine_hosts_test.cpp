#include "launcher/hosts/engine_hosts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/text/words.h"
#include "common/engine_task.h"
#include "tests/common/engine_variables.h"
#include "tests/support/expect_error.h"

namespace dplaunch {
namespace {

using namespace testing::engines;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string refusal(const GivenHosts& given, const Variables& variables) {
  return testing::error_of(ExitCode::kUsage, [&] { hosts_of(given, lookup_in(variables)); });
}

TEST(EngineHosts, ATaskOfSrunIsAHost) {
  const Hosts hosts = hosts_of({}, lookup_in(kSrunTwoNodes));
  EXPECT_EQ(hosts.count, 2);
  EXPECT_EQ(hosts.index, 1);
  EXPECT_EQ(hosts.master_addr, "n1");
  EXPECT_EQ(hosts.master_port, port_of_job("1.0"));
  EXPECT_EQ(hosts.job_id, "1.0");
  EXPECT_EQ(joined(hosts.notes, "\n"),
            "Slurm: 2 hosts (SLURM_STEP_NUM_TASKS), this is number 1 (SLURM_PROCID), host 0 is n1 "
            "(the first of SLURM_STEP_NODELIST), port " +
                std::to_string(hosts.master_port) + " (made of SLURM_JOB_ID and SLURM_STEP_ID)");
}

TEST(EngineHosts, TasksThatShareANodeAreHostsToo) {
  const Hosts hosts = hosts_of({}, lookup_in(kOpenMpi));
  EXPECT_EQ(hosts.count, 2);
  EXPECT_EQ(hosts.master_addr, "127.0.0.1");
  EXPECT_THAT(hosts.notes.back(), HasSubstr("2 of them share this node"));
}

TEST(EngineHosts, WithoutAnEngineThereIsOneHostAndNothingToNote) {
  const Hosts hosts = hosts_of({}, lookup_in({}));
  EXPECT_EQ(hosts.count, 1);
  EXPECT_EQ(hosts.index, 0);
  EXPECT_EQ(hosts.master_port, 0);
  EXPECT_THAT(hosts.notes, IsEmpty());
}

TEST(EngineHosts, AllThatIsGivenCountsForMoreThanTheEngine) {
  GivenHosts given;
  given.count = 3;
  given.index = 2;
  given.address = {"head", "--master-addr"};
  given.port = {1234, "--master-port"};
  // Also more than engines that contradict each other.
  for (const Variables& variables :
       {kSrunTwoNodes, kPrterun, with(kSrunTwoNodes, {{"PET_NNODES", "4"}})}) {
    const Hosts hosts = hosts_of(given, lookup_in(variables));
    EXPECT_EQ(hosts.count, 3);
    EXPECT_EQ(hosts.index, 2);
    EXPECT_FALSE(hosts.is_task);
    EXPECT_EQ(hosts.master_addr, "head");
    EXPECT_EQ(hosts.master_port, 1234);
  }
}

TEST(EngineHosts, WhatIsGivenFillsWhatTheEngineDoesNotSay) {
  GivenHosts given;
  given.count = 2;
  given.address = {"head", "--master-addr"};
  const Hosts by_prterun = hosts_of(given, lookup_in(kPrterun));
  EXPECT_EQ(by_prterun.count, 2);
  EXPECT_EQ(by_prterun.index, 1);
  EXPECT_THAT(by_prterun.notes.front(),
              AllOf(HasSubstr("2 hosts (--nnodes)"), HasSubstr("number 1 (PMIX_RANK)"),
                    HasSubstr("host 0 is head (--master-addr)")));
  given.count = 4;
  const Hosts pod = hosts_of(given, lookup_in({{"JOB_COMPLETION_INDEX", "3"}}));
  EXPECT_EQ(pod.index, 3);
  EXPECT_TRUE(pod.is_task) << "all pods have the same command line";
  GivenHosts port;
  port.port = {12340, "--master-port"};
  EXPECT_EQ(hosts_of(port, lookup_in(kHydra)).master_port, 12340);
}

// As PyTorchJob's elasticPolicy has it, whose pods are told where to meet, and no number.
TEST(EngineHosts, HostsWithoutANumberAreCountedAsTheyCome) {
  const Hosts hosts = hosts_of({}, lookup_in(kElasticPyTorchJob));
  EXPECT_EQ(hosts.count, 2);
  EXPECT_FALSE(hosts.has_index);
  EXPECT_EQ(hosts.job_id, "run-7");
  EXPECT_EQ(joined(hosts.notes, "\n"),
            "torchrun's variables: 2 hosts (PET_NNODES), numbered as they come, host 0 is "
            "job-worker-0 (PET_RDZV_ENDPOINT), port 23456 (PET_RDZV_ENDPOINT), job run-7 "
            "(PET_RDZV_ID)");
}

TEST(EngineHosts, WhereEachOfTheOptionsValuesIsFromIsNoted) {
  GivenHosts given;
  given.count = 2;
  given.address = {"node0", "--rdzv-endpoint"};
  given.job_id = {"7", "--rdzv-id"};
  const Hosts hosts = hosts_of(given, lookup_in({}));
  EXPECT_FALSE(hosts.has_index);
  EXPECT_EQ(hosts.master_port, 29500);
  EXPECT_EQ(hosts.job_id, "7");
  EXPECT_EQ(joined(hosts.notes, "\n"),
            "2 hosts (--nnodes), numbered as they come, host 0 is node0 (--rdzv-endpoint), port "
            "29500 (torchrun's usual one), job 7 (--rdzv-id)");
}

TEST(EngineHosts, AloneOnPurposeIsOneHost) {
  GivenHosts given;
  given.is_alone = true;
  for (const Variables& variables : {kSrunTwoNodes, kBatchShell, kPrterun}) {
    EXPECT_EQ(hosts_of(given, lookup_in(variables)).count, 1);
  }
}

TEST(EngineHosts, WhatIsMissingNamesVariableAndOption) {
  EXPECT_THAT(refusal({}, kPrterun),
              AllOf(HasSubstr("PMIX_RANK"), HasSubstr("--nnodes N"), HasSubstr("--standalone")));
  EXPECT_THAT(refusal({}, {{"JOB_COMPLETION_INDEX", "0"}}),
              AllOf(HasSubstr("JOB_COMPLETION_INDEX"), HasSubstr("--nnodes N")));
  EXPECT_THAT(refusal({}, with(kOpenMpi, {{"OMPI_COMM_WORLD_LOCAL_SIZE", "1"}})),
              AllOf(HasSubstr("OMPI_COMM_WORLD_SIZE"), HasSubstr("--master-addr HOST")));
  EXPECT_THAT(refusal({}, {{"PET_NNODES", "2"}, {"PET_NODE_RANK", "0"}}),
              AllOf(HasSubstr("PET_NNODES"), HasSubstr("--master-addr HOST")));
  EXPECT_THAT(refusal({}, kHydra), AllOf(HasSubstr("PMI_SIZE"), HasSubstr("--master-port PORT")));
}

TEST(EngineHosts, AnotherNumberThanTheEnginesNamesBoth) {
  GivenHosts given;
  given.count = 3;
  EXPECT_THAT(refusal(given, kSrunTwoNodes),
              HasSubstr("--nnodes 3 contradicts SLURM_STEP_NUM_TASKS=2 (Slurm)"));
}

TEST(EngineHosts, TheShellOfAJobOfSeveralNodesIsRefused) {
  for (const Variables& shell : {kBatchShell, kSallocShell}) {
    EXPECT_THAT(refusal({}, shell), AllOf(HasSubstr("SLURM_JOB_NUM_NODES=2"),
                                          HasSubstr("srun dplaunch"), HasSubstr("--standalone")));
  }
}

TEST(EngineHosts, ARankOfAnotherLauncherIsWarnedThatItIsAlone) {
  const Variables rank = with(kSrunTwoNodes, {{"TORCHELASTIC_RUN_ID", "none"}, {"RANK", "1"}});
  const Hosts hosts = hosts_of({}, lookup_in(with(rank, {{"WORLD_SIZE", "2"}})));
  EXPECT_EQ(hosts.count, 1);
  EXPECT_THAT(joined(hosts.notes), HasSubstr("warning: within rank 1 of 2 of another launcher"));
  EXPECT_THAT(hosts_of({}, lookup_in(with(rank, {{"WORLD_SIZE", "1"}}))).notes, IsEmpty());
}

TEST(EngineHosts, ACommandForOneHostRefusesSeveralTasks) {
  const std::string text = testing::error_of(
      ExitCode::kUsage, [] { refuse_several_tasks("dplaunch eval", lookup_in(kSrunTwoNodes)); });
  EXPECT_THAT(text, AllOf(HasSubstr("dplaunch eval runs on one host; Slurm: task 1 of 2"),
                          HasSubstr("SLURM_STEP_NUM_TASKS")));
  refuse_several_tasks("dplaunch eval", lookup_in(kSrunPty));
}

}  // namespace
}  // namespace dplaunch
