// A record of PyTorch's flight recorder, which is a pickle.

#include "launcher/stacks/flight_record.h"

#include "launcher/stacks/pickle.h"
#include "tests/fuzz/fuzz.h"

using namespace dplaunch;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = fuzz::text_of(data, size);
  const Json value = parse_pickle(text);
  const std::optional<LastCollective> last = last_collective_in(text);
  fuzz::expect(!last || value.is_object(), "a record is an object");
  if (!last) return 0;
  for (const std::string& shown : {last->operation, last->group, last->input, last->state}) {
    fuzz::expect(shown.find('\n') == std::string::npos && shown.find('\x1b') == std::string::npos,
                 "it is fit for a terminal");
  }
  return 0;
}
