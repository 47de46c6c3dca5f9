#include "launcher/view/live_footer.h"

#include <memory>

#include "base/monotonic_clock.h"
#include "launcher/runs/launch_record.h"
#include "launcher/view/live_view.h"
#include "launcher/view/run_watch.h"

namespace dplaunch {
std::optional<Footer::Options> live_footer(const LaunchPlan& plan, int fd) {
  if (!plan.run_folder || !can_redraw(fd)) return {};
  Footer::Options options;
  options.terminal_fd = fd;
  options.lines =
      [watch = std::make_shared<RunWatch>(*plan.run_folder, rank_records(plan), plan.start_id),
       style = text_style(fd)](TerminalSize size) {
        return live_view(watch->look(monotonic_ns(), true), style, size);
      };
  return options;
}

}  // namespace dplaunch
