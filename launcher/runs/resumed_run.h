#pragma once

#include <string>

#include "common/config/load_config.h"
#include "common/run_folder.h"

namespace dplaunch {

/// Compares a run that is to be resumed, as it was last started, with what is asked for now. All of
/// it before anything is written, because config.resolved.yml is replaced at the start.

/// Throws Error(kStorage) if the checkpoint cannot fit: its model, width, normalisation or
/// optimizer is another one. Silent where the run has no readable configuration of its own.
void check_same_model(const RunFolder& run, const ResolvedConfig& wanted);

/// "epochs 2 -> 4, lr 0.1 -> 0.05"; empty if nothing has changed but names of folders.
std::string changed_keys(const RunFolder& run, const Config& wanted);

/// Whether its summary says that it has done all epochs, or all steps, that are wanted.
bool is_finished(const RunFolder& run, const Config& wanted);

}  // namespace dplaunch
