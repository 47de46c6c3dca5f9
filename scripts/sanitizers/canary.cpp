// Goes wrong in one way for each sanitizer: scripts/sanitize.sh sees with it that the report of a
// launched process is found.
#include <climits>
#include <cstdlib>
#include <string_view>
#include <thread>

int main(int argc, char** argv) {
  const std::string_view way = argc > 1 ? argv[1] : "";
  volatile int* const number = static_cast<int*>(std::malloc(sizeof(int)));
  *number = INT_MAX;
  if (way == "address") number[1] = 0;
  if (way == "undefined") *number = *number + 1;
  if (way == "thread") {
    std::thread other([number] { *number = 1; });
    *number = 2;
    other.join();
  }
  if (way != "leak") std::free(const_cast<int*>(number));
}
