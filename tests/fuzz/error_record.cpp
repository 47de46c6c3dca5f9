// Error records: any program may write TORCHELASTIC_ERROR_FILE.

#include "common/error_record.h"

#include "tests/fuzz/fuzz.h"

using namespace dplaunch;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::filesystem::path file = fuzz::scratch_folder() / "error.json";
  fuzz::write(file, fuzz::text_of(data, size));
  const auto record = read_error_record(file);
  if (!record) return 0;
  fuzz::expect(record->exit_code >= 1 && record->exit_code <= 255, "the exit code is one");
  write_error_record(file, *record);
  const auto again = read_error_record(file);
  fuzz::expect(
      again && again->message == record->message && again->hint == record->hint &&
          again->traceback == record->traceback && again->monotonic_ns == record->monotonic_ns &&
          again->exit_code == record->exit_code && again->is_consequence == record->is_consequence,
      "a record that is written is read as it was");
  return 0;
}
