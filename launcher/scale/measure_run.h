#pragma once

#include <string>
#include <vector>

#include "launcher/scale/experiment.h"
#include "launcher/scale/interruption.h"
#include "launcher/scale/run_record.h"

namespace dplaunch {

/// The command line of the job at a point: dplaunch itself, `program`, with the run `name` below
/// the experiment's runs. `block` is counted from 1.
std::vector<std::string> job_words(const Experiment& experiment, const Point& point, int block,
                                   const std::string& program, const std::string& name);

/// The CPUs that the job at a point gets, so that a process has as many cores at every point; empty
/// where nothing is held back: on GPUs, and where the processes are more than the cores.
std::vector<int> cpus_of(const Experiment& experiment, const Point& point,
                         const std::vector<int>& allowed);

/// Takes the figures of an ended run out of its folder, into a record that says how it ended:
/// `figures`, `metric` and `rate`, or `problem`.
void take_figures(const Experiment& experiment, const Point& point, RunRecord& record);

/// Runs the job of a point to its end, or to its accuracy, and takes its figures. Its checkpoints,
/// which nobody needs, are removed. Throws Error(kInterrupted) or Error(kTerminated) if the user
/// ended it.
RunRecord measure_run(const Experiment& experiment, const Point& point, int block,
                      StopSignals& stop);

}  // namespace dplaunch
