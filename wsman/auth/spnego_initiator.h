// The client's side of `Authorization: Negotiate`: SPNEGO (RFC 4178, MS-SPNG)
// over the mechanisms that a client can speak, or one of them by itself.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "wsman/auth/spnego.h"

namespace wsman::auth {

// A sealed message in the two pieces that its frame keeps apart.
struct SealedText {
  std::string signature;
  std::string ciphertext;
};

// One client's way in with one mechanism, and the conversation it protects
// afterwards. Messages are sealed and unsealed in the order in which they are
// sent. Belongs to one thread.
class ClientMechanism {
 public:
  virtual ~ClientMechanism() = default;

  // Object identifier, as in spnego.h.
  virtual std::string_view oid() const = 0;

  // Takes the server's token, an empty one at the start, and returns the next
  // of its own; it is empty when there is nothing to send. The error text is a
  // sentence for people.
  virtual tl::expected<std::string, std::string> Step(std::string_view token) = 0;

  // Whether both sides have their keys. What follows works only then.
  virtual bool complete() const = 0;
  // Whether the server has proven in its tokens who it is and that it knows
  // whom it speaks with. Otherwise the first message that unseals proves it.
  virtual bool proven() const = 0;

  virtual std::string Sign(std::string_view text) = 0;
  virtual bool Verify(std::string_view text, std::string_view signature) = 0;
  // Both sides have signed the list of mechanisms.
  virtual void SignaturesExchanged() {}

  virtual tl::expected<SealedText, std::string> Seal(std::string_view text) = 0;
  // `sealed` is signature and ciphertext; empty when anything is wrong with them.
  virtual std::optional<std::string> Unseal(std::string_view sealed) = 0;
};

// One handshake. After an error it is over. Belongs to one thread.
class SpnegoInitiator {
 public:
  using Expected = tl::expected<std::string, std::string>;

  // Offers the mechanisms, the preferred one first; there is at least one. A
  // server that answers NTLM by itself, without SPNEGO, is followed when NTLM
  // is the only one: there was nothing to negotiate then.
  static SpnegoInitiator Offer(std::vector<std::unique_ptr<ClientMechanism>> mechanisms);
  // The tokens of one mechanism as they are.
  static SpnegoInitiator Plain(std::unique_ptr<ClientMechanism> mechanism);

  // The first token. Once.
  Expected Start();
  // Takes the server's token and returns the next one; empty when it is the
  // server's last. Errors are sentences for people.
  Expected Take(std::string_view token);

  // The mechanism is complete, and the choice of it was not tampered with.
  bool complete() const { return complete_; }
  // The server's tokens show that it accepted; otherwise only its status does.
  bool proven() const { return complete_ && (framed_ || mechanism().proven()); }
  // The server said that it refuses.
  bool rejected() const { return rejected_; }

  // Whom to go on with; after complete().
  std::unique_ptr<ClientMechanism> Release() { return std::move(mechanisms_[chosen_]); }

 private:
  SpnegoInitiator(std::vector<std::unique_ptr<ClientMechanism>> mechanisms, bool framed);

  ClientMechanism& mechanism() const { return *mechanisms_[chosen_]; }
  Expected TakePlain(std::string_view token);
  Expected TakeResponse(const spnego::Response& response);
  Expected Rejected(const spnego::Response& response);
  tl::expected<void, std::string> Choose(const spnego::Response& response);
  Expected Reply(const spnego::Response& response, std::string token);
  Expected Finish(std::string_view unsent);

  std::vector<std::unique_ptr<ClientMechanism>> mechanisms_;
  std::string mechanism_list_;  // its DER, which the signatures cover
  std::size_t chosen_ = 0;
  bool framed_;               // SPNEGO around the tokens
  bool answered_ = false;     // the server has said something
  bool must_sign_ = false;    // the choice is safe only when both sign the list
  bool signed_ = false;       // this side has
  bool peer_signed_ = false;  // the server has
  bool complete_ = false;
  bool rejected_ = false;
};

}  // namespace wsman::auth
