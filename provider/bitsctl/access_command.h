// bitsctl set-credentials, remove-credentials, set-certificate,
// remove-certificate and set-proxy: what a job uses to reach its servers.
#pragma once

#include <functional>
#include <string>

#include "provider/bitsctl/jobs.h"

namespace CLI {
class App;
}

namespace bitsctl {

struct AccessCommand {
  std::string job;
  std::string method;
  Properties arguments;     // of the method, but for the password
  std::string ask;          // whose password to ask for; empty: none
  std::string action = "";  // "set credentials of", for messages
};

// Adds the verbs; `take` is called with the one that was chosen.
void AddAccessVerbs(CLI::App& app, std::function<void(AccessCommand)> take);

}  // namespace bitsctl
