// What probably lies behind a failure.
#include "launcher/report/likely_cause.h"

#include <gtest/gtest.h>
#include <signal.h>

namespace dplaunch {
namespace {

std::string cause_of(const RankOutcome& outcome, const FailureContext& context = {}) {
  std::string text;
  for (const std::string& line : likely_cause(outcome, context)) text += line + "\n";
  return text;
}

RankOutcome saying(const std::string& words) {
  RankOutcome outcome;
  outcome.exit_code = 1;
  outcome.stderr_tail = "Traceback (most recent call last):\n" + words + "\n";
  return outcome;
}

RankOutcome recording(const std::string& message, const std::string& traceback) {
  RankOutcome outcome;
  outcome.exit_code = 1;
  outcome.record.emplace();
  outcome.record->message = message;
  outcome.record->traceback = traceback;
  return outcome;
}

RankOutcome ended_by(int signal) {
  RankOutcome outcome;
  outcome.signal = signal;
  return outcome;
}

TEST(LikelyCause, IsFoundInWhatTheRankSaid) {
  struct Row {
    const char* words;
    const char* cause;
  };
  const Row rows[] = {
      {"RuntimeError: CUDA error: an illegal memory access was encountered",
       "CUDA_LAUNCH_BLOCKING=1"},
      {"RuntimeError: CUDA error: device-side assert triggered", "label or index out of range"},
      {"torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.",
       "lower the batch"},
      {"RuntimeError: CUDA error: out of memory", "lower the batch"},
      {"RuntimeError: FIND was unable to find an engine to execute this computation",
       "lower the batch"},
      {"RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
       "lower the batch"},
      {"CUDA error: uncorrectable ECC error encountered", "memory is damaged"},
      {"CUDA error: no kernel image is available for execution on the device", "other GPUs"},
      {"RuntimeError: HIP error: invalid device function", "rocminfo | grep gfx"},
      {"torch.OutOfMemoryError: HIP out of memory. Tried to allocate 2.00 GiB.", "lower the batch"},
      {"torch.distributed.DistBackendError: NCCL error in: x.cpp:1, unhandled system error "
       "(run with NCCL_DEBUG=INFO for details)\nncclSystemError: System call failed",
       "/dev/shm"},
      {"NCCL error: invalid usage, ncclInvalidUsage\nDuplicate GPU detected : rank 0 and rank 1 "
       "both on "
       "CUDA device 81000",
       "two MIG instances of one"},
      {"[rank1]:[E] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=5)",
       "look for the one that hangs"},
      {"OSError: [Errno 28] No space left on device", "df -h"},
      {"OSError: [Errno 24] Too many open files", "ulimit -n"},
      {"ModuleNotFoundError: No module named 'torch'", "which python"},
      {"[Errno 98] Address already in use", "MASTER_PORT"},
  };
  for (const Row& row : rows) {
    EXPECT_NE(cause_of(saying(row.words)).find(row.cause), std::string::npos) << row.words;
    EXPECT_NE(cause_of(recording(row.words, "")).find(row.cause), std::string::npos) << row.words;
    EXPECT_NE(cause_of(recording("failed", row.words)).find(row.cause), std::string::npos)
        << row.words;
  }
}

TEST(LikelyCause, IsNeverAnEarlierWarning) {
  const char* const warning = "WARNING: no apex: ModuleNotFoundError: No module named 'apex'\n";
  RankOutcome outcome = saying("ValueError: bad label 123");
  outcome.stderr_tail = warning + outcome.stderr_tail;
  EXPECT_EQ(cause_of(outcome), "");
  // Nor one behind the exception, nor as the last line of a program that says no more.
  outcome.stderr_tail += "UserWarning: OSError: Too many open files\n";
  EXPECT_EQ(cause_of(outcome), "");
  outcome.stderr_tail = warning;
  EXPECT_EQ(cause_of(outcome), "");
  outcome = recording("ValueError: bad label 123", "");
  outcome.stderr_tail = "OSError: No space left on device\n";
  EXPECT_EQ(cause_of(outcome), "");
}

TEST(LikelyCause, IsNotAnExceptionThatDidNotEndTheRank) {
  RankOutcome outcome = saying("OSError: [Errno 28] No space left on device");
  outcome.signal = SIGSEGV;
  EXPECT_EQ(cause_of(outcome), "");
  outcome.signal = 0;
  outcome.stderr_tail += "\ncannot go on with version 7\n";
  EXPECT_EQ(cause_of(outcome), "");
}

TEST(LikelyCause, OfAnotherProgramIsInItsLastLine) {
  RankOutcome outcome;
  outcome.exit_code = 1;
  outcome.stderr_tail = "copying\ncp: error writing 'x': No space left on device\n";
  EXPECT_NE(cause_of(outcome).find("df -h"), std::string::npos);
  outcome.stderr_tail += "giving up\n";
  EXPECT_EQ(cause_of(outcome), "");
}

TEST(LikelyCause, IsNotMadeUp) {
  EXPECT_EQ(cause_of(saying("ValueError: no")), "");
  EXPECT_EQ(cause_of(ended_by(SIGTERM)), "");
  EXPECT_EQ(cause_of(ended_by(SIGSEGV)), "");
  EXPECT_EQ(cause_of(RankOutcome{}), "");
}

TEST(LikelyCause, OfASignalIsWhatItStandsFor) {
  EXPECT_NE(cause_of(ended_by(SIGBUS)).find("/dev/shm"), std::string::npos);
  EXPECT_NE(cause_of(ended_by(SIGXCPU)).find("ulimit -t"), std::string::npos);
  EXPECT_NE(cause_of(ended_by(SIGILL)).find("another processor"), std::string::npos);
}

TEST(LikelyCause, OfSigkillIsByTheKernelsCountOfOutOfMemoryKills) {
  FailureContext context;
  EXPECT_NE(cause_of(ended_by(SIGKILL), context).find("out-of-memory killer?"), std::string::npos);
  context.oom_kills = 0;
  EXPECT_NE(cause_of(ended_by(SIGKILL), context).find("not by the kernel's"), std::string::npos);
  context.oom_kills = 1;
  EXPECT_NE(cause_of(ended_by(SIGKILL), context).find("ended 1 process "), std::string::npos);
  context.oom_kills = 3;
  EXPECT_NE(cause_of(ended_by(SIGKILL), context).find("ended 3 processes "), std::string::npos);
  // The launcher's own SIGKILL needs no explanation.
  RankOutcome stopped = ended_by(SIGKILL);
  stopped.is_stopped_by_launcher = true;
  EXPECT_EQ(cause_of(stopped, context), "");
}

TEST(LikelyCause, OfAFullGpuNamesWhoElseIsOnIt) {
  FailureContext context;
  context.other_gpu_users = {"process 4711 (anna, python): 8.0 GiB",
                             "process 12 (bob, x): 1.0 GiB"};
  EXPECT_NE(cause_of(saying("CUDA out of memory"), context)
                .find("also on this GPU: process 4711 (anna, python): 8.0 GiB, process 12 (bob, "
                      "x): 1.0 GiB\n"),
            std::string::npos);
}

TEST(LikelyCause, OfAStallIsLeftToTheReportOfTheStall) {
  RankOutcome outcome = ended_by(SIGKILL);
  outcome.stall = "at epoch 1, step 2 for 30 s";
  outcome.stderr_tail = "CUDA out of memory";
  EXPECT_EQ(cause_of(outcome), "");
}

}  // namespace
}  // namespace dplaunch
