#include "launcher/view/live_footer.h"

#include <memory>

#include "base/monotonic_clock.h"
#include "launcher/view/live_view.h"
#include "launcher/view/run_watch.h"

namespace dplaunch {
namespace {

std::vector<RankFacts> facts_of(const LaunchPlan& plan) {
  std::vector<RankFacts> facts;
  for (const RankPlan& rank : plan.ranks) {
    facts.push_back({rank.environment.rank, rank.environment.local_rank,
                     rank.gpu ? rank.gpu->uuid : std::string()});
  }
  return facts;
}

}  // namespace

std::optional<Footer::Options> live_footer(const LaunchPlan& plan, int fd) {
  if (!plan.run_folder || !can_redraw(fd)) return {};
  Footer::Options options;
  options.terminal_fd = fd;
  options.lines = [watch = std::make_shared<RunWatch>(*plan.run_folder, facts_of(plan)),
                   style = text_style(fd)](TerminalSize size) {
    return live_view(watch->look(monotonic_ns(), true), style, size);
  };
  return options;
}

}  // namespace dplaunch
