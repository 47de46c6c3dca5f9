#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/files/json_fields.h"
#include "launcher/hosts/host_hub.h"
#include "launcher/hosts/host_member.h"
#include "launcher/hosts/signal_watch.h"

namespace dplaunch {

/// How the launchers of a job on several hosts find each other.
struct ChannelOptions {
  std::string address;  ///< host 0's, as all reach it
  std::uint16_t port = 0;
  int count = 2;
  /// nullopt: host 0 is the one that has `address`, the others are counted as they arrive.
  std::optional<int> index;
  std::string job;                              ///< what all hosts call it
  std::string token;                            ///< what they prove to know
  std::chrono::milliseconds patience{600'000};  ///< until all are there
  std::chrono::milliseconds silence{3000};      ///< after which a host is lost
  /// Of HostHub: the first meeting may be without some of `count`; then index() and count() are
  /// others afterwards.
  int least = 0;
  std::chrono::milliseconds last_call{600'000};
  std::function<void(const std::string& line)> show = [](const std::string&) {};
};

/// What another host says without being asked.
struct HostNews {
  enum class Kind {
    kTold,     ///< `data` is what it has to say
    kLost,     ///< the host is lost
    kHubLost,  ///< this host has lost the hub, and with it all others
    kRefused,  ///< it cannot take part: `error`
  };
  Kind kind = Kind::kTold;
  int host = -1;
  std::string from;  ///< "host 1 (dpl-h1, 10.77.0.11)"; of a lost one with what became of it
  Json data;
  std::optional<Error> error = {};
};

/// The connection between the launchers of a job: one TCP connection from each to host 0's. The
/// hosts meet at stages, each with something to say, and tell each other what cannot wait. Runs on
/// a thread of its own, on which the callbacks are called; the methods may be called from any
/// thread.
class HostChannel {
 public:
  /// What each host brought, by its index (null: it is lost), and the first loss until then.
  struct Gathering {
    std::vector<Json> brought;
    std::optional<Error> loss;
  };
  /// Or why they did not meet.
  using Met = std::variant<Gathering, Error>;

  /// Opens the hub where this is host 0, and begins to connect. Throws Error(kRendezvous) if the
  /// port is not to be had.
  explicit HostChannel(ChannelOptions options);
  /// Says goodbye.
  ~HostChannel();
  HostChannel(const HostChannel&) = delete;
  HostChannel& operator=(const HostChannel&) = delete;

  /// Waits until the hub has let this host in. Throws Error(kRendezvous) when patience is over, and
  /// Error(kUsage) if this host does not belong to the job.
  void enter();
  /// Waits until all hosts are at that stage: for the first one as long as patience lasts. Throws
  /// Error(kRendezvous) if one is lost, and the error of a host that refused.
  std::vector<Json> meet(const std::string& stage, const Json& mine);
  /// The same without those that are lost. Throws only if this host has lost the hub, or one
  /// refused.
  Gathering meet_those_left(const std::string& stage, const Json& mine);
  /// The same without waiting.
  void meet_those_left(const std::string& stage, const Json& mine,
                       std::function<void(const Met&)> on_met);

  /// What the other hosts are called from now on, by index: their names.
  void name_hosts(std::vector<std::string> names);
  std::string name_of(int host) const;
  /// Its thread does nothing while this lives: it holds no lock then that a child which the caller
  /// forks would wait for without end.
  class Pause {
   public:
    explicit Pause(HostChannel& channel);
    ~Pause();
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    std::promise<void> over_;
  };

  /// The job goes on without those that are lost by now, which is no loss to later meetings.
  void go_on_without_lost();

  /// To all other hosts.
  void tell(const Json& data);
  /// How this host gets on, for all: not each report reaches them, but the newest of each host
  /// about once a second, and before they meet again.
  void report(const Json& data);
  /// What became of a host that is there no more.
  struct Loss {
    std::string reason;  ///< "it has not answered for 3 s"
    std::time_t at_unix = 0;
  };
  struct Reports {
    std::vector<Json> newest;  ///< by host; null: it has said nothing. Empty: none has
    std::map<int, Loss> losses;
  };
  Reports reports() const;
  /// How often that has changed.
  int report_changes() const;
  /// This host cannot take part: all others end with that error.
  void refuse(const Error& error);
  /// While it hears signals, one that would end this process ends the job on all hosts, by the same
  /// signal: what waits here throws the Error that it is, and where nothing does, the process ends
  /// when the others have been told. On the main thread; a job that has begun has its own ways.
  void hear_signals(bool hears);
  /// What comes, and what has come since the last listener went; nullptr: none.
  void listen(std::function<void(const HostNews&)> on_news);

  // After enter(), and again after the first meeting.
  int index() const { return index_; }
  int count() const { return options_.count; }
  /// Of this host, and of host 0, as they see each other.
  std::string own_address() const;
  std::string hub_address() const;
  std::int64_t offset_ns() const { return member_->offset_ns(); }

 private:
  struct Waiting {
    bool tolerates_loss = false;
    std::function<void(const Met&)> on_met;
  };

  std::optional<boost::asio::ip::tcp::acceptor> open_hub();
  Gathering met_at(const std::string& stage, const Json& mine, bool tolerates_loss);
  void wait_for(const std::string& stage, const Json& mine, Waiting waiting);
  void on_message(const Json& message);
  void on_go(const Json& message);
  void on_failure(const Error& error);
  void on_signal(int signal);
  void refuse_now(const Error& error);
  /// Says goodbye: nothing is left to do then.
  void part();
  void fail_waiting(const Error& error, bool all);
  void publish(HostNews news);
  void keep_reports(const Json& reports);
  void keep_loss(int host, const std::string& reason);

  ChannelOptions options_;
  std::shared_ptr<boost::asio::io_context> io_;
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;
  std::optional<HostHub> hub_;
  std::string hub_listens_on_;
  std::shared_ptr<HostMember> member_;
  int index_ = -1;
  // Of the thread alone.
  std::map<std::string, Waiting> waiting_;
  std::vector<Json> unsent_;  ///< said before the hub was there
  bool is_welcome_ = false;
  std::function<void(const std::optional<Error>&)> on_entered_;
  std::optional<Error> failure_;         ///< nothing is met any more
  std::optional<Error> strict_failure_;  ///< only those that are left can meet

  mutable std::mutex news_mutex_;
  std::vector<std::string> names_;
  std::function<void(const HostNews&)> on_news_;
  std::vector<HostNews> unheard_;
  std::optional<SignalWatch> signals_;
  int exit_code_ = 0;  ///< of the thread alone; not 0: the process ends with it
  Reports reports_;
  int report_changes_ = 0;
  std::future<void> ended_;
  std::thread thread_;
};

}  // namespace dplaunch
