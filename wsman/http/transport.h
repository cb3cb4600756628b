// The bytes of one TCP connection, with or without TLS: what a Session knows
// about sockets.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "wsman/auth/certificate.h"

namespace wsman::http {

// Belongs to one loop's thread, as all its callbacks do. One read and one write
// may be under way at a time; their buffers must stay until the callback. The
// callback never comes from inside the call that asked for it.
class Transport {
 public:
  class Events {
   public:
    virtual ~Events() = default;
    virtual void OnReady(bool ok) = 0;           // after Handshake
    virtual void OnRead(std::size_t count) = 0;  // 0: the peer has closed or failed
    virtual void OnWritten(bool ok) = 0;
    virtual void OnFinished() = 0;  // after Finish
  };

  virtual ~Transport() = default;

  // Each keeps `events` alive until its callback.
  virtual void Handshake(std::shared_ptr<Events> events) = 0;
  virtual void Read(std::shared_ptr<Events> events, std::span<char> into) = 0;
  virtual void Write(std::shared_ptr<Events> events, std::string_view first,
                     std::string_view second) = 0;

  // The peer's certificate when it is good at this time; empty without TLS.
  virtual std::optional<auth::ClientCertificate> VerifiedPeer() = 0;

  // Tells the peer that nothing follows, then throws away what it still sends
  // until it closes. A socket closed with unread bytes would reset the
  // connection and could take the last reply with it.
  virtual void Finish(std::shared_ptr<Events> events) = 0;

  // Ends everything under way; callbacks follow with failure. Idempotent.
  virtual void Close() = 0;
};

}  // namespace wsman::http
