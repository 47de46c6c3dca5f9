// What each engine's variables become, seen through the real dplaunch: used, and said where each
// value is from, or refused with the variable and the option.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/text/shell_word.h"
#include "common/engine_task.h"
#include "tests/common/engine_variables.h"
#include "tests/launcher/devices/fake_machine.h"
#include "tests/support/run_program.h"

namespace dplaunch {
namespace {

using namespace testing::engines;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ShellResult;

class EngineTable : public ::testing::Test {
 protected:
  ShellResult run(const Variables& variables, const std::string& arguments = "") const {
    std::vector<std::string> words;
    for (const auto& [name, value] : variables) words.push_back(name + "=" + value);
    return testing::run_dplaunch(folder_.path(), "--dry-run " + arguments + " -- true",
                                 "-u CUDA_VISIBLE_DEVICES " + shell_words(words));
  }

  testing::TemporaryFolder folder_;
};

std::string port_words(const std::string& job, const std::string& made_of) {
  return "port " + std::to_string(port_of_job(job)) + " (made of " + made_of + ")";
}

const char kOneCpu[] = "--device cpu:1";

TEST_F(EngineTable, WhatIsUsedIsSaidWithItsVariable) {
  struct Row {
    const char* what;
    Variables variables;
    std::string note;
    const char* processes;
  };
  const std::string slurm = "SLURM_JOB_ID and SLURM_STEP_ID";
  for (const auto& [what, variables, note, processes] : std::vector<Row>{
           {"srun", kSrunTwoNodes,
            "Slurm: 2 hosts (SLURM_STEP_NUM_TASKS), this is number 1 (SLURM_PROCID), host 0 is n1 "
            "(the first of SLURM_STEP_NODELIST), " +
                port_words("1.0", slurm),
            "2 on 2 hosts, rank 1 here"},
           {"srun, two tasks on a node", kSrunFourTasks,
            "Slurm: 4 hosts (SLURM_STEP_NUM_TASKS), this is number 3 (SLURM_PROCID), host 0 is n1 "
            "(the first of SLURM_STEP_NODELIST), " +
                port_words("2.0", slurm),
            "4 on 4 hosts, rank 3 here"},
           {"mpirun", kOpenMpi,
            "Open MPI: 2 hosts (OMPI_COMM_WORLD_SIZE), this is number 1 (OMPI_COMM_WORLD_RANK), "
            "host 0 is 127.0.0.1 (OMPI_COMM_WORLD_LOCAL_SIZE), " +
                port_words("725090305", "PMIX_NAMESPACE"),
            "2 on 2 hosts, rank 1 here"},
           {"mpirun in salloc", kOpenMpiInSlurm,
            "Open MPI: 2 hosts (OMPI_COMM_WORLD_SIZE), this is number 1 (OMPI_COMM_WORLD_RANK), "
            "host 0 is n1 (the first of SLURM_JOB_NODELIST), " +
                port_words("635174913", "PMIX_NAMESPACE"),
            "2 on 2 hosts, rank 1 here"},
           {"mpiexec.hydra in sbatch", kHydraInSlurm,
            "MPI's PMI: 2 hosts (PMI_SIZE), this is number 1 (PMI_RANK), host 0 is n1 (the first "
            "of SLURM_JOB_NODELIST), " +
                port_words("7.1", slurm),
            "2 on 2 hosts, rank 1 here"},
           {"Trainer v2", kTrainer,
            "torchrun's variables: 4 hosts (PET_NNODES), this is number 2 (PET_NODE_RANK), host 0 "
            "is job-node-0-0.job (PET_MASTER_ADDR), port 29400 (PET_MASTER_PORT)",
            "4 on 4 hosts, rank 2 here"},
           {"PyTorchJob v1", kPyTorchJob,
            "the environment: 3 hosts (WORLD_SIZE), this is number 2 (RANK), host 0 is "
            "job-master-0 (MASTER_ADDR), port 23456 (MASTER_PORT)",
            "3 on 3 hosts, rank 2 here"},
           {"PyTorchJob v1, newer", kPyTorchJobOfEight,
            "torchrun's variables: 3 hosts (PET_NNODES), this is number 2 (PET_NODE_RANK), host 0 "
            "is job-master-0 (MASTER_ADDR), port 23456 (MASTER_PORT)",
            "3 on 3 hosts, rank 2 here"},
           {"PyTorchJob v1 with an elasticPolicy", kElasticPyTorchJob,
            "torchrun's variables: 2 hosts (PET_NNODES), numbered as they come, host 0 is "
            "job-worker-0 (PET_RDZV_ENDPOINT), port 23456 (PET_RDZV_ENDPOINT), job run-7 "
            "(PET_RDZV_ID)",
            "2 on 2 hosts"},
           {"SkyPilot", kSkyPilot,
            "SkyPilot: 2 hosts (SKYPILOT_NUM_NODES), this is number 1 (SKYPILOT_NODE_RANK), host 0 "
            "is 10.0.0.4 (SKYPILOT_NODE_IPS), " +
                port_words("sky-2026-11-26-cluster-1", "SKYPILOT_TASK_ID"),
            "2 on 2 hosts, rank 1 here"},
       }) {
    const ShellResult result = run(variables, kOneCpu);
    EXPECT_EQ(result.exit_code, 0) << what << result.err;
    EXPECT_THAT(result.out, HasSubstr("note       " + note + "\n")) << what;
    EXPECT_THAT(result.out, HasSubstr(std::string("processes  ") + processes)) << what;
  }
}

// pytorch.org/tutorials, "Multinode Training": srun torchrun with its rendezvous on the first node.
TEST_F(EngineTable, TorchrunsLinesUnderSrunKeepTheirNumbers) {
  const ShellResult result =
      run(kSrunTwoNodes,
          "--device cpu:1 --nnodes 2 --nproc_per_node 1 --rdzv_id 77 --rdzv_backend c10d "
          "--rdzv_endpoint n1:29500");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out,
              HasSubstr("note       Slurm: 2 hosts (--nnodes), this is number 1 (SLURM_PROCID), "
                        "host 0 is n1 (--rdzv-endpoint), port 29500 (--rdzv-endpoint), job 77 "
                        "(--rdzv-id)\n"));
}

TEST_F(EngineTable, OneTaskAloneIsOneHost) {
  for (const Variables& variables :
       {Variables{}, kSrunPty, with(kTrainer, {{"PET_NNODES", "1"}})}) {
    const ShellResult result = run(variables, kOneCpu);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.out, HasSubstr("processes  1\n"));
    EXPECT_THAT(result.out, Not(HasSubstr(" hosts ("))) << result.out;
  }
}

TEST_F(EngineTable, WhatCannotBeUsedNamesVariableAndOption) {
  struct Row {
    const char* what;
    Variables variables;
    const char* arguments;
    std::vector<const char*> names;
  };
  for (const auto& [what, variables, arguments, names] : std::vector<Row>{
           {"batch shell", kBatchShell, "", {"SLURM_JOB_NUM_NODES=2", "srun dplaunch"}},
           {"salloc", kSallocShell, "", {"SLURM_JOB_NUM_NODES=2", "--standalone"}},
           {"mpirun over nodes",
            with(kOpenMpi, {{"OMPI_COMM_WORLD_LOCAL_SIZE", "1"}}),
            "",
            {"OMPI_COMM_WORLD_SIZE", "--master-addr HOST"}},
           {"mpiexec.hydra", kHydra, "", {"PMI_SIZE", "--master-port PORT"}},
           {"prterun", kPrterun, "", {"PMIX_RANK", "--nnodes N"}},
           {"Indexed Job",
            {{"JOB_COMPLETION_INDEX", "1"}},
            "",
            {"JOB_COMPLETION_INDEX", "--nnodes N"}},
           {"an option against Slurm",
            kSrunTwoNodes,
            "--nnodes 3",
            {"--nnodes 3 contradicts SLURM_STEP_NUM_TASKS=2 (Slurm)"}},
           {"a number within Slurm that is too high",
            kSrunTwoNodes,
            "--node-rank 2",
            {"--node-rank 2 of 2 hosts"}},
           {"Kubeflow within Slurm",
            with(kSrunTwoNodes, kTrainer),
            "",
            {"PET_NNODES=4 (torchrun's variables) contradicts SLURM_STEP_NUM_TASKS=2 (Slurm)",
             "--nnodes"}},
           {"no number of processes",
            with(kTrainer, {{"PET_NPROC_PER_NODE", "many"}}),
            "",
            {"PET_NPROC_PER_NODE=many is not a number", "--nproc-per-node"}},
           {"etcd",
            with(kElasticPyTorchJob, {{"PET_RDZV_BACKEND", "etcd"}}),
            "",
            {"PET_RDZV_BACKEND=\"etcd\"", "--master-addr"}},
       }) {
    const ShellResult result = run(variables, arguments);
    EXPECT_EQ(result.exit_code, 2) << what << result.out;
    for (const char* name : names) EXPECT_THAT(result.err, HasSubstr(name)) << what;
  }
}

TEST_F(EngineTable, OptionsWin) {
  for (const Variables& variables :
       {kSrunTwoNodes, kBatchShell, kOpenMpi, kHydra, kPrterun, kTrainer, kPyTorchJobOfEight,
        kElasticPyTorchJob, kSkyPilot, with(kSrunTwoNodes, kTrainer)}) {
    const ShellResult result = run(
        variables, "--device cpu:1 --nnodes 3 --node-rank 2 --master-addr head --master-port 1234");
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.out,
                HasSubstr("note       3 hosts (--nnodes), this is number 2 (--node-rank), host 0 "
                          "is head (--master-addr), port 1234 (--master-port)\n"));
  }
}

TEST_F(EngineTable, ProcessesOfANodeAreAsTorchrunsVariableSays) {
  struct Row {
    const char* value;
    const char* arguments;
    int exit_code;
    const char* text;
  };
  testing::install_machine(testing::idle_gpus(3));
  for (const auto& [value, arguments, exit_code, text] :
       {Row{"auto", "", 0, "processes  12 on 4 hosts, ranks 6 to 8 here"},
        Row{"gpu", "", 0, "processes  12 on 4 hosts, ranks 6 to 8 here"},
        Row{"2", "", 0, "processes  8 on 4 hosts, ranks 4 to 5 here"},
        Row{"2", "", 0, "PET_NPROC_PER_NODE=2 stands for --nproc-per-node\n"},
        Row{"2", "--nproc-per-node 3", 0, "processes  12 on 4 hosts, ranks 6 to 8 here"},
        Row{"2", "--device 1", 0, "PET_NPROC_PER_NODE=2 is passed over: --device says how many\n"},
        Row{"cpu", "", 0, "devices    CPU\n"}}) {
    const ShellResult result = run(with(kTrainer, {{"PET_NPROC_PER_NODE", value}}), arguments);
    EXPECT_EQ(result.exit_code, exit_code) << value << result.err;
    EXPECT_THAT(result.out, HasSubstr(text)) << value << ' ' << arguments;
  }
  testing::install_machine("");
  EXPECT_EQ(run(with(kTrainer, {{"PET_NPROC_PER_NODE", "gpu"}})).exit_code, 3);
  EXPECT_THAT(run(with(kTrainer, {{"PET_NPROC_PER_NODE", "3"}})).out,
              HasSubstr("processes  12 on 4 hosts, ranks 6 to 8 here"));
}

}  // namespace
}  // namespace dplaunch
