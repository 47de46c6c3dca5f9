// held_ranks.py as a native program: held_native KIND RANK.
#include <pthread.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

/// Nobody writes to the pipe, and its other end stays open.
void read_what_never_comes() {
  int ends[2];
  char byte = 0;
  if (::pipe(ends) == 0 && ::read(ends[0], &byte, 1) < 0) std::perror("read");
}

}  // namespace

// With names that a tool finds.
void hold_in_sleep() {
  ::sleep(100'000);
}

void hold_in_lock() {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  ::pthread_mutex_lock(&mutex);
  ::pthread_mutex_lock(&mutex);
}

void next_batch() {
  read_what_never_comes();
}

void all_reduce() {
  read_what_never_comes();
}

void train(const std::string& kind) {
  if (kind == "sleep") hold_in_sleep();
  if (kind == "lock") hold_in_lock();
  if (kind == "read") next_batch();
  all_reduce();
}

int main(int, char** argv) {
  const std::string rank = std::getenv("RANK");
  std::printf("rank %s is there\n", rank.c_str());
  std::fflush(stdout);
  train(rank == argv[2] ? argv[1] : "nobody");
}
