#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "launcher/command_line/number_or_all.h"
#include "launcher/command_line/option_values.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/stacks/show_stacks.h"

namespace dplaunch {

Action declare_stacks(CLI::App& app) {
  const auto options = std::make_shared<StacksOptions>();
  add_run_choice(app, options->choice);
  const auto set_rank = [options](const std::string& text) {
    options->stacks.rank = number_or_all<int>(text, "--rank");
  };
  takes(app.add_option_function<std::string>("-r,--rank", set_rank, "which rank's stack, or all"),
        "N|all", "all");
  app.add_flag("--native", options->stacks.native,
               "of Python the functions of extension modules too; slower");
  app.add_flag("--json", options->json, "for programs: one object on one line");
  takes(app.add_option("--folded", options->folded, "write a line a stack there, for flame graphs"),
        "FILE", offer::kFiles);
  app.add_flag("--save", options->save,
               "write it into the run's folder as well (stacks.txt), for report");
  app.add_flag("--by-itself", options->stacks.spares_suspended,
               "of a launcher, when its job hangs: nobody who is suspended is attached to")
      ->group(kHidden);
  return [options] { return show_stacks(*options, std::cout); };
}

}  // namespace dplaunch
