// launch.json, summary.json and hosts.json of a run folder, as `status`, `logs` and `stop` read
// them.

#include "launcher/runs/hosts_file.h"
#include "launcher/runs/launch_record.h"
#include "launcher/runs/run_summary.h"
#include "tests/fuzz/fuzz.h"

using namespace dplaunch;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string json = fuzz::text_of(data, size);
  const RunFolder folder(fuzz::scratch_folder());
  fuzz::write(folder.launch(), json);
  fuzz::write(folder.summary(), json);  // later: of the latest start
  fuzz::accepts(ExitCode::kStorage, [&] { read_start(folder); });
  fuzz::accepts(ExitCode::kStorage, [&] { read_end(folder, ""); });
  read_training_result(folder);
  fuzz::write(hosts_file(folder), json);
  if (const auto hosts = read_hosts(folder, "")) {
    for (const HostProgress& host : hosts->others) {
      if (!host.ranks.empty()) summary_of(host.ranks);
      host_progress_from(to_json(host, 1), -1);
    }
  }
  return 0;
}
