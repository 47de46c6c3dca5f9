// launch.json and summary.json of a run folder, as `status`, `logs` and `stop` read them.

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
  return 0;
}
