#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/files/json_fields.h"
#include "launcher/hosts/host_link.h"
#include "launcher/hosts/report_rounds.h"

namespace dplaunch {

/// Where the launchers of a job meet: host 0's launcher runs it. It lets in who knows the job, and
/// then decides nothing: it passes on what one tells all others and, collected, what they report,
/// says "go" when all have arrived at a stage, with what each brought, and says who is lost. Used
/// on the thread of its io_context alone.
class HostHub {
 public:
  struct Options {
    int count = 2;      ///< hosts of the job
    std::string job;    ///< what all of them call it; another's are refused
    std::string token;  ///< what they prove to know
    std::chrono::milliseconds patience{600'000};  ///< until all are there
    std::chrono::milliseconds silence{3000};      ///< after which one is lost
    int least = 0;  ///< so many begin without the others when patience is over; 0: all or none
    /// Of the least: the others have so long once those are there, if patience is not over before.
    std::chrono::milliseconds last_call{600'000};
    std::function<void(const std::string& line)> show;  ///< a line for the user
  };

  HostHub(boost::asio::io_context& io, boost::asio::ip::tcp::acceptor acceptor, Options options);

  void start();
  /// This host cannot take part: all others end with that error.
  void refuse(const Error& error);
  /// Lets nobody in any more, and closes what is open when all is on its way.
  void stop();

 private:
  /// One that has connected, and has not said who it is.
  struct Guest {
    std::shared_ptr<HostLink> link;
    std::string challenge;
    boost::asio::steady_timer patience;
  };
  struct Member {
    std::shared_ptr<HostLink> link;
    std::string name;
    bool is_lost = false;  ///< or has left
    std::string words(int index) const;
  };
  struct Stage {
    std::vector<std::optional<Json>> data;
    bool tolerates_loss = false;
  };

  void accept();
  void accept_later();
  void greet(boost::asio::ip::tcp::socket socket);
  void on_guest_message(const std::shared_ptr<Guest>& guest, const Json& message);
  void admit(Guest& guest, const Json& hello);
  /// Throws Error(kUsage) with what is wrong with it.
  int place_of(const Guest& guest, const Json& hello) const;
  void turn_away(Guest& guest, const Error& error);

  /// The link is that of the member in this place.
  void hear(HostLink& link, int index);
  void on_message(int index, const Json& message);
  void on_arrival(int index, const Json& message);
  void go_on_if_complete(const std::string& name);
  void go_on_where_complete();
  void on_end(int index, const std::string& reason, bool has_left = false);
  /// As it was sent: with the sender's place and name, unless `index` is -1, the hub itself.
  Json to_others(int index, Json message);
  void remind_later(std::chrono::milliseconds time);
  bool is_enough() const;
  /// Those that are there become all hosts of the job, counted anew.
  void begin_without_missing(Stage& stage);
  void begin_when_over(boost::asio::steady_timer& timer);
  void begin_or_give_up();
  void give_up();
  std::string missing_hosts() const;

  boost::asio::io_context& io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer breath_;
  boost::asio::steady_timer reminder_;
  boost::asio::steady_timer patience_;
  boost::asio::steady_timer last_call_;
  Options options_;
  std::map<Guest*, std::shared_ptr<Guest>> guests_;
  std::vector<std::optional<Member>> members_;
  std::map<std::string, Stage> stages_;
  ReportRounds reports_;
  Json refusal_;              ///< for those who come after it
  bool is_complete_ = false;  ///< all have been here at once
  bool may_begin_ = false;    ///< without those that are missing
};

}  // namespace dplaunch
