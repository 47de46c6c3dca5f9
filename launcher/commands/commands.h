#pragma once

#include "launcher/command_line/command.h"

namespace dplaunch {

// Each stands in its folder's command.cpp, the job in job_command.cpp.
Action declare_job(CLI::App& app, const JobWords& words);
Action declare_data(CLI::App& app);
Action declare_devices(CLI::App& app);
Action declare_status(CLI::App& app);
Action declare_logs(CLI::App& app);
Action declare_stacks(CLI::App& app);
Action declare_stop(CLI::App& app);
Action declare_runs(CLI::App& app);
Action declare_eval(CLI::App& app);
Action declare_export(CLI::App& app);
Action declare_compare(CLI::App& app);
Action declare_report(CLI::App& app);
Action declare_doctor(CLI::App& app);
Action declare_scale(CLI::App& app, const JobWords& words);
Action declare_bench(CLI::App& app);
Action declare_simulate(CLI::App& app);
Action declare_top(CLI::App& app);
Action declare_torchrun(CLI::App& app, const JobWords& words);

/// All that dplaunch can be asked for; to add a subcommand, add a row.
CommandTable commands();

}  // namespace dplaunch
