#pragma once

#include <array>
#include <cstddef>

#include "launcher/scale/run_figures.h"

namespace dplaunch {

/// What an efficiency is made of.
enum class Factor {
  kCompute,      ///< a process's computing alone against that of one of N
  kInput,        ///< not waiting for batches
  kLoadBalance,  ///< the mean rank's own time by the slowest's, step by step
  kOverlap,      ///< the slowest rank's own time by the step's: all-reduce that is not hidden
  kAmortised,    ///< the steps' time by theirs with the evaluations and checkpoints between them
};
inline constexpr std::size_t kFactors = 5;

/// Indexed by Factor. Their product is the efficiency.
using Factors = std::array<double, kFactors>;

/// "compute", "input", "load balance", "overlap", "amortised".
const char* name_of(Factor factor);

double product(const Factors& factors);

/// The efficiency of `job` against `alone`, one process, in factors; `work` is the work of one of
/// the job's ranks in a step by that of the process alone: 1 in weak scaling, 1 / N in strong. As
/// the POP project takes parallel efficiencies apart (load balance, communication, computation
/// scaling), with input and evaluation as factors of their own; each is relative to what it is of
/// one process. Needs times above 0.
Factors factors_of(const RunFigures& alone, const RunFigures& job, double work);

/// The same efficiency, from the whole: time a step of one process, its share of evaluations
/// and checkpoints included, by that of the job.
double efficiency_of(const RunFigures& alone, const RunFigures& job, double work);

}  // namespace dplaunch
