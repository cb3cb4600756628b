// A server's side of a login by NTLM, for scripted servers.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/wsman/client/scripted_server.h"
#include "wsman/auth/ntlm.h"

namespace wsman::client {

inline constexpr char kThing[] = "<p:Thing xmlns:p=\"urn:x\"><p:Name>one</p:Name></p:Thing>";

// A 401 that offers those of Negotiate, Kerberos, Basic and Digest that `challenges`
// names.
std::string Unauthorized(const std::string& challenges, const std::string& headers = {});
// The token that came with the request, and a header with one for the client.
std::string TokenOf(const ReceivedRequest& request);
std::string TokenHeader(const std::string& token);

// The server's side of NTLM for alice with the password "secret", as steps.
class NtlmPeer {
 public:
  Step Challenge(const std::string& headers = {});
  // 200 when the client's proof is right, otherwise 401 with `offers`.
  Step Judge(const std::string& offers = "Negotiate");
  std::vector<Step> LogIn() { return {Challenge(), Judge()}; }

  // A sealed reply to a sealed request.
  Step Answer(const std::string& body = kThing, Step::Then then = Step::Then::kKeep);
  Step Fault();
  // The same, with something done to the sealed body.
  Step Altered(const std::function<void(std::string&)>& change);

 private:
  std::string MessageIdIn(const ReceivedRequest& request);
  std::string Frame(const std::string& text);
  std::string Sealed(int status, const std::string& text);

  std::optional<auth::ntlm::Acceptor> acceptor_;
  std::optional<auth::ntlm::Session> session_;
};

}  // namespace wsman::client
