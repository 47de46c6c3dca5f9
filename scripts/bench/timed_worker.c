/* The worker of launcher.sh's measurements: it tells what happens to it, with the time, and does
 * nothing else, so that what is measured is its launcher. It is C, and linked statically.
 *
 *   timed_worker CHANNEL ACT...     CHANNEL is a FIFO; each line into it is "WORD RANK PID TIME"
 *
 * TIME is CLOCK_MONOTONIC in ns. Acts: start (tells it), until-term (tells when SIGTERM comes, and
 * exits with 143), ignore-term, ignore-int, sleep, child (forks one that sleeps, in a session of its own),
 * sleep-ms:N, exit:N, exit-of-rank:N (exit code N, rank 1 alone), exit-after-the-other (rank 1 exits
 * with 7, and rank 0 with 9 30 ms later). */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int channel;

static long long now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static const char* rank(void) {
  const char* value = getenv("RANK");
  return value ? value : "0";
}

static void tell(const char* word, long long time_ns) {
  char line[128];
  const int length =
      snprintf(line, sizeof line, "%s %s %d %lld\n", word, rank(), (int)getpid(), time_ns);
  if (write(channel, line, (size_t)length) != length) _exit(99);
}

static void wait_until_term(void) {
  sigset_t set;
  int received;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigwait(&set, &received);
  tell("term", now_ns());
  _exit(143);
}

static void sleep_for_ever(void) {
  for (;;) pause();
}

/* Through a FIFO beside the channel: no clock is compared. */
static void exit_after_the_other(const char* channel_path) {
  char path[4096];
  char byte = 'x';
  snprintf(path, sizeof path, "%s.turn", channel_path);
  const int turn = open(path, O_RDWR | O_CLOEXEC);
  if (turn < 0) _exit(99);
  if (atoi(rank()) == 1) {
    if (write(turn, &byte, 1) != 1) _exit(99);
    _exit(7);
  }
  if (read(turn, &byte, 1) != 1) _exit(99);
  usleep(30000);
  _exit(9);
}

static void perform(const char* act, const char* channel_path) {
  if (strcmp(act, "until-term") == 0) wait_until_term();
  if (strcmp(act, "ignore-term") == 0) signal(SIGTERM, SIG_IGN);
  if (strcmp(act, "ignore-int") == 0) signal(SIGINT, SIG_IGN);
  if (strcmp(act, "exit-after-the-other") == 0) exit_after_the_other(channel_path);
  if (strcmp(act, "sleep") == 0) sleep_for_ever();
  if (strcmp(act, "child") == 0 && fork() == 0) {
    setsid();
    tell("child", now_ns());
    sleep_for_ever();
  }
  if (strncmp(act, "sleep-ms:", 9) == 0) usleep((useconds_t)atoi(act + 9) * 1000);
  if (strncmp(act, "exit:", 5) == 0) _exit(atoi(act + 5));
  if (strncmp(act, "exit-of-rank:", 13) == 0 && atoi(rank()) == 1) _exit(atoi(act + 13));
}

int main(int argc, char** argv) {
  const long long start_ns = now_ns();
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  if (argc < 2 || (channel = open(argv[1], O_WRONLY | O_CLOEXEC)) < 0) return 99;
  for (int i = 2; i < argc; ++i) {
    /* Blocked before the world hears of this worker: no SIGTERM is lost. */
    if (strcmp(argv[i], "until-term") == 0) sigprocmask(SIG_BLOCK, &set, NULL);
  }
  tell("start", start_ns);
  for (int i = 2; i < argc; ++i) perform(argv[i], argv[1]);
  return 0;
}
