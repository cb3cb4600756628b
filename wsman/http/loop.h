// One thread with its io_context, its listeners and its connections.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "wsman/http/connection_limits.h"
#include "wsman/http/mailbox.h"
#include "wsman/http/session.h"
#include "wsman/http/sockets.h"
#include "wsman/http/waiting_room.h"

namespace wsman::http {

// What all loops of a server share; outlives them.
struct LoopShared {
  const ServerLimits& limits;
  const ServerDeadlines& deadlines;
  auth::Authenticator& authenticator;
  RequestHandler& handler;
  bool allow_unencrypted;
  Counters& counters;
  ConnectionLimits& connections;
  // The same for connections of the local socket, which take no places of the
  // others.
  const ServerLimits& local_limits;
  ConnectionLimits& local_connections;
  std::function<void()> on_drained;  // any loop's thread, once each after BeginStop
};

class Loop {
 public:
  // `tls` is null when there are no HTTPS listeners.
  Loop(const LoopShared& shared, std::shared_ptr<const TlsContext> tls);
  ~Loop();

  // Before Run. Returns the address with its real port.
  tl::expected<boost::asio::ip::tcp::endpoint, std::string> Listen(
      const boost::asio::ip::tcp::endpoint& endpoint, bool encrypted);

  // Before Run. Accepts connections of a listening Unix socket too, which the
  // loops share.
  tl::expected<void, std::string> ListenLocal(int descriptor);

  void Run(unsigned number);

  // What new connections get; those that are open keep theirs. `done` runs on the
  // loop's thread once it is so. Any thread, between Run and BeginStop.
  void UseTls(std::shared_ptr<const TlsContext> tls, std::function<void()> done);

  // Stops accepting and closes idle connections; on_drained follows when the
  // last one has gone. Any thread.
  void BeginStop();

  // Closes everything and joins the thread.
  void Finish();

 private:
  struct Listener {
    Listener(boost::asio::io_context& io, EndpointKind what)
        : acceptor(io.get_executor()), kind(what) {}
    Acceptor acceptor;
    EndpointKind kind;
    bool paused = false;           // at a limit; Sweep tries again
    std::optional<Guest> waiting;  // for room; Hurry tries again
  };

  void AwaitConnection(Listener& listener);
  void AcceptWaiting(Listener& listener);
  bool TakeIn(Listener& listener);
  ConnectionLimits& ConnectionsOf(EndpointKind kind) const;
  static std::optional<Guest> Admit(Socket socket, EndpointKind kind);
  static std::optional<Guest> AdmitLocal(Socket socket);
  void Open(Guest guest, ConnectionLimits::Slot slot, Session::Clock::time_point deadline);
  void Remove(Session& session);
  void ArmSweep();
  void Sweep();
  void ArmHurry();
  void HurryAfterThisRound();
  void Hurry();
  void GiveMemoryBack();
  void ReportDrained();
  std::vector<std::shared_ptr<Session>> Sessions() const;

  const LoopShared& shared_;
  std::shared_ptr<const TlsContext> tls_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<Executor> work_;
  std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  DateText date_;
  SessionContext context_;
  SessionContext local_context_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  WaitingRoom room_;
  std::unordered_map<Session*, std::shared_ptr<Session>> sessions_;
  unsigned sweeps_ = 0;
  std::size_t changes_ = 0;  // sessions that came or went since memory was given back
  Timer sweep_timer_;
  bool sweep_armed_ = false;
  Timer hurry_timer_;
  bool hurry_armed_ = false;  // somebody waits for a place
  bool hurry_posted_ = false;
  bool stopping_ = false;
  bool drained_ = false;
  std::thread thread_;
};

}  // namespace wsman::http
