#include <CLI/CLI.hpp>
#include <memory>

#include "launcher/commands/commands.h"
#include "launcher/commands/job/job_options.h"
#include "launcher/commands/run/run_command.h"
#include "launcher/commands/train/train.h"
#include "launcher/commands/train/train_seeds.h"

namespace dplaunch {

Action declare_job(CLI::App& app, const JobWords& words) {
  const auto launch = std::make_shared<LaunchOptions>();
  const auto raw = std::make_shared<RawJobOptions>();
  launch->command = words.command;
  add_job_options(app, *launch, *raw);
  return [launch, raw, &app, all = words.all] {
    settle_job_options(*launch, *raw, app);
    if (!launch->command.empty()) return run_command(*launch, all);
    return launch->seeds > 1 ? train_seeds(*launch, all) : train(*launch, all);
  };
}

}  // namespace dplaunch
