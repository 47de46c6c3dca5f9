// Launchers of one job that meet: real sockets, a channel for each host.
#include "launcher/hosts/host_channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/files/unique_fd.h"
#include "launcher/hosts/host_facts.h"
#include "launcher/hosts/host_token.h"

namespace dplaunch {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

std::uint16_t free_port() {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof where;
  auto* generic = reinterpret_cast<sockaddr*>(&where);
  EXPECT_EQ(::bind(socket.get(), generic, length), 0);
  EXPECT_EQ(::getsockname(socket.get(), generic, &length), 0);
  return ntohs(where.sin_port);
}

/// What listeners are told, to be awaited.
class Inbox {
 public:
  void put(const HostNews& news) {
    const std::lock_guard lock(mutex_);
    news_.push_back(news);
    arrived_.notify_all();
  }
  HostNews take() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return !news_.empty(); });
    HostNews news = news_.front();
    news_.pop_front();
    return news;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<HostNews> news_;
};

class HostChannelTest : public ::testing::Test {
 protected:
  ChannelOptions options(int count, std::optional<int> index) const {
    ChannelOptions options;
    options.address = "127.0.0.1";
    options.port = port_;
    options.count = count;
    options.index = index;
    options.token = "secret";
    return options;
  }
  std::unique_ptr<HostChannel> open(int count, std::optional<int> index) const {
    return std::make_unique<HostChannel>(options(count, index));
  }
  std::string error_of(const ChannelOptions& options) const {
    try {
      HostChannel(options).enter();
    } catch (const Error& error) {
      return error.what();
    }
    return "none";
  }
  /// All hosts of a job, which have met.
  std::vector<std::unique_ptr<HostChannel>> met(int count) const {
    std::vector<std::unique_ptr<HostChannel>> hosts;
    for (int index = 0; index < count; ++index) hosts.push_back(open(count, index));
    std::vector<std::future<std::vector<Json>>> all;
    for (const auto& host : hosts) {
      all.push_back(std::async(std::launch::async, [&host] {
        host->enter();
        return host->meet("first", host->index());
      }));
    }
    for (auto& each : all) EXPECT_EQ(each.get().size(), static_cast<std::size_t>(count));
    return hosts;
  }

  const std::uint16_t port_ = free_port();
};

TEST_F(HostChannelTest, EachHearsWhatAllBring) {
  const auto hosts = met(3);
  std::vector<std::future<std::vector<Json>>> all;
  for (const auto& host : hosts) {
    all.push_back(std::async(std::launch::async, [&host] {
      return host->meet("second", {{"square", host->index() * host->index()}});
    }));
  }
  for (auto& each : all) {
    const std::vector<Json> brought = each.get();
    ASSERT_EQ(brought.size(), 3U);
    EXPECT_EQ(brought[2]["square"], 4);
  }
}

TEST_F(HostChannelTest, TheHostsAreCountedAsTheyComeIfNobodySaysWhich) {
  const auto first = open(2, std::nullopt);
  first->enter();
  const auto second = open(2, std::nullopt);
  second->enter();
  EXPECT_EQ(first->index(), 0);
  EXPECT_EQ(second->index(), 1);
}

TEST_F(HostChannelTest, TheHubsOwnLauncherIsHost0HoweverLateItComes) {
  boost::asio::io_context io;
  const boost::asio::ip::tcp::endpoint where(boost::asio::ip::make_address("127.0.0.1"), port_);
  HostHub::Options hub_options;
  hub_options.token = "secret";
  HostHub hub(io, boost::asio::ip::tcp::acceptor(io, where), hub_options);
  hub.start();
  std::thread thread([&io] { io.run(); });
  const auto early = open(2, std::nullopt);
  early->enter();
  EXPECT_EQ(early->index(), 1);
  EXPECT_THAT(error_of(options(2, std::nullopt)), HasSubstr("all other hosts of this job"));
  boost::asio::post(io, [&hub] { hub.stop(); });
  thread.join();
}

TEST_F(HostChannelTest, WhatOneTellsAllOthersHear) {
  const auto hosts = met(3);
  Inbox first, third;
  hosts[0]->listen([&first](const HostNews& news) { first.put(news); });
  hosts[1]->tell({{"reason", "rank 1 failed"}});
  // It is kept for who listens late.
  hosts[2]->listen([&third](const HostNews& news) { third.put(news); });
  for (Inbox* inbox : {&first, &third}) {
    const HostNews news = inbox->take();
    EXPECT_EQ(news.kind, HostNews::Kind::kTold);
    EXPECT_EQ(news.host, 1);
    EXPECT_EQ(news.data["reason"], "rank 1 failed");
  }
  for (const auto& host : hosts) host->listen(nullptr);
}

TEST_F(HostChannelTest, OneThatRefusesEndsTheMeetingWithItsOwnError) {
  const auto hosts = met(2);
  auto meeting = std::async(std::launch::async, [&] { return hosts[0]->meet("second", 0); });
  hosts[1]->refuse(Error(ExitCode::kData, "no data here", "copy them"));
  try {
    meeting.get();
    FAIL() << "they met";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kData);
    EXPECT_THAT(error.what(), HasSubstr("host 1 ("));
    EXPECT_THAT(error.what(), HasSubstr("no data here"));
    EXPECT_EQ(error.hint(), "copy them");
  }
}

TEST_F(HostChannelTest, ThoseThatAreLeftMeetWithoutOneThatHasGone) {
  auto hosts = met(3);
  std::promise<HostChannel::Met> met;
  hosts[0]->meet_those_left("end", "zero",
                            [&](const HostChannel::Met& all) { met.set_value(all); });
  hosts[2]->meet_those_left("end", "two", [](const HostChannel::Met&) {});
  hosts[1].reset();
  const HostChannel::Met all = met.get_future().get();
  const auto& gathering = std::get<HostChannel::Gathering>(all);
  EXPECT_EQ(gathering.brought[0], "zero");
  EXPECT_TRUE(gathering.brought[1].is_null());
  EXPECT_EQ(gathering.brought[2], "two");
  ASSERT_TRUE(gathering.loss);
  EXPECT_THAT(gathering.loss->what(), HasSubstr("lost host 1 ("));
}

TEST_F(HostChannelTest, AllKnowWhatEachReportedLastBeforeTheyMeetAgain) {
  const auto hosts = met(3);
  for (const auto& host : hosts) {
    for (int step = 0; step < 3; ++step) host->report({{"step", 10 * host->index() + step}});
  }
  std::vector<std::future<HostChannel::Reports>> all;
  for (const auto& host : hosts) {
    all.push_back(std::async(std::launch::async, [&host] {
      host->meet("second", 0);
      return host->reports();
    }));
  }
  for (auto& each : all) {
    const HostChannel::Reports reports = each.get();
    ASSERT_EQ(reports.newest.size(), 3U);
    for (int host = 0; host < 3; ++host) {
      EXPECT_EQ(reports.newest[static_cast<std::size_t>(host)]["step"], 10 * host + 2);
    }
    EXPECT_TRUE(reports.losses.empty());
  }
}

TEST_F(HostChannelTest, OneThatLeavesAsItShouldIsNoLoss) {
  auto hosts = met(3);
  Inbox inbox;
  hosts[0]->listen([&inbox](const HostNews& news) { inbox.put(news); });
  hosts[1].reset();
  EXPECT_EQ(inbox.take().kind, HostNews::Kind::kLost) << "for those that still wait for it";
  EXPECT_TRUE(hosts[0]->reports().losses.empty());
  hosts[0]->listen(nullptr);
}

TEST_F(HostChannelTest, ReportsGoRoundWithoutAMeeting) {
  const auto hosts = met(2);
  hosts[1]->report("here");
  while (hosts[0]->report_changes() == 0) std::this_thread::yield();
  EXPECT_EQ(hosts[0]->reports().newest.at(1), "here");
  EXPECT_TRUE(hosts[0]->reports().newest.at(0).is_null());
}

TEST_F(HostChannelTest, WhoDoesNotBelongToTheJobIsRefused) {
  const auto hub = open(2, 0);
  hub->enter();
  ChannelOptions stranger = options(2, 1);
  stranger.token = "guess";
  EXPECT_THAT(error_of(stranger), HasSubstr("does not know the job's token"));
  ChannelOptions another_job = options(2, 1);
  another_job.job = "4711";
  EXPECT_THAT(error_of(another_job), HasSubstr("not \"4711\""));
  EXPECT_THAT(error_of(options(3, 1)), HasSubstr("--nnodes 3 here, and 2 on host 0"));
  EXPECT_THAT(error_of(options(2, 0)), HasSubstr("cannot listen at 127.0.0.1"));
  const auto second = open(2, 1);
  second->enter();
  EXPECT_THAT(error_of(options(2, 1)), HasSubstr("all 2 hosts of this job are there"));
}

TEST_F(HostChannelTest, ThePatienceOfAllIsOverWhenAHostDoesNotCome) {
  ChannelOptions impatient = options(2, 0);
  impatient.patience = milliseconds(200);
  HostChannel alone(impatient);
  alone.enter();
  try {
    alone.meet("first", 0);
    FAIL() << "it met nobody";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kRendezvous);
    EXPECT_THAT(error.what(), HasSubstr("host 1 of 2 did not come within 0.2 s"));
  }
}

TEST_F(HostChannelTest, TheLeastBeginWithoutTheOthersAndAreCountedAnew) {
  const auto elastic = [this](int index, milliseconds patience, milliseconds last_call) {
    ChannelOptions mine = options(4, index);
    mine.least = 2;
    mine.patience = patience;
    mine.last_call = last_call;
    return mine;
  };
  HostChannel first(elastic(0, milliseconds(600'000), milliseconds(0)));
  first.enter();
  auto alone = std::async(std::launch::async, [&first] { return first.meet("first", "zero"); });
  HostChannel third(elastic(2, milliseconds(600'000), milliseconds(0)));
  third.enter();
  const std::vector<Json> expected = {"zero", "two"};
  EXPECT_EQ(third.meet("first", "two"), expected);
  EXPECT_EQ(alone.get(), expected);
  EXPECT_EQ((std::pair(first.index(), first.count())), (std::pair(0, 2)));
  EXPECT_EQ((std::pair(third.index(), third.count())), (std::pair(1, 2)));
  EXPECT_THAT(error_of(elastic(1, milliseconds(600'000), milliseconds(0))),
              HasSubstr("the job has begun with the 2 hosts that had come"));
  EXPECT_THAT(error_of(options(4, 1)), HasSubstr("no --min-nodes here, and --min-nodes 2 on host"));
}

TEST_F(HostChannelTest, TheLeastBeginWhenPatienceIsOver) {
  ChannelOptions impatient = options(2, 0);
  impatient.patience = milliseconds(200);
  impatient.least = 1;
  HostChannel alone(impatient);
  alone.enter();
  EXPECT_EQ(alone.meet("first", "zero"), std::vector<Json>{"zero"});
  EXPECT_EQ((std::pair(alone.index(), alone.count())), (std::pair(0, 1)));
}

TEST_F(HostChannelTest, AForeignProgramOnThePortIsNamed) {
  UniqueFd server(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port_);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(server.get(), reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
  ASSERT_EQ(::listen(server.get(), 1), 0);
  auto answer = std::async(std::launch::async, [&server] {
    const UniqueFd guest(::accept(server.get(), nullptr, nullptr));
    EXPECT_GT(::send(guest.get(), "HTTP/1.0 400\n", 13, 0), 0);
    char closed;
    while (::recv(guest.get(), &closed, 1, 0) > 0) {
    }
    server.reset();
  });
  EXPECT_THAT(error_of(options(2, 1)), HasSubstr("another program answers there"));
  answer.get();
}

/// What a host's waiting for others that do not come ends with.
class Wait {
 public:
  explicit Wait(HostChannel& host) {
    host.meet_those_left("first", 0, [this](const HostChannel::Met& met) { met_.set_value(met); });
  }
  Error error() { return std::get<Error>(met_.get_future().get()); }

 private:
  std::promise<HostChannel::Met> met_;
};

TEST_F(HostChannelTest, ASignalEndsTheWaitingOfAllByThatSignal) {
  for (const int of : {0, 1}) {
    const auto first = open(3, 0);
    const auto second = open(3, 1);
    first->enter();
    second->enter();
    HostChannel& interrupted = of == 0 ? *first : *second;
    interrupted.hear_signals(true);
    Wait own(interrupted);
    Wait other(of == 0 ? *second : *first);
    ::kill(::getpid(), SIGTERM);
    const Error its_own = own.error();
    const Error of_other = other.error();
    interrupted.hear_signals(false);
    EXPECT_EQ(its_own.code(), ExitCode::kTerminated);
    EXPECT_EQ(of_other.code(), ExitCode::kTerminated);
    EXPECT_THAT(its_own.what(), ::testing::StartsWith("SIGTERM: "));
    EXPECT_THAT(of_other.what(), HasSubstr("host " + std::to_string(of) + " ("));
    EXPECT_THAT(of_other.what(), HasSubstr("SIGTERM: "));
  }
}

TEST_F(HostChannelTest, ASignalEndsALauncherThatIsBusyBetweenTwoMeetings) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto be_busy = [this] {
    const auto alone = open(2, 0);
    alone->enter();
    alone->hear_signals(true);
    ::kill(::getpid(), SIGINT);
    for (;;) ::pause();
  };
  EXPECT_EXIT(be_busy(), ::testing::ExitedWithCode(130), "");
}

TEST(HostToken, IsTheHmacOfRfc4231) {
  // Test case 2 of RFC 4231: HMAC-SHA-256 with the key "Jefe".
  EXPECT_EQ(proof("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(HostFacts, DifferencesAreNamedWithBothValues) {
  HostFacts first;
  first.name = "a";
  first.agreed = {{"lr", "0.1"}, {"seed", "0"}};
  HostFacts second = first;
  EXPECT_NO_THROW(check_agreement({first, second}));
  EXPECT_TRUE(have_agreed({host_facts_from(to_json(first)), host_facts_from(to_json(second))}));
  second.name = "b";
  second.agreed[1].second = "3";
  EXPECT_FALSE(have_agreed({host_facts_from(to_json(first)), host_facts_from(to_json(second))}));
  second.agreed = agreed_from(agreed_json(second.agreed));
  try {
    check_agreement({first, second});
    FAIL() << "they agree";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_EQ(std::string(error.what()),
              "the hosts differ in seed: 0 on host 0 (a, ), 3 on host 1 (b, )");
  }
}

}  // namespace
}  // namespace dplaunch
