#pragma once

#include <map>
#include <optional>
#include <string>

#include "common/rank_environment.h"

// What real programs set: Slurm 22.05.8 (srun, sbatch, salloc over two nodes), Open MPI 4.1.4 and
// 5.0.10 (mpirun, and prterun alone), MPICH 5.0.2 (mpiexec.hydra), and, from their documentation,
// Kubeflow's Trainer v2 and PyTorchJob v1 and SkyPilot.

namespace dplaunch::testing::engines {

using Variables = std::map<std::string, std::string>;

inline VariableLookup lookup_in(const Variables& variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

/// `added` wins.
inline Variables with(Variables variables, const Variables& added) {
  for (const auto& [name, value] : added) variables[name] = value;
  return variables;
}

/// sbatch -N2 --ntasks-per-node=1
inline const Variables kBatchShell = {{"SLURM_JOB_ID", "3"},
                                      {"SLURM_JOB_NUM_NODES", "2"},
                                      {"SLURM_NNODES", "2"},
                                      {"SLURM_JOB_NODELIST", "n[1-2]"},
                                      {"SLURM_NODELIST", "n[1-2]"},
                                      {"SLURM_NTASKS", "2"},
                                      {"SLURM_NPROCS", "2"},
                                      {"SLURM_PROCID", "0"},
                                      {"SLURM_LOCALID", "0"},
                                      {"SLURM_NODEID", "0"},
                                      {"SLURM_TASKS_PER_NODE", "1(x2)"},
                                      {"SLURMD_NODENAME", "n1"}};

/// salloc -N2
inline const Variables kSallocShell = {{"SLURM_JOB_ID", "4"},
                                       {"SLURM_JOB_NUM_NODES", "2"},
                                       {"SLURM_NNODES", "2"},
                                       {"SLURM_JOB_NODELIST", "n[1-2]"},
                                       {"SLURM_TASKS_PER_NODE", "1(x2)"}};

/// srun -N2: the second task
inline const Variables kSrunTwoNodes = {{"SLURM_JOB_ID", "1"},
                                        {"SLURM_JOB_NODELIST", "n[1-2]"},
                                        {"SLURM_JOB_NUM_NODES", "2"},
                                        {"SLURM_LOCALID", "0"},
                                        {"SLURM_NNODES", "2"},
                                        {"SLURM_NODEID", "1"},
                                        {"SLURM_NTASKS", "2"},
                                        {"SLURM_PROCID", "1"},
                                        {"SLURM_STEP_ID", "0"},
                                        {"SLURM_STEP_NODELIST", "n[1-2]"},
                                        {"SLURM_STEP_NUM_NODES", "2"},
                                        {"SLURM_STEP_NUM_TASKS", "2"},
                                        {"SLURM_STEP_TASKS_PER_NODE", "1(x2)"}};

/// srun -N2 -n4: the last task
inline const Variables kSrunFourTasks = with(kSrunTwoNodes, {{"SLURM_JOB_ID", "2"},
                                                             {"SLURM_NTASKS", "4"},
                                                             {"SLURM_PROCID", "3"},
                                                             {"SLURM_STEP_NUM_TASKS", "4"},
                                                             {"SLURM_STEP_TASKS_PER_NODE", "3,1"}});

/// srun -n1 --pty, in an allocation of two nodes
inline const Variables kSrunPty = with(kBatchShell, {{"SLURM_NTASKS", "1"},
                                                     {"SLURM_STEP_ID", "0"},
                                                     {"SLURM_STEP_NODELIST", "n1"},
                                                     {"SLURM_STEP_NUM_NODES", "1"},
                                                     {"SLURM_STEP_NUM_TASKS", "1"},
                                                     {"SLURM_STEP_TASKS_PER_NODE", "1"}});

/// mpirun -n 2 of Open MPI 4.1.4 on one node: the second task
inline const Variables kOpenMpi = {{"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                                   {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"},
                                   {"OMPI_COMM_WORLD_NODE_RANK", "1"},
                                   {"OMPI_COMM_WORLD_RANK", "1"},
                                   {"OMPI_COMM_WORLD_SIZE", "2"},
                                   {"OMPI_MCA_ess_base_jobid", "725090305"},
                                   {"OMPI_UNIVERSE_SIZE", "2"},
                                   {"PMIX_NAMESPACE", "725090305"},
                                   {"PMIX_RANK", "1"}};

/// salloc -N2 mpirun -n 2 --map-by node: its daemons are tasks of a step
inline const Variables kOpenMpiInSlurm =
    with(kSrunTwoNodes, with(kOpenMpi, {{"OMPI_COMM_WORLD_LOCAL_RANK", "0"},
                                        {"OMPI_COMM_WORLD_LOCAL_SIZE", "1"},
                                        {"PMIX_NAMESPACE", "635174913"},
                                        {"SLURM_JOB_ID", "5"}}));

/// mpirun -n 2 of Open MPI 5: prterun with the personality "ompi"
inline const Variables kOpenMpi5 = {{"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                                    {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"},
                                    {"OMPI_COMM_WORLD_RANK", "1"},
                                    {"OMPI_COMM_WORLD_SIZE", "2"},
                                    {"PMIX_NAMESPACE", "prterun-vm-23568@1"},
                                    {"PMIX_RANK", "1"},
                                    {"PRTE_LAUNCHED", "1"}};

/// prterun -n 2
inline const Variables kPrterun = {{"PMIX_HOSTNAME", "vm"},
                                   {"PMIX_NAMESPACE", "prterun-vm-18786@1"},
                                   {"PMIX_RANK", "1"},
                                   {"PRTE_LAUNCHED", "1"}};

/// mpiexec.hydra -n 2 on one node
inline const Variables kHydra = {{"MPI_LOCALNRANKS", "2"}, {"MPI_LOCALRANKID", "1"},
                                 {"PMI_FD", "11"},         {"PMI_HOSTNAME", "vm"},
                                 {"PMI_RANK", "1"},        {"PMI_SIZE", "2"}};

/// sbatch -N2, and in it mpiexec.hydra -n 2 -ppn 1: its proxies are tasks of a step
inline const Variables kHydraInSlurm = with(kSrunTwoNodes, {{"MPI_LOCALNRANKS", "1"},
                                                            {"MPI_LOCALRANKID", "0"},
                                                            {"PMI_FD", "5"},
                                                            {"PMI_HOSTNAME", "n2"},
                                                            {"PMI_RANK", "1"},
                                                            {"PMI_SIZE", "2"},
                                                            {"SLURM_JOB_ID", "7"},
                                                            {"SLURM_STEP_ID", "1"}});

inline const Variables kTrainer = {
    {"PET_NNODES", "4"},          {"PET_NPROC_PER_NODE", "auto"},
    {"PET_NODE_RANK", "2"},       {"PET_MASTER_ADDR", "job-node-0-0.job"},
    {"PET_MASTER_PORT", "29400"}, {"JOB_COMPLETION_INDEX", "2"}};

/// Training operator 1.3: the second of two workers beside the master
inline const Variables kPyTorchJob = {{"MASTER_ADDR", "job-master-0"},
                                      {"MASTER_PORT", "23456"},
                                      {"WORLD_SIZE", "3"},
                                      {"RANK", "2"},
                                      {"PYTHONUNBUFFERED", "0"}};

/// Training operator 1.9, nprocPerNode: "8". WORLD_SIZE counts processes, RANK the pods.
inline const Variables kPyTorchJobOfEight = with(kPyTorchJob, {{"WORLD_SIZE", "24"},
                                                               {"PET_NNODES", "3"},
                                                               {"PET_NODE_RANK", "2"},
                                                               {"PET_NPROC_PER_NODE", "8"}});

/// With an elasticPolicy, which has no master.
inline const Variables kElasticPyTorchJob = {{"PET_NNODES", "2:2"},
                                             {"PET_RDZV_BACKEND", "c10d"},
                                             {"PET_RDZV_ENDPOINT", "job-worker-0:23456"},
                                             {"PET_RDZV_ID", "run-7"},
                                             {"PET_MAX_RESTARTS", "3"},
                                             {"PYTHONUNBUFFERED", "0"}};

inline const Variables kSkyPilot = {{"SKYPILOT_NUM_NODES", "2"},
                                    {"SKYPILOT_NODE_RANK", "1"},
                                    {"SKYPILOT_NODE_IPS", "10.0.0.4\n10.0.0.5"},
                                    {"SKYPILOT_NUM_GPUS_PER_NODE", "8"},
                                    {"SKYPILOT_TASK_ID", "sky-2026-11-26-cluster-1"}};

}  // namespace dplaunch::testing::engines
