#include "common/engine_task.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/common/engine_variables.h"
#include "tests/support/expect_error.h"

namespace dplaunch {
namespace {

using namespace testing::engines;
using testing::error_of;
using testing::expect_contains;

struct Case {
  const char* what;
  Variables variables;
  int count;
  int index;
  const char* address;
  int port;
  const char* port_by;
};

class EngineTaskOf : public ::testing::TestWithParam<Case> {};

TEST_P(EngineTaskOf, IsWhatItsVariablesSay) {
  const Case& expected = GetParam();
  const auto task = engine_task(lookup_in(expected.variables));
  ASSERT_TRUE(task);
  EXPECT_EQ(task->count.value().value, expected.count);
  EXPECT_EQ(task->index.value().value, expected.index);
  EXPECT_EQ(task->address.value().value, expected.address);
  EXPECT_EQ(task->port.value().value, expected.port);
  EXPECT_EQ(task->port.value().by, expected.port_by);
}

const char kMadeOfStep[] = "made of SLURM_JOB_ID and SLURM_STEP_ID";
const char kMadeOfNamespace[] = "made of PMIX_NAMESPACE";

INSTANTIATE_TEST_SUITE_P(
    Engines, EngineTaskOf,
    ::testing::Values(
        Case{"srun -N2", kSrunTwoNodes, 2, 1, "n1", port_of_job("1.0"), kMadeOfStep},
        Case{"srun -N2 -n4", kSrunFourTasks, 4, 3, "n1", port_of_job("2.0"), kMadeOfStep},
        Case{"srun -N1 -n2: all on one node",
             with(kSrunTwoNodes, {{"SLURM_STEP_NUM_NODES", "1"},
                                  {"SLURM_STEP_NODELIST", "n2"},
                                  {"SLURM_NODEID", "0"},
                                  {"SLURM_LOCALID", "1"},
                                  {"SLURM_STEP_TASKS_PER_NODE", "2"}}),
             2, 1, "127.0.0.1", port_of_job("1.0"), kMadeOfStep},
        Case{"srun --resv-ports", with(kSrunTwoNodes, {{"SLURM_STEP_RESV_PORTS", "12000-12001"}}),
             2, 1, "n1", 12000, "the first of SLURM_STEP_RESV_PORTS"},
        Case{"srun --mpi=pmi2",
             with(kSrunTwoNodes,
                  {{"PMI_FD", "11"}, {"PMI_JOBID", "3.2"}, {"PMI_RANK", "1"}, {"PMI_SIZE", "2"}}),
             2, 1, "n1", port_of_job("3.2"), "made of PMI_JOBID"},
        Case{"srun --mpi=pmix",
             with(kSrunTwoNodes, {{"PMIX_RANK", "1"}, {"PMIX_NAMESPACE", "slurm.pmix.1.0"}}), 2, 1,
             "n1", port_of_job("1.0"), kMadeOfStep},
        Case{"srun, the user's own address",
             with(kSrunTwoNodes,
                  {{"MASTER_ADDR", "n1-ib"}, {"MASTER_PORT", "12340"}, {"WORLD_SIZE", "16"}}),
             2, 1, "n1-ib", 12340, "MASTER_PORT"},
        Case{"mpirun on one node", kOpenMpi, 2, 1, "127.0.0.1", port_of_job("725090305"),
             kMadeOfNamespace},
        Case{"mpirun in salloc -N2", kOpenMpiInSlurm, 2, 1, "n1", port_of_job("635174913"),
             kMadeOfNamespace},
        Case{"mpirun over nodes, -x MASTER_ADDR",
             with(kOpenMpi, {{"OMPI_COMM_WORLD_LOCAL_SIZE", "1"}, {"MASTER_ADDR", "10.0.0.1"}}), 2,
             1, "10.0.0.1", port_of_job("725090305"), kMadeOfNamespace},
        Case{"mpirun of Open MPI 5", kOpenMpi5, 2, 1, "127.0.0.1",
             port_of_job("prterun-vm-23568@1"), kMadeOfNamespace},
        Case{"mpiexec.hydra in sbatch -N2", kHydraInSlurm, 2, 1, "n1", port_of_job("7.1"),
             kMadeOfStep},
        Case{"mpiexec.hydra with -genv MASTER_PORT", with(kHydra, {{"MASTER_PORT", "12340"}}), 2, 1,
             "127.0.0.1", 12340, "MASTER_PORT"},
        Case{"Kubeflow's Trainer v2", kTrainer, 4, 2, "job-node-0-0.job", 29400, "PET_MASTER_PORT"},
        Case{"torchrun's c10d endpoint",
             {{"PET_NNODES", "2:2"},
              {"PET_NODE_RANK", "1"},
              {"PET_RDZV_ENDPOINT", "[fd00::1]:2345"}},
             2,
             1,
             "fd00::1",
             2345,
             "PET_RDZV_ENDPOINT"},
        Case{"torchrun's, without a port",
             {{"PET_NNODES", "2"}, {"PET_NODE_RANK", "0"}, {"PET_RDZV_ENDPOINT", "host0"}},
             2,
             0,
             "host0",
             29500,
             "torchrun's usual one"},
        Case{"torchrun's backend c10d, without a port",
             {{"PET_NNODES", "2"},
              {"PET_NODE_RANK", "0"},
              {"PET_RDZV_BACKEND", "c10d"},
              {"PET_RDZV_ENDPOINT", "host0"},
              {"PET_RDZV_ID", "none"}},
             2,
             0,
             "host0",
             29400,
             "the usual one of PET_RDZV_BACKEND"},
        Case{"PyTorchJob v1", kPyTorchJob, 3, 2, "job-master-0", 23456, "MASTER_PORT"},
        Case{"PyTorchJob v1, nprocPerNode: auto",
             with(kPyTorchJobOfEight, {{"WORLD_SIZE", "3"}, {"PET_NPROC_PER_NODE", "auto"}}), 3, 2,
             "job-master-0", 23456, "MASTER_PORT"},
        Case{"PyTorchJob v1, nprocPerNode: 8", kPyTorchJobOfEight, 3, 2, "job-master-0", 23456,
             "MASTER_PORT"},
        Case{"SkyPilot", kSkyPilot, 2, 1, "10.0.0.4", port_of_job("sky-2026-11-26-cluster-1"),
             "made of SKYPILOT_TASK_ID"}),
    [](const auto& each) { return "Case" + std::to_string(each.index); });

TEST(EngineTask, IsNoneWhereThereIsOneTaskAlone) {
  const std::vector<Variables> alone = {
      {},
      kBatchShell,
      kSallocShell,
      kSrunPty,
      with(kSallocShell, {{"SLURM_STEP_ID", "4294967290"}, {"SLURM_PROCID", "0"}}),
      {{"OMPI_COMM_WORLD_SIZE", "1"}, {"OMPI_COMM_WORLD_RANK", "0"}, {"PMIX_RANK", "0"}},
      {{"PET_NNODES", "1"}, {"PET_NODE_RANK", "0"}, {"JOB_COMPLETION_INDEX", "3"}},
      {{"WORLD_SIZE", "8"}, {"MASTER_ADDR", "n1"}},  // exported by many a script for Slurm
      {{"SKYPILOT_NUM_NODES", "1"}, {"SKYPILOT_NODE_RANK", "0"}},
      // A rank of torchrun, as it sees its variables; srun started that torchrun.
      with(kSrunTwoNodes, {{"TORCHELASTIC_RUN_ID", "none"}, {"RANK", "1"}, {"WORLD_SIZE", "2"}}),
  };
  for (std::size_t i = 0; i < alone.size(); ++i) {
    EXPECT_FALSE(engine_task(lookup_in(alone[i]))) << i;
  }
}

TEST(EngineTask, OfARangeTheMostIsTheirNumberAndTheLeastIsEnough) {
  const auto task = engine_task(lookup_in(with(kElasticPyTorchJob, {{"PET_NNODES", "1:4"}})));
  ASSERT_TRUE(task);
  EXPECT_EQ(task->count.value().value, 4);
  EXPECT_EQ(task->least.value().value, 1);
  EXPECT_FALSE(engine_task(lookup_in(kElasticPyTorchJob)).value().least);
}

TEST(EngineTask, ANumberThatIsNotSaidStaysOpen) {
  const auto by_prterun = engine_task(lookup_in(kPrterun));
  ASSERT_TRUE(by_prterun);
  EXPECT_FALSE(by_prterun->count);
  EXPECT_EQ(by_prterun->index.value().value, 1);
  EXPECT_EQ(by_prterun->port.value().value, port_of_job("prterun-vm-18786@1"));
  const auto of_indexed_job = engine_task(lookup_in({{"JOB_COMPLETION_INDEX", "3"}}));
  ASSERT_TRUE(of_indexed_job);
  EXPECT_FALSE(of_indexed_job->count);
  EXPECT_EQ(of_indexed_job->index.value().value, 3);
  // prterun in a Slurm job: the step is its daemon's, and its number of tasks the daemons'.
  EXPECT_FALSE(engine_task(lookup_in(with(kSrunTwoNodes, kPrterun))).value().count);
}

TEST(EngineTask, AddressesAndPortsThatAreNotSaidStayOpen) {
  const auto over_nodes =
      engine_task(lookup_in(with(kOpenMpi, {{"OMPI_COMM_WORLD_LOCAL_SIZE", "1"}})));
  EXPECT_FALSE(over_nodes.value().address);
  // Nothing tells one mpiexec.hydra from another on the same node.
  EXPECT_FALSE(engine_task(lookup_in(kHydra)).value().port);
}

TEST(EngineTask, ContradictionsNameBothVariables) {
  struct Contradiction {
    Variables variables;
    const char* message;
  };
  const std::vector<Contradiction> cases = {
      {with(kSrunTwoNodes, {{"PET_NNODES", "4"}, {"PET_NODE_RANK", "1"}}),
       "PET_NNODES=4 (torchrun's variables) contradicts SLURM_STEP_NUM_TASKS=2 (Slurm)"},
      {with(kSrunTwoNodes, {{"RANK", "0"}, {"WORLD_SIZE", "2"}}),
       "RANK=0 (the environment) contradicts SLURM_PROCID=1 (Slurm)"},
      {with(kOpenMpi, {{"PMI_SIZE", "3"}, {"PMI_RANK", "1"}}),
       "OMPI_COMM_WORLD_SIZE=2 (Open MPI) contradicts PMI_SIZE=3 (MPI's PMI)"},
      {with(kSrunTwoNodes, {{"SLURM_PROCID", "2"}}),
       "SLURM_PROCID=2 does not fit SLURM_STEP_NUM_TASKS=2"},
      {with(kSrunTwoNodes, {{"SLURM_PROCID", "one"}}), "SLURM_PROCID=\"one\" is not a number"},
      {{{"PET_NNODES", "4:1"}, {"PET_NODE_RANK", "0"}},
       "PET_NNODES=\"4:1\": not a number of hosts"},
      {with(kPyTorchJobOfEight, {{"WORLD_SIZE", "16"}}),
       "PET_NNODES=3 (torchrun's variables) contradicts WORLD_SIZE=16 (the environment)"},
      {with(kPyTorchJobOfEight, {{"RANK", "1"}}),
       "PET_NODE_RANK=2 (torchrun's variables) contradicts RANK=1 (the environment)"},
      {with(kElasticPyTorchJob, {{"PET_RDZV_BACKEND", "etcd-v2"}}),
       "PET_RDZV_BACKEND=\"etcd-v2\": the hosts' launchers meet at host 0"},
      {with(kElasticPyTorchJob, {{"PET_RDZV_ENDPOINT", "job-worker-0:port"}}),
       "PET_RDZV_ENDPOINT=\"job-worker-0:port\": not HOST:PORT"},
      {with(kTrainer, {{"SKYPILOT_NUM_NODES", "2"}}),
       "PET_NNODES=4 (torchrun's variables) contradicts SKYPILOT_NUM_NODES=2 (SkyPilot)"},
      {with(kTrainer, {{"PET_NODE_RANK", "4"}}), "PET_NODE_RANK=4 does not fit PET_NNODES=4"},
  };
  for (const auto& [variables, message] : cases) {
    const VariableLookup lookup = lookup_in(variables);
    const Error error = error_of([&lookup] { engine_task(lookup); });
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    expect_contains(error.what(), message);
  }
}

TEST(EngineTask, ShellsOfSeveralNodesAreFound) {
  EXPECT_EQ(idle_slurm_nodes(lookup_in(kBatchShell)).value().value, 2);
  EXPECT_EQ(idle_slurm_nodes(lookup_in(kSallocShell)).value().by, "SLURM_JOB_NUM_NODES");
  for (const Variables& variables :
       {Variables{}, kSrunPty, kSrunTwoNodes, with(kBatchShell, kOpenMpi),
        with(kBatchShell, {{"SLURM_JOB_NUM_NODES", "1"}, {"SLURM_NNODES", "1"}})}) {
    EXPECT_FALSE(idle_slurm_nodes(lookup_in(variables)));
  }
}

// ip(7): ports from 32768 are the kernel's to give.
TEST(EngineTask, APortOfAJobIsOneOfItsOwn) {
  for (int job = 0; job < 1000; ++job) {
    const int port = port_of_job(std::to_string(job) + ".0");
    EXPECT_GE(port, 20000);
    EXPECT_LT(port, 30000);
  }
  EXPECT_EQ(port_of_job("7.0"), port_of_job("7.0"));
  EXPECT_NE(port_of_job("7.0"), port_of_job("8.0"));
  EXPECT_NE(port_of_job("7.0"), port_of_job("7.1"));
}

}  // namespace
}  // namespace dplaunch
