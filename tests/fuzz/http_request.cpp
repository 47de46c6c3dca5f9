// What somebody sends to --metrics-port.

#include "launcher/metrics/http_answer.h"
#include "tests/fuzz/fuzz.h"

using namespace dplaunch;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string request = fuzz::text_of(data, size);
  bool is_asked = false;
  const std::string answer = http_answer(request, [&is_asked](bool) {
    is_asked = true;
    return std::string("text\n");
  });
  fuzz::expect(answer.starts_with(is_asked ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 4"),
               "who is refused gets no figures");
  fuzz::expect(answer.find("\r\n\r\n") != std::string::npos, "the answer has an end of its head");
  return 0;
}
